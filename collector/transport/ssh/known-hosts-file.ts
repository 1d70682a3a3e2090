/** Writing known_hosts: only ever what a person has asked for, a line at a time. */
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { syncFile } from '#data/model/durable.ts';
import { keyFinder, parseKnownHosts } from './known-hosts.ts';
import type { KnownKey } from './known-hosts.ts';

/** Adds one line at the end; an unfinished last line is finished first. */
export function addKnownKey(file: string, name: string, key: { type: string; key: string }): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const gap = before === '' || before.endsWith('\n') ? '' : '\n';
  appendFileSync(file, `${gap}${name} ${key.type} ${key.key}\n`, { mode: 0o644 });
  syncFile(file);
}

/**
 * Removes the lines that stand for a name. Lines that stand for other names too, and revoked keys, stay.
 * @returns the lines removed, and those that were left because they stand for more
 */
export function removeKnownKeys(file: string, name: string): { removed: KnownKey[]; left: KnownKey[] } {
  if (!existsSync(file)) return { removed: [], left: [] };
  const text = readFileSync(file, 'utf8');
  const mine = keyFinder(parseKnownHosts(text, file).keys)(name).filter((key) => !key.revoked);
  const removed = mine.filter(({ names }) => !/[,*?!]/.test(names));
  const gone = new Set(removed.map(({ place }) => place));
  const kept = text.split('\n').filter((_, index) => !gone.has(`${file}:${index + 1}`));
  if (removed.length > 0) {
    writeFileSync(`${file}.new`, kept.join('\n'), { mode: 0o644 });
    syncFile(`${file}.new`);
    renameSync(`${file}.new`, file);
  }
  return { removed, left: mine.filter((key) => !removed.includes(key)) };
}
