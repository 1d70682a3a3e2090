/** The life of one host: what is its own, and that nothing is left when it is stopped. */
import { readFileSync, readdirSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startHost } from './host.ts';
import type { FleetHost } from './host.ts';
import { rootOf } from './roots.ts';

const id = 'short-life';
let host: FleetHost;
let other: FleetHost;
let root: string;
beforeAll(async () => {
  root = await rootOf('trixie', (text) => console.error(text));
  host = await startHost({ root, id, address: '127.77.9.2', publicKey: 'none' });
  other = await startHost({ root, id: 'other-life', address: '127.77.9.3', publicKey: 'none' });
}, 900_000);
afterAll(() => Promise.all([host.stop(), other.stop()]));

const own = (...command: string[]) => host.inside(command).stdout.trim();

/** Processes that were started for the host: its name is in their environment. */
function processes(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`NAME=${id}\0`);
    } catch {
      return false;
    }
  });
}

test('has a name, a machine-id, host keys and processes of its own', () => {
  expect(own('hostname')).toBe(id);
  expect(hostname()).not.toBe(id);
  expect(own('cat', '/etc/machine-id')).toMatch(/^[0-9a-f]{32}$/);
  expect(own('cat', '/etc/machine-id')).not.toBe(other.inside(['cat', '/etc/machine-id']).stdout.trim());
  expect(host.knownHosts).not.toContain(other.knownHosts.split(' ')[2]?.slice(0, 60));
  expect(host.knownHosts.match(/ssh-ed25519|ecdsa-sha2-\S+|ssh-rsa/g)).toHaveLength(3);
  expect(own('cat', '/proc/1/comm')).toBe('sshd');
});

test('has devices, and writes nothing into the root that it is laid over', () => {
  const devices = own('ls', '/dev').split('\n');
  expect(devices).toEqual(
    expect.arrayContaining(['fd', 'full', 'null', 'ptmx', 'pts', 'random', 'shm', 'tty']),
  );
  expect(own('sh', '-c', 'echo a >/tmp/a && echo b >/run/b && echo c >/etc/of-the-host && cat /tmp/a')).toBe(
    'a',
  );
  expect(readdirSync(`${root}/etc`)).not.toContain('of-the-host');
  const shared = readFileSync(`${root}/etc/ssh/ssh_host_ed25519_key.pub`, 'utf8').split(' ')[1];
  expect(host.knownHosts).not.toContain(shared);
});

test('stopping it removes every process, mount and folder', async () => {
  expect(processes().length).toBeGreaterThan(0);
  expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(id);

  await host.stop();

  expect(processes()).toEqual([]);
  expect(other.inside(['hostname']).stdout).toBe('other-life\n');
  expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(id);
  expect(readdirSync(tmpdir()).filter((name) => name.includes(id))).toEqual([]);
});
