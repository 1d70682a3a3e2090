/** Weeks, followed spells, ages and verdicts: what trends and lists are made of. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { advisoryRows, writeFeed } from './feed-story.ts';
import { life, storyOf } from './random-estate.ts';
import { tell } from './story.ts';
import type { Found, HostState, RunStory, World } from './story.ts';

const asOf = '2026-09-29T00:00:00.000Z';
const day = 86_400_000;

async function loadAdvisories(world: World): Promise<void> {
  await writeFeed(world.ledgerRoot, {
    at: asOf,
    feed: 'debian-dsa',
    rows: advisoryRows([
      ['DSA-1-1', '2026-09-03', 'a', '3', 'CVE-2026-1'],
      ['DSA-2-1', '2026-09-05', 'b', '2'],
    ]),
  });
  const release = (version: string, name: string, endsAt: string): object => ({
    distribution: 'debian',
    version,
    release: name,
    released_at: '2020-01-01T00:00:00.000Z',
    support_ends_at: endsAt,
    lts_ends_at: endsAt,
    elts_ends_at: null,
  });
  await writeFeed(world.ledgerRoot, {
    at: asOf,
    feed: 'lifecycle',
    rows: {
      releases: [
        release('12', 'bookworm', '2028-06-30T23:59:59.999Z'),
        release('10', 'buster', '2024-06-30T23:59:59.999Z'),
      ] as never,
    },
  });
  await writeFeed(world.ledgerRoot, {
    at: asOf,
    feed: 'kev',
    rows: {
      exploited_cves: [
        {
          cve: 'CVE-2026-1',
          listed_not_before: '2026-09-04T00:00:00.000Z',
          listed_not_after: '2026-09-04T23:59:59.999Z',
          due_at: null,
          ransomware: false,
        },
      ],
    },
  });
}

describe('weeks of a random estate', () => {
  let weeks: { [column: string]: unknown }[];
  let exposures: { [column: string]: unknown }[];
  let ages: { [column: string]: unknown }[];

  beforeAll(async () => {
    const lives = fc.sample(life, { numRuns: 400, seed: 7 });
    const world = await tell(storyOf(Object.fromEntries(lives.map((one, index) => [`h${index}`, one]))));
    await loadAdvisories(world);
    weeks = await world.rows('FROM exposure_weeks ORDER BY week');
    ages = await world.rows('FROM missing_by_age ORDER BY place');
    exposures = await world.rows(
      "SELECT exposures.*, listed_now FROM exposures JOIN fixes USING (fix_id) JOIN hosts USING (host_id) WHERE kind IN ('security', 'security-unlisted')",
    );
  });

  const number = (row: { [column: string]: unknown }, column: string): number => Number(row[column]);
  const time = (value: unknown): number | null => (value === null ? null : Date.parse(String(value)));

  test('every week sums, and goes on where the one before ended', () => {
    for (const [index, week] of weeks.entries()) {
      const n = (column: string): number => number(week, column);
      expect(n('opening') + n('arrived') + n('found') + n('reopened') - n('fixed') - n('exited')).toBe(
        n('closing'),
      );
      expect(n('opening')).toBe(index === 0 ? 0 : number(weeks[index - 1] ?? {}, 'closing'));
      expect(n('host_days_confirmed')).toBeLessThanOrEqual(n('host_days') + 1e-9);
      expect(n('closing_exploited')).toBeLessThanOrEqual(n('closing'));
    }
    for (const column of ['arrived', 'found', 'reopened', 'fixed', 'exited'])
      expect([column, weeks.some((week) => number(week, column) > 0)]).toEqual([column, true]);
  });

  test('host-days are those of the exposures, added up one by one', () => {
    const spells = exposures
      .filter((row) => row['pre_empted'] !== true)
      .map((row) => ({
        from: time(row['opened_not_after']) ?? 0,
        to: time(row['effective_not_after']) ?? time(row['exited_not_after']) ?? Date.parse(asOf),
      }));
    const wanted = spells.reduce((sum, { from, to }) => sum + Math.max(0, to - from) / day, 0);
    expect(weeks.reduce((sum, week) => sum + number(week, 'host_days'), 0)).toBeCloseTo(wanted, 3);
  });

  test('what lasts at the end is what is not over', () => {
    const lasting = exposures.filter(
      (row) =>
        row['pre_empted'] !== true && row['effective_not_after'] === null && row['exited_not_after'] === null,
    );
    expect(number(weeks.at(-1) ?? {}, 'closing')).toBe(lasting.length);
  });

  test('ages count every missing fix of the inventory once', () => {
    const missing = exposures.filter((row) => row['status'] === 'open' && row['listed_now'] === true);
    expect(ages.reduce((sum, band) => sum + number(band, 'missing'), 0)).toBe(missing.length);
    expect(ages.map((band) => [band['from_days'], band['to_days'], number(band, 'missing') > 0])).toEqual([
      [0, 7, false],
      [8, 30, true],
      [31, 90, false],
      [91, 180, false],
      [181, null, false],
    ]);
  });
});

const at = (number: number): string => `2026-09-${String(number).padStart(2, '0')}T00:00:00.000Z`;
function daily(...found: Found[]): RunStory[] {
  return found.map((state, index) => ({ at: at(index + 1), hosts: { web: state } }));
}
const old: HostState = { packages: { a: '1' } };
const fixed: HostState = { packages: { a: '3' } };

describe('followed spells, in days since publication', () => {
  test.each<[string, RunStory[], object]>([
    [
      'missing from publication until the last reading',
      daily(old, old, old, old, old, old),
      {
        entry_days: 0,
        installed_not_after_days: null,
        followed_days: 3,
        known_exploited: true,
        pre_empted: false,
      },
    ],
    [
      'installed and in effect between two scans: at least from the end of the day of publication, at most from its beginning',
      daily(old, old, old, old, old, old, fixed),
      {
        installed_not_before_days: expect.closeTo(2, 4),
        installed_not_after_days: 4,
        effective_not_after_days: 4,
      },
    ],
    [
      'first seen a week later: followed from then on',
      [
        { at: at(10), hosts: { web: old } },
        { at: at(12), hosts: { web: old } },
      ],
      { entry_days: 7, followed_days: 9 },
    ],
    [
      'installed before it was published',
      daily(old, fixed, fixed, fixed),
      { pre_empted: true, installed_not_before_days: 0, installed_not_after_days: 0 },
    ],
    [
      'removed: followed until then, and never installed',
      daily(old, old, old, old, old, { packages: {} }),
      { installed_not_after_days: null, effective_not_after_days: null, followed_days: 2 },
    ],
  ])('%s', async (_, runs, expected) => {
    const world = await tell(runs);
    await loadAdvisories(world);
    expect(await world.rows('FROM followed')).toMatchObject([expected]);
  });

  test('only the first spell of a host and fix', async () => {
    const world = await tell(daily(old, old, old, fixed, old, fixed));
    await loadAdvisories(world);
    expect(await world.rows('FROM followed')).toHaveLength(1);
  });
});

const fresh: HostState = {
  packages: { a: '3' },
  repositories: [{ fetched_at: at(28), present: true, security: true }],
  scan: { lists_checked_at: at(28) },
};

describe('the verdict of a host says the worst that is known', () => {
  const verdicts: [string, Found, string][] = [
    ['nothing missing, all of it fresh', fresh, 'none-on-offer'],
    [
      'its release is past its support',
      { ...fresh, scan: { ...fresh.scan, os_codename: 'buster' } },
      'unsupported',
    ],
    ['a fix is missing', { ...fresh, packages: { a: '1' } }, 'security-pending'],
    [
      'an old copy is in use',
      { ...fresh, mapped: ['a'], log: [[at(27), 'upgrade', 'a', '1', '3']] },
      'not-effective',
    ],
    [
      'nobody could see whether one is',
      { ...fresh, readings: { mappings: 'partial' }, log: [[at(27), 'upgrade', 'a', '1', '3']] },
      'effect-unknown',
    ],
    ['updates unread', { ...fresh, readings: { updates: 'unread' } }, 'updates-unread'],
    ['package lists of unknown age', { packages: { a: '3' } }, 'lists-old'],
    [
      'a release that no feed speaks of',
      { ...fresh, scan: { ...fresh.scan, os_codename: 'trixie' } },
      'advisories-old',
    ],
  ];

  test.each(verdicts)('%s', async (_, found, verdict) => {
    const world = await tell([{ at: at(28), hosts: { web: found } }]);
    await loadAdvisories(world);
    expect(await world.rows('SELECT verdict FROM host_lines')).toEqual([{ verdict }]);
  });
});
