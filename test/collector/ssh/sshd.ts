/** The machine's own sshd on a loopback address, for tests of the way there and back. */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mustRun } from '#test/tools.ts';
import { setUpSsh } from '#collector/transport/ssh/set-up.ts';
import type { SshOptions } from '#collector/transport/ssh/ssh.ts';
import { localHost } from '#test/fixtures/replay.ts';
import type { Host } from '#collector/transport/transport.ts';

export interface Sshd {
  folder: string;
  host: Host;
  /** Public host keys, as `type base64`. */
  hostKeys: string[];
  /** The client's private key. */
  identity: string;
  /** What a transport needs to reach it, with its keys known. */
  options: SshOptions;
  log: () => string;
  stop: () => Promise<void>;
}

const usualKeys = ['ed25519'];

export interface SshdOptions {
  address: string;
  port?: number;
  /** More lines of sshd_config; sshd takes the first of each. */
  config?: string[] | ((folder: string) => string[]);
  keyTypes?: string[];
}

export async function startSshd({
  address,
  port = 2222,
  config = [],
  keyTypes = usualKeys,
}: SshdOptions): Promise<Sshd> {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-sshd-'));
  mkdirSync('/run/sshd', { recursive: true });
  for (const type of keyTypes) makeKey(join(folder, `host_${type}`), type);
  makeKey(join(folder, 'client'), 'ed25519');
  copyFileSync(join(folder, 'client.pub'), join(folder, 'authorized_keys'));
  const lines = [
    ...(typeof config === 'function' ? config(folder) : config),
    `ListenAddress ${address}:${port}`,
    ...keyTypes.map((type) => `HostKey ${join(folder, `host_${type}`)}`),
    `AuthorizedKeysFile ${join(folder, 'authorized_keys')}`,
    'StrictModes no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'PidFile none',
    'LogLevel VERBOSE',
  ];
  writeFileSync(join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
  const log = join(folder, 'log');
  // Dies with us, whatever we die of: a leftover would answer in the place of the next one.
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', '/usr/sbin/sshd', '-D', '-f', join(folder, 'sshd_config'), '-E', log],
    {
      stdio: 'ignore',
    },
  );
  child.on('error', () => {});
  await listening(address === '0.0.0.0' ? '127.0.0.1' : address, port, () => readFileSync(log, 'utf8'));
  const hostKeys = keyTypes.map((type) =>
    readFileSync(join(folder, `host_${type}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' '),
  );
  const known = hostKeys.map((key) => `[${address}]:${port} ${key}\n`).join('');
  writeFileSync(join(folder, 'known_hosts'), known);
  return {
    folder,
    host: sshHost({ host_id: 'sshd', address, port, login: userName() }),
    hostKeys,
    identity: join(folder, 'client'),
    options: optionsFor(folder),
    log: () => readFileSync(log, 'utf8'),
    stop: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function sshHost(more: Partial<Host>): Host {
  return { ...localHost('h'), transport: 'ssh', ...more };
}

/** Options of a transport that knows the folder's `known_hosts` and logs in with its `client` key. */
export function optionsFor(folder: string): SshOptions {
  const settings = { root: folder, user: userName(), identityFiles: ['client'], knownHosts: ['known_hosts'] };
  return setUpSsh(settings, { agent: undefined }).options;
}

export function makeKey(path: string, type: string, passphrase = ''): void {
  const size = type === 'rsa' ? ['-b', '2048'] : [];
  mustRun(['ssh-keygen', '-q', '-t', type, ...size, '-N', passphrase, '-f', path]);
  chmodSync(path, 0o600);
}

function userName(): string {
  return spawnSync('id', ['-un'], { encoding: 'utf8' }).stdout.trim();
}

async function listening(host: string, port: number, log: () => string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await answers(host, port)) return;
    await sleep(50);
  }
  throw new Error(`sshd does not listen on ${host}:${port} (Debian package openssh-server): ${log()}`);
}

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
