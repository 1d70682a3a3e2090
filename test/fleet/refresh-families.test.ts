/** Lists refreshed on hosts of other families, by their own tools: what was old is of today. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Snapshot } from '#data/model/tables.ts';
import { ecosystems } from '#ecosystems/registry.ts';
import { optionsFor, sshHost } from '#test/collector/ssh/sshd.ts';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { familyRoots } from './family-roots.ts';
import { startEmptyFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import type { FleetHost } from './host.ts';

const day = 86_400_000;
let fleet: Fleet;
const hosts = new Map<string, FleetHost>();

beforeAll(async () => {
  fleet = startEmptyFleet((text) => console.error(text), '127.97');
  for (const [index, { id, root }] of familyRoots.entries()) {
    const prepare = [
      'for folder in /var/cache/dnf /var/cache/zypp /var/lib/pacman/sync; do if [ -d $folder ]; then find $folder -exec touch -h -d "60 days ago" {} +; fi; done',
    ];
    hosts.set(id, await fleet.add(root, { id, address: `127.97.0.${index + 1}`, prepare }));
  }
}, 900_000);
afterAll(() => fleet.stop());

function scan(id: string, refresh: boolean): Promise<Snapshot> {
  const host = hosts.get(id);
  if (host === undefined) throw new Error(`no ${id}`);
  const { address, port } = host;
  return scanHost(sshHost({ host_id: id, address, port, login: 'root' }), {
    transports: { ssh: sshTransport(optionsFor(fleet.folder)) },
    refresh: () => refresh,
  });
}

describe.each(familyRoots.map(({ id }) => id))('%s', (id) => {
  test('is refreshed where its family can be, and only when it is asked', async () => {
    const before = await scan(id, false);
    const [seen] = before.scans;
    expect(before.sections.map(({ section }) => section)).not.toContain('refresh');
    expect(Date.parse(seen?.lists_checked_at ?? '')).toBeLessThan(Date.now() - 50 * day);

    const after = await scan(id, true);
    const family = ecosystems.find((one) => one.id === seen?.ecosystem);
    const ran = after.sections.filter(({ section }) => section === 'refresh');
    const can = Boolean(family?.refresh);
    expect(ran.map(({ exit_status }) => exit_status)).toEqual(can ? [0] : []);
    const age = Date.now() - Date.parse(after.scans[0]?.lists_checked_at ?? '');
    expect(age < day).toBe(can);
  });
});
