/**
 * Hosts over SSH, in this process, on node-ssh. Whatever happens first on a connection is its outcome:
 * what comes later, and what never comes, can neither change it nor hold it.
 */
import { NodeSSH } from 'node-ssh';
import type { Config } from 'node-ssh';
import type { AnyAuthMethod, Client, ParsedKey } from 'ssh2';
import { hostKeyChecker } from './host-key.ts';
import type { HostKeyCheck } from './host-key.ts';
import type { KnownKey } from './known-hosts.ts';
import { openLine } from './line.ts';
import type { Line } from './line.ts';
import { hangUp, runProgram } from './session.ts';
import { authFailed, explainError } from './troubles.ts';
import type { Connected, ConnectOptions, Host, Transport } from '../transport.ts';

export interface SshOptions {
  /** Account where the inventory names none. */
  user: string;
  /** The keys of hosts that people vouched for. */
  knownKeys: KnownKey[];
  /** Private keys, in the order in which they are tried, after those of the agent. */
  identities: ParsedKey[];
  /** Socket of an agent; null for none. */
  agent: string | null;
}

/** Asked for in this order: the first is the cheapest where the processor has AES. */
const ciphers = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
] as const;

/** Keys and agents only. A host whose key nobody vouched for is refused before anything is said to it. */
export function sshTransport(options: SshOptions): Transport {
  const checkerOf = hostKeyChecker(options.knownKeys);
  return {
    id: 'ssh',
    connect: (host, connectOptions) => connect(host, checkerOf(host), { ...options, ...connectOptions }),
  };
}

type Options = SshOptions & ConnectOptions;

async function connect(host: Host, hostKey: HostKeyCheck, options: Options): Promise<Connected> {
  if (options.identities.length === 0 && options.agent === null)
    return { end: authFailed('The collector has no key to log in with.') };
  const line = openLine(host, options);
  const ssh = new NodeSSH();
  const login = ssh.connect(configOf(host, hostKey, { line, options }));
  const client = ssh.connection;
  if (client !== null) watch(client, line, { host, connectMs: options.limits.connectMs });
  // A rejection is what the events have said already, unless the configuration itself was refused.
  const failed = login.then(
    () => null,
    (error: unknown) => line.end(explainError(error, line.stage(), host)),
  );
  await Promise.race([failed, line.ended]);
  if (line.socket.destroyed || client === null) return { end: await line.ended };
  return {
    connection: {
      hostKey: hostKey.fingerprint(),
      run: (program, runOptions) => runProgram(line, client, { program, ...runOptions }),
      close: () => hangUp(line, client),
    },
  };
}

/** A permanent listener: without one, a reset after the login would end the whole program. */
function watch(client: Client, line: Line, { host, connectMs }: { host: Host; connectMs: number }): void {
  client.on('error', (error) => {
    // An agent that is gone ends nothing: the other keys are still tried.
    if ('level' in error && error.level === 'agent') return;
    line.end(explainError(error, line.stage(), host));
  });
  client.once('handshake', () => line.enter('login', connectMs));
  client.once('ready', () => line.enter('session'));
}

function configOf(
  host: Host,
  hostKey: HostKeyCheck,
  { line, options }: { line: Line; options: Options },
): Config {
  const username = host.login ?? options.user;
  return {
    sock: line.socket,
    username,
    authHandler: authMethods(username, options) as Config['authHandler'],
    algorithms: { cipher: [...ciphers], serverHostKey: hostKey.algorithms },
    hostVerifier: (key: Buffer) => {
      const reason = hostKey.check(key);
      if (reason !== null) line.end(reason);
      return reason === null;
    },
    // The line's own clocks are the ones that count.
    readyTimeout: 0,
    keepaliveInterval: 0,
  } as Config;
}

function authMethods(username: string, { agent, identities }: Options): AnyAuthMethod[] {
  const ofAgent: AnyAuthMethod[] = agent === null ? [] : [{ type: 'agent', username, agent }];
  return [...ofAgent, ...identities.map((key) => ({ type: 'publickey' as const, username, key }))];
}
