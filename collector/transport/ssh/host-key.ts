/** Whether a host is who it says: the key that it offers against the keys that people vouched for. */
import { fingerprintOf, judgeKey, keyFinder, keyType, knownName, knownTypes } from './known-hosts.ts';
import { trouble } from './troubles.ts';
import type { KnownKey } from './known-hosts.ts';
import type { Host, TransportEnd } from '../transport.ts';

export interface HostKeyCheck {
  /** Signature algorithms to ask for, those of known keys first. */
  algorithms: string[];
  /** Judges the key that the host offers; null when it is the known one. */
  check: (key: Buffer) => TransportEnd | null;
  /** Fingerprint of the key that was offered; null before. */
  fingerprint: () => string | null;
}

/** Types of keys, best first, with the algorithms that sign with them. SHA-1 (`ssh-rsa`) is not taken. */
const algorithmsOf: { [type: string]: string[] } = {
  'ssh-ed25519': ['ssh-ed25519'],
  'ecdsa-sha2-nistp256': ['ecdsa-sha2-nistp256'],
  'ecdsa-sha2-nistp384': ['ecdsa-sha2-nistp384'],
  'ecdsa-sha2-nistp521': ['ecdsa-sha2-nistp521'],
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};

export function hostKeyChecker(keys: KnownKey[]): (host: Host) => HostKeyCheck {
  const find = keyFinder(keys);
  return (host) => {
    const mine = find(knownName(host.address ?? '', host.port ?? 22));
    let offered: Buffer | null = null;
    return {
      algorithms: algorithmOrder(knownTypes(mine)),
      check: (key) => {
        offered = key;
        return explain(judgeKey(mine, key), key, host);
      },
      fingerprint: () => (offered === null ? null : fingerprintOf(offered)),
    };
  };
}

function algorithmOrder(known: string[]): string[] {
  const types = [...known, ...Object.keys(algorithmsOf).filter((type) => !known.includes(type))];
  return types.flatMap((type) => algorithmsOf[type] ?? []);
}

function explain(judged: ReturnType<typeof judgeKey>, key: Buffer, host: Host): TransportEnd | null {
  const offered = `${keyType(key) ?? 'key'} ${fingerprintOf(key)}`;
  const accept = `patchledger known-hosts accept ${host.host_id} ${fingerprintOf(key)}`;
  switch (judged.verdict) {
    case 'known':
      return null;
    case 'unknown':
      return trouble('host-key-unknown', 'key-exchange', {
        message: `Nobody has vouched for the host's key ${offered}.${butKnown(judged)}`,
        nextStep: `Compare it with the host's own (at its console: cat /etc/ssh/ssh_host_*_key.pub | ssh-keygen -lf -); if it is the same: ${accept}`,
      });
    case 'changed':
      return trouble('host-key-changed', 'key-exchange', {
        message: `The host offers ${offered}; ${judged.place} knows another key of this type.`,
        nextStep: `Find out why before anything else: it may be another machine. If the host was rebuilt, and this is its key: patchledger known-hosts forget ${host.host_id}, then ${accept}`,
      });
    case 'revoked':
      return trouble('host-key-changed', 'key-exchange', {
        message: `The host offers ${offered}, which ${judged.place} marks as revoked.`,
        nextStep: 'Give the host new keys: whoever stole this one can pose as the host.',
      });
  }
}

function butKnown({ otherTypes, authority }: { otherTypes: string[]; authority: boolean }): string {
  if (otherTypes.length > 0) return ` Only keys of other types are known for it: ${otherTypes.join(', ')}.`;
  if (authority) return ' A certificate authority is known for it, but host certificates are not read.';
  return '';
}
