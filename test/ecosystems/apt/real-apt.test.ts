/** Against the real apt: what the record says must be what apt itself says. */
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { localTransport } from '#collector/transport/local.ts';
import { localHost } from '#test/fixtures/replay.ts';
import { mustRun } from '#test/tools.ts';
import { recorded, simulated } from './simulated.ts';
import { smallRoot } from './small-root.ts';
import { traps } from './traps.ts';
import type { Snapshot } from '#data/model/tables.ts';
import type { SmallRoot } from './small-root.ts';

const asNobody = ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'];
const roots: SmallRoot[] = [];

function make(plan: Parameters<typeof smallRoot>[0]): SmallRoot {
  const root = smallRoot(plan);
  roots.push(root);
  return root;
}

afterAll(() => {
  for (const root of roots) rmSync(root.folder, { recursive: true, force: true });
});

function scan(shell: string[]): Promise<Snapshot> {
  return scanHost(localHost('h1'), { transports: { local: localTransport(shell) } });
}

describe('a host with every trap', () => {
  let root: SmallRoot;
  let snapshot: Snapshot;
  beforeAll(async () => {
    root = make(traps);
    snapshot = await scan([...root.inside, 'sh']);
  });

  const update = (name: string) => snapshot.updates.find((row) => row.package === name);

  test.each([
    ['in_full_upgrade', ['dist-upgrade']],
    ['in_upgrade', ['upgrade']],
    ['in_upgrade_with_new', ['--with-new-pkgs', 'upgrade']],
  ] as const)(
    'upgrade, full-upgrade and list are three sets: %s is what apt-get -s %j would do, version by version',
    (flag, command) => {
      const apt = simulated(root.run(['apt-get', '-s', ...command]).stdout);
      expect(Object.keys(apt).length).toBeGreaterThan(5);
      expect(recorded(snapshot, flag)).toEqual(apt);
    },
  );

  test('is read without a complaint', () => {
    expect(snapshot.rejections).toEqual([]);
    const apt = snapshot.readings.filter((row) =>
      ['packages', 'updates', 'repositories', 'history'].includes(row.subject),
    );
    expect(apt.map((row) => [row.status, row.reason])).toEqual(apt.map(() => ['complete', null]));
  });

  test.each([
    ['normal', 'upgrade', 'none-yet-tried', false, null],
    ['held', 'none', 'held', true, '1.0+deb12u1'],
    ['phased', 'none', 'phased', false, null],
    ['pinned', 'none', 'pinned', true, '1.1'],
    ['newdep', 'upgrade', 'kept-back', false, null],
    ['stuck', 'none', 'kept-back', false, null],
    ['remover', 'upgrade', 'kept-back', false, null],
    ['victim', 'remove', 'none-yet-tried', false, null],
    ['newlib', 'install', 'none-yet-tried', false, null],
    ['rebuild', 'upgrade', 'none-yet-tried', false, null],
    ['superseded', 'upgrade', 'none-yet-tried', true, '1.1'],
    ['both', 'upgrade', 'none-yet-tried', true, '1.1'],
    ['security-named', 'upgrade', 'none-yet-tried', false, null],
    ['linux-image-6.1.0-10-amd64', 'install', 'none-yet-tried', true, '6.1.10-1'],
  ])('%s: %s, %s, security %s', (name, ...expected) => {
    const { action, reason, security, security_version } = update(name)!;
    expect([action, reason, security, security_version]).toEqual(expected);
  });

  test('security by the candidate alone misses fixes: a version that a pin hides is named; one that only backports have is not an update', () => {
    expect(update('pinned')).toMatchObject({
      installed_version: '1.0',
      candidate_version: '1.0',
      newest_version: '1.1',
    });
    expect(update('not-backported')).toBeUndefined();
    expect(update('leftover')).toBeUndefined();
  });

  test('phased updates: the host itself decides, told in percent; architectures as they are', () => {
    expect(update('phased')).toMatchObject({ phased_percent: 0 });
    expect(update('libforeign')).toMatchObject({ architecture: 'i386', candidate_version: '1.1' });
    expect(update('newlib')).toMatchObject({ architecture: 'all', installed_version: null });
  });

  test('candidates and repositories are those of apt-cache policy', () => {
    const names = snapshot.updates.filter(
      (row) => row.candidate_version !== null && row.architecture !== 'i386',
    );
    const policy = root.run(['apt-cache', 'policy', ...names.map((row) => row.package)]).stdout;
    const candidates = [...policy.matchAll(/^(\S+):\n.*\n {2}Candidate: (\S+)$/gm)].map((match) => [
      match[1],
      match[2],
    ]);
    expect(candidates).toHaveLength(names.length);
    expect(names.map((row) => [row.package, row.candidate_version])).toEqual(candidates);
    const lists = root
      .run(['apt-cache', 'policy'])
      .stdout.matchAll(
        /^ +(-?\d+) file:\S+ (\S+)\/main (\S+) Packages\n +release o=(.*),a=(.*),n=(.*),l=(.*),c=main/gm,
      );
    for (const [, priority, suite, architecture, origin, archive, codename, label] of lists) {
      const row = snapshot.repositories.find(
        (list) => list.suite === suite && list.architecture === architecture,
      );
      expect(row).toMatchObject({
        present: true,
        origin,
        label,
        archive,
        codename,
        priority: Number(priority),
      });
    }
  });

  test('packages are those of dpkg-query, leftovers apart', () => {
    const dpkg = root.run([
      'dpkg-query',
      '-W',
      '-f',
      '${Package} ${Architecture} ${Version} ${source:Package} ${source:Version} ${Status}\n',
    ]);
    const rows = snapshot.packages.map((row) =>
      [
        row.package,
        row.architecture,
        row.version,
        row.source_package,
        row.source_version,
        row.wanted,
        'ok',
        row.state,
      ].join(' '),
    );
    expect(rows.sort()).toEqual(dpkg.stdout.trim().split('\n').sort());
    expect(snapshot.packages.find((row) => row.package === 'pinned')).toMatchObject({
      origin: 'Debian',
      suite: 'stable',
    });
    expect(snapshot.packages.find((row) => row.package === 'orphan')).toMatchObject({ origin: null });
  });
});

describe('"0 upgraded" that proves nothing', () => {
  const small = {
    installed: [{ name: 'normal', version: '1.0' }],
    repositories: traps.repositories.slice(0, 1),
  };
  const updatesOf = (snapshot: Snapshot) => snapshot.readings.find((row) => row.subject === 'updates');

  test('no package list at all', async () => {
    const root = make({ ...small, update: false });
    expect(root.run(['apt-get', '-s', 'dist-upgrade']).stdout).toContain('0 upgraded');
    expect(updatesOf(await scan([...root.inside, 'sh']))).toMatchObject({
      status: 'unread',
      reason: expect.stringContaining('The host holds none of its package lists.'),
    });
  });

  test('no package source', async () => {
    const root = make({ ...small, repositories: [] });
    expect(updatesOf(await scan([...root.inside, 'sh']))).toMatchObject({
      status: 'unread',
      reason: expect.stringContaining('No package source is configured.'),
    });
  });

  test('a source whose list was never fetched; its password stays on the host', async () => {
    const root = make(small);
    appendFileSync(
      join(root.folder, 'etc/sources.list'),
      'deb http://user:secret@127.0.0.1:1/debian gone main\ndeb http://127.0.0.1:1/flat ./\n',
    );
    const snapshot = await scan([...root.inside, 'sh']);
    expect(updatesOf(snapshot)).toMatchObject({
      status: 'partial',
      reason: '2 of 3 package lists are absent on the host.',
    });
    expect(
      snapshot.repositories.filter((row) => !row.present).map((row) => [row.uri, row.suite, row.component]),
    ).toEqual([
      ['http://127.0.0.1:1/debian/', 'gone', 'main'],
      ['http://127.0.0.1:1/flat/', './', ''],
    ]);
    expect(JSON.stringify(snapshot)).not.toContain('secret');
  });

  test('lists unreadable for the unprivileged user: root sees updates, an account nothing', async () => {
    const root = make(small);
    chmodSync(join(root.folder, 'aptlib/lists'), 0o700);
    const [asRoot, asUser] = [
      await scan([...root.inside, 'sh']),
      await scan([...root.inside, ...asNobody, 'sh']),
    ];
    expect(asRoot.updates).toHaveLength(1);
    expect(asUser.updates).toHaveLength(0);
    expect(updatesOf(asUser)).toMatchObject({ needs_root: true });
    expect(updatesOf(asUser)!.status).not.toBe('complete');
  });

  test('broken dependencies: apt-get fails, and that is said', async () => {
    const root = make({
      ...small,
      installed: [...small.installed, { name: 'broken', version: '1', fields: 'Depends: missing' }],
    });
    const reading = updatesOf(await scan([...root.inside, 'sh']));
    expect(reading).toMatchObject({
      status: 'partial',
      reason: expect.stringContaining("'apt-get dist-upgrade' ended with status 100"),
    });
  });

  test('a damaged package database', async () => {
    const root = make(small);
    writeFileSync(join(root.folder, 'dpkg/status'), 'Package: normal\nStatus: what\n\x00\x01 garbage\n');
    const snapshot = await scan([...root.inside, 'sh']);
    const readings = snapshot.readings.filter((row) =>
      ['packages', 'updates', 'kernels'].includes(row.subject),
    );
    expect(readings.map((row) => row.status)).not.toContain('complete');
    expect(snapshot.scans[0]!.status).toBe('partial');
  });
});

describe('where nothing is added, removed or left back', () => {
  test('a host that is up to date is complete, without an update', async () => {
    const root = make({
      installed: [
        { name: 'normal', version: '1.1' },
        { name: 'pinned', version: '1.0' },
      ],
      repositories: traps.repositories.slice(0, 1),
    });
    const snapshot = await scan([...root.inside, 'sh']);
    expect(snapshot.updates).toEqual([]);
    expect(snapshot.readings.find((row) => row.subject === 'updates')).toMatchObject({ status: 'complete' });
  });

  test('the narrower upgrades are not run, and would do the same', async () => {
    const root = make({
      foreign: ['i386'],
      installed: traps.installed.filter((row) =>
        ['normal', 'epoch', 'superseded', 'libforeign', 'all-of-it'].includes(row.name),
      ),
      repositories: traps.repositories.slice(0, 2),
    });
    const shell = join(root.folder, 'answer');
    const snapshot = await scan([...root.inside, 'sh', '-c', 'sh | tee "$0"', shell]);
    expect(readFileSync(shell, 'utf8')).toMatch(/part same upgrade\n.*part same upgrade-with-new\n/);
    for (const [flag, command] of [
      ['in_upgrade', 'upgrade'],
      ['in_upgrade_with_new', 'upgrade'],
    ] as const) {
      const apt = simulated(root.run(['apt-get', '-s', '--with-new-pkgs', command]).stdout);
      expect(Object.keys(apt)).toHaveLength(5);
      expect(recorded(snapshot, flag)).toEqual(apt);
    }
    expect(recorded(snapshot, 'in_upgrade')).toEqual(
      simulated(root.run(['apt-get', '-s', 'upgrade']).stdout),
    );
  });
});

describe('a pin that asks for an older version', () => {
  test('is a downgrade, and still a complete answer', async () => {
    const root = make({
      installed: [{ name: 'normal', version: '2.0' }],
      repositories: traps.repositories.slice(0, 1),
      preferences: 'Package: normal\nPin: release n=bookworm\nPin-Priority: 1001\n',
      files: { 'etc/apt.conf.d/02yes': 'APT::Get::Assume-Yes "true";\n' },
    });
    const snapshot = await scan([...root.inside, 'sh']);
    expect(snapshot.updates).toMatchObject([
      { action: 'downgrade', installed_version: '2.0', candidate_version: '1.1', security: false },
    ]);
    expect(snapshot.readings.find((row) => row.subject === 'updates')).toMatchObject({ status: 'complete' });
    expect(recorded(snapshot, 'in_full_upgrade')).toEqual(
      simulated(root.run(['apt-get', '-s', '-o', 'APT::Get::Assume-Yes=false', 'dist-upgrade']).stdout),
    );
  });
});

describe('a simulation is not free of writes: reading changes nothing, as root too', () => {
  const caches = 'Dir::Cache::pkgcache "pkgcache.bin";\nDir::Cache::srcpkgcache "srcpkgcache.bin";\n';
  const digest = (root: SmallRoot) =>
    createHash('sha256')
      .update(mustRun(['find', root.folder, '-printf', '%p %T@ %C@ %s %i\\n']))
      .digest('hex');

  test.each([
    ['with a current package cache', 'readable', (_folder: string) => {}],
    [
      'with a cache older than the package database',
      'none',
      (folder: string) => utimesSync(join(folder, 'dpkg/status'), new Date(), new Date()),
    ],
    [
      'with a cache older than the sources',
      'none',
      (folder: string) => appendFileSync(join(folder, 'etc/sources.list'), '# changed\n'),
    ],
    ['without a cache', 'none', (folder: string) => rmSync(join(folder, 'cache/pkgcache.bin'))],
  ])('%s', async (_name, state, change) => {
    const root = make({
      installed: traps.installed,
      repositories: traps.repositories.slice(0, 2),
      files: { 'etc/apt.conf.d/zz-caches': caches },
    });
    expect(root.run(['apt-get', 'check']).status).toBe(0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    change(root.folder);
    const before = digest(root);
    const snapshot = await scan([...root.inside, 'sh']);
    expect(digest(root)).toBe(before);
    expect(snapshot.scans[0]).toMatchObject({ package_cache: state, is_root: true });
    expect(snapshot.updates.length).toBeGreaterThan(5);
  });
});

describe('this machine', () => {
  test('every package that apt-get -s dist-upgrade would touch is an update with the same versions', async () => {
    const snapshot = await scan(['sh']);
    const apt = simulated(mustRun(['apt-get', '-s', '-o', 'Debug::NoLocking=1', 'dist-upgrade']));
    expect(recorded(snapshot, 'in_full_upgrade')).toEqual(apt);
  });

  test('two scans of an unchanged host have equal digests of what it is', async () => {
    const digests = (snapshot: Snapshot) =>
      snapshot.readings
        .filter((row) => !['processes', 'mappings'].includes(row.subject))
        .map((row) => [row.subject, row.digest]);
    const [first, second] = [await scan(['sh']), await scan(['sh'])];
    expect(digests(first)).toEqual(digests(second));
  });
});
