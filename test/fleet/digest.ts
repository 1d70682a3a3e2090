import type { FleetHost } from './host.ts';
import { inside } from './old-library.ts';

/** Everything on the host's own file system as one hash: names, kinds, modes, times and contents. */
export function digestOf(host: FleetHost): string {
  return inside(
    host,
    `{ find / -xdev ! -type d -printf '%p %y %m %T@ %s %l\\n'; find / -xdev -type d -printf '%p %y %m %T@\\n'; find / -xdev -type f -print0 | xargs -0 sha256sum; } | sort | sha256sum`,
  );
}
