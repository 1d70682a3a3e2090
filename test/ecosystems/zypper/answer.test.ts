/** What zypper's answer turns into, whatever stands between the lines. The answers themselves are recorded. */
import { describe, expect, test } from 'vitest';
import { zypper } from '#ecosystems/zypper/zypper.ts';
import { readingOf, recordedContext, updateOf, withSection } from './recorded.ts';

const whole = zypper.parse(recordedContext());
const updates = 'zypper-updates';

/** The same answer with one message more after the first. */
function withMessage(type: string, text: string) {
  return withSection(updates, (answer) =>
    answer.replace('</message>\n', `</message>\n<message type="${type}">${text}</message>\n`),
  );
}

test('the recorded host gives all that it offers, held and pinned ones included', () => {
  const reasons = Object.groupBy(whole.rows.updates ?? [], (row) => row.reason);
  const names = (reason: keyof typeof reasons) => (reasons[reason] ?? []).map((row) => row.package).sort();
  expect(names('held')).toEqual(['vim', 'vim-data']);
  expect(names('pinned')).toEqual(['nano']);
  expect(names('kept-back')).toEqual(['kernel-default']);
  expect(names('none-yet-tried')).toEqual([
    'bind',
    'curl',
    'libcurl4',
    'libfleet1',
    'libopenssl3',
    'libzypp',
    'openssl-3',
    'python311-requests',
    'tool',
  ]);
});

test('interactive patches (--with-interactive) are kept back by an unattended patch, and taken by an update', () => {
  expect(updateOf(whole, 'kernel-default')).toMatchObject({
    reason: 'kept-back',
    in_upgrade: false,
    in_upgrade_with_new: true,
    in_full_upgrade: true,
    security: true,
  });
});

test('an optional patch is none that patch would bring', () => {
  expect(updateOf(whole, 'curl')).toMatchObject({
    in_upgrade: false,
    in_full_upgrade: true,
    security: false,
  });
});

test('SUSE uname truncates the release: of kernels beside each other the newest is compared, the right one runs', () => {
  expect(updateOf(whole, 'kernel-default')?.installed_version).toBe('6.4.0-150600.22.3.1');
  const running = whole.rows.kernels?.filter((row) => row.running);
  expect(running?.map((row) => [row.version, row.release])).toEqual([
    ['6.4.0-150600.22.3.1', '6.4.0-150600.22.3-default'],
  ]);
});

describe('between the lines', () => {
  test('warnings about outdated mirrors inline take nothing away', () => {
    const parsed = withMessage(
      'warning',
      "Repository 'repo-oss' appears to be outdated. Consider using a different mirror or server.",
    );
    expect(parsed.rows.updates).toEqual(whole.rows.updates);
    expect(readingOf(parsed, 'updates')).toEqual({ subject: 'updates', status: 'complete', reason: null });
  });

  test('localized output says the same: no text is read', () => {
    const german = withSection(updates, (text) =>
      text
        .replaceAll('Loading repository data...', 'Repository-Daten werden geladen...')
        .replaceAll('Reading installed packages...', 'Installierte Pakete werden gelesen...'),
    );
    expect(german.rows.updates).toEqual(whole.rows.updates);
    expect(readingOf(german, 'updates')?.status).toBe('complete');
  });

  test.each([
    [
      'an error',
      'error',
      'Error building the cache: x',
      /zypper met an error.*Error building the cache: x\.$/,
    ],
    [
      'a repository that is skipped',
      'warning',
      "Skipping repository 'x' because of the above error.",
      /Skipping repository 'x'/,
    ],
    [
      'a repository file that is closed',
      'warning',
      "Cannot read repo file '/etc/zypp/repos.d/x.repo': Permission denied",
      /Cannot read repo file/,
    ],
  ])('%s makes the updates partial, and is quoted', (_what, type, text, reason) => {
    const found = readingOf(withMessage(type, text), 'updates');
    expect(found).toMatchObject({ status: 'partial', reason: expect.stringMatching(reason) });
  });

  test("versions with an extra '-' are rejections, and never abort the rest", () => {
    const parsed = withSection(updates, (text) =>
      text.replaceAll('2:9.18.28-150600.3.3.1', '2:9.18.28-rc1-150600.3.3.1'),
    );
    expect(updateOf(parsed, 'bind')).toBeUndefined();
    expect(updateOf(parsed, 'curl')).toEqual(updateOf(whole, 'curl'));
    expect(parsed.rows.rejections?.map((row) => row.excerpt)).toContain(
      'bind.x86_64 2:9.18.24-150600.1.1 2:9.18.28-rc1-150600.3.3.1',
    );
    expect(readingOf(parsed, 'updates')?.status).toBe('partial');
  });

  test('a name that could be code is a rejection', () => {
    const parsed = withSection(updates, (text) => text.replaceAll('name="tool"', 'name="$(reboot)"'));
    expect(updateOf(parsed, '$(reboot)')).toBeUndefined();
    expect(readingOf(parsed, 'updates')?.status).toBe('partial');
  });

  test('an update of what is not installed, or not newer, is no update, and said', () => {
    const parsed = withSection(updates, (text) => text.replaceAll('name="tool"', 'name="unheard-of"'));
    expect(updateOf(parsed, 'unheard-of')).toBeUndefined();
    expect(readingOf(parsed, 'updates')).toMatchObject({
      status: 'partial',
      reason: '1 updates are not newer than anything that is installed.',
    });
  });
});

describe('an answer that is not whole', () => {
  test.each([
    [
      'two lists of three',
      (text: string) => text.replace(/<update-status[^]*?<\/update-status>/, ''),
      /2 of three lists/,
    ],
    ['cut within a list', (text: string) => text.replace('</update-list>', ''), /not well-formed/],
    ['no end', (text: string) => text.replaceAll('</stream>', ''), /ends too early/],
    ['no locks', (text: string) => text.replace(/<locks[^]*<\/locks>/, ''), /named no locks/],
    [
      'left out a repository',
      (text: string) => text.replace('part end answer 0', 'part end answer 106'),
      /left out a repository/,
    ],
    ['lock held', (text: string) => text.replace('part end answer 0', 'part end answer 7'), /holds the lock/],
    ['unknown status', (text: string) => text.replace('part end locks 0', 'part end locks 42'), /status 42/],
    ['no answer', (text: string) => text.replaceAll(/^#patchledger-part .*$/gm, ''), /did not answer/],
  ])('%s is never complete', (_what, change, reason) => {
    const found = readingOf(withSection(updates, change), 'updates');
    expect(found?.status).not.toBe('complete');
    expect(found?.reason).toMatch(reason);
  });

  test.each([100, 101, 102, 103])('status %i speaks of the host, not of the answer', (status) => {
    const parsed = withSection(updates, (text) =>
      text.replace('part end answer 0', `part end answer ${status}`),
    );
    expect(readingOf(parsed, 'updates')?.status).toBe('complete');
  });
});
