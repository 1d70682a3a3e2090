/** What `apk upgrade --simulate` says it would do, and what people asked for in the world. */
import { clean } from '#data/model/clean.ts';
import type { UpdateAction } from '#data/model/words.ts';
import { partProblem } from '../parts.ts';
import { isPackageName, isVersion } from './names.ts';
import type { Part } from '../parts.ts';
import type { Rejecter } from '../rejections.ts';

export interface SimulatedChange {
  action: UpdateAction;
  oldVersion: string | null;
  newVersion: string | null;
}

export interface Simulation {
  changes: Map<string, SimulatedChange>;
  problem: string | null;
}

const actions: { [verb: string]: UpdateAction | null } = {
  Installing: 'install',
  Upgrading: 'upgrade',
  Downgrading: 'downgrade',
  // Another build of the same version.
  Replacing: 'upgrade',
  Purging: 'remove',
  Reinstalling: null,
  '[APK unavailable, skipped] Reinstalling': null,
  'Updating pinning': null,
};

/** `( 3/10) Upgrading name@tag (old -> new)`: apk-tools, commit.c, print_change; the same in apk 2 and 3. */
const changeLine =
  /^\( *\d{1,6}\/(\d{1,6})\) ([A-Z[][A-Za-z, \]]*) ([^ @]+)(?:@\S+)? \((\S+?)(?: -> (\S+))?\)$/;

export interface ChangeLine {
  /** How many changes there are in all. */
  total: number;
  verb: string;
  name: string;
  first: string;
  second: string | null;
}

/** A line of what apk does or would do; null when it is none. */
export function parseChangeLine(text: string): ChangeLine | null {
  const match = changeLine.exec(text);
  if (match === null) return null;
  const [total = '', verb = '', name = '', first = '', second] = match.slice(1) as (string | undefined)[];
  if (!isPackageName(name) || !isVersion(first) || (second !== undefined && !isVersion(second))) return null;
  if (!Object.hasOwn(actions, verb)) return null;
  return { total: Number(total), verb, name, first, second: second ?? null };
}

export function parseSimulation(part: Part | undefined, { reject }: Pick<Rejecter, 'reject'>): Simulation {
  const changes: Simulation['changes'] = new Map();
  const said: { errors: string[]; counts: number[]; ended: boolean } = {
    errors: [],
    counts: [],
    ended: false,
  };
  for (const [index, line] of (part?.lines ?? []).entries()) {
    const change = parseChangeLine(line);
    if (change !== null) {
      said.counts.push(change.total);
      const action = actions[change.verb] ?? null;
      if (action !== null) changes.set(change.name, { action, ...versionsOf(action, change) });
    } else if (line.startsWith('(')) reject(part!.firstLine + index, 'A change that apk would make.', line);
    else if (line.startsWith('ERROR: ')) said.errors.push(line.slice('ERROR: '.length));
    else if (line.startsWith('OK: ')) said.ended = true;
  }
  const wrong = said.errors[0];
  const uncounted = said.counts.some((count) => count !== said.counts.length);
  const problem =
    wrong !== undefined
      ? `'apk upgrade --simulate' says: ${clean(wrong.trim().replace(/[:.]$/, ''), 200)}.`
      : partProblem('apk upgrade --simulate', part);
  const torn = !said.ended || uncounted ? "The lines of 'apk upgrade --simulate' do not add up." : null;
  return { changes, problem: problem ?? torn };
}

function versionsOf(action: UpdateAction, { first, second }: ChangeLine): Omit<SimulatedChange, 'action'> {
  if (action === 'install') return { oldVersion: null, newVersion: first };
  return { oldVersion: first, newVersion: action === 'remove' ? null : (second ?? first) };
}

export interface Constraint {
  /** `@edge`, or '' for none. */
  tag: string;
  /** Whether only some versions, or only one very build (`><`), may be installed. */
  limits: 'build' | 'versions' | null;
}

/** apk-world(5): words `[!]name{@tag}{[<>~=]version}`. */
export function parseWorld(part: Part | undefined): Map<string, Constraint> {
  const world = new Map<string, Constraint>();
  for (const word of (part?.lines ?? []).flatMap((line) => line.split(/\s+/))) {
    const match = /^([^!@<>=~]+)(@[^<>=~]+)?([<>=~]+)?/.exec(word);
    if (match === null || !isPackageName(match[1]!)) continue;
    const limits = match[3] === undefined ? null : match[3] === '><' ? 'build' : 'versions';
    world.set(match[1]!, { tag: match[2] ?? '', limits });
  }
  return world;
}
