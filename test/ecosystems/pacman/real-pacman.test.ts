/** The traps of pacman, with the real one: what the probe records is what pacman would do, or says that it cannot tell. */
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localTransport } from '#collector/transport/local.ts';
import type { Snapshot } from '#data/model/tables.ts';
import { localHost } from '#test/fixtures/replay.ts';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { mustRun } from '#test/tools.ts';
import { smallRoot } from './small-root.ts';
import type { SmallRoot, World } from './small-root.ts';

const made: SmallRoot[] = [];
function make(world: World): SmallRoot {
  const root = smallRoot(world);
  made.push(root);
  return root;
}
afterAll(() => {
  for (const { folder } of made) rmSync(folder, { recursive: true, force: true });
});

const asNobody = ['setpriv', '--reuid', 'nobody', '--clear-groups'];

function scan(root: SmallRoot, before: string[] = []): Promise<Snapshot> {
  const shell = [...root.inside, ...before, 'sh'];
  return scanHost(localHost('small'), { transports: { local: localTransport(shell) } });
}

const readingOf = (snapshot: Snapshot, subject = 'updates') =>
  snapshot.readings.find((row) => row.subject === subject);
const update = (snapshot: Snapshot, name: string) => snapshot.updates.find((row) => row.package === name);

const world: World = {
  options: ['IgnorePkg = held* other', 'IgnoreGroup = kept'],
  installed: [
    { name: 'plain', version: '1:1.0-1' },
    { name: 'held', version: '1-1' },
    { name: 'grouped', version: '1-1', info: ['group = kept'] },
    { name: 'oldname', version: '1-1' },
    { name: 'heldold', version: '1-1' },
    { name: 'newer', version: '2-1' },
    { name: 'orphan', version: '1-1' },
    { name: 'same', version: '3-1' },
  ],
  repositories: {
    core: [
      { name: 'plain', version: '1:1.1-1' },
      { name: 'held', version: '2-1' },
      { name: 'grouped', version: '2-1', info: ['group = kept'] },
      {
        name: 'newname',
        version: '2-1',
        info: ['replaces = oldname', 'conflict = oldname', 'depend = fresh'],
      },
      { name: 'heldnew', version: '2-1', info: ['replaces = heldold', 'conflict = heldold'] },
      { name: 'notit', version: '2-1', info: ['replaces = orphan<1'] },
      { name: 'fresh', version: '1-1' },
      { name: 'newer', version: '1-1' },
      { name: 'same', version: '3-1' },
    ],
    extra: [
      { name: 'plain', version: '1:9.0-1' },
      { name: 'same', version: '4-1' },
    ],
  },
};

/** The world above, for tests that change nothing in it, and what a scan as root finds there. */
let shared: SmallRoot;
let found: Snapshot;
beforeAll(async () => {
  shared = make(world);
  found = await scan(shared);
});

describe('what pacman would do', () => {
  test.each([
    ['root', []],
    ['an account without rights', asNobody],
  ])('is recorded as pacman itself says, for %s', async (_who, before) => {
    const snapshot = await scan(shared, before);
    expect(snapshot.scans[0]).toMatchObject({ ecosystem: 'pacman', architecture: 'x86_64' });
    expect(readingOf(snapshot)).toMatchObject({ status: 'complete' });
    const transaction = shared.run(['pacman', '-Sup', '--noconfirm', '--print-format', '%r %n %v']).stdout;
    const taken = snapshot.updates.filter((row) => row.in_full_upgrade && row.action !== 'remove');
    expect(taken.map((row) => `${row.origin} ${row.package} ${row.candidate_version}`).sort()).toEqual(
      transaction.trim().split('\n').sort(),
    );
    const upgrades = shared.run(['pacman', '-Qu']).stdout.trim().split('\n');
    const newer = snapshot.updates.filter(
      (row) => row.installed_version !== null && row.candidate_version !== null,
    );
    const shown = newer.map(
      (row) =>
        `${row.package} ${row.installed_version} -> ${row.candidate_version}${row.reason === 'held' ? ' [ignored]' : ''}`,
    );
    expect(shown.sort()).toEqual(upgrades.sort());
  });

  test('[ignored] marks holds, by name and by group', async () => {
    const snapshot = found;
    for (const name of ['held', 'grouped']) {
      expect(update(snapshot, name)).toMatchObject({
        action: 'none',
        reason: 'held',
        candidate_version: '2-1',
        in_upgrade: false,
        in_full_upgrade: false,
        candidate_built_at: '2026-03-01T10:00:00.000Z',
      });
    }
  });

  test('replacements are not in -Qu: they are found all the same, and a held one is held', async () => {
    const snapshot = found;
    expect(shared.run(['pacman', '-Qu']).stdout).not.toContain('oldname');
    expect(update(snapshot, 'newname')).toMatchObject({ action: 'install', installed_version: null });
    expect(update(snapshot, 'fresh')).toMatchObject({ action: 'install' });
    expect(update(snapshot, 'oldname')).toMatchObject({
      action: 'remove',
      candidate_version: null,
      in_full_upgrade: true,
      reason: 'none-yet-tried',
    });
    expect(update(snapshot, 'heldold')).toMatchObject({
      action: 'none',
      reason: 'held',
      in_full_upgrade: false,
    });
    expect(update(snapshot, 'heldnew')).toBeUndefined();
    // `orphan<1` does not mean the orphan 1-1 that is here.
    expect(update(snapshot, 'orphan')).toBeUndefined();
  });

  test('pacman and apk carry no advisories: of no update it is known whether it is a security one', async () => {
    const snapshot = found;
    expect(new Set(snapshot.updates.map((row) => row.security))).toEqual(new Set([null]));
    expect(new Set(snapshot.repositories.map((row) => row.security))).toEqual(new Set([null]));
    expect(snapshot.readings.map((row) => row.subject)).not.toContain('advisories');
  });

  test('-Sl takes the version of the repository: the installed one is that of the database', async () => {
    expect(shared.run(['pacman', '-Sl', 'core']).stdout).toContain('core plain 1:1.1-1 [installed: 1:1.0-1]');
    const snapshot = found;
    const rows = snapshot.packages.map((row) => `${row.package} ${row.version}`).sort();
    expect(rows).toEqual(shared.run(['pacman', '-Q']).stdout.trim().split('\n').sort());
    const foreign = shared.run(['pacman', '-Qm']).stdout.trim().split('\n');
    const without = snapshot.packages.filter((row) => row.origin === null);
    // What another version is offered of has no repository that offers this one.
    expect(without.map((row) => `${row.package} ${row.version}`)).toEqual(expect.arrayContaining(foreign));
    expect(snapshot.packages.find((row) => row.package === 'same')).toMatchObject({ origin: 'core' });
  });

  test('the first repository that has a package decides; what another has is named as the newest', async () => {
    const snapshot = found;
    expect(update(snapshot, 'plain')).toMatchObject({
      candidate_version: '1:1.1-1',
      newest_version: '1:9.0-1',
      origin: 'core',
    });
    expect(update(snapshot, 'same')).toBeUndefined();
    expect(update(snapshot, 'newer')).toBeUndefined();
  });
});

describe('pacman -Qu exit 1 means none or failure: only stderr tells', () => {
  const current: World = {
    installed: [{ name: 'plain', version: '1-1' }],
    repositories: { core: [{ name: 'plain', version: '1-1' }] },
  };

  test('none', async () => {
    const root = make(current);
    expect(root.run(['pacman', '-Qu'])).toMatchObject({ status: 1, stdout: '' });
    const snapshot = await scan(root);
    expect(readingOf(snapshot)).toMatchObject({ status: 'complete' });
    expect(snapshot.updates).toEqual([]);
    expect(snapshot.scans[0]?.lists_checked_at).not.toBeNull();
  });

  test('failure: a database of the packages that cannot be read', async () => {
    const root = make(current);
    writeFileSync(join(root.folder, 'lib/local/ALPM_DB_VERSION'), 'what\n');
    expect(root.run(['pacman', '-Qu'])).toMatchObject({ status: 255, stdout: '' });
    const reading = readingOf(await scan(root));
    expect(reading?.status).toBe('partial');
    expect(reading?.reason).toMatch(/^'pacman -Qu' says: failed to initialize alpm library\./);
  });

  test('failure: a database of a repository that is damaged, where the status is 1 as well', async () => {
    const root = make(current);
    writeFileSync(join(root.folder, 'lib/sync/core.db'), 'garbage');
    expect(root.run(['pacman', '-Qu'])).toMatchObject({ status: 1, stdout: '' });
    const reading = readingOf(await scan(root));
    expect(reading?.status).toBe('partial');
    expect(reading?.reason).toMatch(/^'pacman -Qu' says: /);
  });

  test('failure: settings that pacman does not understand', async () => {
    const root = make(current);
    appendFileSync(join(root.folder, 'pacman.conf'), 'Include = /no/such/file\nSigLevel = What\n');
    const snapshot = await scan(root);
    expect(snapshot.updates).toEqual([]);
    expect(readingOf(snapshot)?.status).not.toBe('complete');
    expect(readingOf(snapshot, 'repositories')?.status).not.toBe('complete');
  });

  test.each([
    ['never fetched', false, () => {}, 'The host holds the database of none of its repositories.', 'unread'],
    [
      'one of two never fetched',
      true,
      (folder: string) => rmSync(join(folder, 'lib/sync/extra.db')),
      '1 of 2 repository databases are absent on the host.',
      'partial',
    ],
    [
      'damaged',
      true,
      (folder: string) => writeFileSync(join(folder, 'lib/sync/core.db'), 'garbage'),
      'The database of core could not be read.',
      'partial',
    ],
    [
      'for root alone',
      true,
      (folder: string) => chmodSync(join(folder, 'lib/sync/core.db'), 0o600),
      '1 of 2 repository databases cannot be read by this account.',
      'partial',
    ],
  ])(
    'a repository database that was %s: unknown, never up to date',
    async (_what, refresh, change, ...told) => {
      const [reason, status] = told;
      const root = make({
        installed: [{ name: 'plain', version: '1-1' }],
        repositories: { core: [{ name: 'plain', version: '2-1' }], extra: [{ name: 'x', version: '1-1' }] },
        refresh,
      });
      change(root.folder);
      const reading = readingOf(await scan(root, asNobody));
      expect(reading).toMatchObject({ status, reason: expect.stringContaining(reason) });
    },
  );

  test('a transaction that cannot be made: what is offered is kept back, and that is said', async () => {
    const root = make({
      installed: [{ name: 'plain', version: '1-1' }],
      repositories: { core: [{ name: 'plain', version: '2-1', info: ['depend = nowhere'] }] },
    });
    const snapshot = await scan(root);
    expect(readingOf(snapshot)).toMatchObject({
      status: 'partial',
      reason: expect.stringContaining("'pacman -Sup' says: "),
    });
    expect(update(snapshot, 'plain')).toMatchObject({
      action: 'none',
      reason: 'kept-back',
      candidate_version: '2-1',
      in_full_upgrade: false,
    });
  });
});

describe("pacman's local database may hold any bytes as a name, and prints them", () => {
  const folderOf = (root: SmallRoot, name: string) => join(root.folder, 'lib/local', name);
  const desc = (name: string, version: string) =>
    `%NAME%\n${name}\n\n%VERSION%\n${version}\n\n%BASE%\n${name}\n\n%ARCH%\nany\n\n`;

  test.each([
    ['$(touch owned); `id`-1-1', desc('$(touch owned); `id`', '1-1'), 'The name of an Arch package.'],
    ['tab\tbed-1-1', desc('tab\tbed', '1-1'), 'Seven fields.'],
    ['\u202Egpj-1-1', desc('\u202Egpj', '1-1'), 'The name of an Arch package.'],
    ['odd-1 2-1', desc('odd', '1 2-1'), 'A version of pacman.'],
    ['one-1-1', desc('two', '1-1'), 'A folder that bears the name and version of its package.'],
    ['empty-1-1', '%DESC%\nnothing\n', 'The name of an Arch package.'],
  ])('%j is no package, and is kept visible', async (folder, text, reason) => {
    const root = make({ installed: [{ name: 'plain', version: '1-1' }], repositories: { core: [] } });
    mkdirSync(folderOf(root, folder));
    writeFileSync(join(folderOf(root, folder), 'desc'), text);
    expect(root.run(['pacman', '-Q']).stdout.split('\n').length).toBeGreaterThan(2);
    const snapshot = await scan(root);
    expect(snapshot.packages.map((row) => row.package)).toEqual(['plain']);
    expect(snapshot.rejections).toMatchObject([{ section: 'pacman-packages', reason }]);
    expect(readingOf(snapshot, 'packages')).toMatchObject({ status: 'partial' });
  });

  test('a folder that says nothing of a package is missed', async () => {
    const root = make({ installed: [{ name: 'plain', version: '1-1' }], repositories: { core: [] } });
    mkdirSync(folderOf(root, 'lost-1-1'));
    expect(readingOf(await scan(root), 'packages')).toMatchObject({
      status: 'partial',
      reason: '1 folders of the package database say nothing of a package.',
    });
  });

  test('a value that looks like a key is a value', async () => {
    const root = make({ installed: [{ name: 'plain', version: '1-1' }], repositories: { core: [] } });
    const path = join(folderOf(root, 'plain-1-1'), 'desc');
    writeFileSync(path, readFileSync(path, 'utf8').replace('a package', '%VERSION%'));
    const snapshot = await scan(root);
    expect(snapshot.packages).toMatchObject([{ package: 'plain', version: '1-1' }]);
  });
});

describe('reading', () => {
  test('changes nothing, as root too', async () => {
    const root = make(world);
    const digest = () =>
      createHash('sha256')
        .update(mustRun(['find', root.folder, '-printf', '%p %T@ %C@ %s %i\\n']))
        .digest('hex');
    const before = digest();
    const snapshot = await scan(root);
    expect(digest()).toBe(before);
    expect(snapshot.scans[0]).toMatchObject({ is_root: true });
    expect(snapshot.updates.length).toBeGreaterThan(5);
  });

  test('refresh needs root: pacman refuses it to others, and the probe never asks', async () => {
    const root = make(world);
    expect(root.run([...asNobody, 'pacman', '-Sy']).stderr).toContain(
      'you cannot perform this operation unless you are root',
    );
    const snapshot = await scan(root);
    expect(snapshot.sections.map((row) => row.command).join('\n')).not.toMatch(/pacman -S[a-z]*y/);
  });

  test("locale: the language of the host's sessions changes nothing", async () => {
    const root = make(world);
    const words = ['env', 'LANG=de_DE.UTF-8', 'LANGUAGE=de', 'LC_ALL=de_DE.UTF-8'];
    const [plain, german] = [await scan(root), await scan(root, words)];
    expect(german.updates).toEqual(plain.updates);
    expect(german.readings.find((row) => row.subject === 'updates')).toEqual(readingOf(plain));
  });

  test('passwords in addresses and in commands stay on the host', async () => {
    const root = make(world);
    const conf = join(root.folder, 'pacman.conf');
    const text = readFileSync(conf, 'utf8')
      .replace('[options]', '[options]\nXferCommand = /usr/bin/curl -u admin:secret %u')
      .replace('[core]\n', '[core]\nServer = https://user:secret@example.org/$repo\n');
    writeFileSync(conf, text);
    const snapshot = await scan(root);
    expect(snapshot.repositories.find((row) => row.suite === 'core')?.uri).toBe('https://example.org/core');
    expect(JSON.stringify(snapshot)).not.toContain('secret');
  });
});
