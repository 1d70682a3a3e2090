/** Advisories that a host's own package manager brings: fixes, dates, ratings and coverage come of them. */
import { describe, expect, test } from 'vitest';
import { tell } from './story.ts';
import type { HostState } from './story.ts';

const scan: NonNullable<HostState['scan']> = { os_id: 'rocky', os_codename: null, release: 'rocky-9' };
const advisories: HostState['advisories'] = [
  { advisory: 'RLSA-2026:1001', package: 'ssl', version: '3.0-2', cves: ['CVE-2026-1', 'CVE-2026-2'] },
  {
    advisory: 'RLSA-2026:1002',
    package: 'ssl',
    version: '3.0-3',
    severity: 'moderate',
    published_not_before: '2026-09-03T00:00:00.000Z',
    published_not_after: '2026-09-04T00:00:00.000Z',
  },
  { advisory: 'RLBA-2026:1003', package: 'ssl', version: '3.0-4', kind: 'bugfix', severity: null },
  { advisory: 'RLBA-2026:1004', package: 'tool', version: '2-2', kind: 'bugfix', severity: null },
  { advisory: 'RLSA-2026:1005', package: 'absent', version: '9-1' },
];
const offers: NonNullable<HostState['offers']> = {
  ssl: { newest_version: '3.0-4', security: true, security_version: '3.0-3', origin: 'baseos' },
  tool: { newest_version: '2-2', security: false, origin: 'baseos' },
};

function states(): Parameters<typeof tell>[0] {
  const refreshed = (at: string) => ({ ...scan, lists_checked_at: at });
  const before = {
    scan: refreshed('2026-09-05T01:00:00.000Z'),
    advisories,
    offers,
    packages: { ssl: '3.0-1', tool: '2-1' },
  };
  const after = {
    scan: refreshed('2026-09-08T02:00:00.000Z'),
    advisories,
    packages: { ssl: '3.0-4', tool: '2-1' },
    offers: { tool: offers['tool'] ?? '' },
  };
  return [
    {
      at: '2026-09-05T03:00:00Z',
      hosts: { h1: before, h2: { ...before, offers: {}, packages: { ssl: '3.0-3' } } },
    },
    {
      at: '2026-09-08T03:00:00Z',
      hosts: { h1: after, h2: { ...before, offers: {}, packages: { ssl: '3.0-3' } } },
    },
  ];
}

describe('what a host says of advisories', () => {
  test('is a fix of what some host has, with the date of the advisory', async () => {
    const { rows } = await tell(states());
    expect(
      await rows(
        'SELECT fix_id, kind, published_evidence, published_not_before, published_not_after, advisories FROM fixes ORDER BY fix_id',
      ),
    ).toEqual([
      {
        fix_id: 'rocky-9/ssl/3.0-2',
        kind: 'security',
        published_evidence: 'advisory',
        published_not_before: '2026-09-02T10:00:00.000Z',
        published_not_after: '2026-09-02T10:00:00.000Z',
        advisories: ['RLSA-2026:1001'],
      },
      {
        fix_id: 'rocky-9/ssl/3.0-3',
        kind: 'security',
        published_evidence: 'advisory',
        published_not_before: '2026-09-03T00:00:00.000Z',
        published_not_after: '2026-09-04T00:00:00.000Z',
        advisories: ['RLSA-2026:1002'],
      },
      {
        fix_id: 'rocky-9/tool/2-2',
        kind: 'bugfix',
        published_evidence: 'advisory',
        published_not_before: '2026-09-02T10:00:00.000Z',
        published_not_after: '2026-09-02T10:00:00.000Z',
        advisories: ['RLBA-2026:1004'],
      },
    ]);
  });

  test('gives the fix its CVEs, its severity and who says so', async () => {
    const { rows } = await tell(states());
    expect(await rows('SELECT fix_id, cve FROM fix_cves')).toEqual([
      { fix_id: 'rocky-9/ssl/3.0-2', cve: 'CVE-2026-1' },
      { fix_id: 'rocky-9/ssl/3.0-2', cve: 'CVE-2026-2' },
    ]);
    expect(await rows('FROM fix_severities')).toEqual([
      { fix_id: 'rocky-9/ssl/3.0-2', severity: 'high', severity_source: 'updateinfo' },
      { fix_id: 'rocky-9/ssl/3.0-3', severity: 'medium', severity_source: 'updateinfo' },
      { fix_id: 'rocky-9/tool/2-2', severity: 'unrated', severity_source: null },
    ]);
  });

  test('an exposure begins with the advisory and ends with the build that has it', async () => {
    const { rows } = await tell(states());
    expect(
      await rows(
        "SELECT host_id, fix_id, status, opened_not_before, installed_not_before, installed_not_after FROM exposures WHERE fix_id LIKE '%/ssl/%' ORDER BY ALL",
      ),
    ).toEqual([
      {
        host_id: 'h1',
        fix_id: 'rocky-9/ssl/3.0-2',
        status: 'closed',
        opened_not_before: '2026-09-02T10:00:00.000Z',
        installed_not_before: '2026-09-05T03:00:00.000Z',
        installed_not_after: '2026-09-08T03:00:00.000Z',
      },
      {
        host_id: 'h1',
        fix_id: 'rocky-9/ssl/3.0-3',
        status: 'closed',
        opened_not_before: '2026-09-03T00:00:00.000Z',
        installed_not_before: '2026-09-05T03:00:00.000Z',
        installed_not_after: '2026-09-08T03:00:00.000Z',
      },
    ]);
  });

  test('the release is covered from the first advisory that is named to the last refresh of the lists', async () => {
    const { rows } = await tell(states());
    expect(await rows("FROM covered WHERE feed = 'updateinfo'")).toEqual([
      {
        release: 'rocky-9',
        feed: 'updateinfo',
        from_at: '2026-09-02T10:00:00.000Z',
        to_at: '2026-09-08T02:00:00.000Z',
      },
    ]);
    expect(await rows('FROM disagreements')).toEqual([]);
  });
});
