/** No secrets in YAML: these files are reviewed, copied into the record and handed to auditors. */
import { quoted } from './problems.ts';
import type { Problem } from './problems.ts';
import type { YamlFile } from './yaml-file.ts';

const secretKey =
  /^(ansible[-_])?(ssh[-_]|become[-_])?(pass(word|phrase)?|secret|token|private[-_]?key|api[-_]?key|credentials?)$/i;
const secretValue = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;

export function isSecretKey(key: string): boolean {
  return secretKey.test(key);
}

/** Adds a problem for every key or value that is or holds a secret. */
export function refuseSecrets(file: YamlFile, problems: Problem[]): void {
  walk(file.value, [], (path, value) => {
    const key = path.at(-1);
    const named = typeof key === 'string' && isSecretKey(key);
    if (!named && !(typeof value === 'string' && secretValue.test(value))) return;
    problems.push({
      file: file.path,
      ...file.position(path, true),
      message: `${named ? quoted(key) : 'a private key'} does not belong here: no secrets in these files; hosts are reached with SSH keys and agents`,
    });
  });
}

function walk(
  value: unknown,
  path: PropertyKey[],
  visit: (path: PropertyKey[], value: unknown) => void,
): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    visit(here, inner);
    walk(inner, here, visit);
  }
}
