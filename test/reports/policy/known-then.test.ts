/** Points of the trend (semantics 7): as known then, they never move; what is known now stands beside. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listEntries } from '#data/ledger/entries.ts';
import type { Entry } from '#data/ledger/entries.ts';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import { deriveFindings, knownAt } from '#reports/derive.ts';
import { pastRecords } from '#reports/policy/known-then.ts';
import { advisoryRows, supported, writeFeed } from '../findings/feed-story.ts';
import { advisory, at, old } from '../findings/september.ts';
import { tell } from '../findings/story.ts';
import { log, runs, tenDays, writeFiles } from './policy-story.ts';
import type { Row } from './policy-story.ts';

// The deadline is the end of Sunday the 13th. Nobody could look in the week after; then the log told the truth.
const lateTruth = runs({
  1: old,
  5: old,
  19: 'unreachable',
  26: { ...log(10), oldestProcess: at(10, '21:00:00.000') },
});
const policyOf = (days: string): { [path: string]: string } => ({
  'patchledger.yaml': 'collector: people\n',
  'policies/ten.yaml': `id: ten\ntitle: ten\nsource:\n  text: a test\n${tenDays.replace('days: 10', days)}`,
});

interface Told {
  entries: () => Entry[];
  ledgerRoot: string;
  cacheRoot: string;
  trend: (entries?: Entry[], cacheRoot?: string, pointsFolder?: string) => Promise<Row[]>;
}

async function tellPolicies(): Promise<Told> {
  const { ledgerRoot, cacheRoot } = await tell(lateTruth);
  const rows = advisoryRows([advisory]);
  await writeFeed(ledgerRoot, { at: '2026-08-30T00:00:00.000Z', feed: 'debian-dsa', rows });
  await writeFeed(ledgerRoot, { at: '2026-08-30T00:30:00.000Z', feed: 'lifecycle', rows: supported });
  await writeFiles(ledgerRoot, '2026-08-30T01:00:00.000Z', policyOf('days: 10'));
  const entries = (): Entry[] => listEntries(ledgerRoot);
  const trend: Told['trend'] = async (
    only = entries(),
    cache = cacheRoot,
    points = join(cache, 'points'),
  ) => {
    const { path } = await deriveFindings({ cacheRoot: cache, pointsFolder: points, entries: only });
    return withDatabase(path, { readOnly: true }, (connection) =>
      readRows(connection, 'FROM policy_trend ORDER BY week'),
    );
  };
  return { entries, ledgerRoot, cacheRoot, trend };
}

const week = (rows: Row[], monday: string): Row | undefined =>
  rows.find((row) => String(row['week']).startsWith(monday));
const pointsOf = (rows: Row[]): Row[] =>
  rows.filter((row) => row['point_at'] !== null && !String(row['week']).startsWith('2026-09-21'));

describe('what was known then', () => {
  test('stays as it was, and what the log told later stands beside', async () => {
    const { trend } = await tellPolicies();
    const rows = await trend();

    expect(rows).toHaveLength(26);
    expect(week(rows, '2026-08-31')).toMatchObject({ then_met: 0, then_judged: 0, now_judged: 0 });
    expect(week(rows, '2026-09-07')).toMatchObject({ point_at: null, then_met: null });
    expect(week(rows, '2026-09-14')).toMatchObject({
      point_at: expect.stringContaining('2026-09-19') as string,
      then_met: 0,
      then_judged: 1,
      then_hosts: 2,
      then_hosts_clean: 1,
      now_met: 1,
      now_judged: 1,
      retrospective: false,
    });
    expect(week(rows, '2026-09-21')).toMatchObject({
      then_met: 1,
      then_judged: 1,
      now_met: 1,
      now_judged: 1,
    });
    expect(week(rows, '2026-08-24')).toMatchObject({ point_at: null, retrospective: true });
  });

  test('is the same from an empty cache, from a cache that grew, and after a damaged one', async () => {
    const { entries, cacheRoot, trend } = await tellPolicies();
    for (const day of [5, 19]) await trend(knownAt(entries(), at(day, '23:00:00.000')));
    const grown = pointsOf(await trend());

    expect(pointsOf(await trend(entries(), join(cacheRoot, 'empty')))).toEqual(grown);
    const points = join(cacheRoot, 'points');
    for (const name of readdirSync(points)) writeFileSync(join(points, name), '{"half');
    expect(pointsOf(await trend(entries(), join(cacheRoot, 'other'), points))).toEqual(grown);
    expect(readdirSync(points).filter((name) => !name.endsWith('.json'))).toEqual([]);
  });

  test('does not follow a policy that was edited later', async () => {
    const { ledgerRoot, trend } = await tellPolicies();
    const before = pointsOf(await trend());
    await writeFiles(ledgerRoot, at(27), policyOf('months: 6'));
    const rows = await trend();

    expect(pointsOf(rows).map((row) => [row['week'], row['then_met'], row['then_judged']])).toEqual(
      before.map((row) => [row['week'], row['then_met'], row['then_judged']]),
    );
    expect(week(rows, '2026-09-14')).toMatchObject({ then_judged: 1, now_judged: 0 });
  });
});

describe('weeks', () => {
  const entry = (recorded: string, kind = 'scan'): Entry =>
    ({ manifest: { recorded_at: recorded, kind } }) as Entry;
  const mondays = (entries: Entry[], most = 26): string[] =>
    pastRecords(entries, most).map(
      ({ week: monday, entries: { length } }) => `${monday.slice(0, 10)} ${length}`,
    );

  test.each<[string, Entry[], string[]]>([
    ['an empty record has none', [], []],
    ['the week that is not over is none yet', [entry('2026-09-14T00:00:00.000Z')], []],
    [
      'a week ends with Sunday, 24:00 UTC',
      [entry('2026-09-13T23:59:59.999Z'), entry('2026-09-14T00:00:00.000Z')],
      ['2026-09-07 1'],
    ],
    [
      'a week in which nothing was learned is left out',
      [
        entry('2026-09-01T03:00:00.000Z'),
        entry('2026-09-20T03:00:00.000Z'),
        entry('2026-09-21T03:00:00.000Z'),
      ],
      ['2026-08-31 1', '2026-09-14 2'],
    ],
    [
      'before the first run there is none',
      [entry('2026-08-24T00:00:00.000Z', 'feed'), entry('2026-09-14T00:00:00.000Z')],
      [],
    ],
  ])('%s', (_what, entries, expected) => {
    expect(mondays(entries)).toEqual(expected);
  });

  test('go back no further than asked', () => {
    const entries = Array.from({ length: 10 }, (_, index) =>
      entry(new Date(Date.UTC(2026, 8, 7) + index * 7 * 86_400_000).toISOString()),
    );
    expect(mondays(entries, 3)).toEqual(['2026-10-26 8', '2026-11-02 9']);
    expect(mondays(entries, 0)).toEqual([]);
  });
});
