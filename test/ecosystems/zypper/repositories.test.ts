/** Repositories and advisories of the recorded host, with one thing changed each time. */
import { describe, expect, test } from 'vitest';
import { zypper } from '#ecosystems/zypper/zypper.ts';
import { readingOf, recordedContext, updateOf, withSection } from './recorded.ts';

const whole = zypper.parse(recordedContext());
const repositories = 'zypper-repositories';

test('those that are switched off give no row', () => {
  expect(whole.rows.repositories?.map((row) => [row.suite, row.priority, row.present, row.security])).toEqual(
    [
      ['SLE:update/15.6', 99, true, true],
      ['repo-oss', 99, true, false],
      ['third', 150, true, false],
    ],
  );
});

test('lists were checked when the one was that is refreshed by itself and was asked longest ago', () => {
  const at = (alias: string) => whole.rows.repositories?.find((row) => row.suite === alias)?.fetched_at;
  const older = withSection(repositories, (text) => text.replace(/^\d+(\t.*SLE:update)/m, '1790000000$1'));
  expect(whole.scan.lists_checked_at).toBe([at('SLE:update/15.6'), at('third')].sort()[0]);
  expect(older.scan.lists_checked_at).toBe(new Date(1_790_000_000_000).toISOString());
  // A frozen release is not refreshed by itself, and may be as old as it likes.
  const frozen = withSection(repositories, (text) => text.replace(/^\d+(\t.*repo-oss)/m, '1700000000$1'));
  expect(frozen.scan.lists_checked_at).toBe(whole.scan.lists_checked_at);
});

test('the time of a repository is moved to the clock of the collector', () => {
  const context = { ...recordedContext(), clock: { offsetMs: 60_000, uncertaintyMs: 0 } };
  const moved = zypper.parse(context).rows.repositories?.[0];
  const before = whole.rows.repositories?.[0];
  expect(Date.parse(before?.fetched_at ?? '') - Date.parse(moved?.fetched_at ?? '')).toBe(60_000);
  expect(moved?.released_at).toBe(before?.released_at);
});

test('credentials in an address go, should any come', () => {
  const parsed = withSection(repositories, (text) =>
    text.replace('<url>file:/srv/repositories/third', '<url>https://user:secret@mirror.example.org/third'),
  );
  expect(parsed.rows.repositories?.find((row) => row.suite === 'third')?.uri).toBe(
    'https://mirror.example.org/third',
  );
});

describe('nothing is offered', () => {
  const without = (pattern: RegExp) => (text: string) => text.replace(pattern, '');
  test.each([
    [
      'no metadata of one',
      without(/^\d+\t.*\tthird$/m),
      'updates',
      'The metadata of 1 of 3 repositories is absent on the host.',
    ],
    [
      'no metadata at all',
      without(/^\d+\t.*$/gm),
      'updates',
      'The host holds the metadata of none of its repositories.',
    ],
    [
      'no repository',
      without(/<repo [^]*<\/repo>/),
      'updates',
      'No repository is enabled; SUSE Linux Enterprise gets its own by registering the host.',
    ],
    [
      'no advisories',
      (text: string) => text.replaceAll('\tyes\t', '\tno\t'),
      'advisories',
      'No enabled repository carries advisories.',
    ],
    [
      'a closed file',
      (text: string) =>
        text.replace(
          '<repo-list>',
          '<message type="warning">Cannot read repo file \'/etc/x\': Permission denied</message><repo-list>',
        ),
      'repositories',
      'A file that defines a repository cannot be read.',
    ],
    [
      'a strange name',
      (text: string) => text.replaceAll('third', 'th&amp;ird').replace('\tth&amp;ird', '\tth&ird'),
      'updates',
      '1 of 3 repositories have names that zypper cannot be asked by.',
    ],
  ])('%s: said, and never complete', (_what, change, subject, reason) => {
    const parsed = withSection(repositories, change);
    expect(readingOf(parsed, subject)).toEqual({
      subject,
      status: 'partial',
      reason: expect.stringContaining(reason),
    });
    expect(readingOf(parsed, 'updates')?.status === 'complete').toBe(subject === 'advisories');
  });
});

describe('advisories', () => {
  test('have kinds, severities, CVEs and the second of issue, for each package', () => {
    const rows = whole.rows.host_advisories?.filter((row) => row.advisory === 'openSUSE-SLE-15.6-2026-1234');
    expect(rows?.map((row) => [row.package, row.architecture, row.version])).toEqual([
      ['libopenssl3', 'x86_64', '3.1.4-150600.5.15.1'],
      ['openssl-3', 'x86_64', '3.1.4-150600.5.15.1'],
    ]);
    expect(rows?.[0]).toMatchObject({
      kind: 'security',
      severity: 'important',
      cves: ['CVE-2026-1001', 'CVE-2026-1002'],
      title: 'Security update for openssl-3 & "friends"',
      published_not_before: '2026-09-10T00:26:40.000Z',
      repository: 'SLE:update/15.6',
    });
    expect(new Set(whole.rows.host_advisories?.map((row) => row.kind))).toEqual(
      new Set(['security', 'recommended', 'optional', 'feature']),
    );
  });

  test('of a package that is not installed are not recorded', () => {
    expect(whole.rows.host_advisories?.filter((row) => row.package === 'bind-utils')).toEqual([]);
  });

  test('of a file that was cut leave open which updates are for security', () => {
    const parsed = withSection('rpm-advisories', (text) => text.replace(/^whole\n/m, ''));
    expect(readingOf(parsed, 'advisories')).toMatchObject({
      status: 'partial',
      reason: 'The advisories of SLE:update/15.6 could not be read to their end.',
    });
    expect(readingOf(parsed, 'updates')?.status).toBe('partial');
    expect(updateOf(parsed, 'python311-requests')?.security).toBeNull();
    // What was read is known all the same.
    expect(updateOf(parsed, 'bind')?.security).toBe(true);
  });
});
