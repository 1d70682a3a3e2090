/**
 * Random estates: what happened to hosts, and what of it runs saw. Each host has two packages. In the evening
 * before each run something may happen to each of them; its log may tell so at once, later, or never; the host
 * may boot, be rebuilt, be away, not be there yet or have left; and the collector may get a new build, which gives
 * the same state another digest.
 */
import fc from 'fast-check';
import type { Found, HostState, RunStory } from './story.ts';

export const days = 7;

/** What may happen to a package in an evening: another version, none, or nothing. */
type Change = '1' | '2' | '3' | '4' | 'gone' | 'nothing';

interface Evening {
  a: Change;
  b: Change;
  /** Runs until the log tells of it; null for never. */
  toldAfter: number | null;
  boot: 'no' | 'before' | 'after';
  rebuilt: boolean;
}

interface Morning {
  answers: boolean;
  mapped: ('a' | 'b')[];
  mappings: 'complete' | 'partial';
  offers: ('held' | 'none-yet-tried' | 'phased')[];
}

export interface Life {
  first: { a: Change; b: Change };
  evenings: Evening[];
  mornings: Morning[];
  /** Days on which the inventory lists it, from and to. */
  joins: number;
  leaves: number;
  /** Day on which the collector gets a new build; 0 when all days have the same. */
  newBuild: number;
}

const change: fc.Arbitrary<Change> = fc.constantFrom(
  'nothing',
  'nothing',
  'nothing',
  'nothing',
  '1',
  '2',
  '3',
  '4',
  'gone',
);
const evening: fc.Arbitrary<Evening> = fc.record({
  a: change,
  b: change,
  toldAfter: fc.constantFrom(0, 0, 0, 1, 2, null, null),
  boot: fc.constantFrom('no', 'no', 'no', 'no', 'no', 'before', 'after'),
  rebuilt: fc.constantFrom(...Array<boolean>(19).fill(false), true),
});
const morning: fc.Arbitrary<Morning> = fc.record({
  answers: fc.constantFrom(true, true, true, true, true, false),
  mapped: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.subarray(['a', 'b'] as const) },
  ) as fc.Arbitrary<('a' | 'b')[]>,
  mappings: fc.constantFrom('complete', 'partial', 'partial'),
  offers: fc.subarray(['held', 'none-yet-tried', 'phased'] as const, { maxLength: 1 }),
});

export const life: fc.Arbitrary<Life> = fc.record({
  first: fc.record({ a: change, b: change }),
  evenings: fc.array(evening, { minLength: days, maxLength: days }),
  mornings: fc.array(morning, { minLength: days, maxLength: days }),
  joins: fc.constantFrom(1, 1, 1, 1, 2, 4),
  leaves: fc.constantFrom(days, days, days, days, days, 5),
  newBuild: fc.constantFrom(0, 2, 4, 6),
});

/** The evening before a day (0 for the one before the first of September) at an hour. */
function eveningBefore(day: number, hour: number): string {
  return new Date(Date.UTC(2026, 8, day - 1, hour)).toISOString();
}

/** What the runs of all days find on some hosts. */
export function storyOf(lives: { [hostId: string]: Life }): RunStory[] {
  const found = Object.entries(lives).map(([id, one]) => [id, findingsOf(one)] as const);
  return Array.from({ length: days }, (_, index) => ({
    at: new Date(Date.UTC(2026, 8, index + 1, 3)).toISOString(),
    hosts: Object.fromEntries(found.map(([id, days]) => [id, days[index] ?? null])),
  }));
}

type LogLine = NonNullable<HostState['log']>[number];

/** One host, day by day. */
function findingsOf({ first, evenings, mornings, joins, leaves, newBuild }: Life): Found[] {
  const had: { [name: string]: string | null } = { a: null, b: null };
  let [machine, bootedAt, untold]: [number, string | null, { line: LogLine; day: number }[]] = [1, null, []];
  const apply = (name: 'a' | 'b', wanted: Change): LogLine['2'] | null => {
    const [before, after] = [had[name] ?? null, wanted === 'gone' ? null : wanted];
    if (wanted === 'nothing' || before === after) return null;
    had[name] = after;
    return before ?? '';
  };
  apply('a', first.a);
  apply('b', first.b);
  return evenings.map((evening, index) => {
    const day = index + 1;
    if (evening.rebuilt) [machine, bootedAt, untold] = [machine + 1, null, []];
    for (const [name, hour] of [
      ['a', 20],
      ['b', 21],
    ] as const) {
      const before = apply(name, evening[name]);
      if (before === null || evening.toldAfter === null || evening.rebuilt) continue;
      const line = lineOf(eveningBefore(day, hour), name, before === '' ? null : before, had[name] ?? null);
      untold.push({ line, day: day + evening.toldAfter });
    }
    if (evening.boot !== 'no' && !evening.rebuilt)
      bootedAt = eveningBefore(day, evening.boot === 'before' ? 19 : 22);
    const seen = mornings[index];
    if (day < joins || day > leaves || seen === undefined) return null;
    if (!seen.answers) return 'unreachable';
    const told = untold.filter((entry) => entry.day <= day);
    untold = untold.filter((entry) => entry.day > day);
    return stateOf(had, seen, {
      machine,
      bootedAt,
      build: day < newBuild ? 1 : 2,
      log: told.map(({ line }) => line),
    });
  });
}

function lineOf(at: string, name: string, before: string | null, after: string | null): LogLine {
  if (after === null) return [at, 'remove', name, before, null];
  if (before === null) return [at, 'install', name, null, after];
  return [at, after > before ? 'upgrade' : 'downgrade', name, before, after];
}

function stateOf(
  had: { [name: string]: string | null },
  { mapped, mappings, offers }: Morning,
  more: { machine: number; bootedAt: string | null; build: number; log: LogLine[] },
): HostState {
  const installed = Object.entries(had).filter((entry): entry is [string, string] => entry[1] !== null);
  const [reason] = offers;
  const offered = installed.filter(([, version]) => reason !== undefined && version < '4');
  return {
    machine: `m${more.machine}`,
    packages: Object.fromEntries(installed),
    mapped,
    log: more.log,
    build: more.build,
    offers: Object.fromEntries(
      offered.map(([name]) => [
        name,
        { newest_version: '4', candidate_version: '4', security: true, reason: reason ?? 'none-yet-tried' },
      ]),
    ),
    readings: { mappings },
    scan: { booted_at: more.bootedAt },
  };
}
