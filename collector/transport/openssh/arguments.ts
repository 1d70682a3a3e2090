/** How the system's ssh is called. What people wrote into ~/.ssh/config holds, but for what is a guarantee of ours. */
import type { Host, Limits } from '../transport.ts';

export interface OpensshOptions {
  /** The program; 'ssh' unless a test says otherwise. */
  program?: string;
  /** A configuration file in the place of the account's own; null for that one. */
  configFile?: string | null;
  /** Account where neither inventory nor configuration names one; null leaves it to ssh. */
  user: string | null;
  /** Private keys to use and no others; null leaves it to ssh and its agent. */
  identityFiles: string[] | null;
  /** Files with the keys of hosts that people vouched for. */
  knownHostsFiles: string[];
}

/** Asked of the login shell; it means the same to sh, csh and fish. */
const remoteCommand = 'sh -s';

/**
 * The words of the call. An unknown or changed host key is refused whatever the configuration says, nothing is ever
 * asked for, nothing is forwarded. At DEBUG1 ssh tells how far it came and which key the host has; the option does
 * not reach the ssh that it starts for a jump host, so those lines are about the host itself.
 *
 * @throws RangeError when the address could be read as an option
 */
export function sshWords(host: Host, options: OpensshOptions, limits: Limits): string[] {
  const address = host.address ?? '';
  if (!/^[\w[][\w.:%[\]-]*$/.test(address)) throw new RangeError('the address cannot be that of a host');
  const login = host.login ?? options.user;
  const settings = [
    'LogLevel=DEBUG1',
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'VerifyHostKeyDNS=no',
    'ConnectionAttempts=1',
    `ConnectTimeout=${Math.max(1, Math.ceil(limits.connectMs / 1000))}`,
    'ClearAllForwardings=yes',
    'ForwardAgent=no',
    'ForwardX11=no',
    'PermitLocalCommand=no',
    'RequestTTY=no',
    'RemoteCommand=none',
    `UserKnownHostsFile=${options.knownHostsFiles.map(quoted).join(' ')}`,
    ...(options.identityFiles === null ? [] : ['IdentitiesOnly=yes']),
  ];
  return [
    options.program ?? 'ssh',
    '-T',
    ...(options.configFile === undefined || options.configFile === null ? [] : ['-F', options.configFile]),
    ...settings.flatMap((setting) => ['-o', setting]),
    ...(options.identityFiles ?? []).flatMap((file) => ['-i', file]),
    ...(host.port === null ? [] : ['-p', String(host.port)]),
    ...(login === null ? [] : ['-l', login]),
    '--',
    address,
    remoteCommand,
  ];
}

/** ssh splits the value at spaces outside of quotes, and expands `%` (ssh_config(5), TOKENS). */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}
