/** What a real apk offered (both recorded hosts), and what must be said where it knew less. */
import { describe, expect, test } from 'vitest';
import { apk } from '#ecosystems/apk/apk.ts';
import { outputOf } from '../contract.ts';
import { contextOfRecording } from '../recorded-host.ts';
import type { Parsed } from '#ecosystems/ecosystem.ts';

const kernelRelease = '6.12.50-0-lts';

/** The recorded host, with its section of updates changed. */
function parsed(host = 'alpine3', change?: (text: string) => string): Parsed {
  const recorded = contextOfRecording(apk, host, { kernelRelease });
  const { text } = recorded.sections.get('apk-updates')!;
  const changed = change?.(text) ?? text;
  if (change !== undefined && changed === text) throw new Error('nothing was changed');
  return apk.parse({
    ...recorded,
    sections: new Map([...recorded.sections, ['apk-updates', outputOf(changed)]]),
  });
}

const readingOf = ({ readings }: Parsed, subject: string) => readings.find((row) => row.subject === subject);

describe.each(['alpine2', 'alpine3'])('%s', (host) => {
  const { rows, readings, scan } = parsed(host);
  const update = (name: string) => rows.updates?.find((row) => row.package === name);

  test('apk 2 and apk 3 offer the same, and both are read completely', () => {
    const incomplete = readings.filter((row) => row.status !== 'complete').map((row) => row.subject);
    expect(incomplete).toEqual(host === 'alpine2' ? ['history'] : []);
    expect(rows.rejections).toEqual([]);
    expect(rows.updates?.map((row) => row.package).sort()).toEqual([
      'c-ares',
      'curl',
      'fromfile',
      'kb',
      'libcrypto3',
      'libcurl',
      'libssl3',
      'linux-lts',
      'lower',
      'musl',
      'newname',
      'oldname',
      'openssl',
      'pinned',
      'tagged',
    ]);
  });

  test.each([
    ['libssl3', 'upgrade', '3.5.4-r0', '3.5.5-r0', '3.5.5-r0', 'none-yet-tried', 'main'],
    ['curl', 'upgrade', '8.16.0_rc2-r0', '8.16.0-r0', '8.16.0-r0', 'none-yet-tried', 'main'],
    ['c-ares', 'install', null, '1.34.5-r0', '1.34.5-r0', 'none-yet-tried', 'main'],
    ['oldname', 'remove', '1.0-r0', null, null, 'none-yet-tried', null],
    ['newname', 'install', null, '1.0-r0', '1.0-r0', 'none-yet-tried', 'community'],
    ['tagged', 'upgrade', '1.0-r0', '2.0-r0', '2.0-r0', 'none-yet-tried', 'testing'],
    // pkg<2 in the world lets 1.1 in and hides 2.0.
    ['lower', 'upgrade', '1.0-r0', '1.1-r0', '2.0-r0', 'none-yet-tried', 'main'],
    ['pinned', 'none', '1.0-r0', '1.0-r0', '1.1-r0', 'pinned', null],
    // Installed from a file: its checksum stands in the world.
    ['fromfile', 'none', '1.0-r0', '1.0-r0', '1.1-r0', 'held', null],
    // Another package needs this very version.
    ['kb', 'none', '1.0-r0', '1.0-r0', '1.1-r0', 'kept-back', 'main'],
  ])('%s: %s from %s to %s, newest %s, %s', (name, ...told) => {
    const [action, installed, candidate, newest, reason, origin] = told;
    const touched = action !== 'none';
    expect(update(name)).toMatchObject({
      action,
      installed_version: installed,
      candidate_version: candidate,
      newest_version: newest,
      reason,
      origin,
      in_upgrade: touched,
      in_upgrade_with_new: touched,
      in_full_upgrade: touched,
    });
  });

  test('pacman and apk carry no advisories: of no update it is known whether it is a security one', () => {
    expect(new Set(rows.updates?.map((row) => row.security))).toEqual(new Set([null]));
    expect(rows.host_advisories).toBeUndefined();
    expect(apk.sections({}).flatMap((spec) => spec.subjects)).not.toContain('advisories');
  });

  test('a version that only a tagged repository has is no offer to who did not ask for it', () => {
    expect(update('openssl')).toMatchObject({ candidate_version: '3.5.5-r0', newest_version: '3.5.5-r0' });
    expect(update('tagged')).toMatchObject({ suite: '@edge' });
    expect(rows.repositories?.map((row) => [row.suite, row.origin, row.present])).toEqual([
      ['', 'main', true],
      ['', 'community', true],
      ['@edge', 'testing', true],
    ]);
  });

  test('build times of what is installed and of what is offered; no time of installation, which apk does not keep', () => {
    expect(update('musl')?.candidate_built_at).toBe('2026-10-26T07:33:20.000Z');
    const musl = rows.packages?.find((row) => row.package === 'musl');
    expect(musl).toMatchObject({ built_at: '2025-11-01T12:26:40.000Z', installed_at: null, origin: 'main' });
    const fromFile = rows.packages?.find((row) => row.package === 'fromfile');
    expect(fromFile).toMatchObject({ origin: null, source_package: 'fromfile' });
    expect(rows.packages?.find((row) => row.package === 'libssl3')?.source_package).toBe('openssl');
    expect(Date.parse(scan.lists_checked_at ?? '')).toBeGreaterThan(Date.parse('2026-11-01'));
  });
});

describe('what proves nothing', () => {
  test.each([
    [
      'an index that was never fetched',
      (text: string) => text.replace(/#repository\t\d+\t\t(\S+community)/, '#repository\tabsent\t\t$1'),
      'partial',
      '1 of 3 repository indexes are absent on the host.',
    ],
    [
      'no index at all',
      (text: string) => text.replace(/#repository\t\d+/g, '#repository\tabsent').replace(/^#offer.*\n/gm, ''),
      'partial',
      'The host holds the index of none of its repositories.',
    ],
    [
      'no index at all, and nothing that apk would do',
      (text: string) =>
        text
          .replace(/#repository\t\d+/g, '#repository\tabsent')
          .replace(/^#offer.*\n/gm, '')
          .replace(/^\( *\d+\/.*\n/gm, ''),
      'unread',
      'The host holds the index of none of its repositories.',
    ],
    [
      'no repository',
      (text: string) => text.replace(/^#repository.*\n/gm, '').replace(/^#offer.*\n/gm, ''),
      'partial',
      'No repository is configured.',
    ],
    [
      'an index that may not be read',
      (text: string) => text.replace(/#repository\t\d+\t\t/, '#repository\tunreadable\t\t'),
      'partial',
      '1 of 3 repository indexes cannot be read by this account.',
    ],
    [
      'an index that is broken',
      (text: string) => text.replace('#offer\t2\tnewer', '#broken\t2\n#offer\t2\tnewer'),
      'partial',
      '1 repository indexes could not be read.',
    ],
    [
      'a line of the repositories file that only a newer apk reads',
      (text: string) => text.replace('#repository\t', '#repository\tother\t#other\tset x=y\n#repository\t'),
      'partial',
      '1 lines of the repositories files are of a kind that is not read.',
    ],
    [
      'apk refuses',
      (text: string) =>
        text
          .replace(/^\( *\d+\/.*\n/gm, '')
          .replace(/^OK: .*/m, 'ERROR: Not continuing due to stale/unavailable repositories.')
          .replace('end simulation 0', 'end simulation 99'),
      'partial',
      "'apk upgrade --simulate' says: Not continuing due to stale/unavailable repositories.",
    ],
    [
      'a change that was lost on the way',
      (text: string) => text.replace(/^\( 4\/12\).*\n/m, ''),
      'partial',
      "The lines of 'apk upgrade --simulate' do not add up.",
    ],
    [
      'an end that was lost on the way',
      (text: string) => text.replace(/^OK: .*\n/m, ''),
      'partial',
      "The lines of 'apk upgrade --simulate' do not add up.",
    ],
    [
      'a change that is none',
      (text: string) => text.replace('Upgrading musl (', 'Upgrading $(id) ('),
      'partial',
      '1 lines could not be updates.',
    ],
  ])('%s', (_what, change, status, reason) => {
    const reading = readingOf(parsed('alpine3', change), 'updates');
    expect(reading).toMatchObject({ status, reason: expect.stringContaining(reason) });
  });

  test('refresh needs root: nothing is refreshed, and indexes keep their age', () => {
    const commands = apk.sections({}).map((spec) => spec.command);
    expect(commands.join('\n')).not.toMatch(/apk update|--update-cache|--cache-max-age|-U\b/);
    const old = parsed('alpine3', (text) => text.replace(/#repository\t\d+/g, '#repository\t1700000000'));
    expect(old.scan.lists_checked_at).toBe('2023-11-14T22:13:20.000Z');
    expect(readingOf(old, 'updates')).toMatchObject({ status: 'complete' });
  });

  // Measured with apk 2.14.10 and 3.0.6: what is not in the cache of packages is masked, and apk says "OK".
  test('apk is never asked with --no-network: it would say that there is nothing to do', () => {
    expect(
      apk
        .sections({})
        .map((spec) => spec.command)
        .join('\n'),
    ).not.toContain('--no-network');
  });

  test('passwords in addresses stay on the host', () => {
    const { rows } = parsed('alpine3', (text) => text.replace('http://mirror', 'http://user:secret@mirror'));
    expect(JSON.stringify(rows)).not.toContain('secret');
    expect(apk.sections({}).find(({ name }) => name === 'apk-updates')?.command).toContain(
      'without_credentials',
    );
  });
});

describe('packages', () => {
  const lines = (more: string[]) => [
    '#apk apk-tools 3.0.6, compiled for x86_64.',
    '#architecture x86_64',
    ...more,
  ];
  const packagesOf = (more: string[]) => {
    const recorded = contextOfRecording(apk, 'alpine3', { kernelRelease });
    const sections = new Map([...recorded.sections, ['apk-packages', outputOf(lines(more).join('\n'))]]);
    return apk.parse({ ...recorded, sections });
  };

  test('the letters of the field f tell what failed; a virtual package has no origin and no build', () => {
    const { rows } = packagesOf([
      'whole\t1.0-r0\tx86_64\tsource\t1700000000\t\t',
      'files\t1.0-r0\tx86_64\tfiles\t1700000000\tfs\t',
      'script\t1.0-r0\tx86_64\tscript\t1700000000\ts\t',
      '.deps\t20240101.101010\tnoarch\t\t\t\t',
    ]);
    expect(rows.packages?.map((row) => [row.package, row.source_package, row.state, row.built_at])).toEqual([
      ['whole', 'source', 'installed', '2023-11-14T22:13:20.000Z'],
      ['files', 'files', 'half-installed', '2023-11-14T22:13:20.000Z'],
      ['script', 'script', 'half-configured', '2023-11-14T22:13:20.000Z'],
      ['.deps', '.deps', 'installed', null],
    ]);
  });

  test.each([
    ['$(id)\t1.0-r0\tx86_64\ta\t1\t\t', 'The name of an Alpine package.'],
    ['a\t1.0 r0\tx86_64\ta\t1\t\t', 'A version of apk.'],
    ['a\t1.0-r0\tx86 64\ta\t1\t\t', 'The name of an architecture.'],
    ['a\t1.0-r0\tx86_64\t`id`\t1\t\t', 'The name of the origin of a package.'],
    ['a\t1.0-r0\tx86_64', 'Seven fields.'],
  ])('%j is kept visible and no package: %s', (line, reason) => {
    const result = packagesOf(['whole\t1.0-r0\tx86_64\tsource\t1700000000\t\t', line]);
    expect(result.rows.packages).toHaveLength(1);
    expect(result.rows.rejections).toMatchObject([{ section: 'apk-packages', line: 4, reason }]);
    expect(readingOf(result, 'packages')).toMatchObject({ status: 'partial' });
  });
});
