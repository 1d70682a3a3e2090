/** `npm run fleet`: brings the fleet up, says how to reach it, and takes it down at Ctrl-C. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { provision } from '#test/provision.ts';
import { familyRoots } from './family-roots.ts';
import { inventoryOf, settingsOf, startFleet } from './fleet.ts';

provision(['debootstrap', 'openssh-server', 'openssh-client', 'util-linux']);
if (process.getuid?.() !== 0) throw new Error('the fleet needs root: debootstrap and mount namespaces');
// Everything temporary in one folder: it goes away however this ends, SIGKILL apart.
const folder = mkdtempSync(join(tmpdir(), 'patchledger-up-'));
process.env['TMPDIR'] = folder;
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const leave = () => process.exit(130);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
const fleet = await startFleet((text) => console.error(text));
for (const [index, { id, root }] of familyRoots.entries()) {
  await fleet.add(root, { id, address: `${fleet.network}.4.${index + 1}` });
}
console.log(`# inventory/hosts.yaml\n${inventoryOf(fleet.hosts)}`);
console.log(`# patchledger.yaml\n${settingsOf(fleet)}`);
const [first] = fleet.hosts;
console.error(
  `for example: ssh -i ${fleet.folder}/client -o UserKnownHostsFile=${fleet.folder}/known_hosts -p ${first?.port} ${first?.user}@${first?.address}\nCtrl-C takes the fleet down`,
);
await new Promise<void>((resolve) => {
  const alive = setInterval(() => {}, 60_000);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.removeListener(signal, leave);
    process.once(signal, () => {
      clearInterval(alive);
      resolve();
    });
  }
});
await fleet.stop();
