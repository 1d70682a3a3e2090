/** Histories of `semantics.md` 1 that begin with what hosts are offered: kinds of fixes, availability, reasons. */
import { describe, expect, test } from 'vitest';
import { advisoryRows, writeFeed } from './feed-story.ts';
import type { Advisory } from './feed-story.ts';
import { tell } from './story.ts';
import type { Found, HostState } from './story.ts';

const day = (number: number): string => `2026-09-${String(number).padStart(2, '0')}T03:00:00.000Z`;
const advisory: Advisory = ['DSA-1-1', '2026-09-03', 'ssl', '2', 'CVE-2026-10000'];
/** Published before the first scan was over, so that every scan speaks of it. */
const early: Advisory = ['DSA-1-1', '2026-09-01', 'ssl', '2', 'CVE-2026-10000'];

/** A host whose package lists were refreshed for each scan, with its own security archive. */
function host(state: Partial<HostState>, number: number): HostState {
  return {
    packages: { ssl: '1' },
    repositories: [{ security: true, label: 'Debian-Security', archive: 'stable-security' }],
    ...state,
    scan: { lists_checked_at: day(number), ...state.scan },
  };
}

type Row = { [column: string]: unknown };
type Daily = (Partial<HostState> | string | null)[];

/** What the findings hold of the host `web`, scanned once a day from 1 September on, beside a host of no interest. */
async function after(found: Daily, sql: string, advisories: Advisory[] = [advisory]): Promise<Row[]> {
  const world = await tell(
    found.map((state, index) => ({
      at: day(index + 1),
      hosts: {
        web: (state === null || typeof state === 'string' ? state : host(state, index + 1)) as Found,
        other: { packages: {} },
      },
    })),
  );
  await writeFeed(world.ledgerRoot, {
    at: day(found.length).replace('T03', 'T04'),
    feed: 'debian-dsa',
    rows: advisoryRows(advisories),
  });
  await writeFeed(world.ledgerRoot, {
    at: day(found.length).replace('T03', 'T05'),
    feed: 'lifecycle',
    rows: {
      releases: [
        {
          distribution: 'debian',
          version: '12',
          release: 'bookworm',
          released_at: '2023-06-10T00:00:00.000Z',
          support_ends_at: '2027-06-10T23:59:59.999Z',
          lts_ends_at: null,
          elts_ends_at: null,
        },
      ],
    },
  });
  return world.rows(sql);
}

const security = (version: string): NonNullable<HostState['offers']> => ({
  ssl: { newest_version: version, candidate_version: version, security: true, security_version: version },
});
const kinds =
  'SELECT fixed_version, kind, published_evidence, published_not_before, published_not_after FROM fixes ORDER BY rank';

describe('what kind of fix an update is', () => {
  const cases: [string, Partial<HostState>, Advisory[], Row[]][] = [
    [
      'a security update that an advisory explains is that fix',
      { offers: security('2') },
      [advisory],
      [{ fixed_version: '2', kind: 'security', published_evidence: 'advisory' }],
    ],
    [
      'a later build that overtakes the fix is still explained by it',
      {
        offers: {
          ssl: { newest_version: '3', candidate_version: '3', security: true, security_version: '2' },
        },
      },
      [advisory],
      [{ fixed_version: '2', kind: 'security' }],
    ],
    [
      'a security update that no feed explains: security-unlisted, known from the offer',
      { offers: security('3') },
      [],
      [
        {
          fixed_version: '3',
          kind: 'security-unlisted',
          published_evidence: 'first-offered',
          published_not_before: null,
          published_not_after: day(1),
        },
      ],
    ],
    [
      'an advisory for something that the host has already explains nothing',
      { packages: { ssl: '2' }, offers: security('3') },
      [advisory],
      [
        { fixed_version: '2', kind: 'security' },
        { fixed_version: '3', kind: 'security-unlisted' },
      ],
    ],
    [
      "from the vendor's ordinary origin: a bugfix",
      { offers: { ssl: '1.1' } },
      [],
      [{ fixed_version: '1.1', kind: 'bugfix', published_evidence: 'first-offered' }],
    ],
    [
      "from somebody else's: unclassified",
      { offers: { ssl: { newest_version: '1.1', candidate_version: '1.1', origin: 'Vendor Inc.' } } },
      [],
      [{ fixed_version: '1.1', kind: 'unclassified' }],
    ],
    [
      'nobody could tell whether it is security: unclassified, not harmless',
      { offers: { ssl: { newest_version: '1.1', candidate_version: '1.1', security: null } } },
      [],
      [{ fixed_version: '1.1', kind: 'unclassified' }],
    ],
    [
      'a rebuild of the same source is no fix of its own',
      { packages: { ssl: '1' }, offers: { ssl: '1+b1' }, sources: { ssl: ['ssl', '1'] } },
      [],
      [],
    ],
  ];
  test.each(cases)('%s', async (_, state, advisories, expected) => {
    const rows = await after([state], kinds, advisories);
    expect(rows).toHaveLength(expected.length);
    expect(rows).toMatchObject(expected);
  });
});

describe('since when the own repositories have it, and why it is not applied', () => {
  const sql = `SELECT status, reason, available_not_before, available_not_after, available_evidence FROM exposures WHERE host_id = 'web' ORDER BY fix_id, spell`;
  const offers = security('2');
  const withReason = (reason: 'held' | 'phased' | 'pinned' | 'kept-back'): Partial<HostState> => ({
    offers: {
      ssl: { newest_version: '2', candidate_version: '2', security: true, security_version: '2', reason },
    },
  });
  const cases: [string, Daily, Row][] = [
    [
      'on offer from one scan to the next: bounds are the scans',
      [{}, {}, {}, { offers }],
      {
        available_not_before: day(3),
        available_not_after: day(4),
        available_evidence: 'between-scans',
        reason: 'none-yet-tried',
      },
    ],
    [
      'on offer at the first scan: late entry',
      [{ offers }],
      { available_not_before: null, available_not_after: day(1), available_evidence: 'late-entry' },
    ],
    [
      'never seen on offer: not known, and the repositories miss it',
      [{}, {}, {}, {}],
      {
        available_not_before: null,
        available_not_after: null,
        available_evidence: null,
        reason: 'repository-missing-it',
      },
    ],
    [
      'an offer after it was installed says nothing of when it was available',
      [{}, {}, {}, { packages: { ssl: '2' } }, { packages: { ssl: '2' }, offers: security('3') }],
      { status: 'closed', available_not_after: null, reason: null },
    ],
    ['held', [withReason('held')], { reason: 'held' }],
    ['phased', [withReason('phased')], { reason: 'phased' }],
    ['pinned', [withReason('pinned')], { reason: 'pinned' }],
    ['kept back', [withReason('kept-back')], { reason: 'kept-back' }],
    [
      'one package of two has it: partly installed',
      [
        {
          packages: { libssl: '1', ssl: '2' },
          sources: { libssl: ['ssl', '1'], ssl: ['ssl', '2'] },
          offers: {
            libssl: { newest_version: '2', candidate_version: '2', security: true, security_version: '2' },
          },
        },
      ],
      { status: 'open', reason: 'partly-installed' },
    ],
    [
      'package lists of last month: what they do not offer is unknown',
      [{ scan: { lists_checked_at: '2026-08-01T00:00:00.000Z' } }],
      { reason: null },
    ],
    [
      'the updates were not read completely: unknown',
      [{ readings: { updates: 'partial' } }],
      { reason: null },
    ],
    [
      'the host does not answer any more',
      [{ offers }, 'unreachable'],
      { status: 'open', reason: 'host-unreachable' },
    ],
  ];
  test.each(cases)('%s', async (_, found, expected) => {
    expect((await after(found, sql, [early]))[0]).toMatchObject(expected);
  });
});

describe('where advisories and hosts disagree', () => {
  const sql = 'SELECT kind, cause FROM disagreements';
  const cases: [string, Partial<HostState>, Advisory[], Row[]][] = [
    ['they agree', { offers: security('2') }, [early], []],
    [
      'the host has no security repository',
      { repositories: [{}] },
      [early],
      [{ kind: 'fixed-but-not-offered', cause: 'no-security-repository' }],
    ],
    [
      'its repositories do not have it',
      {},
      [early],
      [{ kind: 'fixed-but-not-offered', cause: 'not-in-its-repositories' }],
    ],
    [
      'its package lists are old',
      { scan: { lists_checked_at: '2026-08-01T00:00:00.000Z' } },
      [early],
      [{ kind: 'fixed-but-not-offered', cause: 'old-package-lists' }],
    ],
    [
      'its updates were not read',
      { readings: { updates: 'unread' } },
      [early],
      [{ kind: 'fixed-but-not-offered', cause: 'updates-not-read' }],
    ],
    [
      'a security update in no feed, although the feed covers that day',
      { offers: security('2') },
      [],
      [{ kind: 'offered-but-in-no-feed', cause: 'no-advisory-in-feed' }],
    ],
    [
      'held, pinned or kept back is no disagreement',
      { offers: { ssl: { newest_version: '2', security: true, security_version: '2', reason: 'held' } } },
      [early],
      [],
    ],
  ];
  test.each(cases)('%s', async (_, state, advisories, expected) => {
    expect(await after([state], sql, advisories)).toEqual(expected);
  });

  test('no feed covers the release at all', async () => {
    const world = await tell([{ at: day(1), hosts: { web: host({ offers: security('2') }, 1) } }]);
    expect(await world.rows(sql)).toEqual([{ kind: 'offered-but-in-no-feed', cause: 'release-not-covered' }]);
  });
});
