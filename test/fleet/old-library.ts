/** Processes on a host of the fleet that go on using a library after it was replaced. */
import { basename } from 'node:path';
import type { FleetHost } from './host.ts';
import { securityUpgrades } from './roots.ts';

/** Runs a line as root in the host; gives standard output. */
export function inside(host: FleetHost, line: string): string {
  const ran = host.inside(['sh', '-c', line]);
  if (ran.status !== 0) throw new Error(`${line} on ${host.id}: ${ran.stderr}`);
  return ran.stdout;
}

export interface Library {
  file: string;
  source: string;
  /** Every installed binary package of the source. */
  packages: string[];
}

/** A library of a source all of whose packages can be upgraded, and none of whose files anything uses yet. */
export function pendingLibrary(host: FleetHost): Library {
  const pending = securityUpgrades(inside(host, 'apt-get -s dist-upgrade'))
    .filter(({ installed }) => installed)
    .map(({ name }) => name);
  const installed = inside(host, "dpkg-query -W -f '${source:Package} ${Package}\\n'").trim().split('\n');
  const used = inside(host, 'cat /proc/[0-9]*/maps 2>/dev/null || true');
  const bySource = Map.groupBy(
    installed.map((line) => line.split(' ') as [string, string]),
    ([source]) => source,
  );
  for (const [source, binaries] of bySource) {
    const packages = binaries.map(([, name]) => name);
    if (!packages.every((name) => pending.includes(name))) continue;
    const files = inside(host, `dpkg -L ${packages.join(' ')}`).split('\n');
    const libraries = files.filter((file) => /\.so(\.\d+)*$/.test(file));
    if (libraries.some((file) => used.includes(basename(file)))) continue;
    // Links point to the file itself.
    const file = libraries.find((one) => inside(host, `test -L '${one}' || echo file`) !== '');
    if (file !== undefined) return { file, source, packages };
  }
  throw new Error(`${host.id} has no unused library with a pending security update`);
}

/** Keeps a process running that uses the library: in the host, as root or as the account of the collector. */
export function startUser(host: FleetHost, library: Library, asAccount: boolean): void {
  const line = `LD_PRELOAD='${library.file}' setsid sleep 86399 >/dev/null 2>&1 &`;
  const ran = host.inside(['sh', '-c', line], { asAccount });
  if (ran.status !== 0) throw new Error(ran.stderr);
}

/** Ends those processes; an account can end its own ones only. */
export function stopUsers(host: FleetHost, asAccount: boolean): void {
  const line = `for one in /proc/[0-9]*; do
    if tr '\\0' ' ' <"$one/cmdline" 2>/dev/null | grep -q '^sleep 86399'; then kill "\${one#/proc/}" 2>/dev/null; fi
  done; true`;
  host.inside(['sh', '-c', line], { asAccount });
}
