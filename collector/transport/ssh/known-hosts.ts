/**
 * Host keys that people have vouched for: known_hosts files as sshd(8) describes them, with hashed
 * names, ports, patterns, negations and revoked keys. Host certificates are not judged here.
 */
import { createHash, createHmac } from 'node:crypto';

export interface KnownKey {
  /** Lists of host patterns, or one hashed name. */
  names: string;
  revoked: boolean;
  /** Whether the line names a certificate authority. */
  authority: boolean;
  /** For example 'ssh-ed25519'. */
  type: string;
  /** Base64 of the key as it goes over the wire. */
  key: string;
  /** Where it stands, for a person: `file:line`. */
  place: string;
}

export interface KnownHosts {
  keys: KnownKey[];
  /** Lines that say nothing: `file:line: what is wrong`. */
  problems: string[];
}

export type KeyVerdict =
  | { verdict: 'known' }
  | { verdict: 'revoked' | 'changed'; place: string }
  | { verdict: 'unknown'; otherTypes: string[]; authority: boolean };

/** @param file how to name the file in places and problems */
export function parseKnownHosts(text: string, file: string): KnownHosts {
  const keys: KnownKey[] = [];
  const problems: string[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const place = `${file}:${index + 1}`;
    if (/^\s*(#|$)/.test(line)) continue;
    const key = parseLine(line.trim().split(/\s+/), place);
    if (typeof key === 'string') problems.push(`${place}: ${key}`);
    else keys.push(key);
  }
  return { keys, problems };
}

function parseLine(words: string[], place: string): KnownKey | string {
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
  if (marker !== undefined && marker !== '@revoked' && marker !== '@cert-authority')
    return `unknown marker ${marker}; expected @revoked or @cert-authority`;
  const [names, type, key] = words;
  if (names === undefined || type === undefined || key === undefined)
    return 'expected names, type and key, separated by spaces';
  if (keyType(Buffer.from(key, 'base64')) !== type) return `this is not a key of type ${type}`;
  return { names, type, key, place, revoked: marker === '@revoked', authority: marker === '@cert-authority' };
}

/** The type that a key says it is of (RFC 4253, 6.6); null when it is none. */
export function keyType(key: Uint8Array): string | null {
  const bytes = Buffer.from(key);
  if (bytes.length < 5) return null;
  const length = bytes.readUInt32BE(0);
  if (length > 64 || bytes.length < 4 + length) return null;
  const type = bytes.toString('latin1', 4, 4 + length);
  return /^[\w.@-]+$/.test(type) ? type : null;
}

/** The fingerprint that ssh-keygen -l prints: `SHA256:` and base64 without padding. */
export function fingerprintOf(key: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** The name under which known_hosts keeps an address: `[address]:port` unless the port is 22. */
export function knownName(address: string, port: number): string {
  const name = address.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

/**
 * Gives the keys that stand for a name, in the order of the files. Lines that name one host each are
 * found at once; hashed names and patterns have to be tried one by one.
 */
export function keyFinder(keys: KnownKey[]): (name: string) => KnownKey[] {
  const order = new Map(keys.map((key, index) => [key, index]));
  const isPlain = ({ names }: KnownKey) => !/[|*?!]/.test(names);
  const tried = keys.filter((key) => !isPlain(key));
  const byName = new Map<string, KnownKey[]>();
  for (const key of keys.filter(isPlain)) {
    for (const name of new Set(key.names.toLowerCase().split(',')))
      byName.set(name, [...(byName.get(name) ?? []), key]);
  }
  return (name) =>
    [...(byName.get(name) ?? []), ...tried.filter((key) => standsFor(key.names, name))].sort(
      (a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0),
    );
}

/** @param mine the keys that stand for the host's name; a revoked one counts whatever else is known */
export function judgeKey(mine: KnownKey[], key: Uint8Array): KeyVerdict {
  const offered = Buffer.from(key).toString('base64');
  const revoked = mine.find((known) => known.revoked && known.key === offered);
  if (revoked !== undefined) return { verdict: 'revoked', place: revoked.place };
  const plain = mine.filter((known) => !known.revoked && !known.authority);
  if (plain.some((known) => known.key === offered)) return { verdict: 'known' };
  const type = keyType(key);
  const other = plain.find((known) => known.type === type);
  if (other !== undefined) return { verdict: 'changed', place: other.place };
  return {
    verdict: 'unknown',
    otherTypes: knownTypes(mine),
    authority: mine.some((known) => known.authority),
  };
}

/** Types of which a good key is known, in the order of the files. */
export function knownTypes(mine: KnownKey[]): string[] {
  const plain = mine.filter((known) => !known.revoked && !known.authority);
  return [...new Set(plain.map((known) => known.type))];
}

function standsFor(names: string, name: string): boolean {
  if (names.startsWith('|')) return standsHashedFor(names, name);
  const patterns = names.toLowerCase().split(',');
  const refused = patterns.some((pattern) => pattern.startsWith('!') && matches(pattern.slice(1), name));
  return !refused && patterns.some((pattern) => !pattern.startsWith('!') && matches(pattern, name));
}

/** `|1|salt|HMAC-SHA1 of the name under the salt`, both in base64. */
function standsHashedFor(hashed: string, name: string): boolean {
  const [, version, salt, hash] = hashed.split('|');
  if (version !== '1' || salt === undefined || hash === undefined) return false;
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

/** `*` stands for any characters, `?` for one. Walks back instead of a regular expression: no pattern is slow. */
function matches(pattern: string, name: string): boolean {
  let at = 0;
  let back = -1;
  let held = 0;
  let place = 0;
  while (place < name.length) {
    if (pattern[at] === '*') {
      back = at++;
      held = place;
    } else if (pattern[at] === '?' || pattern[at] === name[place]) {
      at++;
      place++;
    } else if (back >= 0) {
      at = back + 1;
      place = ++held;
    } else return false;
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}
