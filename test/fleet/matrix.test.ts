/** One run over healthy and over impossible hosts: each bad one gets its own ending, and no good one notices. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits, scanPopulation } from '#collector/scan.ts';
import { parseKnownHosts } from '#collector/transport/ssh/known-hosts.ts';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Host, Limits } from '#collector/transport/transport.ts';
import type { RowOf, Snapshot } from '#data/model/tables.ts';
import { blackHole, cuttingProxy, serverOf, tarpit } from '#test/collector/ssh/bad-servers.ts';
import type { BadServer } from '#test/collector/ssh/bad-servers.ts';
import { makeKey, optionsFor, sshHost } from '#test/collector/ssh/sshd.ts';
import { startFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { fleetPort } from './host.ts';
import { variants } from './variants.ts';

const limits: Limits = { ...defaultLimits, connectMs: 4000, silenceMs: 40_000, deadlineMs: 90_000 };
/** Three attempts at connecting, the waits between them, the probe, and a slow machine. */
const longestMs = 3 * limits.connectMs + limits.deadlineMs + 60_000;

const network = '127.79';

interface Expected {
  status: string | RegExp;
  stage?: string | RegExp;
  reason?: RegExp;
}

let fleet: Fleet;
const servers: BadServer[] = [];
const hosts: Host[] = [];
const expected = new Map<string, Expected>();
let knownHosts = '';
const alone = new Map<string, Snapshot>();
const together = new Map<string, Snapshot>();

function expectHost(host: Host, ending: Expected): void {
  hosts.push(host);
  expected.set(host.host_id, ending);
}

function expectServer(id: string, server: BadServer, ending: Expected): void {
  servers.push(server);
  expectHost(
    sshHost({ host_id: id, address: server.address, port: server.port, login: 'patchledger' }),
    ending,
  );
}

const addressOf = (index: number) => `127.79.1.${index + 1}`;

async function addVariants(): Promise<void> {
  for (const [index, { id, status, stage, reason, login, ...options }] of variants.entries()) {
    const { address, port, user } = await fleet.add('bookworm', {
      id,
      address: addressOf(index),
      ...options,
    });
    expectHost(sshHost({ host_id: id, address, port, login: login ?? user }), {
      status,
      ...(stage && { stage }),
      ...(reason && { reason }),
    });
  }
}

let sitInTheDoor = () => {};

/** A start of sshd that lets in one at a time, while somebody else sits in the door. */
async function addBusyDoor(): Promise<void> {
  const door = {
    id: 'busy-door',
    address: '127.79.2.1',
    sshdConfig: ['MaxStartups 1:100:1', 'LoginGraceTime 3'],
  };
  const { address, port, user } = await fleet.add('bookworm', door);
  sitInTheDoor = () => void connect({ host: address, port }).on('error', () => {});
  expectHost(sshHost({ host_id: 'busy-door', address, port, login: user }), { status: 'ok' });
}

async function addServers(): Promise<void> {
  const hole = await blackHole(7791);
  expectServer('black-hole', { ...hole, address: '127.79.3.1' }, { status: 'timed-out', stage: 'connect' });
  expectServer('tarpit', await tarpit('127.79.3.2'), { status: 'timed-out', stage: 'banner' });
  const half = await serverOf('127.79.3.3', (socket) => socket.write('SSH-2.0-Open'));
  expectServer('half-a-banner', half, { status: 'timed-out', stage: 'banner' });
  const garbage = await serverOf('127.79.3.4', (socket) => socket.write('\u0000\u0007garbage '.repeat(2000)));
  expectServer('garbage-banner', garbage, {
    status: 'unreachable',
    stage: 'banner',
    reason: /no SSH server/,
  });
  expectHost(sshHost({ host_id: 'closed-port', address: '127.79.3.5', port: 9 }), {
    status: 'refused',
    stage: 'connect',
  });
  expectHost(sshHost({ host_id: 'no-such-name', address: 'no-such-host.invalid', port: 22 }), {
    status: 'unreachable',
    stage: 'connect',
  });
}

/** A real host behind a proxy that ends or stalls what it says after so many bytes. */
async function addCuts(): Promise<void> {
  const target = { address: '127.79.0.12', port: fleetPort };
  const keys = readFileSync(join(fleet.folder, 'known_hosts'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('[127.79.0.12]'));
  for (const how of ['rst', 'fin', 'stall'] as const) {
    for (const [index, after] of [0, 20, 500, 1600, 2600, 20_000].entries()) {
      const address = `127.79.4.${index + 1}`;
      const proxy = await cuttingProxy(address, target, { after, how });
      knownHosts += keys.map((key) => `${key.replace(/^\S+/, `[${address}]:${proxy.port}`)}\n`).join('');
      expectServer(`${how}-after-${after}`, proxy, {
        status: how === 'stall' ? 'timed-out' : /^(cut-off|refused)$/,
      });
    }
  }
}

/** Two hosts whose own sshd is fine, but whose key is not the one that was vouched for. */
function addKeys(): void {
  const other = mkdtempSync(join(tmpdir(), 'patchledger-key-'));
  makeKey(join(other, 'key'), 'ed25519');
  const key = readFileSync(join(other, 'key.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  const known = readFileSync(join(fleet.folder, 'known_hosts'), 'utf8');
  const lines = known.split('\n').filter((line) => !/^\[127\.79\.2\.[23]\]/.test(line));
  writeFileSync(join(fleet.folder, 'known_hosts'), `${lines.join('\n')}[127.79.2.2]:${fleetPort} ${key}\n`);
}

async function addKeyHosts(): Promise<void> {
  for (const [id, address, status] of [
    ['changed-key', '127.79.2.2', 'host-key-changed'],
    ['unknown-key', '127.79.2.3', 'host-key-unknown'],
  ] as const) {
    const { port, user } = await fleet.add('bookworm', { id, address });
    expectHost(sshHost({ host_id: id, address, port, login: user }), {
      status,
      stage: 'key-exchange',
      reason: /SHA256:/,
    });
  }
  addKeys();
}

async function scanAll(population: Host[], into: Map<string, Snapshot>): Promise<void> {
  const options = optionsFor(fleet.folder);
  const knownKeys = [...options.knownKeys, ...parseKnownHosts(knownHosts, 'proxies').keys];
  for await (const { host, snapshot } of scanPopulation(population, {
    known: () => ({ positions: {}, machineId: null }),
    transports: { ssh: sshTransport({ ...options, knownKeys }) },
    limits,
    concurrency: 8,
    attempts: 3,
    retryAfterMs: 1500,
  }))
    into.set(host.host_id, snapshot);
}

beforeAll(async () => {
  fleet = await startFleet((text) => console.error(text), network);
  const healthy = fleet.hosts.map(({ id, address, port, user }) =>
    sshHost({ host_id: id, address, port, login: user }),
  );
  await addVariants();
  await addBusyDoor();
  await addServers();
  await addKeyHosts();
  await addCuts();
  await scanAll(healthy, alone);
  sitInTheDoor();
  // The healthy ones last: everything bad is under way before them.
  await scanAll([...hosts, ...healthy], together);
}, 900_000);

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await fleet.stop();
});

function scanOf(id: string, from = together): RowOf<'scans'> {
  const row = from.get(id)?.scans[0];
  if (row === undefined) throw new Error(`no scan of ${id}`);
  return row;
}

const cutIds = ['rst', 'fin', 'stall'].flatMap((how) =>
  [0, 20, 500, 1600, 2600, 20_000].map((after) => `${how}-after-${after}`),
);
const titles = new Map(variants.map(({ id, trap }) => [id, trap]));
titles.set('busy-door', 'sshd drops logins at random while others are under way (MaxStartups)');
const ids = [
  ...variants.map(({ id }) => id),
  'busy-door',
  'black-hole',
  'tarpit',
  'half-a-banner',
  'garbage-banner',
  'closed-port',
  'no-such-name',
  'changed-key',
  'unknown-key',
  ...cutIds,
];

describe('each bad host', () => {
  test.each(ids.map((id) => [id, titles.get(id) ?? 'ends as it must']))('%s: %s', (id) => {
    const scan = scanOf(id);
    const { status, stage, reason } = expected.get(id) ?? { status: 'nothing was expected' };
    const said = `${scan.status} at ${scan.stage} after ${scan.attempts}: ${scan.reason} Next: ${scan.next_step}`;
    expect(scan.status, said).toMatch(typeof status === 'string' ? new RegExp(`^${status}$`) : status);
    expect(scan.stage ?? '', said).toMatch(stage ?? '');
    expect(scan.reason ?? '', said).toMatch(reason ?? '');
    expect(scan.status === 'ok' || (scan.reason !== null && scan.reason.length > 10), said).toBe(true);
    expect(scan.status === 'ok' || scan.status === 'partial' || scan.next_step !== null, said).toBe(true);
    expect(Date.parse(scan.ended_at) - Date.parse(scan.started_at), said).toBeLessThan(longestMs);
  });

  test('a failed login and a wrong key are not tried again', () => {
    for (const id of ['wrong-key', 'no-account', 'changed-key', 'unknown-key'])
      expect(scanOf(id).attempts, id).toBe(1);
    expect(scanOf('busy-door').attempts).toBeGreaterThan(1);
    expect(scanOf('black-hole').attempts).toBe(3);
  });

  test('the cuts fell into every stage', () => {
    const stages = new Set(cutIds.map((id) => scanOf(id).stage));
    expect([...stages].sort()).toEqual(expect.arrayContaining(['banner', 'key-exchange', 'login', 'probe']));
  });
});

/** What is recorded of a host, without what is different each time. */
function facts(snapshot: Snapshot | undefined, hostId: string): object {
  if (snapshot === undefined) throw new Error('no snapshot');
  const { packages, updates, repositories, kernels, software, events, scans } = snapshot;
  const { os_id, os_version, architecture, scan_user, status, reason } = scans[0]!;
  // How closely the two clocks can be compared depends on the load, and the bounds of events with it.
  const dated = events.map(({ not_before: _from, not_after: _to, ...event }) => event);
  const rows = { packages, updates, repositories, kernels, software, events: dated };
  const text = JSON.stringify({ rows, scan: { os_id, os_version, architecture, scan_user, status, reason } });
  return JSON.parse(text.replaceAll(`"host_id":"${hostId}"`, '"host_id":"x"')) as object;
}

describe('the good hosts', () => {
  test.each(['debian11', 'debian12', 'debian13'])('%s is recorded as in a run without the bad ones', (id) => {
    expect(scanOf(id)).toMatchObject({ status: 'ok', attempts: 1 });
    expect(facts(together.get(id), id)).toEqual(facts(alone.get(id), id));
  });

  test.each(['noisy', 'csh', 'fish', 'german', 'one-session', 'busy-door', 'locked', 'full-disk'])(
    '%s is read as if nothing were odd about it',
    (id) => {
      expect(facts(together.get(id), id)).toEqual(facts(alone.get('debian12'), 'debian12'));
    },
  );

  test('a wrong clock is measured, and taken off the times', () => {
    const scan = scanOf('wrong-clock');
    expect(scan.clock_offset_ms).toBeLessThan(-39 * 86_400_000);
    expect(scan.clock_offset_ms).toBeGreaterThan(-41 * 86_400_000);
  });

  test('stale and missing lists are said, a half-configured package and a lock are told', () => {
    const fresh = Date.parse(scanOf('debian12').lists_checked_at ?? '');
    expect(Number.isNaN(fresh)).toBe(false);
    expect(Date.parse(scanOf('stale-lists').lists_checked_at ?? '')).toBeLessThan(
      Date.now() - 59 * 86_400_000,
    );
    expect(scanOf('no-lists').lists_checked_at).toBeNull();
    const tar = together.get('half-configured')?.packages.find((row) => row.package === 'tar');
    expect(tar?.state).toBe('half-configured');
  });
});
