/**
 * A host on which an account may do nothing but run the probe, as docs/least-privilege.md sets it up: the root of this
 * machine under an overlay that vanishes, behind an sshd of its own.
 */
import { readFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderInstalledProbe } from '#collector/probe/installed.ts';
import { installedPath } from '#collector/probe/shell.ts';
import { renderSudoers } from '#collector/probe/sudoers.ts';
import { opensshTransport } from '#collector/transport/openssh/openssh.ts';
import { setUpSsh } from '#collector/transport/ssh/set-up.ts';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Host } from '#collector/transport/transport.ts';
import type { Transports } from '#collector/scan.ts';
import { startHost } from '#test/fleet/host.ts';
import type { FleetHost } from '#test/fleet/host.ts';
import { account } from '#test/fleet/roots.ts';
import { makeKey, sshHost } from '../ssh/sshd.ts';

export interface RestrictedHost {
  host: Host;
  machine: FleetHost;
  /** Words that call the system's ssh with the account's key: further options, then what is asked of the host. */
  ssh: (options: string[], words: string[]) => string[];
  transports: Transports;
  stop: () => Promise<void>;
}

export interface RestrictedOptions {
  id: string;
  address: string;
  /** The installed file; this version's own when not given. */
  probe?: string;
  /** Whether its key may do anything but the probe. */
  isForced?: boolean;
  /** The file for /etc/sudoers.d; null for none. */
  sudoers?: string | null;
  prepare?: string[];
}

export async function startRestrictedHost(options: RestrictedOptions): Promise<RestrictedHost> {
  const {
    id,
    address,
    probe = renderInstalledProbe(),
    isForced = true,
    sudoers = renderSudoers(account.name),
  } = options;
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-restricted-'));
  const identity = join(folder, 'client');
  makeKey(identity, 'ed25519');
  const publicKey = readFileSync(`${identity}.pub`, 'utf8');
  const machine = await startHost({
    root: '/',
    id,
    address,
    publicKey: isForced ? `restrict,command="${installedPath}" ${publicKey}` : publicKey,
    sshdConfig: ['Subsystem sftp internal-sftp'],
    prepare: [
      `useradd --uid ${account.id} --create-home --shell /bin/sh ${account.name}`,
      `usermod -p '*' ${account.name}`,
      fileOf(installedPath, '755', probe),
      ...(sudoers === null ? [] : [fileOf('/etc/sudoers.d/patchledger', '440', sudoers)]),
      ...(options.prepare ?? []),
    ],
  });
  const knownHosts = join(folder, 'known_hosts');
  writeFileSync(knownHosts, machine.knownHosts);
  const settings = { root: folder, user: account.name, identityFiles: [identity], knownHosts: [knownHosts] };
  return {
    host: sshHost({ host_id: id, address, port: machine.port, login: account.name }),
    machine,
    ssh: (more, words) => [
      'ssh',
      ...`-F none -i ${identity} -p ${machine.port} -o BatchMode=yes`.split(' '),
      '-o',
      `UserKnownHostsFile=${knownHosts}`,
      ...more,
      '--',
      `${account.name}@${address}`,
      ...words,
    ],
    transports: {
      ssh: sshTransport(setUpSsh(settings, { agent: undefined }).options),
      openssh: opensshTransport({
        configFile: 'none',
        user: account.name,
        identityFiles: [identity],
        knownHostsFiles: [knownHosts],
      }),
    },
    stop: async () => {
      await machine.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Lines of shell that write a file, whatever it holds. */
function fileOf(path: string, mode: string, content: string): string {
  const encoded = Buffer.from(content).toString('base64');
  return `mkdir -p "$(dirname ${path})"; echo ${encoded} | base64 -d >${path}; chmod ${mode} ${path}`;
}
