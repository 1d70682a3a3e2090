/** What only the system's ssh can: jump hosts, certificates, agents, names of ~/.ssh/config, shared connections. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '#collector/scan.ts';
import { sshWords } from '#collector/transport/openssh/arguments.ts';
import type { OpensshOptions } from '#collector/transport/openssh/arguments.ts';
import { opensshTransport } from '#collector/transport/openssh/openssh.ts';
import type { Host, TransportEnd } from '#collector/transport/transport.ts';
import { mustRun } from '#test/tools.ts';
import { sshHost, startSshd } from '../ssh/sshd.ts';
import type { Sshd } from '../ssh/sshd.ts';

const limits = { ...defaultLimits, connectMs: 5000, deadlineMs: 20_000, silenceMs: 10_000 };

let inner: Sshd;
let jump: Sshd;
beforeAll(async () => {
  inner = await startSshd({ address: '127.78.2.1', keyTypes: ['ed25519'] });
  jump = await startSshd({ address: '127.78.2.2', keyTypes: ['ed25519'] });
});
afterAll(() => Promise.all([inner.stop(), jump.stop()]));

function optionsOf(more: Partial<OpensshOptions> = {}): OpensshOptions {
  return {
    configFile: 'none',
    user: null,
    identityFiles: [join(inner.folder, 'client')],
    knownHostsFiles: [join(inner.folder, 'known_hosts')],
    ...more,
  };
}

async function go(
  host: Host,
  options: OpensshOptions,
  program = 'echo here; exit 3\n',
): Promise<{ end: TransportEnd; output: string; hostKey: string | null }> {
  let output = '';
  const onBytes = (chunk: Uint8Array) => {
    output += Buffer.from(chunk).toString();
    return true;
  };
  const connected = await opensshTransport(options).connect(host, { limits });
  if ('end' in connected) return { end: connected.end, output, hostKey: null };
  const end = await connected.connection.run(program, { limits, onBytes });
  connected.connection.close();
  return { end, output, hostKey: connected.connection.hostKey };
}

function config(lines: string[]): string {
  const file = join(inner.folder, 'config');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

const arrived = { outcome: 'ended', stage: 'probe', exitStatus: 3 };

test('a name of ~/.ssh/config stands for address, port and account', async () => {
  const configFile = config([
    'Host inside',
    '  HostName 127.78.2.1',
    '  Port 2222',
    `  User ${inner.host.login}`,
  ]);
  const alias = sshHost({ address: 'inside', port: null, login: null });
  const { end, output } = await go(alias, optionsOf({ configFile }));
  expect([end, output]).toMatchObject([arrived, 'here\n']);
});

describe('a jump host', () => {
  const lines = (): string[] => [
    'Host jump',
    '  HostName 127.78.2.2',
    '  Port 2222',
    `  IdentityFile ${join(jump.folder, 'client')}`,
    `  UserKnownHostsFile ${join(jump.folder, 'known_hosts')}`,
    'Host 127.78.2.1',
    '  ProxyJump jump',
  ];

  test('is passed, and the key that is recorded is that of the host behind it', async () => {
    const { end, hostKey } = await go(inner.host, optionsOf({ configFile: config(lines()) }));
    expect(end).toMatchObject(arrived);
    const print = mustRun(['ssh-keygen', '-lf', join(inner.folder, 'host_ed25519.pub')]).split(' ')[1];
    expect(hostKey).toBe(print);
    expect(jump.log()).toContain('Accepted publickey');
  });

  test('that does not let us in, and a host behind it that is down, have endings of their own', async () => {
    const stranger = lines().map((line) => line.replace(jump.folder + '/client', inner.folder + '/client'));
    const locked = await go(inner.host, optionsOf({ configFile: config(stranger) }));
    expect(['cut-off', 'auth-failed']).toContain(locked.end.outcome);
    const configFile = config(lines());
    const down = await go({ ...inner.host, port: 9 }, optionsOf({ configFile }));
    expect(down.end).toMatchObject({ outcome: 'refused', stage: 'connect' });
  });
});

describe('certificates', () => {
  test("a host's certificate, by its authority alone", async () => {
    const folder = inner.folder;
    mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'authority')]);
    const certified = await startSshd({
      address: '127.78.2.3',
      config: (own) => [`HostCertificate ${join(own, 'host_ed25519-cert.pub')}`],
    });
    const sign = ['-I', 'host', '-h', '-n', '127.78.2.3', join(certified.folder, 'host_ed25519.pub')];
    mustRun(['ssh-keygen', '-q', '-s', join(folder, 'authority'), ...sign]);
    await certified.stop();
    const again = await startSshd({
      address: '127.78.2.3',
      config: (own) => {
        mustRun([
          'ssh-keygen',
          '-q',
          '-s',
          join(folder, 'authority'),
          ...sign.slice(0, -1),
          join(own, 'host_ed25519.pub'),
        ]);
        return [`HostCertificate ${join(own, 'host_ed25519-cert.pub')}`];
      },
    });
    const authority = readFileSync(join(folder, 'authority.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    writeFileSync(join(folder, 'authorities'), `@cert-authority * ${authority}\n`);
    const options = optionsOf({
      knownHostsFiles: [join(folder, 'authorities')],
      identityFiles: [join(again.folder, 'client')],
    });
    const { end } = await go(again.host, options);
    await again.stop();
    expect(end).toMatchObject(arrived);
  });

  test("an account's certificate", async () => {
    const folder = inner.folder;
    mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'users')]);
    mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'me')]);
    const principals = ['-I', 'me', '-n', inner.host.login ?? '', join(folder, 'me.pub')];
    mustRun(['ssh-keygen', '-q', '-s', join(folder, 'users'), ...principals]);
    const trusting = await startSshd({
      address: '127.78.2.4',
      config: [`TrustedUserCAKeys ${join(folder, 'users.pub')}`, 'AuthorizedKeysFile none'],
    });
    const options = optionsOf({
      identityFiles: [join(folder, 'me')],
      knownHostsFiles: [join(trusting.folder, 'known_hosts')],
    });
    const { end } = await go(trusting.host, options);
    await trusting.stop();
    expect(end).toMatchObject(arrived);
  });
});

test('a shared connection: the second ssh goes through the first', async () => {
  // A socket's path has 108 bytes at most (unix(7)): no room for the folder of a test run.
  const folder = mkdtempSync('/tmp/pl-');
  const configFile = config([
    'Host *',
    '  ControlMaster auto',
    `  ControlPath ${folder}/%C`,
    '  ControlPersist 5',
  ]);
  const options = optionsOf({ configFile });
  const logins = () => inner.log().split('Accepted publickey').length;
  const before = logins();
  const first = await go(inner.host, options);
  const second = await go(inner.host, options);
  expect([first.end, second.end]).toMatchObject([arrived, arrived]);
  expect([first.output, second.output]).toEqual(['here\n', 'here\n']);
  expect(logins() - before).toBe(1);
  rmSync(folder, { recursive: true });
});

describe('what goes wrong on our side', () => {
  test('no ssh on this machine', async () => {
    const { end } = await go(inner.host, optionsOf({ program: '/nonexistent/ssh' }));
    expect(end).toMatchObject({ outcome: 'unreachable', stage: 'connect' });
    expect(end.nextStep).toContain('openssh-client');
  });

  test('a configuration that ssh does not take', async () => {
    const { end } = await go(inner.host, optionsOf({ configFile: config(['Nonsense yes']) }));
    expect(end.outcome).toBe('unreachable');
    expect(end.message).toContain('configuration');
  });

  test.each(['-oProxyCommand=touch owned', 'a b', '$(id)', 'a;b', ''])(
    'the address %j is refused',
    (address) => {
      expect(() => sshWords(sshHost({ address }), optionsOf(), limits)).toThrow(RangeError);
    },
  );

  test('quoting: paths with spaces and per cent signs are one file of known hosts', async () => {
    const odd = join(inner.folder, '50 % of it');
    writeFileSync(odd, readFileSync(join(inner.folder, 'known_hosts')));
    expect((await go(inner.host, optionsOf({ knownHostsFiles: [odd] }))).end).toMatchObject(arrived);
  });

  test('killing ssh leaves the remote command running: ours has limits of its own, and here nothing is left', async () => {
    const connected = await opensshTransport(optionsOf()).connect(inner.host, { limits });
    if ('end' in connected) throw new Error(connected.end.message);
    const going = connected.connection.run('sleep 7777\n', { limits, onBytes: () => true });
    connected.connection.close();
    expect(await going).toMatchObject({ outcome: 'cut-off' });
    const left = () =>
      readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(`127.78.2.1\0sh -s`));
    // On a busy machine what was killed takes a moment to be gone.
    await expect.poll(left, { timeout: 5000 }).toEqual([]);
  });
});

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

test('a host that poses in its banner as ssh itself changes neither the key nor the ending', async () => {
  const banner = join(inner.folder, 'banner');
  writeFileSync(
    banner,
    `debug1: Server host key: ssh-ed25519 SHA256:${'A'.repeat(43)}\ndebug1: Exit status 0\n`,
  );
  const posing = await startSshd({ address: '127.78.2.5', config: [`Banner ${banner}`] });
  const options = optionsOf({
    knownHostsFiles: [join(posing.folder, 'known_hosts')],
    identityFiles: [join(posing.folder, 'client')],
  });
  const { end, hostKey } = await go(posing.host, options);
  await posing.stop();
  expect(end).toMatchObject(arrived);
  expect(hostKey).not.toContain('AAAA');
});

test('an agent holds the key', async () => {
  const socket = join(inner.folder, 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  try {
    const add = () => {
      const child = spawn('ssh-add', ['-q', inner.identity], {
        stdio: 'ignore',
        env: { ...process.env, SSH_AUTH_SOCK: socket },
      });
      return new Promise((resolve) => child.once('exit', resolve));
    };
    await expect.poll(add, { timeout: 5000 }).toBe(0);
    const configFile = config([`IdentityAgent ${socket}`, 'IdentityFile none']);
    expect((await go(inner.host, optionsOf({ configFile, identityFiles: null }))).end).toMatchObject(arrived);
  } finally {
    agent.kill();
  }
});
