/** A real host that pacman manages, read over SSH: what is recorded is what pacman says on the host. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Snapshot } from '#data/model/tables.ts';
import { optionsFor, sshHost } from '#test/collector/ssh/sshd.ts';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { startEmptyFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import type { FleetHost } from './host.ts';
import { inside } from './old-library.ts';
import { builtAt, pacmanRoot } from './pacman-root.ts';

let fleet: Fleet;
let arch: FleetHost;
let snapshot: Snapshot;

async function scan(host: FleetHost): Promise<Snapshot> {
  const { id, address, port, user } = host;
  const reached = sshHost({ host_id: id, address, port, login: user });
  return scanHost(reached, { transports: { ssh: sshTransport(optionsFor(fleet.folder)) } });
}

beforeAll(async () => {
  fleet = startEmptyFleet((text) => console.error(text), '127.93');
  arch = await fleet.add(pacmanRoot, { id: 'arch', address: '127.93.1.1' });
  snapshot = await scan(arch);
}, 900_000);
afterAll(() => fleet.stop());

/** What a command says on the host, to the account that the collector logs in with. */
function says(...command: string[]): string[] {
  const ran = arch.inside(command, { asAccount: true });
  if (ran.status !== 0) throw new Error(`${command.join(' ')}: ${ran.status} ${ran.stderr}`);
  return ran.stdout.trim().split('\n');
}

const update = (name: string, of = snapshot) => of.updates.find((row) => row.package === name);

test('debug', () => {
  console.log(snapshot.scans[0], snapshot.readings, snapshot.rejections);
  console.table(snapshot.packages);
  console.table(snapshot.updates);
  console.table(snapshot.repositories);
  console.table(snapshot.kernels);
  console.table(snapshot.events);
  console.table(snapshot.logs);
});
