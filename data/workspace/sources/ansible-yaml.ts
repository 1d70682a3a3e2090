/** Inventories and variables of Ansible in YAML, as its plugin `yaml` and its loader of variables read them. */
import { isAlias, isMap, isScalar, isSeq, Lexer, LineCounter, parseAllDocuments } from 'yaml';
import type { Document, Node, Pair, ParsedNode, YAMLMap } from 'yaml';
import { clean } from '#data/model/clean.ts';
import { quoted } from '../problems.ts';
import type { Place, Problem } from '../problems.ts';
import { expandPattern } from './host-pattern.ts';
import { leaveOut } from './keep.ts';
import type { Kept } from './keep.ts';
import type { Said, Statement } from './statements.ts';
import { isUsed, markOf } from './variables.ts';
import type { Variable, Variables } from './variables.ts';

interface Reading {
  file: string;
  document: Document;
  lines: LineCounter;
  problems: Problem[];
  statements: Statement[];
  /** What the record must not have. */
  out: Kept[];
  /** Aliases that were followed: each costs a walk over the file, and they may lead in a circle. */
  followed: { aliases: number };
}

const mostAliases = 1000;

const byHand =
  'Patchledger runs no plug-in and no program of an inventory; write what it says into a file: ansible-inventory -i … --list --yaml --export';

/** An inventory: groups with hosts, variables and children. */
export function readInventoryYaml(file: string, text: string, problems: Problem[]): Said {
  return readTwice(file, text, problems, (reading) => {
    const root = reading.document.contents;
    if (!isMap(root))
      return complain(reading, root, `expected groups by name, such as 'all:', with hosts, vars and children`);
    if (root.has('plugin')) return complain(reading, root, `this is the configuration of a plug-in; ${byHand}`);
    for (const pair of root.items) takeGroup(reading, pair, 0);
  });
}

/** A file of `group_vars` or `host_vars`: its variables are the one statement, of no group. */
export function readVariablesYaml(file: string, text: string, problems: Problem[]): Said {
  return readTwice(file, text, problems, (reading) => {
    const root = reading.document.contents;
    if (root === null || (isScalar(root) && root.value === null)) return;
    if (!isMap(root)) return complain(reading, root, 'expected variables by name');
    sayVariables(reading, root, '');
  });
}

/**
 * What is used is read from what the record keeps: then nothing that was left out can have mattered. A file whose
 * values hang together by aliases may not survive that; it is told.
 */
function readTwice(file: string, text: string, problems: Problem[], walk: (reading: Reading) => void): Said {
  const before = problems.length;
  const first = parse(file, text, problems);
  if (first === undefined) return { statements: [], kept: '' };
  walk(first);
  if (problems.length > before) return { statements: [], kept: '' };
  const kept = leaveOut(text, [...first.out, ...commentsOf(text)]);
  const faults: Problem[] = [];
  const second = parse(file, kept, faults);
  if (second !== undefined && kept !== '') walk({ ...second, problems: faults });
  const statements = second?.statements ?? [];
  if (faults.length > 0 || withoutPlaces(statements) !== withoutPlaces(first.statements))
    return complainOfAliases(first);
  return { statements, kept };
}

function complainOfAliases(reading: Reading): Said {
  complain(
    reading,
    reading.document.contents,
    'the hosts cannot be read apart from all else that stands here; write hosts and their variables out, without aliases',
  );
  return { statements: [], kept: '' };
}

function withoutPlaces(statements: Statement[]): string {
  return JSON.stringify(statements, (key, value: unknown) =>
    key === 'place' ? undefined : value instanceof Map ? [...value] : value === undefined ? null : value,
  );
}

/** Ansible reads YAML 1.1, in which `yes` is true. */
function parse(file: string, text: string, problems: Problem[]): Reading | undefined {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { version: '1.1', lineCounter: lines, uniqueKeys: false, prettyErrors: false });
  const [document, another] = 'empty' in documents ? [] : documents;
  const reading = { file, lines, problems, statements: [], out: [], followed: { aliases: 0 } };
  if (document === undefined) return { ...reading, document: parseAllDocuments('null')[0] as Document };
  const complainAt = (offset: number, message: string): undefined => {
    problems.push({ file, ...positionOf(lines, offset), message });
  };
  if (another !== undefined) return complainAt(another.range[0], 'holds several documents; one file holds one');
  for (const fault of document.errors) complainAt(fault.pos[0], `not YAML: ${clean(fault.message, 200)}`);
  return document.errors.length > 0 ? undefined : { ...reading, document: document as Document };
}

/** Comments may hold anything. Lexemes are pieces of the text; one of a single control character stands for none. */
function commentsOf(text: string): Kept[] {
  const comments: Kept[] = [];
  let at = 0;
  let isContent = false;
  for (const lexeme of new Lexer().lex(text)) {
    const isMark = lexeme === '\u0002' || lexeme === '\u0018' || lexeme === '\u001f';
    if (!isMark && !isContent && lexeme.startsWith('#')) comments.push({ start: at, end: at + lexeme.length });
    isContent = lexeme === '\u001f';
    if (!isMark) at += lexeme.length;
  }
  return comments;
}

const deepest = 64;

function takeGroup(reading: Reading, pair: Pair, depth: number, parent?: string): void {
  const group = nameOf(pair.key);
  const place = placeOf(reading, pair.key);
  if (group === undefined) return complain(reading, pair.key, 'expected the name of a group');
  if (depth > deepest) return complain(reading, pair.key, `groups are nested deeper than ${deepest}`);
  reading.statements.push({ says: 'group', group, declares: true, place });
  if (parent !== undefined) reading.statements.push({ says: 'child', group: parent, child: group, place });
  const value = resolved(reading, pair.value);
  if (isNothing(value)) return;
  if (!isMap(value)) return complain(reading, pair.value, `group ${quoted(group)}: expected hosts, vars or children`);
  for (const section of value.items) takeSection(reading, section, { group, depth, holder: value });
}

function takeSection(
  reading: Reading,
  section: Pair,
  { group, depth, holder }: { group: string; depth: number; holder: YAMLMap },
): void {
  const kind = nameOf(section.key) ?? '';
  const value = resolved(reading, section.value);
  if (!['hosts', 'vars', 'children'].includes(kind)) return leavePairOut(reading, section, holder);
  if (isNothing(value)) return;
  // One name may stand for a mapping with nothing in it.
  if (isScalar(value) && typeof value.value === 'string' && kind !== 'vars') {
    const pair = { key: value, value: null } as unknown as Pair;
    return kind === 'hosts' ? takeHosts(reading, pair, group) : takeGroup(reading, pair, depth + 1, group);
  }
  if (!isMap(value)) return complain(reading, section.value, `${kind} of group ${quoted(group)}: expected a mapping`);
  if (kind === 'vars') return sayVariables(reading, value, group);
  for (const inner of value.items) {
    if (kind === 'hosts') takeHosts(reading, inner, group);
    else takeGroup(reading, inner, depth + 1, group);
  }
}

function takeHosts(reading: Reading, pair: Pair, group: string): void {
  const name = nameOf(pair.key);
  if (name === undefined) return complain(reading, pair.key, 'expected the name of a host; numbers need quotes');
  const pattern = expandPattern(name);
  if (typeof pattern === 'string') return complain(reading, pair.key, `${quoted(name)}: ${pattern}`);
  const value = resolved(reading, pair.value);
  if (!isNothing(value) && !isMap(value)) return complain(reading, pair.value, `host ${quoted(name)}: expected variables by name`);
  const variables = isMap(value) ? takeVariables(reading, value) : new Map<string, Variable>();
  reading.statements.push({ says: 'hosts', group, ...pattern, variables, place: placeOf(reading, pair.key) });
}

function sayVariables(reading: Reading, map: YAMLMap, group: string): void {
  const variables = takeVariables(reading, map);
  if (variables.size === 0) return;
  reading.statements.push({ says: 'variables', group, variables, place: placeOf(reading, map) });
}

function takeVariables(reading: Reading, map: YAMLMap): Variables {
  const variables = new Map<string, Variable>();
  for (const pair of map.items) {
    const name = nameOf(pair.key);
    if (name === '<<' && mergesUsed(reading, pair.value))
      complain(reading, pair.key, 'variables that Patchledger uses come by <<; write them out');
    if (name === undefined || name === '<<' || !isUsed(name)) {
      leavePairOut(reading, pair, map);
      continue;
    }
    if (variables.has(name)) complain(reading, pair.key, `${quoted(name)} is said twice`);
    const said = valueOf(reading, pair.value);
    const mark = said.instead ?? markOf(name, said.value);
    if (mark === '') leavePairOut(reading, pair, map);
    else {
      if (mark !== undefined) writeInstead(reading, pair, mark);
      const value = said.instead === undefined ? (mark ?? said.value) : undefined;
      variables.set(name, { value, place: placeOf(reading, pair.key) });
    }
  }
  return variables;
}

function mergesUsed(reading: Reading, node: unknown): boolean {
  const value = resolved(reading, node);
  if (isSeq(value)) return value.items.some((item) => mergesUsed(reading, item));
  return isMap(value) && value.items.some(({ key, value: inner }) => {
    const name = nameOf(key) ?? '';
    return name === '<<' ? mergesUsed(reading, inner) : isUsed(name);
  });
}

/** A scalar or a list of scalars; `instead` is what the record has in the place of what must not be in it. */
function valueOf(reading: Reading, node: unknown): { value: unknown; instead?: string } {
  const value = resolved(reading, node);
  if (isScalar(value)) return value.tag === '!vault' ? { value: undefined, instead: '!vault' } : { value: value.value };
  if (isSeq(value) && value.items.every((item) => isScalar(item) && item.tag !== '!vault'))
    return { value: value.items.map((item) => (isScalar(item) ? item.value : null)) };
  return isNothing(value) ? { value: null } : { value: undefined, instead: '!vault' };
}

/** Blanks a pair; in braces only its value, since commas hold the others apart. */
function leavePairOut(reading: Reading, { key, value }: Pair, map: YAMLMap): void {
  const [keyStart, keyEnd] = rangeOf(key) ?? [0, 0];
  const end = rangeOf(value)?.[2] ?? keyEnd;
  if (map.flow !== true) reading.out.push({ start: keyStart, end });
  else if (end > keyEnd) reading.out.push({ start: keyEnd, end, instead: ':' });
}

function writeInstead(reading: Reading, { key, value }: Pair, words: string): void {
  const keyEnd = rangeOf(key)?.[1] ?? 0;
  const end = rangeOf(value)?.[2] ?? keyEnd;
  const instead = `: ${words === '{{' ? "'{{'" : words}`;
  // What it stands for is longer, but for the alias of a value.
  if (instead.length > end - keyEnd) complain(reading, key, 'write the value out, without an alias');
  else reading.out.push({ start: keyEnd, end, instead });
}

function resolved(reading: Reading, node: unknown): Node | null {
  if (isAlias(node)) {
    const { followed } = reading;
    followed.aliases++;
    if (followed.aliases === mostAliases) complain(reading, node, `more than ${mostAliases} aliases are followed`);
    return followed.aliases >= mostAliases ? null : (node.resolve(reading.document) ?? null);
  }
  return (node ?? null) as Node | null;
}

function isNothing(node: Node | null): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function nameOf(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  // In YAML 1.1 the key of a merge is a symbol.
  if (typeof node.value === 'symbol') return '<<';
  return typeof node.value === 'string' ? node.value : undefined;
}

function rangeOf(node: unknown): [number, number, number] | undefined {
  return (node as ParsedNode | null)?.range ?? undefined;
}

function placeOf({ file, lines }: Reading, node: unknown): Place {
  return { file, ...positionOf(lines, rangeOf(node)?.[0] ?? 0) };
}

function positionOf(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function complain(reading: Reading, node: unknown, message: string): void {
  reading.problems.push({ ...placeOf(reading, node), message });
}
