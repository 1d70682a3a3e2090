/** Asks hosts for their keys, without logging in: what `known-hosts` shows to a person who then compares. */
import { fingerprintOf, keyType } from './known-hosts.ts';
import { openLine } from './line.ts';
import { explainError } from './troubles.ts';
import { NodeSSH } from 'node-ssh';
import type { Config } from 'node-ssh';
import type { Host, Limits, TransportEnd } from '../transport.ts';

export interface OfferedKey {
  type: string;
  /** Base64 of the key as it goes over the wire. */
  key: string;
  fingerprint: string;
}

/** Key types asked for, one connection each, best first. */
const asked: string[][] = [
  ['ssh-ed25519'],
  ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  ['rsa-sha2-512', 'rsa-sha2-256'],
];

/** Every key that the host offers; an end when it could not be asked. Nothing is believed and nothing stored. */
export async function askHostKeys(host: Host, limits: Limits): Promise<OfferedKey[] | TransportEnd> {
  const keys: OfferedKey[] = [];
  for (const algorithms of asked) {
    const answer = await askOne(host, limits, algorithms);
    if ('fingerprint' in answer) keys.push(answer);
    else if (answer.outcome !== 'no-common-algorithm') return answer;
  }
  if (keys.length > 0) return keys;
  const message = 'The host offers no key of a type that is taken (Ed25519, ECDSA, RSA).';
  return { outcome: 'no-common-algorithm', stage: 'key-exchange', exitStatus: null, message };
}

async function askOne(host: Host, limits: Limits, algorithms: string[]): Promise<OfferedKey | TransportEnd> {
  const line = openLine(host, { limits });
  let offered: OfferedKey | null = null;
  const ssh = new NodeSSH();
  const config = {
    sock: line.socket,
    username: 'nobody',
    authHandler: [],
    algorithms: { serverHostKey: algorithms },
    readyTimeout: 0,
    hostVerifier: (key: Buffer) => {
      offered = { type: keyType(key) ?? '', key: key.toString('base64'), fingerprint: fingerprintOf(key) };
      line.end({ outcome: 'ended', stage: 'key-exchange', exitStatus: null, message: '' });
      return false;
    },
  };
  const login = ssh.connect(config as unknown as Config);
  ssh.connection?.on('error', (error) => line.end(explainError(error, line.stage(), host)));
  await Promise.race([
    line.ended,
    login.catch((error: unknown) => line.end(explainError(error, line.stage(), host))),
  ]);
  const end = await line.ended;
  return offered ?? end;
}
