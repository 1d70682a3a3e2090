/** What an SSH transport needs, found as the workspace says: keys of hosts, keys of ours, an agent. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { readIdentity, usualIdentityFiles } from './identities.ts';
import type { Identity } from './identities.ts';
import { parseKnownHosts } from './known-hosts.ts';
import type { KnownKey } from './known-hosts.ts';
import type { SshOptions } from './ssh.ts';

export interface SshSettings {
  /** The workspace's folder, which relative paths start from. */
  root: string;
  /** As written in patchledger.yaml; null for the usual. */
  user: string | null;
  identityFiles: string[] | null;
  knownHosts: string[] | null;
}

export interface SshSetUp {
  options: SshOptions;
  /** Every private key that was looked at, usable or not. */
  identities: Identity[];
  /** Files with keys of hosts, in order, whether or not they are there. */
  knownHostsFiles: string[];
  /** Lines of those files that say nothing, and files that cannot be trusted. */
  knownHostsProblems: string[];
}

export interface Surroundings {
  home?: string;
  /** SSH_AUTH_SOCK. */
  agent?: string | undefined;
}

const largestKnownHosts = 64 * 1024 * 1024;

/** Never throws: what is missing or broken is in the answer, for `doctor` and for the hosts' own reasons. */
export function setUpSsh(settings: SshSettings, surroundings: Surroundings = {}): SshSetUp {
  const home = surroundings.home ?? homedir();
  const agentSocket = 'agent' in surroundings ? surroundings.agent : process.env['SSH_AUTH_SOCK'];
  const place = (path: string) =>
    path.startsWith('~/') ? join(home, path.slice(2)) : resolve(settings.root, path);
  const named = settings.identityFiles?.map(place);
  const identities =
    named?.map(readIdentity) ?? usualIdentityFiles(home).filter(existsSync).map(readIdentity);
  const knownHostsFiles = settings.knownHosts?.map(place) ?? usualKnownHosts(settings.root, home);
  const known = knownHostsFiles.map(readKnownHosts);
  // Keys that were named are meant to be the only ones, unless the agent must open one of them.
  const needsAgent = named === undefined || identities.some(({ key }) => key === null);
  return {
    options: {
      user: settings.user ?? userInfo().username,
      knownKeys: known.flatMap(({ keys }) => keys),
      identities: identities.flatMap(({ key }) => (key === null ? [] : [key])),
      agent: needsAgent && agentSocket ? agentSocket : null,
    },
    identities,
    knownHostsFiles,
    knownHostsProblems: known.flatMap(({ problems }) => problems),
  };
}

function usualKnownHosts(root: string, home: string): string[] {
  return [join(root, 'known_hosts'), join(home, '.ssh/known_hosts'), '/etc/ssh/ssh_known_hosts'];
}

function readKnownHosts(path: string): { keys: KnownKey[]; problems: string[] } {
  try {
    const { size, mode } = statSync(path);
    if (size > largestKnownHosts) return { keys: [], problems: [`${path}: is too large to be read`] };
    // Who can write here decides which machines are believed.
    if ((mode & 0o002) !== 0)
      return {
        keys: [],
        problems: [`${path}: anybody can write to it, so it is not believed; chmod 644 ${path}`],
      };
    return parseKnownHosts(readFileSync(path, 'utf8'), path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    return { keys: [], problems: code === 'ENOENT' ? [] : [`${path}: cannot be read (${code})`] };
  }
}
