/** What the collector proves itself with: private keys in files, and an agent. Never a password. */
import { readFileSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import type { ParsedKey } from 'ssh2';

export interface Identity {
  path: string;
  /** The key; null when it cannot be used. */
  key: ParsedKey | null;
  /** Why not, for a person; '' when it can. */
  problem: string;
  nextStep: string;
}

/** Keys that OpenSSH tries when nobody names one, best first. */
const usualKeys = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

export function usualIdentityFiles(home: string = homedir()): string[] {
  return usualKeys.map((name) => join(home, '.ssh', name));
}

/** Reads one private key. Never throws: what stands in the way is the identity's problem. */
export function readIdentity(path: string): Identity {
  const problem = (text: string, nextStep: string): Identity => ({
    path,
    key: null,
    problem: text,
    nextStep,
  });
  let text: string;
  try {
    if (!isOurs(path)) return problem('others can read it', `chmod 600 ${path}`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT') return problem('it does not exist', `ssh-keygen -t ed25519 -f ${path}`);
    return problem(`it cannot be read (${code})`, `make it readable for ${userInfo().username}`);
  }
  const parsed = ssh2.utils.parseKey(text);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error || key === undefined) return problem(...explain(key?.message ?? '', path));
  if (!key.isPrivateKey()) return problem('it is a public key', 'name the file without .pub');
  return { path, key, problem: '', nextStep: '' };
}

function explain(message: string, path: string): [string, string] {
  if (/encrypted/i.test(message))
    return ['it is locked with a passphrase', `ssh-add ${path}, and start the collector with that agent`];
  return [`it is not a key that can be read (${message})`, `ssh-keygen -y -f ${path} says more`];
}

/** OpenSSH refuses a private key that other accounts can read; so do we. */
function isOurs(path: string): boolean {
  return (statSync(path).mode & 0o077) === 0;
}
