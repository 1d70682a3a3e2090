/** What dnf 4, dnf 5 and yum answer, also where it is nothing that they could have said. */
import { describe, expect, test } from 'vitest';
import { isNamedBy, lockedName, readDnf4 } from '#ecosystems/dnf/answers.ts';
import { readAnswers } from '#ecosystems/dnf/updates.ts';
import { checkUpdate } from '#ecosystems/dnf/yum.ts';
import { contextOf } from '../contract.ts';
import type { Answers } from '#ecosystems/dnf/answers.ts';
import type { Rejection } from '#ecosystems/ecosystem.ts';

function answersTo(text: string): { answers: Answers; rejections: Rejection[] } {
  return readAnswers(contextOf({ 'dnf-updates': text }));
}

const part = (name: string, text: string, status = 0) =>
  `#patchledger-part begin ${name}\n${text}\n#patchledger-part end ${name} ${status}\n`;

function problems({ problems: list }: Answers): string[] {
  return list.filter((problem) => problem !== null);
}

describe('dnf 4', () => {
  const said = [
    'program\tdnf\t4.14.0',
    'repo\tbaseos\tloaded\t99\t172800\t1795628316\t1795628315\thttps://user:secret@mirror.example.org/x\tRocky BaseOS',
    'repo\textra\tabsent\t99\t-1\t\t\thttps://mirror.example.org/y\tExtra',
    'lock\tsudo-0:1.9-1.*',
    'newer\tbash\t0\t5.1\t2\tx86_64\tbaseos\t1795628314',
    'upgrade\tbash\t(none)\t5.1\t2\tx86_64\tbaseos\t1795628314',
    'obsoletes\tnewname\t0\t1\t1\tnoarch\tbaseos\t1795628314\toldname\tnoarch',
    'end',
  ];
  const read = (lines: string[]) => answersTo(part('dnf4', `${lines.join('\n')}\n`));

  test('its answer, without credentials', () => {
    const { answers, rejections } = read(said);
    const bash = {
      name: 'bash',
      version: '5.1-2',
      architecture: 'x86_64',
      repository: 'baseos',
      builtSeconds: 1_795_628_314,
    };
    expect([rejections, problems(answers)]).toEqual([[], []]);
    expect(answers).toMatchObject({
      program: 'dnf 4.14.0',
      newer: [bash],
      upgrades: [bash],
      locks: ['sudo'],
      obsoleting: [{ by: { name: 'newname', version: '1-1' }, name: 'oldname', architecture: 'noarch' }],
      repositories: [
        {
          id: 'baseos',
          loaded: true,
          priority: 99,
          expireSeconds: 172_800,
          address: 'https://mirror.example.org/x',
        },
        { id: 'extra', loaded: false, expireSeconds: -1, checkedSeconds: null, madeSeconds: null },
      ],
    });
  });

  test('without its end it did not say all', () => {
    expect(problems(read(said.slice(0, -1)).answers)).toEqual(['dnf did not say all.']);
  });

  test.each([
    'Updating Subscription Management repositories.',
    'Last metadata expiration check: 0:00:01 ago on Wed Nov 25 17:38:23 2026.',
    'upgrade\tba sh\t0\t5.1\t2\tx86_64\tbaseos\t1',
    'upgrade\tbash\t0\t5.1$(id)\t2\tx86_64\tbaseos\t1',
    'upgrade\tbash\t0\t5.1\t2\tx86_64\t../x y\t1',
    'newer\tbash\t0\t5.1',
    'repo\tbase os\tloaded\t99\t1\t1\t1\tx\tx',
    'repo\tbaseos\tperhaps\t99\t1\t1\t1\tx\tx',
    'obsoletes\tnewname\t0\t1\t1\tnoarch\tbaseos\t1\told name\tnoarch',
  ])('a banner or what cannot be is rejected, never an update: %j', (line) => {
    const { answers, rejections } = read([line, ...said]);
    expect(rejections.map((row) => row.excerpt)).toHaveLength(1);
    expect([answers.upgrades.length, answers.repositories.length, answers.obsoleting.length]).toEqual([
      1, 2, 1,
    ]);
    expect(problems(answers)).toEqual(['1 lines could not be updates.']);
  });

  test('an error of dnf is its reason', () => {
    const { answers } = answersTo(part('dnf4', '', 1));
    expect(problems(answers)).toEqual(['dnf did not say all.', "'dnf' ended with status 1."]);
  });

  test('lines are counted from the start of the section', () => {
    const rejected: number[] = [];
    readDnf4([{ text: 'noise', line: 7 }], { reject: (line) => rejected.push(line) });
    expect(rejected).toEqual([7]);
  });
});

describe('dnf 5', () => {
  const repos = JSON.stringify([
    {
      id: 'fedora',
      name: 'Fedora 43',
      is_enabled: true,
      priority: 99,
      timestamp: 1_795_628_561,
      metadata_expire: 172_800,
      max_timestamp: 1_795_628_315,
      base_url: [],
      metalink: 'https://mirrors.example.org/metalink?repo=fedora-43',
      mirrorlist: '',
    },
    {
      id: 'never-asked',
      name: 'Other',
      is_enabled: true,
      priority: 10,
      timestamp: -1,
      metadata_expire: -1,
      max_timestamp: 0,
      base_url: ['https://a:b@mirror.example.org/z'],
      metalink: '',
      mirrorlist: '',
    },
    {
      id: 'off',
      name: 'Off',
      is_enabled: false,
      priority: 99,
      timestamp: 1,
      metadata_expire: 1,
      max_timestamp: 1,
      base_url: [],
      metalink: '',
      mirrorlist: '',
    },
  ]);
  const build = 'bash\t0\t5.1\t2\tx86_64\tfedora\t1795628314';
  const obsoletes =
    '{"obsoleting_packages":[{"name":"new","arch":"noarch","evr":"0:1-1","repository":"fedora","obsoletes":[{"name":"old","arch":"noarch","evr":"1-1","repository":"fedora"}]}]}';
  const whole = (more: { [name: string]: string } = {}) =>
    Object.entries({
      version: 'dnf5 version 5.2.6',
      repos,
      upgrades: build,
      newer: build,
      obsoletes,
      locks: 'sudo',
      unreadable: '',
      ...more,
    })
      .map(([name, text]) => part(name, text))
      .join('');

  test('dnf 5 has other subcommands and JSON: its answer', () => {
    const { answers, rejections } = answersTo(whole());
    expect([rejections, problems(answers)]).toEqual([[], []]);
    expect(answers).toMatchObject({
      program: 'dnf5 5.2.6',
      locks: ['sudo'],
      upgrades: [{ name: 'bash', version: '5.1-2' }],
      obsoleting: [{ by: { name: 'new', version: '1-1' }, name: 'old' }],
      repositories: [
        {
          id: 'fedora',
          loaded: true,
          checkedSeconds: 1_795_628_561,
          address: 'https://mirrors.example.org/metalink?repo=fedora-43',
        },
        { id: 'never-asked', loaded: false, checkedSeconds: null, address: 'https://mirror.example.org/z' },
      ],
    });
  });

  test.each([
    ['repos', 'not JSON'],
    ['repos', '{"id":1}'],
    ['obsoletes', '[]'],
  ])('%s that cannot be read is said: %j', (name, text) => {
    expect(problems(answersTo(whole({ [name]: text })).answers)[0]).toMatch(/could not be read/);
  });

  test('a message between the builds is no build', () => {
    const { answers, rejections } = answersTo(
      whole({ upgrades: `Updating and loading repositories:\n${build}` }),
    );
    expect([answers.upgrades.length, rejections.length]).toEqual([1, 1]);
  });

  test('no obsoleting package is an empty object', () => {
    expect(problems(answersTo(whole({ obsoletes: '{}' })).answers)).toEqual([]);
  });
});

describe('yum 3', () => {
  const lines = (text: string) => ({ lines: text.split('\n'), exitStatus: 100, firstLine: 1 });
  const read = (text: string) => {
    const rejected: string[] = [];
    const builds = checkUpdate(lines(text), { reject: (_line, _expected, said) => rejected.push(said) });
    return {
      builds: builds.map((one) => `${one.name} ${one.version} ${one.architecture} ${one.repository}`),
      rejected,
    };
  };

  test('wrapped long names are joined, and "Obsoleting Packages" are none', () => {
    const text = `
bash.x86_64                            4.2.46-35.el7_9                  updates
java-1.8.0-openjdk-headless-a-very-long-name.x86_64
                                       1:1.8.0.412.b08-1.el7_9          updates
python-a-name-that-is-longer-still-and-so-is-its-version.noarch
                                       1.2.3-4567890123456789.20240101.el7
                                                                        epel
Obsoleting Packages
newname.noarch                         1-1                              base
    oldname.noarch                     1-1                              @base
`;
    expect(read(text)).toEqual({
      builds: [
        'bash 4.2.46-35.el7_9 x86_64 updates',
        'java-1.8.0-openjdk-headless-a-very-long-name 1:1.8.0.412.b08-1.el7_9 x86_64 updates',
        'python-a-name-that-is-longer-still-and-so-is-its-version 1.2.3-4567890123456789.20240101.el7 noarch epel',
      ],
      rejected: [],
    });
  });

  test.each([
    'Loaded plugins: fastestmirror, langpacks',
    'This system is not registered with an entitlement server.',
    'Loading mirror speeds from cached hostfile',
    'bash.x86_64 4.2.46 updates extra words',
  ])('a banner is rejected: %s', (text) => {
    expect(read(`${text}\nbash.x86_64 4.2.46-35.el7_9 updates`)).toEqual({
      builds: ['bash 4.2.46-35.el7_9 x86_64 updates'],
      rejected: [text],
    });
  });

  const repolist = `
Repo-id      : base/7/x86_64
Repo-name    : CentOS-7 - Base
Repo-revision: 1587512243
Repo-updated : Wed Apr 22 00:37:26 2026
Repo-pkgs    : 10,072
Repo-size    : 8.9 G
Repo-mirrors : http://mirrors.example.org/?release=7
Repo-baseurl : http://u:p@mirror.example.org/centos/7/os/x86_64/ (9 more)
Repo-expire  : 21,600 second(s) (last: Thu Nov 19 10:03:02 2026)
Repo-filename: /etc/yum.repos.d/CentOS-Base.repo

Repo-id      : !epel/x86_64
Repo-name    : EPEL
Repo-expire  : 21,600 second(s) (last: Unknown)
`;

  test.each([
    [100, 'bash.x86_64 4.2.46-35.el7_9 updates', 1, []],
    [0, '', 0, []],
    [1, '', 0, ["'yum check-update' ended with status 1."]],
  ])('check-update that ends with %i', (status, text, count, expected) => {
    const { answers } = answersTo(part('yum-repos', repolist) + part('yum-updates', text, status));
    expect([answers.upgrades.length, problems(answers)]).toEqual([count, expected]);
  });

  test('its repositories, from blocks for people', () => {
    const { answers } = answersTo(part('yum-repos', repolist) + part('yum-updates', '', 0));
    expect(answers.repositories).toMatchObject([
      {
        id: 'base',
        name: 'CentOS-7 - Base',
        loaded: true,
        expireSeconds: 21_600,
        checkedSeconds: Date.parse('2026-11-19T10:03:02Z') / 1000,
        madeSeconds: Date.parse('2026-04-22T00:37:26Z') / 1000,
        address: 'http://mirror.example.org/centos/7/os/x86_64/',
      },
      { id: 'epel', loaded: false, checkedSeconds: null },
    ]);
  });
});

describe('locks', () => {
  test.each([
    ['sudo-0:1.9.5p2-9.el9.*', 'sudo'],
    ['sudo-1.9.5p2-9.el9.x86_64', 'sudo'],
    ['0:kernel-core-5.14.0-1.el9.*', 'kernel-core'],
    ['!foo-1:1.0-3.*', 'foo'],
    ['sudo', 'sudo'],
    ['java-*', 'java-*'],
  ])('%s is about %s', (pattern, name) => {
    expect(lockedName(pattern)).toBe(name);
  });

  test.each([
    ['sudo', 'sudo', true],
    ['sudo', 'sudo-devel', false],
    ['java-*', 'java-17-openjdk', true],
    ['*', 'anything', true],
    ['p?rl*', 'perl-libs', true],
    ['kernel.core', 'kernel-core', false],
    ['*-libs', 'openssl-libs', true],
    ['*-libs', 'openssl-libs-static', false],
    ['', 'x', false],
    ['a*b*c', 'aXbYc', true],
  ])('%j stands for %s: %s', (pattern, name, expected) => {
    expect(isNamedBy(pattern, name)).toBe(expected);
  });

  test('a pattern that is made to be slow is not', () => {
    const began = performance.now();
    expect(isNamedBy(`${'a*'.repeat(100)}b`, 'a'.repeat(200))).toBe(false);
    expect(performance.now() - began).toBeLessThan(1000);
  });
});
