/** Kernels of rpm hosts stand beside each other: the newest counts as installed, the running one as effective. */
import { describe, expect, test } from 'vitest';
import { tell } from './story.ts';
import type { HostState } from './story.ts';

const running = (version: string): NonNullable<HostState['scan']> => ({
  ecosystem: 'dnf',
  os_id: 'rocky',
  os_codename: null,
  release: 'rocky-9',
  kernel_release: `${version}.x86_64`,
  kernel_version: '#1 SMP',
});
const [first, second, third] = ['5.14.0-1.el9', '5.14.0-2.el9', '5.14.0-3.el9'] as const;
const advisories: HostState['advisories'] = [second, third].flatMap((version, index) =>
  ['kernel-core', 'kernel-modules'].map((name) => ({
    advisory: `RLSA-2026:${index + 1}`,
    package: name,
    architecture: 'amd64',
    version,
    published_not_before: `2026-09-0${index * 4 + 1}T00:00:00.000Z`,
    published_not_after: `2026-09-0${index * 4 + 1}T12:00:00.000Z`,
  })),
);
const kernels = (...versions: string[]): HostState['packages'] => ({
  'kernel-core': versions.join(' '),
  'kernel-modules': versions.join(' '),
});
const sources: HostState['sources'] = { 'kernel-core': ['kernel', ''], 'kernel-modules': ['kernel', ''] };
type Log = NonNullable<HostState['log']>;
const both = (at: string, action: 'install' | 'remove', version: string): Log =>
  ['kernel-core', 'kernel-modules'].map((name) => [
    at,
    action,
    name,
    action === 'remove' ? version : null,
    action === 'remove' ? null : version,
  ]);

/** A host that installs a kernel, boots it, installs another one, which takes the first away, and boots that. */
function states(log: (upTo: string) => Log): Parameters<typeof tell>[0] {
  const state = (at: string, packages: HostState['packages'], runs: string, booted: string) => ({
    at,
    hosts: {
      h1: {
        packages,
        sources,
        advisories,
        log: log(at),
        scan: { ...running(runs), booted_at: booted },
      },
    },
  });
  return [
    state('2026-09-02T03:00:00Z', kernels(first), first, '2026-08-01T00:00:00Z'),
    state('2026-09-03T03:00:00Z', kernels(first, second), first, '2026-08-01T00:00:00Z'),
    state('2026-09-04T03:00:00Z', kernels(first, second), second, '2026-09-03T20:00:00Z'),
    state('2026-09-06T03:00:00Z', kernels(second, third), second, '2026-09-03T20:00:00Z'),
    state('2026-09-07T03:00:00Z', kernels(second, third), third, '2026-09-06T20:00:00Z'),
  ];
}

const wholeLog: Log = [
  ...both('2026-08-01T00:00:00.000Z', 'install', first),
  ...both('2026-09-02T20:00:00.000Z', 'install', second),
  ...both('2026-09-05T20:00:00.000Z', 'install', third),
  ...both('2026-09-05T20:00:00.000Z', 'remove', first),
];
const exposuresOf =
  'SELECT fixed_version, status, installed_not_before, effective_not_before, effective_evidence FROM exposures JOIN fixes USING (fix_id) ORDER BY fixed_version';

describe.each([
  ['a log of its whole life', (at: string) => wholeLog.filter(([time]) => time < at)],
  [
    'a log that begins with the removal',
    (at: string) => wholeLog.filter(([time]) => time < at && time > '2026-09-04'),
  ],
  [
    'a log that only has the removal',
    (at: string) => wholeLog.filter(([time, action]) => time < at && action === 'remove'),
  ],
])('%s', (_case, log) => {
  test('the removal of an old kernel beside a newer one takes no package away', async () => {
    const { rows } = await tell(states(log));
    expect(await rows('SELECT package, kind FROM log_breaks ORDER BY ALL')).toEqual([]);
    const gone = await rows(
      "SELECT package FROM package_timeline WHERE package LIKE 'kernel-%' AND version IS NULL",
    );
    expect(gone).toEqual([]);
    const removed = await rows("SELECT status FROM exposures WHERE status = 'package-removed'");
    expect(removed).toEqual([]);
  });

  test('each fix was installed with its kernel and in effect with the boot of it', async () => {
    const { rows } = await tell(states(log));
    expect(
      (await rows(exposuresOf)).map((row) => [
        row['fixed_version'],
        row['status'],
        row['effective_evidence'],
      ]),
    ).toEqual([
      [second, 'closed', 'boot'],
      [third, 'closed', 'boot'],
    ]);
  });
});

test('a kernel that is installed and not booted is installed, not effective', async () => {
  const all = states((at) => wholeLog.filter(([time]) => time < at));
  const { rows } = await tell(all.slice(0, 2));
  expect((await rows(exposuresOf)).map((row) => [row['fixed_version'], row['status']])).toEqual([
    [second, 'installed-not-effective'],
  ]);
});

test('a package that is removed wholly is gone, whatever was beside it before', async () => {
  const log: Log = [
    ...wholeLog,
    ...both('2026-09-07T20:00:00.000Z', 'remove', second),
    ...both('2026-09-07T20:00:01.000Z', 'remove', third),
  ];
  const all = states((at) => log.filter(([time]) => time < at));
  const last = all.at(-1)?.hosts['h1'] as HostState;
  const { rows } = await tell([
    ...all,
    { at: '2026-09-08T03:00:00Z', hosts: { h1: { ...last, packages: { bash: '1-1' }, log } } },
  ]);
  const current = await rows(
    "SELECT package, version FROM package_timeline WHERE current AND package LIKE 'kernel-%' ORDER BY package",
  );
  expect(current).toEqual([
    { package: 'kernel-core', version: null },
    { package: 'kernel-modules', version: null },
  ]);
});
