/** Semantics 4: what old package lists can no longer prove is unknown, never up to date. */
import { describe, expect, test } from 'vitest';
import { figuresSql } from '#reports/reading/overview.ts';
import { advisoryRows, supported, writeFeed } from './feed-story.ts';
import type { Advisory } from './feed-story.ts';
import { tell } from './story.ts';
import type { HostState, World } from './story.ts';

type Row = { [column: string]: unknown };

const scanned = '2026-09-20T03:00:00.000Z';
const advisory: Advisory = ['DSA-1-1', '2026-09-03', 'ssl', '2', 'CVE-2026-10000'];

function hoursAfter(instant: string, hours: number): string {
  return new Date(Date.parse(instant) + hours * 3_600_000).toISOString();
}

function host(listsAt: string | null, state: Partial<HostState> = {}): HostState {
  return {
    packages: { ssl: '2' },
    repositories: [{ security: true, label: 'Debian-Security' }],
    ...state,
    scan: { lists_checked_at: listsAt, ...state.scan },
  };
}

/** Everything else is known: what was fixed for the release, until now. */
async function withFeeds(world: World, at: string): Promise<World> {
  await writeFeed(world.ledgerRoot, { at, feed: 'debian-dsa', rows: advisoryRows([advisory]) });
  await writeFeed(world.ledgerRoot, { at, feed: 'lifecycle', rows: supported });
  return world;
}

/** A host that lacks nothing that is known, and what its lists would have to prove. */
const ages: [name: string, listsAt: string | null, isFresh: boolean][] = [
  ['refreshed an hour before the scan', hoursAfter(scanned, -1), true],
  ['just within the greatest age of 72 hours', hoursAfter(scanned, -71), true],
  ['just beyond it', hoursAfter(scanned, -72), false],
  ['ten days old', hoursAfter(scanned, -240), false],
  ['missing, or of a family that has no such date', null, false],
  ['refreshed during the scan itself', hoursAfter(scanned, 0.2), true],
  ['of tomorrow, which nobody can have', hoursAfter(scanned, 24), false],
];

describe('a host with nothing on offer', () => {
  test.each(ages)('%s', async (_name, listsAt, isFresh) => {
    const world = await withFeeds(
      await tell([{ at: scanned, hosts: { web: host(listsAt) } }]),
      hoursAfter(scanned, 0.5),
    );

    expect(
      await world.rows('SELECT standing, updates, missing_fixes, lists_fresh, verdict FROM host_lines'),
    ).toEqual([
      {
        standing: 'read',
        updates: 0,
        missing_fixes: 0,
        lists_fresh: isFresh,
        verdict: isFresh ? 'none-on-offer' : 'lists-old',
      },
    ]);
    const [figures] = (await world.rows(figuresSql)) as Row[];
    expect(figures).toMatchObject({
      hosts: 1,
      hosts_none_on_offer: isFresh ? 1 : 0,
      hosts_lists_old: isFresh ? 0 : 1,
    });
  });

  test('lists that were fresh when they were read grow old like everything else', async () => {
    const read = hoursAfter(scanned, -48);
    const world = await withFeeds(
      await tell([{ at: read, hosts: { web: host(hoursAfter(read, -30)) } }]),
      scanned,
    );

    expect(await world.rows('SELECT standing, lists_fresh, verdict FROM host_lines')).toEqual([
      { standing: 'read', lists_fresh: false, verdict: 'lists-old' },
    ]);
  });
});

describe('a host that lacks a fix', () => {
  test.each(ages)(
    '%s: that it lacks it is certain, why it is not on offer is not',
    async (_name, listsAt, isFresh) => {
      const world = await withFeeds(
        await tell([{ at: scanned, hosts: { web: host(listsAt, { packages: { ssl: '1' } }) } }]),
        hoursAfter(scanned, 0.5),
      );

      expect(await world.rows('SELECT status, reason FROM exposures')).toEqual([
        { status: 'open', reason: isFresh ? 'repository-missing-it' : null },
      ]);
      expect(await world.rows('SELECT kind, cause FROM disagreements')).toEqual([
        { kind: 'fixed-but-not-offered', cause: isFresh ? 'not-in-its-repositories' : 'old-package-lists' },
      ]);
      expect(await world.rows('SELECT verdict, missing_fixes FROM host_lines')).toEqual([
        { verdict: 'security-pending', missing_fixes: 1 },
      ]);
    },
  );
});

describe('since when its own repositories have a fix', () => {
  const offers: HostState['offers'] = { ssl: { newest_version: '2', security: true, security_version: '2' } };
  const day = (number: number): string => `2026-09-${String(number).padStart(2, '0')}T03:00:00.000Z`;
  const cases: [string, (string | null)[], Row][] = [
    [
      'lists refreshed for each scan: between the last refresh without it and the first scan with it',
      [day(5), day(6), day(7)],
      { available_not_before: day(6), available_not_after: day(7), available_evidence: 'between-scans' },
    ],
    [
      'lists that were not refreshed in between: since that refresh nobody looked',
      [day(5), day(5), day(7)],
      { available_not_before: day(5), available_not_after: day(7), available_evidence: 'between-scans' },
    ],
    [
      'no refresh known: not known either',
      [null, null, day(7)],
      { available_not_before: null, available_not_after: day(7), available_evidence: 'late-entry' },
    ],
    [
      'lists of the future prove no more than the scan that read them',
      [day(5), day(9), day(7)],
      { available_not_before: day(6), available_not_after: day(7), available_evidence: 'between-scans' },
    ],
  ];
  test.each(cases)('%s', async (_name, lists, expected) => {
    const world = await withFeeds(
      await tell(
        lists.map((listsAt, index) => ({
          at: day(index + 5),
          hosts: { web: host(listsAt, { packages: { ssl: '1' }, ...(index === 2 ? { offers } : {}) }) },
        })),
      ),
      hoursAfter(day(7), 0.5),
    );

    expect(
      await world.rows('SELECT available_not_before, available_not_after, available_evidence FROM exposures'),
    ).toEqual([expected]);
  });
});

describe('advisories that came with the lists', () => {
  const scan = { os_id: 'rocky', os_codename: null, release: 'rocky-9' };
  const advisories: HostState['advisories'] = [{ advisory: 'RLSA-2026:1', package: 'ssl', version: '2' }];
  test.each<[string, string | null, string, boolean]>([
    ['fresh lists', hoursAfter(scanned, -2), hoursAfter(scanned, -2), true],
    ['lists of ten days ago', hoursAfter(scanned, -240), hoursAfter(scanned, -240), false],
    ['no date: as far as the newest of them', null, '2026-09-02T10:00:00.000Z', false],
    ['lists of tomorrow: as far as the scan', hoursAfter(scanned, 24), scanned, true],
  ])('%s', async (_name, listsAt, knownUntil, isCurrent) => {
    const state = host(listsAt, { advisories, scan });
    const world = await tell([{ at: scanned, hosts: { rocky: state } }]);

    expect(await world.rows("SELECT to_at FROM covered WHERE release = 'rocky-9'")).toEqual([
      { to_at: knownUntil },
    ]);
    expect(await world.rows('SELECT advisories_current FROM host_lines')).toEqual([
      { advisories_current: isCurrent },
    ]);
  });

  test('one host with fresh lists speaks for the others of its release', async () => {
    const world = await tell([
      {
        at: scanned,
        hosts: {
          fresh: host(hoursAfter(scanned, -1), { advisories, scan }),
          old: host(hoursAfter(scanned, -240), { advisories, scan }),
        },
      },
    ]);

    expect(await world.rows('SELECT host_id, verdict FROM host_lines ORDER BY host_id')).toEqual([
      { host_id: 'fresh', verdict: 'none-on-offer' },
      { host_id: 'old', verdict: 'lists-old' },
    ]);
  });
});
