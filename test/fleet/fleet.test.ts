/** Real hosts, read over SSH as an ordinary account: what is recorded is what the hosts themselves say. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Snapshot } from '#data/model/tables.ts';
import { optionsFor, sshHost } from '#test/collector/ssh/sshd.ts';
import { recorded, simulated } from '#test/ecosystems/apt/simulated.ts';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { mustRun } from '#test/tools.ts';
import { startFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import type { FleetHost } from './host.ts';
import { securityUpgrades } from './roots.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await startFleet((text) => console.error(text));
}, 900_000);
afterAll(() => fleet.stop());

const ids = ['debian11', 'debian12', 'debian13'];
const snapshots = new Map<string, Snapshot>();

function hostOf(id: string): FleetHost {
  const host = fleet.hosts.find((one) => one.id === id);
  if (host === undefined) throw new Error(`the fleet has no host ${id}`);
  return host;
}

/** What a command says on the host, to the account that the collector logs in with. */
function says(id: string, ...command: string[]): string {
  const ran = hostOf(id).inside(command, { asAccount: true });
  if (ran.status !== 0) throw new Error(`${command.join(' ')} on ${id}: ${ran.status} ${ran.stderr}`);
  return ran.stdout;
}

async function scanned(id: string): Promise<Snapshot> {
  const known = snapshots.get(id);
  if (known !== undefined) return known;
  const { address, port, user } = hostOf(id);
  const host = sshHost({ host_id: id, address, port, login: user });
  const snapshot = await scanHost(host, { transports: { ssh: sshTransport(optionsFor(fleet.folder)) } });
  snapshots.set(id, snapshot);
  return snapshot;
}

describe.each(ids)('%s', (id) => {
  test('has at least five real pending security updates, one of which needs a new package', () => {
    const pending = securityUpgrades(says(id, 'apt-get', '-s', 'dist-upgrade'));
    expect(pending.filter(({ installed }) => installed).length).toBeGreaterThanOrEqual(5);
    expect(pending.filter(({ installed }) => !installed).length).toBeGreaterThanOrEqual(1);
  });

  test('answers ssh itself, with strict checking', () => {
    const { address, port, user } = hostOf(id);
    const options = [
      '-o',
      'BatchMode=yes',
      '-o',
      'StrictHostKeyChecking=yes',
      '-o',
      `UserKnownHostsFile=${join(fleet.folder, 'known_hosts')}`,
    ];
    const said = mustRun([
      'ssh',
      '-F',
      'none',
      '-i',
      join(fleet.folder, 'client'),
      '-p',
      String(port),
      ...options,
      `${user}@${address}`,
      'hostname; id -un; cat /etc/debian_version',
    ]);
    expect(said.split('\n').slice(0, 3)).toEqual([
      id,
      user,
      expect.stringMatching(new RegExp(`^${id.slice(6)}\\.`)),
    ]);
  });

  test('is read completely, but for what needs root', async () => {
    const { scans, readings } = await scanned(id);
    expect(scans[0]).toMatchObject({
      status: 'ok',
      stage: 'probe',
      attempts: 1,
      hostname: id,
      scan_user: 'patchledger',
      is_root: false,
      os_id: 'debian',
      os_version: id.slice(6),
    });
    expect(hostOf(id).knownHosts).toContain('ssh-ed25519');
    expect(scans[0]?.host_key).toMatch(/^SHA256:/);
    expect(readings.filter(({ status }) => status !== 'complete').map(({ subject }) => subject)).toEqual([
      'mappings',
    ]);
  });

  test('packages, versions, sources and states are those of dpkg-query', async () => {
    const { packages } = await scanned(id);
    const format =
      '${Package} ${Architecture} ${Version} ${source:Package} ${source:Version} ${db:Status-Want} ${db:Status-Status}\\n';
    const theirs = says(id, 'dpkg-query', '-W', '-f', format).trim().split('\n');
    const ours = packages.map((row) =>
      [
        row.package,
        row.architecture,
        row.version,
        row.source_package,
        row.source_version,
        row.wanted,
        row.state,
      ].join(' '),
    );
    expect(ours.sort()).toEqual(theirs.sort());
    expect(ours.length).toBeGreaterThan(100);
  });

  test.each([
    ['in_upgrade', ['upgrade']],
    ['in_upgrade_with_new', ['--with-new-pkgs', 'upgrade']],
    ['in_full_upgrade', ['dist-upgrade']],
  ] as const)('%s is what apt-get -s says', async (flag, words) => {
    const theirs = simulated(says(id, 'apt-get', '-s', ...words));
    expect(recorded(await scanned(id), flag)).toEqual(theirs);
  });

  test('candidates are those of apt-cache policy, and their origins those of the lists', async () => {
    const { updates } = await scanned(id);
    const installed = updates.filter(({ installed_version: version }) => version !== null);
    const text = says(id, 'apt-cache', 'policy', ...installed.map((row) => row.package));
    const blocks = new Map(text.split(/\n(?=\S)/).map((block) => [block.split(':')[0], block]));
    for (const row of installed) {
      const block = blocks.get(row.package) ?? '';
      const newest = /Version table:\n[ *]*(\S+)/.exec(block)?.[1];
      expect(/Candidate: (\S+)/.exec(block)?.[1], row.package).toBe(
        row.candidate_version ?? row.installed_version,
      );
      expect(row.newest_version, row.package).toBe(newest);
      expect(row.security, row.package).toBe(/-security\/main/.test(block));
    }
    expect(new Set(updates.filter((row) => row.in_full_upgrade).map((row) => row.origin))).toEqual(
      new Set(['Debian']),
    );
  });

  test('holds: what is held and what is pinned is named as such', async () => {
    const { packages, updates } = await scanned(id);
    const held = says(id, 'apt-mark', 'showhold').trim().split('\n');
    expect(packages.filter((row) => row.wanted === 'hold').map((row) => row.package)).toEqual(held);
    expect(updates.filter((row) => row.reason === 'held').map((row) => row.package)).toEqual(held);
    const pinned = /^Package: (\S+)/m.exec(says(id, 'cat', '/etc/apt/preferences.d/fleet'))?.[1];
    expect(updates.filter((row) => row.reason === 'pinned').map((row) => row.package)).toEqual([pinned]);
  });

  test('installs in its dpkg.log are dated events', async () => {
    const { events } = await scanned(id);
    const lines = says(id, 'cat', '/var/log/dpkg.log')
      .split('\n')
      .filter((line) => / (install|upgrade) /.test(line));
    const dpkg = events.filter(({ log }) => log === 'dpkg');
    expect(
      dpkg.filter(({ action }) => ['install', 'upgrade', 'reinstall', 'downgrade'].includes(action)),
    ).toHaveLength(lines.length);
    expect(lines.length).toBeGreaterThan(100);
  });
});

describe('the fleet', () => {
  test('a killed owner leaves no process behind', async () => {
    const script = `import { startHost } from './test/fleet/host.ts';
      import { rootOf } from './test/fleet/roots.ts';
      await startHost({ root: await rootOf('trixie'), id: 'orphan', address: '127.77.9.1', publicKey: 'none' });
      console.log('up'); setInterval(() => {}, 1000);`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => owner.stdout.once('data', resolve));
    expect(processesNamed('127.77.9.1').length + processesNamed('orphan').length).toBeGreaterThan(0);

    owner.kill('SIGKILL');

    await expect.poll(() => processesNamed('orphan'), { timeout: 10_000 }).toEqual([]);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain('patchledger-host-orphan');
  });
});

/** Processes whose environment names the host. */
function processesNamed(id: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`NAME=${id}\0`);
      } catch {
        return false;
      }
    });
}
