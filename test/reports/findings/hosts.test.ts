/** Standing, silence, retirement: semantics 3 and 4 as far as they need no advisory. */
import { describe, expect, test } from 'vitest';
import { tell } from './story.ts';
import type { Found, RunStory } from './story.ts';

const day = (number: number): string => `2026-09-${String(number).padStart(2, '0')}T03:00:00.000Z`;
const read = { packages: { sh: '1' } };
const columns = 'standing, last_status, last_read_at, packages_reading, updates_reading';

/** One host, one found state a day; another host keeps the runs alive. */
function daily(...found: Found[]): RunStory[] {
  return found.map((state, index) => ({ at: day(index + 1), hosts: { web: state, other: read } }));
}

describe('standing of a host', () => {
  test.each<[string, RunStory[], object]>([
    ['read completely at the last run', daily(read), { standing: 'read', last_read_at: day(1) }],
    [
      'never tried to an end',
      daily('unreachable', 'auth-failed'),
      { standing: 'never-read', last_status: 'auth-failed', last_read_at: null },
    ],
    [
      'silent since yesterday',
      daily(read, 'unreachable'),
      { standing: 'stale', last_status: 'unreachable', last_read_at: day(1) },
    ],
    ['answers again', daily(read, 'unreachable', read), { standing: 'read', last_read_at: day(3) }],
    [
      'updates read in part',
      daily({ ...read, readings: { updates: 'partial' } }),
      { standing: 'partly-read', packages_reading: 'complete', updates_reading: 'partial' },
    ],
    [
      'packages unread',
      daily({ ...read, readings: { packages: 'unread' } }),
      { standing: 'partly-read', packages_reading: 'unread' },
    ],
    [
      'a subject that the figures do not rest on was unread',
      daily({ ...read, readings: { mappings: 'partial' } }),
      { standing: 'read' },
    ],
    ['left the inventory', daily(read, null), { standing: 'retired', last_read_at: day(1) }],
    ['left and came back', daily(read, null, read), { standing: 'read' }],
  ])('%s', async (_name, story, expected) => {
    const world = await tell(story);

    const [host] = await world.rows(`SELECT ${columns} FROM hosts WHERE host_id = 'web'`);

    expect(host).toMatchObject(expected);
  });

  test('a reading older than the workspace allows proves nothing about today', async () => {
    const story: RunStory[] = [
      { at: day(1), hosts: { web: read, other: read } },
      { at: day(5), hosts: { web: read, other: read } },
    ];
    story[1]!.hosts['web'] = 'unreachable';
    const world = await tell([...story, { at: day(9), hosts: { web: 'unreachable', other: read } }]);

    expect(await world.rows("SELECT standing FROM hosts WHERE host_id = 'web'")).toEqual([
      { standing: 'stale' },
    ]);
  });

  test('the standings of the listed hosts sum to the population', async () => {
    const world = await tell([
      {
        at: day(1),
        hosts: { a: read, b: 'refused', c: { ...read, readings: { updates: 'unread' } }, d: read, e: read },
      },
      {
        at: day(2),
        hosts: {
          a: read,
          b: 'refused',
          c: { ...read, readings: { updates: 'unread' } },
          d: 'timed-out',
          e: null,
        },
      },
    ]);

    const counts = await world.rows(
      'SELECT standing, count(*) AS hosts FROM hosts GROUP BY standing ORDER BY standing',
    );
    const [run] = await world.rows(
      'SELECT population, hosts_tried, hosts_read, hosts_partly_read, hosts_unread FROM runs ORDER BY sequence DESC',
    );

    expect(counts).toEqual([
      { standing: 'never-read', hosts: 1 },
      { standing: 'partly-read', hosts: 1 },
      { standing: 'read', hosts: 1 },
      { standing: 'retired', hosts: 1 },
      { standing: 'stale', hosts: 1 },
    ]);
    expect(run).toEqual({
      population: 4,
      hosts_tried: 4,
      hosts_read: 2,
      hosts_partly_read: 0,
      hosts_unread: 2,
    });
  });
});

describe('since when a host could not be read', () => {
  const failing = "SELECT failing_since, failed_scans FROM hosts WHERE host_id = 'web'";
  test.each<[string, Parameters<typeof daily>, object]>([
    ['never read', ['unreachable', 'auth-failed'], { failing_since: day(1), failed_scans: 2 }],
    ['read before', [read, 'timed-out', 'refused'], { failing_since: day(2), failed_scans: 2 }],
    ['read in between', ['refused', read, 'refused'], { failing_since: day(3), failed_scans: 1 }],
    ['read now', ['refused', read], { failing_since: null, failed_scans: 0 }],
  ])('%s', async (_name, story, expected) => {
    const world = await tell(daily(...story));
    expect(await world.rows(failing)).toEqual([expected]);
  });
});

describe('what is not known', () => {
  test('every subject of a host that was never read, with why and since when', async () => {
    const world = await tell(daily('unreachable', 'auth-failed'));

    const found = await world.rows(
      "SELECT DISTINCT status, reason, last_complete_at, since FROM unknowns WHERE host_id = 'web'",
    );

    expect(found).toEqual([
      { status: 'unread', reason: 'auth-failed', last_complete_at: null, since: day(1) },
    ]);
  });

  test('a subject read in part, since the first scan that did not read it whole', async () => {
    const partly: Found = { ...read, readings: { updates: 'partial' } };
    const world = await tell(daily(read, partly, partly));

    const found = await world.rows(
      "SELECT subject, status, last_complete_at, since FROM unknowns WHERE host_id = 'web'",
    );

    expect(found).toEqual([
      { subject: 'updates', status: 'partial', last_complete_at: day(1), since: day(2) },
    ]);
  });

  test('nothing is unknown of a host that was read completely, nor of one that has left', async () => {
    const world = await tell(daily(read, null));

    expect(await world.rows('SELECT * FROM unknowns')).toEqual([]);
    expect(await world.rows('SELECT * FROM retired_hosts')).toEqual([
      {
        host_id: 'web',
        gone_not_before: day(1),
        gone_after_at: day(2),
        gone_collector: 'main',
        gone_sequence: 2,
        gone_with: null,
      },
    ]);
  });
});

describe('packages over time', () => {
  const spells =
    "SELECT version, began_not_before, began_not_after, began_evidence, current, ended_not_before, ended_not_after FROM package_spells WHERE host_id = 'web' ORDER BY first_seen_at, version";

  test('a version begins and ends between scans, unless the log knows better', async () => {
    const at = '2026-09-02T12:00:00.000Z';
    const world = await tell(
      daily(
        { packages: { ssl: '1' } },
        { packages: { ssl: '2' } },
        { packages: { ssl: '3' }, log: [[at, 'upgrade', 'ssl', '2', '3']] },
      ),
    );

    expect(await world.rows(spells)).toEqual([
      {
        version: '1',
        began_not_before: null,
        began_not_after: day(1),
        began_evidence: 'late-entry',
        current: false,
        ended_not_before: day(1),
        ended_not_after: day(2),
      },
      {
        version: '2',
        began_not_before: day(1),
        began_not_after: day(2),
        began_evidence: 'between-scans',
        current: false,
        ended_not_before: day(2),
        ended_not_after: day(3),
      },
      {
        version: '3',
        began_not_before: at,
        began_not_after: at,
        began_evidence: 'package-manager-log',
        current: true,
        ended_not_before: null,
        ended_not_after: null,
      },
    ]);
  });

  test('silence and partial readings end nothing', async () => {
    const world = await tell(
      daily(
        { packages: { ssl: '1' } },
        'unreachable',
        { packages: {}, readings: { packages: 'partial' } },
        { packages: { ssl: '1' } },
      ),
    );

    expect(await world.rows(spells)).toMatchObject([{ version: '1', current: true, ended_not_after: null }]);
  });

  test('a version that comes back is a second spell', async () => {
    const world = await tell(
      daily({ packages: { ssl: '1' } }, { packages: { ssl: '2' } }, { packages: { ssl: '1' } }),
    );

    expect((await world.rows(spells)).map((row) => [row['version'], row['current']])).toEqual([
      ['1', false],
      ['2', false],
      ['1', true],
    ]);
  });
});

describe('hosts that answer as one machine', () => {
  const machine = (id: string): Found => ({ ...read, machine: id });

  test.each<[string, RunStory[], object[]]>([
    ['every one its own', [{ at: day(1), hosts: { a: machine('x'), b: machine('y') } }], []],
    [
      'two are one',
      [{ at: day(1), hosts: { a: machine('x'), b: machine('x'), c: machine('y') } }],
      [
        { machine_id: 'x', host_id: 'a', hosts: 2 },
        { machine_id: 'x', host_id: 'b', hosts: 2 },
      ],
    ],
    [
      'one of them is another machine by now',
      [
        { at: day(1), hosts: { a: machine('x'), b: machine('x') } },
        { at: day(2), hosts: { a: machine('x'), b: machine('y') } },
      ],
      [],
    ],
    [
      'one of them has left',
      [
        { at: day(1), hosts: { a: machine('x'), b: machine('x') } },
        { at: day(2), hosts: { a: machine('x'), b: null } },
      ],
      [],
    ],
  ])('%s', async (_, runs, expected) => {
    const world = await tell(runs);
    expect(await world.rows('FROM shared_machines')).toEqual(expected);
  });
});
