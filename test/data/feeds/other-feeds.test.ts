import { describe, expect, test } from 'vitest';
import { readChangelog } from '#data/feeds/debian-changelogs.ts';
import { elaFiles, file, fixture, parse } from './feeds.ts';

describe('the catalogue of exploited vulnerabilities', () => {
  const entry = (cveID: string, more: object = {}) => ({
    cveID,
    dateAdded: '2026-08-07',
    dueDate: '2026-08-10',
    knownRansomwareCampaignUse: 'Known',
    product: ' padded',
    ...more,
  });
  const catalogue = (vulnerabilities: object[], count = vulnerabilities.length) =>
    JSON.stringify({ dateReleased: '2026-08-07T16:45:47.0648Z', count, vulnerabilities });

  test('has days of listing and of remediation, and use by ransomware', () => {
    const { rows, currentAt } = parse(
      'kev',
      catalogue([
        entry('CVE-2026-8037'),
        entry('CVE-2026-1', { knownRansomwareCampaignUse: 'Unknown', dueDate: undefined }),
      ]),
    );
    expect(rows.exploited_cves).toEqual([
      {
        cve: 'CVE-2026-8037',
        listed_not_before: '2026-08-07T00:00:00.000Z',
        listed_not_after: '2026-08-07T23:59:59.999Z',
        due_at: '2026-08-10T23:59:59.999Z',
        ransomware: true,
      },
    ]);
    expect(currentAt).toBe('2026-08-07T16:45:47.064Z');
  });

  const damaged: [string, string, RegExp][] = [
    ['cut JSON', catalogue([entry('CVE-2026-8037')]).slice(0, -5), /is not whole JSON/],
    ['other JSON', '{"a": 1}', /is not the catalogue/],
    ['fewer entries than it says', catalogue([entry('CVE-2026-8037')], 2), /says 2 entries and holds 1/],
    ['no entry', catalogue([]), /holds no entries/],
    [
      'nonsense for entries',
      catalogue([entry('CVE-2026-8037'), ...Array.from({ length: 30 }, () => ({}))]),
      /30 wrong entries/,
    ],
  ];
  test.each(damaged)('%s is refused', (_, text, reason) => {
    expect(() => parse('kev', text)).toThrow(reason);
  });
});

describe('ELTS', () => {
  test('the day of issue is in `modified`; releases by their number', () => {
    const { rows, currentAt } = parse('debian-elts', elaFiles());
    expect(rows.advisories).toContainEqual({
      advisory: 'ELA-1000-1',
      published_not_before: '2023-11-15T00:00:00.000Z',
      published_not_after: '2023-11-15T23:59:59.999Z',
    });
    expect(rows.advisory_fixes?.filter(({ advisory }) => advisory === 'ELA-1000-1')).toEqual([
      {
        advisory: 'ELA-1000-1',
        release: 'jessie',
        source_package: 'ceph',
        status: 'fixed',
        fixed_version: '0.80.7-2+deb8u6',
      },
      {
        advisory: 'ELA-1000-1',
        release: 'stretch',
        source_package: 'ceph',
        status: 'fixed',
        fixed_version: '10.2.11-2+deb9u2',
      },
    ]);
    expect(rows.advisory_cves).toContainEqual({ advisory: 'ELA-1000-1', cve: 'CVE-2023-43040' });
    expect(currentAt).toBe('2023-11-15T23:59:59.999Z');
  });

  test("a version of another release is upstream's mistake: visible, and not used", () => {
    const { rows, rejections } = parse('debian-elts', elaFiles());
    expect(rejections).toEqual([
      {
        place: 'ELA-999-1 jessie',
        reason: 'expected a version of that release',
        excerpt: '10.1.5-5055683-4+deb9u6',
      },
    ]);
    expect(
      rows.advisory_fixes?.filter(({ advisory }) => advisory === 'ELA-999-1').map(({ release }) => release),
    ).toEqual(['stretch']);
  });

  test('a cut record is refused', () => {
    const [first] = elaFiles();
    expect(() =>
      parse('debian-elts', [{ name: 'a.json', content: first?.content.slice(0, 100) ?? Buffer.of() }]),
    ).toThrow(/is not whole JSON/);
  });
});

describe('the tracker', () => {
  test('says per release what is open, and what is resolved since which version', () => {
    const { rows, rejections } = parse('debian-tracker', [fixture('tracker.json')]);
    expect(rejections).toEqual([]);
    expect(rows.cve_statuses).toContainEqual({
      release: 'bullseye',
      source_package: '389-ds-base',
      cve: 'CVE-2016-5416',
      status: 'open',
      fixed_version: null,
      urgency: 'not yet assigned',
      no_advisory_reason: 'ignored',
    });
    expect(rows.cve_statuses).toContainEqual(
      expect.objectContaining({
        cve: 'CVE-2012-0833',
        status: 'resolved',
        fixed_version: '0',
        urgency: 'unimportant',
      }),
    );
  });

  const odd: [string, object, string][] = [
    [
      'an unknown status',
      { a: { 'CVE-2026-10000': { releases: { trixie: { status: 'perhaps' } } } } },
      'expected a status of a release',
    ],
    [
      'a version that is none',
      { a: { 'CVE-2026-10000': { releases: { trixie: { status: 'resolved', fixed_version: '$(x)' } } } } },
      'expected a status of a release',
    ],
    [
      'a name that is none',
      { 'a b': { 'CVE-2026-10000': { releases: {} } } },
      'expected a source package with its CVEs',
    ],
    ['a CVE that is none', { a: { 'CVE-x': { releases: {} } } }, 'expected a CVE with its releases'],
  ];
  test.each(odd)('%s is rejected, the rest is kept', (_, more, reason) => {
    const good = { good: { 'CVE-2026-10001': { releases: { trixie: { status: 'open' } } } } };
    const { rows, rejections } = parse('debian-tracker', JSON.stringify({ ...good, ...more }));
    expect(rows.cve_statuses).toHaveLength(1);
    expect(rejections.map((rejection) => rejection.reason)).toEqual([reason]);
  });

  test.each(['[]', 'null', '{}', '{"a": {}}'])('%s is refused', (text) => {
    expect(() => parse('debian-tracker', text)).toThrow(/is no object|holds no statuses/);
  });
});

describe('changelogs', () => {
  test('name uploads to the security suite with their time and CVEs', () => {
    const { rows } = parse('debian-changelogs', [fixture('changelogs/bookworm/openssl.changelog')]);
    expect(rows.security_uploads?.[0]).toEqual({
      release: 'bookworm',
      source_package: 'openssl',
      version: '3.0.22-1~deb12u2',
      uploaded_at: '2026-10-21T09:54:24.000Z',
    });
    expect(rows.security_upload_cves?.filter(({ version }) => version === '3.0.22-1~deb12u2')).toHaveLength(
      6,
    );
    expect(rows.security_uploads?.every(({ version }) => version.includes('deb12u'))).toBe(true);
  });

  test('entries for other suites are none; wrong ones are told', () => {
    const text = [
      'a (1.0-2) bookworm; urgency=low\n\n  * x\n\n -- A <a@b>  Fri, 26 Sep 2025 20:59:22 +0200\n',
      'a (1.0-1) bookworm-security; urgency=low\n\n  * CVE-2025-11111\n\n -- A <a@b>  no date that anybody knows\n',
    ].join('\n');
    const wrong: number[] = [];
    expect(readChangelog(text, (line) => wrong.push(line)).map(({ version }) => version)).toEqual(['1.0-2']);
    expect(wrong).toEqual([11]);
    expect(() => parse('debian-changelogs', [file('bookworm/a.changelog', text)])).toThrow(
      /holds no uploads/,
    );
  });
});

describe('lifecycle', () => {
  const csv =
    'version,codename,series,created,release,eol,eol-lts,eol-elts\n12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30\n,Sid,sid,1993-08-16\n';

  test('days of release and of the ends of support; packages that ended earlier', () => {
    const { rows } = parse('lifecycle', [
      file('debian.csv', csv),
      file(
        'security-support-ended.deb12',
        '# comment\n\npdns  4.7.3-2   2025-10-01  text\nphp-horde.*\t0\t2025-03-22\n',
      ),
    ]);
    expect(rows.releases?.[0]).toEqual({
      distribution: 'debian',
      version: '12',
      release: 'bookworm',
      released_at: '2023-06-10T00:00:00.000Z',
      support_ends_at: '2026-07-11T23:59:59.999Z',
      lts_ends_at: '2028-06-30T23:59:59.999Z',
      elts_ends_at: '2033-06-30T23:59:59.999Z',
    });
    expect(rows.ended_support).toEqual([
      {
        release: 'bookworm',
        source_pattern: 'pdns',
        last_version: '4.7.3-2',
        ended_at: '2025-10-01T00:00:00.000Z',
      },
      {
        release: 'bookworm',
        source_pattern: 'php-horde.*',
        last_version: '0',
        ended_at: '2025-03-22T00:00:00.000Z',
      },
    ]);
  });

  test('what is no such list is refused, a wrong line is told', () => {
    expect(() => parse('lifecycle', [file('debian.csv', '<html>')])).toThrow(/is not a list of releases/);
    expect(() => parse('lifecycle', [file('other.txt', csv)])).toThrow(/holds no releases/);
    expect(
      parse('lifecycle', [file('debian.csv', `${csv}1,X,x,2020-01-01,2020-13-01,\n`)]).rejections,
    ).toMatchObject([{ place: 'debian.csv line 4' }]);
  });
});
