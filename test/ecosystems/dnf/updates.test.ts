/** Rules of updates, advisories and repositories, spelled out. */
import { describe, expect, test } from 'vitest';
import { dnf } from '#ecosystems/dnf/dnf.ts';
import type { Parsed } from '#ecosystems/ecosystem.ts';
import type { RowOf } from '#data/model/tables.ts';
import { contextOf, outputOf } from '../contract.ts';
import { recordedContext } from './recorded.ts';

interface World {
  packages?: string[];
  answer?: string[];
  advisories?: string[];
}

const installed = (name: string, version: string, more: { arch?: string; module?: string } = {}) =>
  `${name}\t0\t${version.split('-')[0]}\t${version.split('-')[1]}\t${more.arch ?? 'x86_64'}\t${name}-${version}.src.rpm\t1790000000\t1780000000\t${more.module ?? '(none)'}\tx`;
const build = (word: string, name: string, version: string, arch = 'x86_64') =>
  `${word}\t${name}\t0\t${version.replace('-', '\t')}\t${arch}\tbaseos\t1795628314`;
const repo = (id: string, more: { state?: string; expire?: number; checked?: number } = {}) =>
  `repo\t${id}\t${more.state ?? 'loaded'}\t99\t${more.expire ?? 172_800}\t${more.checked ?? 1_795_628_316}\t1795628315\thttps://m.example.org/${id}\t${id}`;
const file = (id: string, checked = 1, hash = '0123456789abcdef') =>
  `file\t/var/cache/dnf/${id}-${hash}/repodata/u-updateinfo.xml.gz\t${checked}`;
const advisory = (id: string, kind: string) =>
  `advisory\t${id}\t${kind}\tfinal\t2026-03-01 10:00:00\t\tLow\tt`;
const fixed = (name: string, version: string, more: { arch?: string; module?: string } = {}) =>
  `package\t${name}\t0\t${version.replace('-', '\t')}\t${more.arch ?? 'x86_64'}\t${more.module ?? ''}`;

function parse({
  packages = [installed('ssl', '1.0-1')],
  answer = [],
  advisories = [file('baseos'), 'whole'],
}: World): Parsed {
  const lines = [
    'program\tdnf\t4.14.0',
    ...(answer.some((one) => one.startsWith('repo')) ? [] : [repo('baseos')]),
    ...answer,
    'end',
  ];
  return dnf.parse(
    contextOf({
      'rpm-packages': packages.join('\n'),
      'dnf-updates': `#patchledger-part begin dnf4\n${lines.join('\n')}\n#patchledger-part end dnf4 0\n`,
      'rpm-advisories': advisories.join('\n'),
    }),
  );
}

function update(world: World, name = 'ssl'): RowOf<'updates'> | undefined {
  return parse(world).rows.updates?.find((row) => row.package === name);
}

function reading(parsed: Parsed, subject: string): { status: string; reason: string | null } | undefined {
  const found = parsed.readings.find((row) => row.subject === subject);
  return found === undefined ? undefined : { status: found.status, reason: found.reason };
}

describe('an update is for security', () => {
  const offered = [
    ...['1.0-2', '1.0-3'].map((version) => build('newer', 'ssl', version)),
    build('upgrade', 'ssl', '1.0-3'),
  ];
  const named = (kind: string, version: string, more = {}) => [
    advisory(`A-${version}-${kind}`, kind),
    fixed('ssl', version, more),
  ];

  test.each([
    [
      'several advisories per package: the candidate is a bugfix build, security came before it',
      [...named('security', '1.0-2'), ...named('bugfix', '1.0-3')],
      true,
      '1.0-2',
    ],
    [
      'the newest security build counts',
      [...named('security', '1.0-2'), ...named('security', '1.0-3')],
      true,
      '1.0-3',
    ],
    ['one that is installed already does not', named('security', '1.0-1'), false, null],
    ['one that no repository offers yet does not', named('security', '1.0-4'), false, null],
    ['one of another architecture does not', named('security', '1.0-2', { arch: 'i686' }), false, null],
    [
      'one of a module does not judge a build outside',
      named('security', '1.0-2', { module: 'ssl:3' }),
      false,
      null,
    ],
    ['an enhancement is none', named('enhancement', '1.0-3'), false, null],
    ['no advisory at all, where the repository has some', [], false, null],
  ])('%s', (_case, lines, security, version) => {
    const row = update({ answer: offered, advisories: [file('baseos'), ...lines, 'whole'] });
    expect([row?.candidate_version, row?.security, row?.security_version]).toEqual([
      '1.0-3',
      security,
      version,
    ]);
  });

  test.each([
    ['where the repository brings no advisories', []],
    ['where its file was not read to the end', [file('baseos')]],
    ['where only another repository brings some', [file('other'), 'whole']],
  ])('nobody can tell %s', (_case, advisories) => {
    expect(update({ answer: offered, advisories })?.security).toBeNull();
  });

  test('MODULARITYLABEL: a build of a stream is judged by that stream only', () => {
    const of = (stream: string) =>
      update({
        packages: [installed('ssl', '1.0-1', { module: 'ssl:3:9010:c' })],
        answer: offered,
        advisories: [file('baseos'), ...named('security', '1.0-2', { module: `ssl:${stream}` }), 'whole'],
      })?.security;
    expect([of('3'), of('4')]).toEqual([true, false]);
  });
});

describe('why it is not applied', () => {
  test.each([
    [
      'nothing stands in the way',
      [build('newer', 'ssl', '1.0-2'), build('upgrade', 'ssl', '1.0-2')],
      'upgrade',
      'none-yet-tried',
    ],
    ['a lock of the version', [build('newer', 'ssl', '1.0-2'), 'lock\tssl-0:1.0-1.*'], 'none', 'held'],
    ['a lock by pattern', [build('newer', 'ssl', '1.0-2'), 'lock\ts*'], 'none', 'held'],
    [
      'a lock of something else, so an exclude',
      [build('newer', 'ssl', '1.0-2'), 'lock\tssl-devel'],
      'none',
      'pinned',
    ],
    ['an exclude', [build('newer', 'ssl', '1.0-2')], 'none', 'pinned'],
    [
      'a lock that still lets one build through',
      [
        build('newer', 'ssl', '1.0-3'),
        build('newer', 'ssl', '1.0-2'),
        build('upgrade', 'ssl', '1.0-2'),
        'lock\t!ssl-1.0-3.*',
      ],
      'upgrade',
      'none-yet-tried',
    ],
  ])('%s', (_case, answer, action, reason) => {
    const row = update({ answer });
    expect([row?.action, row?.reason, row?.in_full_upgrade]).toEqual([action, reason, action === 'upgrade']);
  });

  test('what a lock hides is still the newest', () => {
    const row = update({ answer: [build('newer', 'ssl', '1.0-2'), 'lock\tssl'] });
    expect([row?.candidate_version, row?.newest_version, row?.installed_version]).toEqual([
      null,
      '1.0-2',
      '1.0-1',
    ]);
  });
});

describe('which installed package it is', () => {
  test('of several kernels the newest counts', () => {
    const packages = [installed('kernel-core', '5.14.0-10'), installed('kernel-core', '5.14.0-9')];
    const row = update(
      {
        packages,
        answer: [build('newer', 'kernel-core', '5.14.0-11'), build('upgrade', 'kernel-core', '5.14.0-11')],
      },
      'kernel-core',
    );
    expect(row?.installed_version).toBe('5.14.0-10');
  });

  test('glibc.i686 and glibc.x86_64 are two updates', () => {
    const packages = [installed('glibc', '2.34-1'), installed('glibc', '2.34-1', { arch: 'i686' })];
    const answer = ['x86_64', 'i686'].flatMap((arch) => [
      build('newer', 'glibc', '2.34-2', arch),
      build('upgrade', 'glibc', '2.34-2', arch),
    ]);
    expect(parse({ packages, answer }).rows.updates?.map((row) => row.architecture)).toEqual([
      'x86_64',
      'i686',
    ]);
  });

  test('a build that changes its architecture replaces the package of the name', () => {
    const row = update({
      answer: [build('newer', 'ssl', '1.0-2', 'noarch'), build('upgrade', 'ssl', '1.0-2', 'noarch')],
    });
    expect([row?.architecture, row?.installed_version, row?.action]).toEqual(['noarch', '1.0-1', 'upgrade']);
  });

  test('an upgrade of what is not installed is none', () => {
    expect(update({ answer: [build('upgrade', 'ghost', '1.0-2')] }, 'ghost')).toBeUndefined();
  });
});

describe('"nothing is offered" is an answer only where the lists were read', () => {
  test.each([
    ['all of them', [repo('baseos')], 'complete', null],
    ['none is configured', [], 'unread', 'No package source is configured.'],
    [
      'one is absent',
      [repo('baseos'), repo('extra', { state: 'absent' })],
      'partial',
      'The package lists of extra are absent on the host.',
    ],
    [
      'all are absent',
      [repo('baseos', { state: 'absent' })],
      'unread',
      'The host holds none of its package lists.',
    ],
    [
      'repositories readable only by root',
      [repo('baseos'), 'unreadable\t/etc/yum.repos.d/redhat.repo'],
      'partial',
      '/etc/yum.repos.d/redhat.repo cannot be read by this account.',
    ],
    [
      'only such',
      ['unreadable\t/etc/yum.repos.d/redhat.repo'],
      'unread',
      'No package source is configured. /etc/yum.repos.d/redhat.repo cannot be read by this account.',
    ],
  ])('%s', (_case, answer, status, reason) => {
    const text = `#patchledger-part begin dnf4\nprogram\tdnf\t4\n${answer.join('\n')}\nend\n#patchledger-part end dnf4 0\n`;
    const parsed = dnf.parse(
      contextOf({ 'rpm-packages': installed('ssl', '1.0-1'), 'dnf-updates': text, 'rpm-advisories': '' }),
    );
    expect(reading(parsed, 'updates')).toEqual({ status, reason });
  });

  test('repositories without advisories are said, and are no error of the updates', () => {
    const parsed = parse({ answer: [build('newer', 'ssl', '1.0-2')], advisories: [] });
    expect(reading(parsed, 'advisories')).toEqual({
      status: 'unread',
      reason: 'None of its repositories brings advisories.',
    });
    expect(reading(parsed, 'updates')?.status).toBe('complete');
  });

  test('advisories that cannot be read are said', () => {
    const parsed = parse({ advisories: ['unreadable\t/var/cache/dnf/x', file('baseos')] });
    expect(reading(parsed, 'advisories')?.reason).toBe(
      '/var/cache/dnf/x cannot be read by this account. The advisories of baseos could not be read to their end.',
    );
    expect(reading(parsed, 'updates')?.status).toBe('partial');
  });

  test('no package manager is an error, never an empty success', () => {
    const output = outputOf('', { exitStatus: 127, stderr: 'no dnf, dnf5 or yum' });
    const parsed = dnf.parse(
      contextOf({ 'rpm-packages': installed('ssl', '1.0-1'), 'dnf-updates': output, 'rpm-advisories': '' }),
    );
    expect(reading(parsed, 'updates')).toEqual({
      status: 'unread',
      reason:
        "'dnf-updates' ended with status 127: no dnf, dnf5 or yum. No package manager answered. No package source is configured.",
    });
  });
});

describe('advisories lie in the folders of repositories', () => {
  const ssl = (id: string) => [advisory(id, 'security'), fixed('ssl', '1.0-2'), 'whole'];
  const ids = (advisories: string[], answer = [repo('baseos')]) =>
    parse({ answer, advisories }).rows.host_advisories?.map((row) => row.advisory);

  test('one that is switched off says nothing', () => {
    expect(ids([file('off'), ...ssl('A-0001')])).toEqual([]);
  });

  test('of former addresses the folder that was checked last is in use', () => {
    const old = [file('baseos', 5, 'aaaaaaaaaaaaaaaa'), ...ssl('A-0001')];
    const now = [file('baseos', 9, 'bbbbbbbbbbbbbbbb'), ...ssl('A-0002')];
    expect([ids([...old, ...now]), ids([...now, ...old])]).toEqual([['A-0002'], ['A-0002']]);
  });

  test('an id that ends like a hash is still told', () => {
    expect(ids([file('copr-0123456789abcdef'), ...ssl('A-0001')], [repo('copr-0123456789abcdef')])).toEqual([
      'A-0001',
    ]);
  });

  test('the same advisory in two repositories is one', () => {
    expect(
      ids(
        [file('baseos'), ...ssl('A-0001'), file('appstream'), ...ssl('A-0001')],
        [repo('baseos'), repo('appstream')],
      ),
    ).toEqual(['A-0001']);
  });

  test("yum's folders are told too", () => {
    expect(ids(['file\t/var/cache/yum/x86_64/7/baseos/gen/u-updateinfo.xml\t', ...ssl('A-0001')])).toEqual([
      'A-0001',
    ]);
  });
});

describe('the age of the lists', () => {
  const checkedAt = (answer: string[]) => parse({ answer }).scan.lists_checked_at;

  test('is that of the oldest; one that never expires and one that is absent do not count', () => {
    expect(checkedAt([repo('a', { checked: 1_795_000_000 }), repo('b', { checked: 1_790_000_000 })])).toBe(
      '2026-09-21T14:13:20.000Z',
    );
    expect(
      checkedAt([repo('a', { checked: 1_795_000_000 }), repo('media', { checked: 1, expire: -1 })]),
    ).toBe('2026-11-18T11:06:40.000Z');
    expect(checkedAt([repo('media', { expire: -1 })])).toBeNull();
  });
});

test('a package that obsoletes another is an install and a removal, and no update', () => {
  const answer = ['obsoletes\tnew\t0\t1\t1\tx86_64\tbaseos\t1\tssl\tx86_64'];
  expect(
    parse({ answer }).rows.updates?.map((row) => [
      row.package,
      row.action,
      row.installed_version,
      row.candidate_version,
      row.newest_version,
    ]),
  ).toEqual([
    ['new', 'install', null, '1-1', '1-1'],
    ['ssl', 'remove', '1.0-1', null, null],
  ]);
});

describe.each(['rocky9', 'fedora43'] as const)('%s as it was recorded', (host) => {
  const parsed = dnf.parse(recordedContext(host));

  test('dnf 4 and dnf 5 give the same updates of the same world', () => {
    const rows = parsed.rows.updates ?? [];
    expect(
      rows
        .map(
          (row) =>
            `${row.package} ${row.architecture} ${row.action} ${row.reason} ${row.security} ${row.security_version}`,
        )
        .sort(),
    ).toEqual(
      (dnf.parse(recordedContext('rocky9')).rows.updates ?? [])
        .map(
          (row) =>
            `${row.package} ${row.architecture} ${row.action} ${row.reason} ${row.security} ${row.security_version}`,
        )
        .sort(),
    );
    expect(rows.filter((row) => row.security === true).length).toBeGreaterThan(10);
    expect(rows.filter((row) => row.reason === 'held').map((row) => row.package)).toEqual(['sudo']);
    expect(rows.filter((row) => row.reason === 'pinned').map((row) => row.package)).toEqual(['httpd']);
  });

  test('of several kernels the running one is told, and a newer one that waits asks for a reboot', () => {
    expect(parsed.rows.kernels?.filter((row) => row.running).map((row) => row.version)).toEqual([
      '5.14.0-427.13.1.el9_4',
    ]);
    expect([parsed.scan.reboot_required, parsed.scan.reboot_packages]).toEqual([true, ['kernel-core']]);
  });

  test('its history has old and new versions', () => {
    const strace = (parsed.rows.events ?? []).filter((row) => row.package === 'strace');
    expect(strace.map((row) => [row.action, row.old_version, row.new_version]).sort()).toEqual([
      ['install', null, '5.18-2.el9'],
      ['upgrade', '5.18-2.el9', '5.18-3.el9'],
    ]);
    expect(
      (parsed.rows.events ?? []).filter((row) => row.action === 'remove').map((row) => row.package),
    ).toEqual(['less']);
  });
});
