/** Inventories of Ansible in INI format, as its plugin `ini` reads them. */
import { quoted, suggest } from '../problems.ts';
import type { Place, Problem } from '../problems.ts';
import { expandPattern } from './host-pattern.ts';
import { keepOnly } from './keep.ts';
import type { Kept } from './keep.ts';
import { pythonValue } from './python-value.ts';
import { splitWords } from './shell-words.ts';
import type { Word } from './shell-words.ts';
import type { Said, Statement } from './statements.ts';
import { isUsed, markOf } from './variables.ts';
import type { Variable, Variables } from './variables.ts';

const sectionKinds = ['hosts', 'children', 'vars'];

interface Line {
  /** Without blanks around it. */
  text: string;
  /** Offset in the file. */
  start: number;
  place: (column?: number) => Place;
}

interface Reading {
  statements: Statement[];
  kept: Kept[];
  section: { group: string; kind: string };
  problems: Problem[];
}

export function readIni(file: string, text: string, problems: Problem[]): Said {
  const reading: Reading = { statements: [], kept: [], section: { group: 'ungrouped', kind: 'hosts' }, problems };
  for (const line of linesOf(file, text)) {
    if (line.text.startsWith('[') && takeSection(reading, line)) continue;
    const { kind, group } = reading.section;
    if (kind === 'vars') takeVariable(reading, line);
    else if (kind === 'hosts') takeHosts(reading, line);
    else {
      const child = /^([^:\]\s]+)\s*(?:#.*)?$/.exec(line.text)?.[1];
      if (child === undefined) complain(reading, line.place(), `expected the name of a group, found ${quoted(line.text)}`);
      else {
        reading.kept.push({ start: line.start, end: line.start + child.length });
        reading.statements.push({ says: 'child', group, child, place: line.place() });
      }
    }
  }
  return { statements: reading.statements, kept: keepOnly(text, reading.kept) };
}

function* linesOf(file: string, text: string): Generator<Line> {
  let number = 0;
  for (const { 0: raw, index } of text.matchAll(/[^\r\n]*(?:\r\n|\n|\r|$)/g)) {
    number++;
    const trimmed = raw.trim();
    if (trimmed === '' || trimmed.startsWith('#') || trimmed.startsWith(';')) continue;
    const indent = raw.length - raw.trimStart().length;
    const line = number;
    yield {
      text: trimmed,
      start: index + indent,
      place: (column = 0) => ({ file, line, column: indent + column + 1 }),
    };
  }
}

/** @returns whether the line is a section, or was meant to be one */
function takeSection(reading: Reading, line: Line): boolean {
  const found = /^\[([^:\]\s]+)(?::(\w+))?\]\s*(?:#.*)?$/.exec(line.text);
  if (found === null) {
    if (!line.text.endsWith(']')) return false;
    complain(reading, line.place(), `expected a section such as [web], [web:children] or [web:vars], found ${quoted(line.text)}`);
    return true;
  }
  const [, group = '', kind = 'hosts'] = found;
  if (!sectionKinds.includes(kind))
    complain(reading, line.place(group.length + 2), `${quoted(kind)} is no kind of section${suggest(kind, sectionKinds)}`);
  reading.section = { group, kind };
  reading.kept.push({ start: line.start, end: line.start + line.text.indexOf(']') + 1 });
  reading.statements.push({ says: 'group', group, declares: kind !== 'vars', place: line.place() });
  return true;
}

/** `key=value`; what follows the sign belongs to the value, quotes and `#` as well. */
function takeVariable(reading: Reading, line: Line): void {
  const sign = line.text.indexOf('=');
  if (sign < 0) return complain(reading, line.place(), `expected key=value, found ${quoted(line.text)}`);
  const name = line.text.slice(0, sign).trim();
  const value = line.text.slice(sign + 1).trim();
  const valueAt = line.text.length - value.length;
  const variable = assign(reading, line, { name, value, nameAt: 0, valueAt, end: line.text.length });
  if (variable === undefined) return;
  const variables = new Map([[name, variable]]);
  const { group } = reading.section;
  reading.statements.push({ says: 'variables', group, variables, place: line.place() });
}

function takeHosts(reading: Reading, line: Line): void {
  const words = splitWords(line.text);
  if (typeof words === 'string') return complain(reading, line.place(), words);
  const [first, ...rest] = words;
  if (first === undefined) return;
  if (first.text.startsWith('---'))
    return complain(reading, line.place(), `this looks like YAML; such a file ends in .yaml or .yml`);
  const pattern = expandPattern(first.text);
  if (typeof pattern === 'string') return complain(reading, line.place(), `${quoted(first.text)}: ${pattern}`);
  reading.kept.push({ start: line.start + first.start, end: line.start + first.end });
  const variables = variablesOf(reading, line, rest);
  const { group } = reading.section;
  reading.statements.push({ says: 'hosts', group, ...pattern, variables, place: line.place(first.start) });
}

function variablesOf(reading: Reading, line: Line, words: Word[]): Variables {
  const variables = new Map<string, Variable>();
  for (const word of words) {
    const sign = word.text.indexOf('=');
    if (sign < 0) {
      complain(reading, line.place(word.start), `expected key=value, found ${quoted(word.text)}`);
      continue;
    }
    const name = word.text.slice(0, sign);
    // The sign stands in the line where it stands in the word, unless quotes came before it.
    const valueAt = line.text.indexOf('=', word.start) + 1;
    const value = word.text.slice(sign + 1);
    const variable = assign(reading, line, { name, value, nameAt: word.start, valueAt, end: word.end });
    if (variable !== undefined) variables.set(name, variable);
  }
  return variables;
}

interface Assignment {
  name: string;
  value: string;
  /** Offsets in the line. */
  nameAt: number;
  valueAt: number;
  end: number;
}

/** A variable that is looked at, kept for the record as far as it may be. */
function assign(reading: Reading, line: Line, said: Assignment): Variable | undefined {
  if (!isUsed(said.name)) return undefined;
  const mark = markOf(said.name, said.value);
  if (mark === '') return undefined;
  const [start, end] = [line.start + said.nameAt, line.start + said.end];
  const valueStart = line.start + said.valueAt;
  if (mark === undefined) reading.kept.push({ start, end });
  else reading.kept.push({ start, end: valueStart }, { start: valueStart, end, instead: mark });
  return { value: mark ?? pythonValue(said.value), place: line.place(said.nameAt) };
}

function complain({ problems }: Reading, place: Place, message: string): void {
  problems.push({ ...place, message });
}
