/** Logs that cannot be the whole story: what is said of them, and what dates rest on then. */
import { describe, expect, test } from 'vitest';
import { advisoryRows, writeFeed } from './feed-story.ts';
import { tell } from './story.ts';
import type { Found, HostState, RunStory } from './story.ts';

const at = (day: number, time = '03:00:00.000'): string => `2026-09-${String(day).padStart(2, '0')}T${time}Z`;
const evening = (day: number): string => at(day, '20:00:00.000');

type Line = NonNullable<HostState['log']>[number];
const upgrade = (day: number, from: string, to: string): Line => [evening(day), 'upgrade', 'ssl', from, to];
const early: Line = ['2026-08-01T10:00:00.000Z', 'install', 'other', null, '1'];

function state(ssl: string | null, ...log: Line[]): HostState {
  return { packages: ssl === null ? { other: '1' } : { other: '1', ssl }, log };
}

function daily(...found: Found[]): RunStory[] {
  return found.map((one, index) => ({ at: at(index + 1), hosts: { web: one } }));
}

const cases: [string, RunStory[], object[]][] = [
  ['every change is told', daily(state('1', early), state('2', upgrade(1, '1', '2'))), []],
  [
    'a line speaks of a version that nothing brought',
    daily(state('1', early), 'unreachable', state('3', upgrade(2, '2', '3'))),
    [{ package: 'ssl', kind: 'skipped', version: '2', not_before: at(1), not_after: evening(2) }],
  ],
  [
    'two lines that do not follow each other',
    daily(
      'unreachable',
      state('4', early, upgrade(1, '1', '2'), [at(1, '22:00:00.000'), 'upgrade', 'ssl', '3', '4']),
    ),
    [{ kind: 'skipped', version: '3', not_before: evening(1), not_after: at(1, '22:00:00.000') }],
  ],
  [
    'the next scan saw what was there before the line',
    daily(state('1', early), state('1', upgrade(1, '1', '2'))),
    [{ package: 'ssl', kind: 'unconfirmed', version: '1', not_before: evening(1), not_after: at(2) }],
  ],
  [
    'an install of which the next scan saw nothing',
    daily(state(null), state(null, [evening(1), 'install', 'ssl', null, '1'])),
    [{ package: 'ssl', kind: 'unconfirmed', version: null, not_before: evening(1), not_after: at(2) }],
  ],
  [
    'two scans saw a change that the log does not tell, and it reaches back farther',
    daily(state('1', early), state('2')),
    [{ package: 'ssl', kind: 'silent', version: '2', not_before: at(1), not_after: at(2) }],
  ],
  [
    'a machine that was restored: version and log went back together',
    daily(state('1', early), state('2', upgrade(1, '1', '2')), state('1')),
    [{ package: 'ssl', kind: 'silent', version: '1', not_before: at(2), not_after: at(3) }],
  ],
  [
    'the log begins after the change: its oldest part was rotated away',
    daily(state('1'), state('2', [evening(1), 'install', 'other', null, '1'])),
    [],
  ],
  [
    'the log was read in part: nothing can be said of what it lacks',
    daily(state('1', early), { ...state('2'), readings: { history: 'partial' } }),
    [],
  ],
  ['no log at all', daily(state('1'), state('2')), []],
];

describe('logs that do not fit', () => {
  test.each(cases)('%s', async (_, runs, expected) => {
    const world = await tell(runs);
    const found = await world.rows("FROM log_breaks WHERE package = 'ssl' ORDER BY not_before");
    expect(found).toMatchObject(expected);
    expect(found).toHaveLength(expected.length);
  });

  test('the dates of an exposure rest on scans where the log is broken', async () => {
    const world = await tell(
      daily(state('1', early), state('1'), 'unreachable', state('3', upgrade(3, '2', '3'))),
    );
    await writeFeed(world.ledgerRoot, {
      at: '2026-09-29T00:00:00.000Z',
      feed: 'debian-dsa',
      rows: advisoryRows([['DSA-1-1', '2026-09-01', 'ssl', '2']]),
    });
    expect(await world.rows('FROM exposures')).toMatchObject([
      {
        installed_not_before: at(2),
        installed_not_after: evening(3),
        installed_evidence: 'between-scans',
      },
    ]);
  });

  test('an install that names left-over settings of an older build proves no older version', async () => {
    const world = await tell(daily(state(null, early), state('3', [evening(1), 'install', 'ssl', '1', '3'])));
    await writeFeed(world.ledgerRoot, {
      at: '2026-09-29T00:00:00.000Z',
      feed: 'debian-dsa',
      rows: advisoryRows([['DSA-1-1', '2026-09-01', 'ssl', '2']]),
    });
    expect(await world.rows('FROM exposures')).toEqual([]);
    expect(await world.rows('FROM log_breaks')).toEqual([]);
  });
});
