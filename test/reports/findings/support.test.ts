/** Histories of `semantics.md` 1 in which there is no fix: none exists yet, or nobody makes any more. */
import { describe, expect, test } from 'vitest';
import type { FeedRow } from '#data/model/feed-tables.ts';
import { advisoryRows, writeFeed } from './feed-story.ts';
import { tell, writeRun } from './story.ts';
import type { Found, HostState, World } from './story.ts';

const day = (number: number, time = '03:00:00.000'): string =>
  `2026-09-${String(number).padStart(2, '0')}T${time}Z`;
const endOf = (number: number): string => day(number, '23:59:59.999');

type Row = { [column: string]: unknown };
type Status = Omit<FeedRow<'cve_statuses'>, 'feed'>;

const cve = 'CVE-2026-10000';
const isOpen: Status = {
  release: 'bookworm',
  source_package: 'ssl',
  cve,
  status: 'open',
  fixed_version: null,
  urgency: 'medium',
  no_advisory_reason: 'postponed',
};

async function told(...found: Found[]): Promise<World> {
  return tell(
    found.map((state, index) => ({ at: day(index + 1), hosts: { web: state, other: { packages: {} } } })),
  );
}

async function tracker(world: World, at: string, ...statuses: Status[]): Promise<void> {
  await writeFeed(world.ledgerRoot, { at, feed: 'debian-tracker', rows: { cve_statuses: statuses } });
}

const ssl: HostState = { packages: { ssl: '1' } };
const none: HostState = { packages: {} };
const unfixed = "FROM unfixed WHERE host_id = 'web' ORDER BY spell";

describe('unfixed', () => {
  test('vulnerable, and no fix exists: from when the tracker was seen to list it', async () => {
    const world = await told(ssl, ssl);
    await tracker(world, day(3), isOpen);
    expect(await world.rows(unfixed)).toMatchObject([
      {
        cve,
        source: 'ssl',
        status: 'open',
        began_not_before: null,
        began_not_after: day(3),
        ended_not_after: null,
        fix_id: null,
        urgency: 'medium',
        no_advisory_reason: 'postponed',
        known_exploited: false,
      },
    ]);
  });

  test('the package arrives while it is listed: from its arrival', async () => {
    const world = await told(none);
    await tracker(world, day(1, '12:00:00.000'), isOpen);
    await writeRun(world.ledgerRoot, 'main', { at: day(2), hosts: { web: ssl } });
    expect(await world.rows(unfixed)).toMatchObject([
      { status: 'open', began_not_before: day(1), began_not_after: day(2) },
    ]);
  });

  test('a fix is published: it ends there, and is linked to the exposure that begins', async () => {
    const world = await told(ssl, ssl, ssl, ssl, ssl, ssl);
    await tracker(world, day(1, '12:00:00.000'), isOpen);
    await writeFeed(world.ledgerRoot, {
      at: day(6),
      feed: 'debian-dsa',
      rows: advisoryRows([['DSA-1-1', '2026-09-05', 'ssl', '2', cve]]),
    });
    const [row, ...more] = await world.rows(unfixed);
    expect(more).toEqual([]);
    expect(row).toMatchObject({
      status: 'fix-published',
      ended_not_before: day(5, '00:00:00.000'),
      ended_not_after: endOf(5),
    });
    const linked = await world.rows(
      `SELECT status FROM exposures WHERE host_id = 'web' AND fix_id = '${String(row?.['fix_id'])}'`,
    );
    expect(linked).toEqual([{ status: 'open' }]);
  });

  test('the fix was out before anybody looked: there never was such a time', async () => {
    const world = await told(ssl);
    await writeFeed(world.ledgerRoot, {
      at: day(6),
      feed: 'debian-dsa',
      rows: advisoryRows([['DSA-1-1', '2026-09-05', 'ssl', '2', cve]]),
    });
    await tracker(world, day(7), isOpen);
    expect(await world.rows(unfixed)).toEqual([]);
  });

  test('removed, and installed again: two spells', async () => {
    const world = await told(ssl);
    await tracker(world, day(1, '12:00:00.000'), isOpen);
    for (const [number, state] of [
      [2, ssl],
      [3, none],
      [4, none],
      [5, ssl],
    ] as const)
      await writeRun(world.ledgerRoot, 'main', { at: day(number), hosts: { web: state } });
    expect(await world.rows(unfixed)).toMatchObject([
      { spell: 1, status: 'package-removed', ended_not_before: day(2), ended_not_after: day(3) },
      { spell: 2, status: 'open', began_not_before: day(4), began_not_after: day(5) },
    ]);
  });

  test('the tracker drops it', async () => {
    const world = await told(ssl);
    await tracker(world, day(1, '12:00:00.000'), isOpen, { ...isOpen, cve: 'CVE-2026-10001' });
    await tracker(world, day(4), { ...isOpen, cve: 'CVE-2026-10001' });
    expect(await world.rows(`${unfixed}, cve`)).toMatchObject([
      { cve, status: 'no-longer-listed', ended_not_after: day(4) },
      { cve: 'CVE-2026-10001', status: 'open' },
    ]);
  });

  test('another word on its urgency begins nothing new', async () => {
    const world = await told(ssl);
    await tracker(world, day(1, '12:00:00.000'), isOpen);
    await tracker(world, day(4), { ...isOpen, urgency: 'high' });
    expect(await world.rows(unfixed)).toMatchObject([
      { status: 'open', urgency: 'high', began_not_after: day(1, '12:00:00.000') },
    ]);
  });

  test('the host is another machine since: the old one ended there', async () => {
    const world = await told(ssl);
    await tracker(world, day(1, '12:00:00.000'), isOpen);
    await writeRun(world.ledgerRoot, 'main', { at: day(2), hosts: { web: { ...ssl, machine: 'new' } } });
    expect(await world.rows("FROM unfixed WHERE host_id = 'web' ORDER BY incarnation")).toMatchObject([
      { incarnation: 1, status: 'host-rebuilt', ended_not_after: day(2) },
      { incarnation: 2, status: 'open' },
    ]);
  });
});

const bookworm: Omit<FeedRow<'releases'>, 'feed'> = {
  distribution: 'debian',
  version: '12',
  release: 'bookworm',
  released_at: '2023-06-10T00:00:00.000Z',
  support_ends_at: '2025-06-10T23:59:59.999Z',
  lts_ends_at: endOf(2),
  elts_ends_at: '2030-06-30T23:59:59.999Z',
};

async function unsupportedAfter(
  found: Found[],
  release: Partial<typeof bookworm> = {},
  ended: Omit<FeedRow<'ended_support'>, 'feed'>[] = [],
): Promise<Row[]> {
  const world = await told(...found);
  await writeFeed(world.ledgerRoot, {
    at: day(found.length, '05:00:00.000'),
    feed: 'lifecycle',
    rows: { releases: [{ ...bookworm, ...release }], ended_support: ended },
  });
  return world.rows("FROM unsupported WHERE host_id = 'web' ORDER BY began_not_after, source");
}

const elts: HostState = {
  ...ssl,
  repositories: [{ uri: 'https://deb.example/extended-lts', origin: 'Freexian' }],
};

describe('unsupported', () => {
  const cases: [string, Found[], Partial<typeof bookworm>, Row[]][] = [
    ['within its support: not', [ssl, ssl], {}, []],
    [
      'past the end of long-term support: since that end',
      [ssl, ssl, ssl],
      {},
      [{ source: null, status: 'open', began_not_before: endOf(2), began_not_after: endOf(2) }],
    ],
    [
      'regular support ended, long-term support has not',
      [ssl],
      { lts_ends_at: '2028-06-30T23:59:59.999Z' },
      [],
    ],
    [
      'no long-term support at all: since the end of the regular one',
      [ssl],
      { lts_ends_at: null },
      [{ status: 'open', began_not_before: '2025-06-10T23:59:59.999Z' }],
    ],
    [
      'extended support is seen in its repositories: it ended there',
      [ssl, ssl, ssl, elts],
      {},
      [{ status: 'extended', ended_not_before: day(3), ended_not_after: day(4) }],
    ],
    [
      'extended support has ended as well',
      [ssl, ssl, ssl, elts],
      { elts_ends_at: endOf(3) },
      [{ status: 'open', began_not_before: endOf(2) }],
    ],
    [
      'a list of extended support that the host does not hold proves nothing',
      [ssl, ssl, { ...elts, repositories: [{ ...elts.repositories?.[0], present: false }] }],
      {},
      [{ status: 'open' }],
    ],
    [
      'upgraded to another release',
      [ssl, ssl, ssl, { ...ssl, scan: { os_codename: 'trixie' } }],
      {},
      [{ release: 'bookworm', status: 'upgraded', ended_not_before: day(3), ended_not_after: day(4) }],
    ],
    [
      'rebuilt with the same release: both machines',
      [ssl, ssl, ssl, { ...ssl, machine: 'new' }],
      {},
      [
        { incarnation: 1, status: 'host-rebuilt', ended_not_after: day(4) },
        { incarnation: 2, status: 'open' },
      ],
    ],
    [
      'a release that the calendar does not know is not called supported or not',
      [{ ...ssl, scan: { os_codename: 'sid' } }],
      {},
      [],
    ],
  ];
  test.each(cases)('%s', async (_, found, release, expected) => {
    const rows = await unsupportedAfter(found, release);
    expect(rows).toHaveLength(expected.length);
    expect(rows).toMatchObject(expected);
  });

  const supported = { lts_ends_at: '2028-06-30T23:59:59.999Z' };
  const ending = (last_version: string, source_pattern = 'ssl'): Omit<FeedRow<'ended_support'>, 'feed'> => ({
    release: 'bookworm',
    source_pattern,
    last_version,
    ended_at: day(2, '00:00:00.000'),
  });
  test.each([
    ['its last supported version is installed', '1', 'ssl', 1],
    ['there was none with support', '0', 'ssl', 1],
    ['a pattern for several', '0', 's.l', 1],
    ['a pattern that fits a part of the name only', '0', 's', 0],
    ['newer than the last one that the statement is about', '0.9', 'ssl', 0],
  ])('one package without support: %s', async (_, version, pattern, count) => {
    const rows = await unsupportedAfter([ssl, ssl], supported, [ending(version, pattern)]);
    const row = { source: 'ssl', status: 'open', began_not_before: day(2, '00:00:00.000') };
    expect(rows).toHaveLength(count);
    expect(rows).toMatchObject(Array.from({ length: count }, () => row));
  });

  test('that package is removed', async () => {
    expect(await unsupportedAfter([ssl, ssl, none], supported, [ending('0')])).toMatchObject([
      { source: 'ssl', status: 'package-removed', ended_not_before: day(2), ended_not_after: day(3) },
    ]);
  });
});

describe('severity of a fix, and who says so', () => {
  const advisory = advisoryRows([['DSA-1-1', '2026-09-01', 'ssl', '2', cve, 'CVE-2026-10001']]);
  const resolved = (name: string, urgency: string | null): Status => ({
    ...isOpen,
    cve: name,
    status: 'resolved',
    fixed_version: '2',
    urgency,
    no_advisory_reason: null,
  });

  test.each<[string, Status[], Row]>([
    ['no tracker is loaded', [], { severity: 'unrated', severity_source: null }],
    [
      'the highest of its CVEs counts',
      [resolved(cve, 'low'), resolved('CVE-2026-10001', 'medium')],
      { severity: 'medium', severity_source: 'debian-tracker' },
    ],
    ['a star is no other word', [resolved(cve, 'high**')], { severity: 'high' }],
    [
      'not assigned yet is no rating',
      [resolved(cve, 'not yet assigned')],
      { severity: 'unrated', severity_source: null },
    ],
    ['nothing said', [resolved(cve, null)], { severity: 'unrated', severity_source: null }],
    ['unimportant', [resolved(cve, 'unimportant')], { severity: 'unimportant' }],
  ])('%s', async (_, statuses, expected) => {
    const world = await told(ssl, ssl);
    await writeFeed(world.ledgerRoot, { at: day(3), feed: 'debian-dsa', rows: advisory });
    if (statuses.length > 0) await tracker(world, day(3), ...statuses);
    expect(await world.rows("FROM fix_severities WHERE fix_id = 'bookworm/ssl/2'")).toMatchObject([expected]);
  });
});
