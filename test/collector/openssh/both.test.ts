/** What both SSH transports must make of the same host: same ending, same stage, same limits. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '#collector/scan.ts';
import { opensshTransport } from '#collector/transport/openssh/openssh.ts';
import { setUpSsh } from '#collector/transport/ssh/set-up.ts';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Host, Limits, Transport, TransportEnd } from '#collector/transport/transport.ts';
import { blackHole, cuttingProxy, serverOf, tarpit } from '../ssh/bad-servers.ts';
import { makeKey, sshHost, startSshd } from '../ssh/sshd.ts';
import type { Sshd } from '../ssh/sshd.ts';

const quick: Limits = {
  ...defaultLimits,
  connectMs: 1500,
  deadlineMs: 4000,
  silenceMs: 3000,
  maxBytes: 2_000_000,
};

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({ address: '127.78.1.1', keyTypes: ['ed25519', 'rsa'] });
});
afterAll(() => sshd.stop());

interface Keys {
  folder: string;
  knownHosts?: string;
  identity?: string;
}

const transports: { [id: string]: (keys: Keys) => Transport } = {
  ssh: ({ folder, knownHosts = 'known_hosts', identity = 'client' }) =>
    sshTransport(
      setUpSsh(
        { root: folder, user: null, identityFiles: [identity], knownHosts: [knownHosts] },
        { agent: undefined },
      ).options,
    ),
  openssh: ({ folder, knownHosts = 'known_hosts', identity = 'client' }) =>
    opensshTransport({
      configFile: 'none',
      user: null,
      identityFiles: [join(folder, identity)],
      knownHostsFiles: [join(folder, knownHosts)],
    }),
};

interface Went {
  end: TransportEnd;
  output: string;
  ms: number;
  hostKey: string | null;
}

async function go(
  id: string,
  host: Host,
  program: string,
  { keys = {}, limits: less = {} }: { keys?: Partial<Keys>; limits?: Partial<Limits> } = {},
): Promise<Went> {
  const limits = { ...quick, ...less };
  const chunks: Uint8Array[] = [];
  const startedAt = performance.now();
  const connected = await transports[id]!({ folder: sshd.folder, ...keys }).connect(host, { limits });
  const end =
    'end' in connected
      ? connected.end
      : await connected.connection.run(program, { limits, onBytes: (chunk) => chunks.push(chunk) > 0 });
  if ('connection' in connected) connected.connection.close();
  const hostKey = 'connection' in connected ? connected.connection.hostKey : null;
  return { end, output: Buffer.concat(chunks).toString(), ms: performance.now() - startedAt, hostKey };
}

/** A file of known hosts in the folder of sshd. */
function known(name: string, lines: string): string {
  writeFileSync(join(sshd.folder, name), `${lines}\n`);
  return name;
}

function publicKey(name: string): string {
  makeKey(join(sshd.folder, name), 'ed25519');
  return readFileSync(join(sshd.folder, `${name}.pub`), 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ');
}

describe.each(Object.keys(transports))('%s', (id) => {
  test('runs the program and says how it ended, and who the host is', async () => {
    const { end, output, hostKey } = await go(id, sshd.host, 'echo out; echo err >&2; exit 7\n');
    expect(end).toEqual({ outcome: 'ended', stage: 'probe', exitStatus: 7, message: 'err' });
    expect(output).toBe('out\n');
    expect(hostKey).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  test("ssh's exit code 255 is not the only failure: 255 of the host itself is an exit status", async () => {
    expect((await go(id, sshd.host, 'exit 255\n')).end).toMatchObject({ outcome: 'ended', exitStatus: 255 });
  });

  test('a program of a megabyte, and output of a megabyte, whole', async () => {
    const program = `# ${'x'.repeat(1_000_000)}\nhead -c 1000000 /dev/zero | tr '\\0' y\n`;
    const { end, output } = await go(id, sshd.host, program);
    expect([end.exitStatus, output === 'y'.repeat(1_000_000)]).toEqual([0, true]);
  });

  test('a second program on the same connection', async () => {
    const connected = await transports[id]!({ folder: sshd.folder }).connect(sshd.host, { limits: quick });
    if ('end' in connected) throw new Error(connected.end.message);
    const run = (status: number) =>
      connected.connection.run(`exit ${status}\n`, { limits: quick, onBytes: () => true });
    const statuses = [(await run(1)).exitStatus, (await run(2)).exitStatus];
    connected.connection.close();
    connected.connection.close();
    expect(statuses).toEqual([1, 2]);
  });

  test('a shell killed by a signal has no exit status', async () => {
    const { end } = await go(id, sshd.host, 'kill -9 $$\n');
    expect(end.exitStatus).toBeNull();
    expect(['ended', 'cut-off']).toContain(end.outcome);
  });

  test('an unknown, a changed and a revoked key are told apart', async () => {
    const other = publicKey(`other-${id}`);
    const at = '[127.78.1.1]:2222';
    const files = [
      known('nobody', '# nobody'),
      known('changed', `${at} ${other}`),
      known('revoked', `@revoked ${at} ${sshd.hostKeys[0]}\n${at} ${sshd.hostKeys[0]}`),
    ];
    const ends = [];
    for (const knownHosts of files)
      ends.push((await go(id, sshd.host, 'true\n', { keys: { knownHosts } })).end);
    expect(ends.map(({ outcome, stage }) => [outcome, stage])).toEqual([
      ['host-key-unknown', 'key-exchange'],
      ['host-key-changed', 'key-exchange'],
      ['host-key-changed', 'key-exchange'],
    ]);
    expect(ends.every(({ nextStep }) => nextStep !== undefined)).toBe(true);
  });

  test('a key that the host does not know', async () => {
    makeKey(join(sshd.folder, `stranger-${id}`), 'ed25519');
    const { end } = await go(id, sshd.host, 'true\n', { keys: { identity: `stranger-${id}` } });
    expect(end).toMatchObject({ outcome: 'auth-failed', stage: 'login' });
  });

  test('nobody there: refused; no such name: unreachable', async () => {
    const closed = await go(id, sshHost({ address: '127.78.1.1', port: 9 }), 'true\n');
    expect(closed.end).toMatchObject({ outcome: 'refused', stage: 'connect' });
    const nameless = await go(id, sshHost({ address: 'no-such-host.invalid', port: 22 }), 'true\n');
    expect(nameless.end).toMatchObject({ outcome: 'unreachable', stage: 'connect' });
  });

  test('ConnectTimeout covers the banner but not the key exchange: each stage has a clock of ours', async () => {
    const hole = await blackHole(id === 'ssh' ? 7782 : 7783);
    const lost = await go(id, sshHost({ address: '127.78.1.2', port: hole.port }), 'true\n');
    await hole.stop();
    expect(lost.end).toMatchObject({ outcome: 'timed-out', stage: 'connect' });
    const tar = await tarpit('127.78.1.3');
    const stuck = await go(id, sshHost(tar), 'true\n');
    await tar.stop();
    expect(stuck.end).toMatchObject({ outcome: 'timed-out', stage: 'banner' });
    const silent = await serverOf('127.78.1.4', (socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n'));
    const halfway = await go(id, sshHost(silent), 'true\n');
    await silent.stop();
    expect(halfway.end).toMatchObject({ outcome: 'timed-out', stage: 'key-exchange' });
    expect(Math.max(lost.ms, stuck.ms, halfway.ms)).toBeLessThan(2 * quick.connectMs + 3000);
  });

  test('what is no SSH server', async () => {
    const server = await serverOf('127.78.1.5', (socket) => socket.write('z'.repeat(100_000)));
    const { end } = await go(id, sshHost(server), 'true\n');
    await server.stop();
    expect(end).toMatchObject({ outcome: 'unreachable', stage: 'banner' });
  });

  test('no algorithm in common; a login, and then no session', async () => {
    const old = await startSshd({
      address: '127.78.1.6',
      config: ['KexAlgorithms diffie-hellman-group1-sha1'],
    });
    const strange = await go(id, old.host, 'true\n', { keys: { folder: old.folder } });
    await old.stop();
    expect(strange.end).toMatchObject({ outcome: 'no-common-algorithm', stage: 'key-exchange' });
    const closed = await startSshd({ address: '127.78.1.7', config: ['MaxSessions 0'] });
    const refused = await go(id, closed.host, 'true\n', { keys: { folder: closed.folder } });
    await closed.stop();
    expect(refused.end).toMatchObject({ outcome: 'refused', stage: 'session' });
  });

  test.each([
    ['silent after the login', 'sleep 60', 'timed-out'],
    ['talking, and never done', 'while :; do echo still; sleep 0.2; done', 'timed-out'],
    ['more than is taken', 'yes', 'output-too-large'],
    ['more than is taken on standard error', 'yes >&2', 'output-too-large'],
  ])('%s', async (_name, program, outcome) => {
    const { end, output, ms } = await go(id, sshd.host, `${program}\n`);
    expect(end).toMatchObject({ outcome, stage: 'probe' });
    expect(output.length).toBeLessThan(quick.maxBytes + 1_000_000);
    expect(ms).toBeLessThan(quick.deadlineMs + 3000);
  });

  test.each(['rst', 'fin', 'stall'] as const)(
    'a truncated answer is never a result: cut by %s anywhere',
    async (how) => {
      const program = 'head -c 300000 /dev/zero | tr "\\0" y; sleep 0.3\n';
      for (const after of [0, 30, 1400, 2600, 3500, 10_000, 100_000, 300_000]) {
        const proxy = await cuttingProxy('127.78.1.8', { address: '127.78.1.1', port: 2222 }, { after, how });
        const at = `[127.78.1.8]:${proxy.port}`;
        const knownHosts = known(`proxy-${id}`, sshd.hostKeys.map((key) => `${at} ${key}`).join('\n'));
        const host = sshHost({ address: proxy.address, port: proxy.port, login: sshd.host.login });
        const limits = { connectMs: 700, silenceMs: 900 };
        const { end } = await go(id, host, program, { keys: { knownHosts }, limits });
        await proxy.stop();
        const named = `${after} ${end.outcome} ${end.stage} ${end.exitStatus} ${end.message}`;
        expect(end.outcome === 'ended' && end.exitStatus !== null, named).toBe(false);
        expect(['cut-off', 'timed-out', 'ended', 'refused', 'unreachable'], named).toContain(end.outcome);
      }
    },
  );
});
