/**
 * A configuration of OpenSSH as far as it says which hosts there are (ssh_config(5)): Host, HostName, Port, User,
 * Include, and whether something is said that only ssh itself can follow. `Match` is not followed.
 */
import { posix } from 'node:path';
import { quoted } from '../problems.ts';
import type { Place } from '../problems.ts';
import type { SourceOptions } from './ansible.ts';
import { decodeText, readingTrouble } from './files.ts';
import { keepOnly } from './keep.ts';
import type { Kept } from './keep.ts';

export type SshLine =
  | { says: 'host'; patterns: string[]; place: Place }
  | { says: 'match'; place: Place }
  | { says: 'option'; key: string; value: string; place: Place }
  | { says: 'include'; files: SshLine[][] };

/** What ssh would use for a name; the first value that holds is the one. */
export interface SshHost {
  hostName: { value: string; place: Place } | null;
  port: { value: string; place: Place } | null;
  user: { value: string; place: Place } | null;
  /** The first thing that only ssh can follow. */
  onlySsh: Place | null;
  /** Of the two kinds of proxies those of which something was said already. */
  proxies: Set<string>;
}

const folder = '~/.ssh';
const deepestInclude = 16;
const values = ['hostname', 'port', 'user'];
/** The first one of a kind decides, `none` as well; a command decides over a jump that comes later. */
const proxies = ['proxyjump', 'proxycommand'];
/** Options without which the transport in process does not reach the host; 'none' and 'no' say nothing. */
const sshAlone = [
  'certificatefile',
  'hostkeyalias',
  'identityagent',
  'pkcs11provider',
  'securitykeyprovider',
  'canonicalizehostname',
];
/** Keys that are tried anyway. */
const usualKeys = /^~\/\.ssh\/id_(?:rsa|ecdsa|ed25519)$/;

/** Reads a file with those that it includes; undefined where it is not there. */
export function readSshConfig(
  path: string,
  options: SourceOptions,
  above: readonly string[] = [],
): SshLine[] | undefined {
  const text = readText(path, options);
  if (text === undefined) return undefined;
  const lines: SshLine[] = [];
  const kept: Kept[] = [];
  for (const line of configLines(path, text)) {
    const said = understandLine(line, options);
    if (said === undefined) continue;
    kept.push({ start: line.start, end: line.end, ...(said.instead !== undefined && { instead: said.instead }) });
    if (said.include !== undefined) lines.push(includeFiles(said.include, line.place, { options, above: [...above, path] }));
    else if (said.line !== undefined) lines.push(said.line);
  }
  options.kept.set(path, keepOnly(text, kept));
  return lines;
}

interface ConfigLine {
  keyword: string;
  words: string[];
  /** Offsets of the whole in the file. */
  start: number;
  end: number;
  place: Place;
}

function* configLines(file: string, text: string): Generator<ConfigLine> {
  let line = 0;
  for (const { 0: raw, index } of text.matchAll(/[^\r\n]*(?:\r\n|\n|\r|$)/g)) {
    line++;
    const trimmed = raw.trim();
    const found = /^([A-Za-z][A-Za-z0-9]*)(?:\s*=\s*|\s+)(.*)$/.exec(trimmed);
    if (found === null || trimmed.startsWith('#')) continue;
    const indent = raw.length - raw.trimStart().length;
    const [, keyword = '', rest = ''] = found;
    const words = wordsOf(rest);
    if (words.length === 0) continue;
    const start = index + indent;
    // A comment at the end of the line is not kept.
    const end = start + trimmed.length - rest.length + lengthOf(rest);
    yield { keyword: keyword.toLowerCase(), words, start, end, place: { file, line, column: indent + 1 } };
  }
}

/** Words in quotes are one; an unquoted `#` begins a comment (OpenSSH 8.7). */
function wordsOf(rest: string): string[] {
  return [...rest.slice(0, lengthOf(rest)).matchAll(/"((?:[^"\\]|\\.)*)"|[^\s"]+/g)].map(
    ([word, inner]) => (inner === undefined ? word : inner.replace(/\\(["\\])/g, '$1')),
  );
}

function lengthOf(rest: string): number {
  const found = /^(?:\s*(?:"(?:[^"\\]|\\.)*"|[^\s"#][^\s"]*))*/.exec(rest);
  return (found?.[0] ?? rest).length;
}

interface UnderstoodLine {
  line?: SshLine;
  include?: string[];
  /** What the record keeps of it, where that is not all. */
  instead?: string;
}

function understandLine({ keyword, words, place }: ConfigLine, options: SourceOptions): UnderstoodLine | undefined {
  const [value = ''] = words;
  if (keyword === 'host') return { line: { says: 'host', patterns: words, place } };
  if (keyword === 'match') return { line: { says: 'match', place }, instead: 'Match …' };
  if (keyword === 'include') return { include: words };
  if (values.includes(keyword)) {
    if (words.length > 1)
      options.problems.push({ ...place, message: `expected one value for ${keyword}, found ${quoted(words.join(' '))}` });
    return { line: { says: 'option', key: keyword, value, place } };
  }
  if (proxies.includes(keyword)) {
    const line: SshLine = { says: 'option', key: keyword, value: value.toLowerCase() === 'none' ? 'none' : '', place };
    // A command may hold what is secret: that there is one is enough.
    return line.value === 'none' ? { line } : { line, instead: `${keyword} …` };
  }
  const isKey = keyword === 'identityfile' && !usualKeys.test(value) && value !== 'none';
  if (!isKey && !(sshAlone.includes(keyword) && !['none', 'no'].includes(value.toLowerCase()))) return undefined;
  return { line: { says: 'option', key: 'only-ssh', value: '', place }, instead: `${keyword} …` };
}

function includeFiles(
  patterns: string[],
  place: Place,
  { options, above }: { options: SourceOptions; above: readonly string[] },
): SshLine {
  const paths = patterns.flatMap((pattern) => {
    const isRooted = pattern.startsWith('/') || pattern.startsWith('~/');
    return glob(isRooted ? pattern : posix.join(folder, pattern), options);
  });
  return {
    says: 'include',
    files: paths.flatMap((path) => {
      if (above.includes(path) || above.length > deepestInclude) {
        options.problems.push({ ...place, message: `${quoted(path)} is included by what it includes` });
        return [];
      }
      const lines = readSshConfig(path, options, above);
      return lines === undefined ? [] : [lines];
    }),
  };
}

/** glob(7) as far as it is used in such files: `*`, `?` and `[…]` in any part of the path; sorted. */
function glob(pattern: string, { files }: SourceOptions): string[] {
  const parts = pattern.split('/');
  let found = [''];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    found = found.flatMap((base) => {
      const start = index === 0 ? '' : `${base}/`;
      if (!/[*?[]/.test(part)) return [`${start}${part}`];
      const fits = globPart(part);
      const listed = files.list(base === '' ? '/' : base) ?? [];
      return listed
        .filter(({ name, isFolder }) => fits.test(name) && isFolder !== isLast && (part.startsWith('.') || !name.startsWith('.')))
        .map(({ name }) => `${start}${name}`);
    });
  }
  return found;
}

function globPart(part: string): RegExp {
  const source = part
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replace(/\[!/g, '[^');
  try {
    return new RegExp(`^${source}$`, 'u');
  } catch {
    return /^$(?!)/;
  }
}

function readText(path: string, { files, problems }: SourceOptions): string | undefined {
  try {
    const content = files.read(path);
    return content === undefined ? undefined : decodeText(content);
  } catch (error) {
    problems.push({ file: path, line: 1, column: 1, message: readingTrouble(error) });
    return '';
  }
}

/** What holds for a name, first come first served. */
export function evaluate(lines: readonly SshLine[], name: string): SshHost {
  const found: SshHost = { hostName: null, port: null, user: null, onlySsh: null, proxies: new Set() };
  walk(lines, name, found, true);
  return found;
}

/** A file that is included where nothing holds says nothing at all. */
function walk(lines: readonly SshLine[], name: string, found: SshHost, outer: boolean): void {
  let holds = outer;
  for (const line of lines) {
    if (line.says === 'host') holds = outer && matches(line.patterns, name);
    else if (line.says === 'match') {
      // Who knows whom it matches: ssh does.
      if (outer) found.onlySsh ??= line.place;
      holds = false;
    } else if (line.says === 'include') for (const file of line.files) walk(file, name, found, holds);
    else if (holds) takeOption(found, line);
  }
}

function takeOption(found: SshHost, { key, value, place }: SshLine & { says: 'option' }): void {
  if (key === 'hostname') found.hostName ??= { value, place };
  else if (key === 'port') found.port ??= { value, place };
  else if (key === 'user') found.user ??= { value, place };
  else if (!proxies.includes(key)) found.onlySsh ??= place;
  else if (!found.proxies.has(key) && !found.proxies.has('proxycommand')) {
    found.proxies.add(key);
    if (value !== 'none') found.onlySsh ??= place;
  }
}

/** One pattern fits, and none with a `!` before it does. */
function matches(patterns: readonly string[], name: string): boolean {
  const fits = (pattern: string): boolean => patternOf(pattern).test(name);
  return (
    patterns.some((pattern) => !pattern.startsWith('!') && fits(pattern)) &&
    !patterns.some((pattern) => pattern.startsWith('!') && fits(pattern.slice(1)))
  );
}

function patternOf(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's');
}

/** Every name that stands there whole, with where; those of one line together. */
export function literalNames(lines: readonly SshLine[]): { names: string[]; place: Place }[] {
  return lines.flatMap((line) => {
    if (line.says === 'include') return line.files.flatMap(literalNames);
    if (line.says !== 'host') return [];
    const names = line.patterns.filter((pattern) => !/[*?!]/.test(pattern));
    return names.length === 0 ? [] : [{ names, place: line.place }];
  });
}
