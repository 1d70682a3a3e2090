/** The way to a real sshd and back, and everything that may happen on it. */
import { spawn } from 'node:child_process';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '#collector/scan.ts';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { SshOptions } from '#collector/transport/ssh/ssh.ts';
import { setUpSsh } from '#collector/transport/ssh/set-up.ts';
import { parseKnownHosts } from '#collector/transport/ssh/known-hosts.ts';
import type { Host, Limits, TransportEnd } from '#collector/transport/transport.ts';
import { blackHole, cuttingProxy, serverOf, tarpit } from './bad-servers.ts';
import { makeKey, sshHost, startSshd } from './sshd.ts';
import type { Sshd } from './sshd.ts';

let sshd: Sshd;
beforeAll(async () => {
  sshd = await startSshd({ address: '127.78.0.1', keyTypes: ['ed25519', 'rsa'] });
});
afterAll(() => sshd.stop());

const quick: Limits = {
  ...defaultLimits,
  connectMs: 1500,
  deadlineMs: 4000,
  silenceMs: 3000,
  maxBytes: 2_000_000,
};

interface Went {
  end: TransportEnd;
  output: string;
  ms: number;
}

async function go(
  host: Host,
  program: string,
  more: { options?: Partial<SshOptions>; limits?: Partial<Limits> } = {},
): Promise<Went> {
  const limits = { ...quick, ...more.limits };
  const chunks: Uint8Array[] = [];
  const startedAt = performance.now();
  const transport = sshTransport({ ...sshd.options, ...more.options });
  const connected = await transport.connect(host, { limits });
  const end =
    'end' in connected
      ? connected.end
      : await connected.connection.run(program, { limits, onBytes: (chunk) => chunks.push(chunk) > 0 });
  if ('connection' in connected) connected.connection.close();
  return { end, output: Buffer.concat(chunks).toString(), ms: performance.now() - startedAt };
}

/** A host elsewhere whose key is known to be the real sshd's. */
function through(at: { address: string; port: number }): { host: Host; options: Partial<SshOptions> } {
  const text = sshd.hostKeys.map((key) => `[${at.address}]:${at.port} ${key}\n`).join('');
  const host = sshHost({ ...at, login: sshd.host.login });
  return { host, options: { knownKeys: parseKnownHosts(text, 'kh').keys } };
}

describe('a healthy host', () => {
  test('runs the program and says how it ended', async () => {
    const { end, output } = await go(sshd.host, 'echo out; echo err >&2; exit 7\n');
    expect(end).toEqual({ outcome: 'ended', stage: 'probe', exitStatus: 7, message: 'err' });
    expect(output).toBe('out\n');
  });

  test('a program of a megabyte, and output of a megabyte, whole', async () => {
    const { end, output } = await go(
      sshd.host,
      `# ${'x'.repeat(1_000_000)}\nhead -c 1000000 /dev/zero | tr '\\0' y\n`,
    );
    expect(end.exitStatus).toBe(0);
    expect(output).toBe('y'.repeat(1_000_000));
  });

  test('a second program on the same connection', async () => {
    const connected = await sshTransport(sshd.options).connect(sshd.host, { limits: quick });
    if ('end' in connected) throw new Error(connected.end.message);
    const statuses = [];
    for (const status of [1, 2])
      statuses.push(
        (await connected.connection.run(`exit ${status}\n`, { limits: quick, onBytes: () => true }))
          .exitStatus,
      );
    connected.connection.close();
    connected.connection.close();
    expect(statuses).toEqual([1, 2]);
    expect(connected.connection.hostKey).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  test('a shell killed by a signal has no exit status', async () => {
    const { end } = await go(sshd.host, 'kill -9 $$\n');
    expect(end).toMatchObject({ outcome: 'ended', exitStatus: null });
  });

  test('an agent in the place of a key file', async () => {
    const socket = join(sshd.folder, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    try {
      await expect.poll(() => spawnAdd(socket), { timeout: 5000 }).toBe(0);
      const { end } = await go(sshd.host, 'true\n', { options: { identities: [], agent: socket } });
      expect(end).toMatchObject({ outcome: 'ended', exitStatus: 0 });
    } finally {
      agent.kill();
    }
  });

  async function spawnAdd(socket: string): Promise<number | null> {
    const child = spawn('ssh-add', ['-q', sshd.identity], {
      stdio: 'ignore',
      env: { ...process.env, SSH_AUTH_SOCK: socket },
    });
    return new Promise((resolve) => child.once('exit', resolve));
  }

  test('whatever type of key is known, that one is asked for', async () => {
    for (const key of sshd.hostKeys) {
      const knownKeys = parseKnownHosts(`[127.78.0.1]:2222 ${key}\n`, 'kh').keys;
      expect((await go(sshd.host, 'true\n', { options: { knownKeys } })).end.exitStatus, key).toBe(0);
    }
  });
});

describe('who the host is', () => {
  test('an unknown key is refused, with its fingerprint and what to type', async () => {
    const { end } = await go(sshd.host, 'true\n', { options: { knownKeys: [] } });
    expect(end).toMatchObject({ outcome: 'host-key-unknown', stage: 'key-exchange' });
    const print = /SHA256:\S+?(?=\.)/.exec(end.message)?.[0] ?? 'none';
    expect(end.nextStep).toContain(`patchledger known-hosts accept sshd ${print}`);
    expect(sshd.log()).not.toContain('Accepted publickey for nobody');
  });

  test('a changed key, a revoked key and an authority are told apart', async () => {
    makeKey(join(sshd.folder, 'other'), 'ed25519');
    const [type, key] = readFileSync(join(sshd.folder, 'other.pub'), 'utf8').split(' ');
    const ends = [];
    for (const line of [
      `[127.78.0.1]:2222 ${type} ${key}`,
      `@revoked [127.78.0.1]:2222 ${sshd.hostKeys[0]}`,
      `@cert-authority [127.78.0.1]:2222 ${type} ${key}`,
    ]) {
      const knownKeys = parseKnownHosts(line, 'kh').keys;
      ends.push((await go(sshd.host, 'true\n', { options: { knownKeys } })).end);
    }
    expect(ends.map(({ outcome }) => outcome)).toEqual([
      'host-key-changed',
      'host-key-changed',
      'host-key-unknown',
    ]);
    expect(ends[0]?.message).toContain('kh:1 knows another key');
    expect(ends[1]?.message).toContain('marks as revoked');
    expect(ends[2]?.message).toContain('certificate authority');
  });
});

describe('logging in', () => {
  test('a key that the host does not know', async () => {
    makeKey(join(sshd.folder, 'stranger'), 'ed25519');
    const settings = {
      root: sshd.folder,
      user: null,
      identityFiles: ['stranger'],
      knownHosts: ['known_hosts'],
    };
    const { end } = await go(sshd.host, 'true\n', {
      options: setUpSsh(settings, { agent: undefined }).options,
    });
    expect(end).toMatchObject({ outcome: 'auth-failed', stage: 'login' });
  });

  test('no key at all, and an agent that does not answer', async () => {
    expect((await go(sshd.host, 'true\n', { options: { identities: [] } })).end.outcome).toBe('auth-failed');
    const gone = await go(sshd.host, 'true\n', { options: { identities: [], agent: '/nonexistent/agent' } });
    expect(gone.end).toMatchObject({ outcome: 'auth-failed', stage: 'login' });
  });

  test('too many keys', async () => {
    const strangers = Array.from({ length: 8 }, (_, index) => `stranger${index}`);
    for (const name of strangers) makeKey(join(sshd.folder, name), 'ed25519');
    const settings = { root: sshd.folder, user: null, identityFiles: strangers, knownHosts: ['known_hosts'] };
    const { end } = await go(sshd.host, 'true\n', {
      options: setUpSsh(settings, { agent: undefined }).options,
    });
    expect(end.outcome).toBe('auth-failed');
  });
});

describe('what answers may be anything', () => {
  test('nobody: refused', async () => {
    const { end } = await go(sshHost({ address: '127.78.0.1', port: 9 }), 'true\n');
    expect(end).toMatchObject({ outcome: 'refused', stage: 'connect' });
  });

  test('a name that does not exist: unreachable', async () => {
    const { end } = await go(sshHost({ address: 'no-such-host.invalid', port: 22 }), 'true\n');
    expect(end).toMatchObject({ outcome: 'unreachable', stage: 'connect' });
  });

  test('a black hole: timed out while connecting', async () => {
    const hole = await blackHole(7781);
    const { end, ms } = await go(sshHost({ address: '127.78.0.2', port: 7781 }), 'true\n');
    await hole.stop();
    expect(end).toMatchObject({ outcome: 'timed-out', stage: 'connect' });
    expect(ms).toBeLessThan(quick.connectMs + 2500);
  });

  test('a tarpit: timed out at the greeting', async () => {
    const server = await tarpit('127.78.0.3');
    const { end, ms } = await go(sshHost(server), 'true\n');
    await server.stop();
    expect(end).toMatchObject({ outcome: 'timed-out', stage: 'banner' });
    expect(ms).toBeLessThan(quick.connectMs + 2500);
  });

  test.each<[string, string, boolean, Partial<TransportEnd>]>([
    ['half a banner, then silence', 'SSH-2.0-Open', false, { outcome: 'timed-out', stage: 'banner' }],
    ['half a banner, then the end', 'SSH-2.0-Open', true, { outcome: 'cut-off', stage: 'banner' }],
    ['nothing, and the end', '', true, { outcome: 'cut-off', stage: 'banner' }],
    ['another protocol', 'HTTP/1.1 400 Bad Request\r\n\r\n', true, { outcome: 'cut-off', stage: 'banner' }],
    ['an old protocol', 'SSH-1.5-ancient\r\n', false, { outcome: 'unreachable' }],
    [
      'garbage after the banner',
      `SSH-2.0-x\r\n${'\u0000garbage'.repeat(99)}`,
      false,
      { stage: 'key-exchange' },
    ],
    ['garbage without end', 'z'.repeat(100_000), false, { outcome: 'unreachable', stage: 'banner' }],
    ['lines without end', 'spam\r\n'.repeat(50_000), false, { outcome: 'unreachable', stage: 'banner' }],
  ])('%s', async (_name, text, ends, expected) => {
    const server = await serverOf('127.78.0.4', (socket) => {
      if (ends) socket.end(text);
      else socket.write(text);
    });
    const { end } = await go(sshHost(server), 'true\n');
    await server.stop();
    expect(end).toMatchObject(expected);
    expect(end.outcome).not.toBe('ended');
    expect(end.message).not.toBe('');
  });

  test('no algorithm in common', async () => {
    const old = await startSshd({
      address: '127.78.0.5',
      config: ['KexAlgorithms diffie-hellman-group1-sha1'],
    });
    const { end } = await go(old.host, 'true\n', { options: old.options });
    await old.stop();
    expect(end).toMatchObject({ outcome: 'no-common-algorithm', stage: 'key-exchange' });
    expect(end.message).toContain('key exchange');
  });

  test('a login, and then no session', async () => {
    const closed = await startSshd({ address: '127.78.0.6', config: ['MaxSessions 0'] });
    const { end } = await go(closed.host, 'true\n', { options: closed.options });
    await closed.stop();
    expect(end).toMatchObject({ outcome: 'refused', stage: 'session' });
  });
});

describe('hosts that hang or flood', () => {
  test('silent after the login', async () => {
    const { end, ms } = await go(sshd.host, 'sleep 60\n');
    expect(end).toMatchObject({ outcome: 'timed-out', stage: 'probe' });
    expect(ms).toBeLessThan(quick.silenceMs + 2500);
  });

  test('talking, and never done', async () => {
    const { end, ms } = await go(sshd.host, 'while :; do echo still; sleep 0.2; done\n');
    expect(end).toMatchObject({ outcome: 'timed-out', stage: 'probe' });
    expect(ms).toBeLessThan(quick.deadlineMs + 2500);
  });

  test.each(['yes', 'yes >&2'])('more than is taken: %s', async (program) => {
    const { end, output } = await go(sshd.host, `${program}\n`);
    expect(end).toMatchObject({ outcome: 'output-too-large', stage: 'probe' });
    expect(output.length).toBeLessThan(quick.maxBytes + 1_000_000);
  });
});

describe('cut at every stage', () => {
  const program = 'head -c 300000 /dev/zero | tr "\\0" y; sleep 0.3\n';
  const places = [
    0, 4, 30, 300, 1000, 1400, 1800, 2200, 2400, 2600, 2800, 3000, 3500, 10_000, 100_000, 300_000,
  ];

  test.each(['rst', 'fin', 'stall'] as const)('by %s', async (how) => {
    const stages = new Set<string>();
    for (const after of places) {
      const proxy = await cuttingProxy('127.78.0.7', { address: '127.78.0.1', port: 2222 }, { after, how });
      const { host, options } = through(proxy);
      const { end, output } = await go(host, program, {
        options,
        limits: { connectMs: 700, silenceMs: 900 },
      });
      await proxy.stop();
      const named = `${after} ${end.outcome} ${end.stage} ${end.message}`;
      expect(output.length, named).toBeLessThan(300_001);
      expect(end.outcome === 'ended' && end.exitStatus !== null, named).toBe(false);
      expect(['cut-off', 'timed-out', 'ended', 'refused'], named).toContain(end.outcome);
      stages.add(end.stage);
    }
    expect([...stages].sort()).toEqual(expect.arrayContaining(['banner', 'key-exchange', 'login', 'probe']));
  });
});

describe('the keys that we have', () => {
  test.each([
    ['none', 'it does not exist'],
    ['locked', 'it is locked with a passphrase'],
    ['open', 'others can read it'],
    ['junk', 'it is not a key'],
    ['public.pub', 'it is a public key'],
  ])('%s: %s', (name, problem) => {
    if (name === 'locked') makeKey(join(sshd.folder, name), 'ed25519', 'correct horse');
    if (name === 'public.pub') {
      makeKey(join(sshd.folder, 'public'), 'ed25519');
      chmodSync(join(sshd.folder, name), 0o600);
    }
    if (name === 'open' || name === 'junk')
      writeFileSync(join(sshd.folder, name), 'no key', { mode: name === 'open' ? 0o644 : 0o600 });
    const settings = { root: sshd.folder, user: null, identityFiles: [name], knownHosts: null };
    const { identities, options } = setUpSsh(settings, { agent: '/some/agent' });
    expect(identities[0]?.problem).toContain(problem);
    expect(identities[0]?.nextStep).not.toBe('');
    expect(options.agent).toBe('/some/agent');
    rmSync(join(sshd.folder, name), { force: true });
  });
});
