import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findSpells } from './reference.ts';
import { tell } from './story.ts';
import type { Found, RunStory } from './story.ts';

const day = (number: number): string => `2026-09-${String(number).padStart(2, '0')}T03:00:00.000Z`;
const columns =
  'host_id, incarnation, package, status, installed_version, first_target_version, last_target_version, reopened, opened_not_before, opened_not_after, last_confirmed_at, closed_not_before, closed_not_after';
const spellsSql = `SELECT ${columns} FROM update_spells ORDER BY host_id, incarnation, package, spell`;

/** One host, one found state a day from 1 September on. */
function daily(...found: Found[]): RunStory[] {
  return found.map((state, index) => ({
    at: day(index + 1),
    hosts: { web: state, other: { packages: {} } },
  }));
}

const missing = { packages: { ssl: '1' }, offers: { ssl: '2' } };
const patched = { packages: { ssl: '2' } };
const clean = { packages: { ssl: '1' } };

interface Expected {
  status: string;
  opened?: [string | null, string];
  closed?: [string | null, string | null];
  last?: string;
  reopened?: boolean;
}

/** The columns of a spell that an expectation speaks of. */
function columnsOf({ status, opened, closed, last, reopened }: Expected): object {
  return {
    status,
    ...(opened && { opened_not_before: opened[0], opened_not_after: opened[1] }),
    ...(closed && { closed_not_before: closed[0], closed_not_after: closed[1] }),
    ...(last && { last_confirmed_at: last }),
    ...(reopened !== undefined && { reopened }),
  };
}

const histories: [string, RunStory[], Expected[]][] = [
  [
    'there at the first scan: its beginning is not known',
    daily(missing),
    [{ status: 'open', opened: [null, day(1)], last: day(1) }],
  ],
  ['appears between two scans', daily(clean, missing), [{ status: 'open', opened: [day(1), day(2)] }]],
  [
    'is installed between two scans',
    daily(clean, missing, patched),
    [{ status: 'installed', opened: [day(1), day(2)], closed: [day(2), day(3)] }],
  ],
  [
    'a superseding build does not restart the clock',
    daily(clean, missing, { packages: { ssl: '1' }, offers: { ssl: '3' } }, { packages: { ssl: '3' } }),
    [{ status: 'installed', opened: [day(1), day(2)], closed: [day(3), day(4)] }],
  ],
  [
    'reaching the first target ends it although a newer build is out; the newer one is its own spell',
    daily(clean, missing, { packages: { ssl: '2' }, offers: { ssl: '3' } }),
    [
      { status: 'installed', opened: [day(1), day(2)], closed: [day(2), day(3)] },
      { status: 'open', opened: [day(2), day(3)], reopened: false },
    ],
  ],
  [
    'an upgrade to something still older does not end it',
    daily(
      clean,
      { packages: { ssl: '1' }, offers: { ssl: '3' } },
      { packages: { ssl: '2' }, offers: { ssl: '3' } },
      { packages: { ssl: '3' } },
    ),
    [{ status: 'installed', opened: [day(1), day(2)], closed: [day(3), day(4)] }],
  ],
  ['silence keeps it open', daily(missing, 'unreachable', 'timed-out'), [{ status: 'open', last: day(1) }]],
  [
    'silence before the fix widens the bounds',
    daily(missing, 'unreachable', 'unreachable', patched),
    [{ status: 'installed', closed: [day(1), day(4)] }],
  ],
  [
    'a partial reading without it proves nothing',
    daily(missing, { ...clean, readings: { updates: 'partial' } }, missing),
    [{ status: 'open', last: day(3) }],
  ],
  [
    'a partial reading with it confirms it',
    daily(missing, { ...missing, readings: { updates: 'partial' } }),
    [{ status: 'open', last: day(2) }],
  ],
  [
    'the package is removed',
    daily(missing, { packages: {} }),
    [{ status: 'package-removed', closed: [day(1), day(2)] }],
  ],
  [
    'the repository offers it no more',
    daily(missing, clean),
    [{ status: 'no-longer-offered', closed: [day(1), day(2)] }],
  ],
  [
    'a downgrade opens a new spell linked to the old one',
    daily(clean, missing, patched, missing),
    [
      { status: 'installed', closed: [day(2), day(3)] },
      { status: 'open', opened: [day(3), day(4)], reopened: true },
    ],
  ],
  [
    'a changed machine-id ends the spells of the old machine',
    daily(missing, { machine: 'new', packages: { ssl: '1' }, offers: { ssl: '2' } }),
    [
      { status: 'host-rebuilt', closed: [day(1), day(2)] },
      { status: 'open', opened: [null, day(2)], reopened: false },
    ],
  ],
  [
    'a host that leaves the inventory is retired',
    daily(missing, null),
    [{ status: 'host-retired', closed: [day(1), day(2)] }],
  ],
];

describe('update spells, history by history', () => {
  test.each(histories)('%s', async (_name, story, expected) => {
    const world = await tell(story);

    const found = await world.rows(spellsSql);

    expect(found).toMatchObject(expected.map(columnsOf));
    expect(found).toEqual(findSpells(story));
  });

  test("the host's own log narrows the end to the second", async () => {
    const at = '2026-09-02T17:04:05.000Z';
    const world = await tell(daily(clean, missing, { ...patched, log: [[at, 'upgrade', 'ssl', '1', '2']] }));

    const [spell] = await world.rows(
      'SELECT closed_not_before, closed_not_after, closed_evidence FROM update_spells',
    );

    expect(spell).toEqual({
      closed_not_before: at,
      closed_not_after: at,
      closed_evidence: 'package-manager-log',
    });
  });

  test('a log event outside the scans that bound the end is not taken for it', async () => {
    const at = '2026-08-01T17:04:05.000Z';
    const world = await tell(daily(clean, missing, { ...patched, log: [[at, 'upgrade', 'ssl', '1', '2']] }));

    const [spell] = await world.rows(
      'SELECT closed_not_before, closed_not_after, closed_evidence FROM update_spells',
    );

    expect(spell).toEqual({
      closed_not_before: day(2),
      closed_not_after: day(3),
      closed_evidence: 'between-scans',
    });
  });

  test('held, pinned and phased updates are on offer all the same, with their reason', async () => {
    const story = daily({
      packages: { a: '1', b: '1', c: '1' },
      offers: {
        a: { newest_version: '2', reason: 'held' },
        b: { candidate_version: '1', newest_version: '2', reason: 'pinned' },
        c: { newest_version: '2', reason: 'phased', phased_percent: 10 },
      },
    });

    const world = await tell(story);

    expect(await world.rows('SELECT package, status, reason FROM update_spells ORDER BY package')).toEqual([
      { package: 'a', status: 'open', reason: 'held' },
      { package: 'b', status: 'open', reason: 'pinned' },
      { package: 'c', status: 'open', reason: 'phased' },
    ]);
  });

  test('a rebuild of the same version is no update', async () => {
    const world = await tell(daily({ packages: { a: '1' }, offers: { a: '1' } }));

    expect(await world.rows('SELECT * FROM update_spells')).toEqual([]);
  });
});

describe('update spells, at random', () => {
  const version = fc.integer({ min: 1, max: 4 }).map(String);
  const reading = fc.constantFrom(
    'complete',
    'complete',
    'complete',
    'partial',
    'unread',
  ) as fc.Arbitrary<'complete'>;
  const state: fc.Arbitrary<Found> = fc.record({
    machine: fc.constantFrom('m1', 'm1', 'm1', 'm1', 'm2'),
    packages: fc.dictionary(fc.constantFrom('a', 'b'), version, { noNullPrototype: true }),
    offers: fc.dictionary(fc.constantFrom('a', 'b'), version, { noNullPrototype: true }),
    readings: fc.record({ updates: reading }),
  });
  const found: fc.Arbitrary<Found> = fc.oneof(
    { weight: 8, arbitrary: state },
    { weight: 1, arbitrary: fc.constant('unreachable' as const) },
  );
  // Hosts do not touch each other: one story holds many of them, so that one fold tries many histories.
  const hostIds = Array.from({ length: 60 }, (_, index) => `h${String(index).padStart(2, '0')}`);
  const stories = fc
    .array(fc.record(Object.fromEntries(hostIds.map((id) => [id, found]))), { minLength: 1, maxLength: 7 })
    .map((days) => days.map((hosts, index): RunStory => ({ at: day(index + 1), hosts })));

  test('the models agree with the slow reference, folded at once or run by run', async () => {
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const atOnce = await tell(story);
        expect(await atOnce.rows(spellsSql)).toEqual(findSpells(story));

        const stepwise = await tell(story);
        for (let length = 1; length <= story.length; length++) {
          const known = await stepwise.rows(spellsSql, stepwise.entries().slice(0, length));
          expect(known).toEqual(findSpells(story.slice(0, length)));
        }
      }),
      { numRuns: 5, endOnFailure: true },
    );
  }, 120_000);
});
