/**
 * One Debian host on a loopback address: a root of its own (an overlay that vanishes with it), its own
 * processes, name and machine-id, and its own sshd. Nothing of it outlives the process that started it.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeKey } from '#test/collector/ssh/sshd.ts';
import { runTool } from '#test/tools.ts';
import type { Ran } from '#test/tools.ts';
import { cacheFolder } from './kept.ts';
import { account } from './roots.ts';

export interface HostOptions {
  /** Folder that the host's root is laid over. */
  root: string;
  id: string;
  /** A loopback address of its own. */
  address: string;
  /** The client's public key. */
  publicKey: string;
  /** Lines of shell run inside as root before sshd starts. */
  prepare?: string[];
  /** More lines of sshd_config, before the usual ones: sshd takes the first. */
  sshdConfig?: string[];
  /** Most that the host can write, as tmpfs takes it. */
  size?: string;
}

export interface FleetHost {
  id: string;
  address: string;
  port: number;
  user: string;
  /** Lines of known_hosts. */
  knownHosts: string;
  /** Runs a command inside; as root, or as the account of the collector. */
  inside: (command: string[], options?: { asAccount?: boolean; input?: string }) => Ran;
  stop: () => Promise<void>;
}

export const fleetPort = 2222;
const keyTypes = ['ed25519', 'ecdsa', 'rsa'];

const setUp = `
set -e
mount --make-rprivate /
mount -t tmpfs -o "size=$SIZE,mode=755" upper "$WORK"
mkdir "$WORK/upper" "$WORK/work" "$WORK/root"
mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/root"
root=$WORK/root
hostname "$NAME"
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 dev "$root/dev"
mkdir "$root/dev/pts" "$root/dev/shm"
for name in null zero full random urandom tty; do
  touch "$root/dev/$name"
  mount --bind "/dev/$name" "$root/dev/$name"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
for link in fd:fd stdin:fd/0 stdout:fd/1 stderr:fd/2; do ln -s "/proc/self/\${link#*:}" "$root/dev/\${link%%:*}"; done
mount -t tmpfs -o mode=755 run "$root/run"
mkdir "$root/run/sshd" "$root/run/lock"
printf '%s\\n' "$MACHINE" >"$root/etc/machine-id"
printf '%s\\n' "$NAME" >"$root/etc/hostname"
printf '127.0.0.1 localhost %s\\n' "$NAME" >"$root/etc/hosts"
cp "$FILES"/ssh_host_* "$FILES/sshd_config" "$root/etc/ssh/"
mkdir -p "$root/etc/ssh/keys"
cp "$FILES/authorized_keys" "$root/etc/ssh/keys/"
if [ -s "$FILES/prepare" ]; then chroot "$root" /bin/sh -e <"$FILES/prepare"; fi
exec chroot "$root" /usr/sbin/sshd -D -e -f /etc/ssh/sshd_config
`;

/** Starts the host, and comes back when its sshd answers. */
export async function startHost(options: HostOptions): Promise<FleetHost> {
  const { id, address, root } = options;
  const files = writeFiles(options);
  const work = mkdtempSync(join(tmpdir(), `patchledger-host-${id}-`));
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    WORK: work,
    LOWER: root,
    FILES: files.folder,
    NAME: id,
    SIZE: options.size ?? '400m',
    MACHINE: createHash('sha256').update(`fleet ${id}`).digest('hex').slice(0, 32),
  };
  // Dies with us, whatever we die of, and takes its namespaces along.
  const command = [
    '--pdeathsig',
    'KILL',
    'unshare',
    '--mount',
    '--pid',
    '--uts',
    '--ipc',
    '--fork',
    '--kill-child',
    'sh',
    '-c',
    setUp,
  ];
  const child = spawn('setpriv', command, { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-4000)));
  const ended = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('exit', () => resolve());
  });
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(work, { recursive: true, force: true });
    rmSync(files.folder, { recursive: true, force: true });
  };
  if (!(await greets(address, () => child.exitCode !== null))) {
    await stop();
    throw new Error(`the host ${id} does not answer on ${address}:${fleetPort}: ${said}`);
  }
  return {
    id,
    address,
    port: fleetPort,
    user: account.name,
    knownHosts: files.knownHosts,
    inside: (command_, { asAccount = false, input = '' } = {}) => {
      const pid = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
      const as = asAccount ? ['-S', String(account.id), '-G', String(account.id)] : [];
      const enter = [
        'nsenter',
        '-t',
        pid,
        '-m',
        '-p',
        '-u',
        '-i',
        `--root=/proc/${pid}/root`,
        '--wd=/',
        ...as,
      ];
      return runTool(
        [...enter, 'env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C', ...command_],
        input,
      );
    },
    stop,
  };
}

function writeFiles({ id, address, publicKey, sshdConfig = [], prepare = [] }: HostOptions): {
  folder: string;
  knownHosts: string;
} {
  const folder = mkdtempSync(join(tmpdir(), `patchledger-files-${id}-`));
  const keys = keyTypes.map((type) => hostKey(address, type));
  for (const { path, type } of keys) {
    writeFileSync(join(folder, `ssh_host_${type}_key`), readFileSync(path), { mode: 0o600 });
    writeFileSync(join(folder, `ssh_host_${type}_key.pub`), readFileSync(`${path}.pub`));
  }
  const lines = [
    // sshd drops logins at random once ten are under way: tests stall many of one host at a time.
    // Of this keyword sshd takes the last line, of all others the first: a host's own wins either way.
    'MaxStartups 200',
    ...sshdConfig,
    `ListenAddress ${address}:${fleetPort}`,
    ...keyTypes.map((type) => `HostKey /etc/ssh/ssh_host_${type}_key`),
    'AuthorizedKeysFile /etc/ssh/keys/authorized_keys',
    'PasswordAuthentication no',
    'UsePAM no',
    'PidFile none',
  ];
  writeFileSync(join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'authorized_keys'), `${publicKey.trim()}\n`);
  writeFileSync(join(folder, 'prepare'), prepare.map((line) => `${line}\n`).join(''));
  const knownHosts = keys
    .map(({ path }) => readFileSync(`${path}.pub`, 'utf8').split(' ').slice(0, 2).join(' '))
    .map((key) => `[${address}]:${fleetPort} ${key}\n`)
    .join('');
  return { folder, knownHosts };
}

/** Keys are kept from run to run: making them is the slowest part of starting a host. */
function hostKey(address: string, type: string): { path: string; type: string } {
  const folder = join(cacheFolder(), 'host-keys', address);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, type);
  if (!existsSync(`${path}.pub`)) makeKey(path, type);
  return { path, type };
}

async function greets(address: string, isGone: () => boolean): Promise<boolean> {
  for (let attempt = 0; attempt < 600 && !isGone(); attempt++) {
    if (await answers(address)) return true;
    await sleep(25);
  }
  return false;
}

function answers(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: fleetPort, timeout: 2000 });
    socket.once('timeout', () => socket.destroy());
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}
