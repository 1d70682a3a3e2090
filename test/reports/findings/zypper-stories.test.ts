/** Histories of SUSE hosts: their log calls every change an install, kernels stand beside each other, and so on. */
import { describe, expect, test } from 'vitest';
import { tell } from './story.ts';
import type { HostState } from './story.ts';

const scan: NonNullable<HostState['scan']> = {
  ecosystem: 'zypper',
  os_id: 'sles',
  os_codename: null,
  release: 'sles-15.6',
  kernel_release: '6.4.0-150600.23.25-default',
  kernel_version: '#1',
};
const suse = { scan, logName: 'zypp' };
const advisories: HostState['advisories'] = [
  { advisory: 'SUSE-2026-1', package: 'ssl', version: '3-2.1', cves: ['CVE-2026-1'] },
];
const offer = (more: object) => ({
  newest_version: '3-2.1',
  candidate_version: '3-2.1',
  security: false,
  ...more,
});

describe("zypp's log", () => {
  test('an upgrade is an install there: nothing was missing before it, and the log is no broken one', async () => {
    const before = { ...suse, advisories, packages: { ssl: '3-1.1' } };
    const log: HostState['log'] = [['2026-09-04T10:00:00.000Z', 'install', 'ssl', null, '3-2.1']];
    const after = { ...suse, advisories, packages: { ssl: '3-2.1' }, log };
    const { rows } = await tell([
      { at: '2026-09-03T03:00:00Z', hosts: { h1: before } },
      { at: '2026-09-05T03:00:00Z', hosts: { h1: after } },
    ]);
    expect(
      await rows('SELECT version, next_version, ended_evidence FROM package_timeline ORDER BY step'),
    ).toEqual([
      { version: '3-1.1', next_version: '3-2.1', ended_evidence: 'package-manager-log' },
      { version: '3-2.1', next_version: null, ended_evidence: null },
    ]);
    expect(await rows('FROM log_breaks')).toEqual([]);
    expect(
      await rows('SELECT status, opened_not_before, installed_not_before, installed_evidence FROM exposures'),
    ).toEqual([
      {
        status: 'closed',
        opened_not_before: '2026-09-02T10:00:00.000Z',
        installed_not_before: '2026-09-04T10:00:00.000Z',
        installed_evidence: 'package-manager-log',
      },
    ]);
  });

  test('two installs in a row before the first scan are two versions', async () => {
    const log: HostState['log'] = [
      ['2026-09-01T10:00:00.000Z', 'install', 'ssl', null, '3-1.1'],
      ['2026-09-04T10:00:00.000Z', 'install', 'ssl', null, '3-2.1'],
    ];
    const { rows } = await tell([
      { at: '2026-09-05T03:00:00Z', hosts: { h1: { ...suse, advisories, packages: { ssl: '3-2.1' }, log } } },
    ]);
    expect(await rows('SELECT version FROM package_timeline ORDER BY step')).toEqual([
      { version: '3-1.1' },
      { version: '3-2.1' },
    ]);
    expect(await rows('FROM log_breaks')).toEqual([]);
  });

  test('a removal ends what was there, and says which version it was', async () => {
    const log: HostState['log'] = [['2026-09-04T10:00:00.000Z', 'remove', 'ssl', '3-1.1', null]];
    const { rows } = await tell([
      { at: '2026-09-03T03:00:00Z', hosts: { h1: { ...suse, packages: { ssl: '3-1.1', bash: '5-1' } } } },
      { at: '2026-09-05T03:00:00Z', hosts: { h1: { ...suse, packages: { bash: '5-1' }, log } } },
    ]);
    expect(
      await rows("SELECT version, ended_not_after FROM package_timeline WHERE package = 'ssl' ORDER BY step"),
    ).toMatchObject([{ version: '3-1.1', ended_not_after: '2026-09-04T10:00:00.000Z' }, { version: null }]);
  });

  test('removing one kernel leaves the others: nothing is uninstalled by it', async () => {
    const log: HostState['log'] = [
      ['2026-09-01T10:00:00.000Z', 'install', 'kernel-default', null, '6.4.0-150600.21.1'],
      ['2026-09-02T10:00:00.000Z', 'install', 'kernel-default', null, '6.4.0-150600.23.25.1'],
      ['2026-09-03T10:00:00.000Z', 'remove', 'kernel-default', '6.4.0-150600.21.1', null],
    ];
    const { rows } = await tell([
      {
        at: '2026-09-05T03:00:00Z',
        hosts: { h1: { ...suse, packages: { 'kernel-default': '6.4.0-150600.23.25.1' }, log } },
      },
    ]);
    expect(await rows('SELECT version, current FROM package_timeline ORDER BY step')).toEqual([
      { version: '6.4.0-150600.21.1', current: false },
      { version: '6.4.0-150600.23.25.1', current: true },
    ]);
    expect(await rows('FROM log_breaks')).toEqual([]);
  });
});

describe('an update without a patch', () => {
  test.each([
    ['SUSE LLC <https://www.suse.com/>', 'bugfix'],
    ['openSUSE', 'bugfix'],
    ['obs://build.opensuse.org/home:somebody', 'unclassified'],
    ['susewood', 'unclassified'],
  ])('of the vendor %s is %s', async (origin, kind) => {
    const host = { ...suse, packages: { ssl: '3-1.1' }, offers: { ssl: offer({ origin }) } };
    const { rows } = await tell([{ at: '2026-09-03T03:00:00Z', hosts: { h1: host } }]);
    expect(await rows('SELECT fix_id, kind FROM fixes')).toEqual([{ fix_id: 'sles-15.6/ssl/3-2.1', kind }]);
  });

  test('of another family the vendor says nothing of the kind', async () => {
    const host: HostState = {
      scan: { ...scan, ecosystem: 'dnf' },
      packages: { ssl: '3-1.1' },
      offers: { ssl: offer({ origin: 'openSUSE' }) },
    };
    const { rows } = await tell([{ at: '2026-09-03T03:00:00Z', hosts: { h1: host } }]);
    expect(await rows('SELECT kind FROM fixes')).toEqual([{ kind: 'unclassified' }]);
  });
});
