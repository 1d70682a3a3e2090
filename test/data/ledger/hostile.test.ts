/** A record that somebody who knows the format has prepared, or that a disk has spoiled. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { listEntries } from '#data/ledger/entries.ts';
import type { Manifest } from '#data/ledger/manifest.ts';
import { verifyLedger } from '#data/ledger/verify.ts';
import { schemaVersion } from '#data/model/tables.ts';
import { copyOf, newFolder, rewrite, threeEntries, writeManifest } from './record.ts';

let original: string;

beforeAll(async () => {
  original = (await threeEntries()).ledgerRoot;
});

const third = 'main/00000003-scan';
const manifest = `${third}/manifest.json`;
const scans = `${third}/scans.parquet`;

type FileOfManifest = Manifest['files'][number];

/** Changes what the last manifest says of one file; hash and sidecar of the manifest fit. */
function restate(ledger: string, path: string, changes: Partial<FileOfManifest>): void {
  rewrite(ledger, third, (found) => ({
    ...found,
    files: found.files.map((file) => (file.path === path ? { ...file, ...changes } : file)),
  }));
}

interface Damage {
  name: string;
  damage: (ledger: string) => void;
  path: string;
  what: string;
  found?: string;
}

const damages: Damage[] = [
  {
    name: 'a link to a large part of this machine, beside the files',
    damage: (ledger) => symlinkSync('/usr', join(ledger, third, 'more')),
    path: `${third}/more`,
    what: 'is not named in the manifest',
  },
  {
    name: "a link to a large part of this machine, among people's files",
    damage: (ledger) => symlinkSync('/usr', join(ledger, third, 'files', 'more')),
    path: `${third}/files/more`,
    what: 'is not named in the manifest',
  },
  {
    name: "people's files moved away behind a link",
    damage: (ledger) => {
      renameSync(join(ledger, third, 'files'), join(ledger, '..', 'files'));
      symlinkSync(join(ledger, '..', 'files'), join(ledger, third, 'files'));
    },
    path: `${third}/files`,
    what: 'is not named in the manifest',
  },
  {
    name: 'a link that leads to itself',
    damage: (ledger) => symlinkSync('.', join(ledger, third, 'loop')),
    path: `${third}/loop`,
    what: 'is not named in the manifest',
  },
  {
    name: 'a pipe in the place of a table',
    damage: (ledger) => {
      rmSync(join(ledger, scans));
      spawnSync('mkfifo', [join(ledger, scans)]);
    },
    path: scans,
    what: 'is not a plain file',
  },
  {
    name: 'a folder in the place of a table',
    damage: (ledger) => {
      rmSync(join(ledger, scans));
      mkdirSync(join(ledger, scans));
    },
    path: scans,
    what: 'is not a plain file',
  },
  {
    name: 'a table that is no Parquet, with hashes that fit',
    damage: (ledger) => {
      writeFileSync(join(ledger, scans), 'garbage');
      const sha256 = createHash('sha256').update('garbage').digest('hex');
      restate(ledger, 'scans.parquet', { bytes: 7, sha256 });
    },
    path: scans,
    what: 'has another number of rows',
    found: 'not a table',
  },
  {
    name: 'another size',
    damage: (ledger) => restate(ledger, 'scans.parquet', { bytes: 7 }),
    path: scans,
    what: 'has another size',
  },
  {
    name: 'a table whose rows are not counted',
    damage: (ledger) => restate(ledger, 'scans.parquet', { rows: null }),
    path: manifest,
    what: 'is not a manifest',
    found: 'scans.parquet counts rows, or none, against its kind',
  },
  {
    name: 'a file named twice',
    damage: (ledger) => restate(ledger, 'scans.parquet', { path: 'events.parquet' }),
    path: manifest,
    what: 'is not a manifest',
    found: 'events.parquet is named twice',
  },
  {
    name: 'a path that leaves the entry',
    damage: (ledger) => restate(ledger, 'scans.parquet', { path: '../../../etc/passwd' }),
    path: manifest,
    what: 'is not a manifest',
  },
  {
    name: 'a table left out, so that it would read as empty',
    damage: (ledger) => {
      rmSync(join(ledger, third, 'updates.parquet'));
      rewrite(ledger, third, (found) => ({
        ...found,
        files: found.files.filter(({ path }) => path !== 'updates.parquet'),
      }));
    },
    path: manifest,
    what: 'does not name updates.parquet',
  },
  {
    name: 'a key twice, which readers of JSON read differently',
    damage: (ledger) => {
      const text = readFileSync(join(ledger, manifest), 'utf8');
      writeManifest(ledger, third, text.replace('"kind"', '"kind": "plan",\n  "kind"'));
    },
    path: manifest,
    what: 'is not a manifest',
    found: 'the same values written in another way',
  },
  {
    name: 'a byte order mark',
    damage: (ledger) => writeManifest(ledger, third, `\ufeff${readFileSync(join(ledger, manifest), 'utf8')}`),
    path: manifest,
    what: 'is not a manifest',
  },
  {
    name: 'a manifest of three gigabytes',
    damage: (ledger) => truncateSync(join(ledger, manifest), 3 * 2 ** 30),
    path: manifest,
    what: 'is too large',
    found: '3221225472 bytes',
  },
  {
    name: 'a sidecar of three gigabytes',
    damage: (ledger) => truncateSync(join(ledger, third, 'manifest.sha256'), 3 * 2 ** 30),
    path: `${third}/manifest.sha256`,
    what: 'is too large',
  },
  {
    name: 'a manifest of a later schema',
    damage: (ledger) =>
      rewrite(ledger, third, (found) => ({ ...found, schema: schemaVersion + 1, novelty: 1 })),
    path: manifest,
    what: 'was written by a newer Patchledger',
    found: `schema version ${schemaVersion + 1}`,
  },
  {
    name: 'a name that would steer a terminal',
    damage: (ledger) => writeFileSync(join(ledger, 'main', 'zzz\u001b[2Jgone\n'), ''),
    path: 'main/zzz\\x1b[2Jgone\\x0a',
    what: 'does not belong in a chain',
  },
  {
    name: 'a file of people whose path would steer a terminal',
    damage: (ledger) =>
      rewrite(ledger, third, (found) => ({
        ...found,
        workspace_files: [{ path: 'a\u202eb', bytes: 1, sha256: 'a'.repeat(64), stored_in: 2 }],
      })),
    path: manifest,
    what: 'names a\\u{202e}b, whose content is not in the record',
  },
];

test.each(damages)('verify names $name', { timeout: 20_000 }, async ({ damage, path, what, found }) => {
  const ledger = copyOf(original);
  damage(ledger);

  const report = await verifyLedger(ledger);

  expect(report.problems).toHaveLength(1);
  expect(report.problems[0]).toMatchObject({ path, what, ...(found === undefined ? {} : { found }) });
  expect(report.heads.map(({ sequence }) => sequence)).toEqual([path.startsWith(third) ? 2 : 3]);
});

test('a ledger that is a file is a finding, not a crash', async () => {
  const file = join(newFolder(), 'ledger');
  writeFileSync(file, '');

  expect((await verifyLedger(file)).problems).toMatchObject([
    { path: '.', what: 'the ledger is not a folder' },
  ]);
});

test('a disk that cannot give a file back is a finding that names the entry', () => {
  const ledger = copyOf(original);
  const module = fileURLToPath(new URL('../../../data/ledger/verify.ts', import.meta.url));
  const program = `const { verifyLedger } = await import(process.argv[1]);
    console.log(JSON.stringify((await verifyLedger(process.argv[2])).problems));`;
  const inject = ['-P', join(ledger, scans), '-e', 'inject=read,pread64:error=EIO'];
  const { stdout, stderr, error } = spawnSync(
    'strace',
    [
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      ...inject,
      process.execPath,
      '--input-type=module',
      '-e',
      program,
      module,
      ledger,
    ],
    { encoding: 'utf8' },
  );
  if (error !== undefined)
    throw new Error('this test needs strace (Debian package strace)', { cause: error });

  expect(stdout, stderr).not.toBe('');
  expect(JSON.parse(stdout)).toMatchObject([
    { path: third, what: 'cannot be read', found: expect.stringContaining('EIO') },
  ]);
});

describe('listing refuses what it would otherwise misread', () => {
  test.each<[string, string, (ledger: string) => void]>([
    [
      'a file where a chain should be',
      'notes is not a folder',
      (ledger) => writeFileSync(join(ledger, 'notes'), ''),
    ],
    [
      'a chain behind a link',
      'main is not a folder',
      (ledger) => {
        renameSync(join(ledger, 'main'), join(ledger, '..', 'main'));
        symlinkSync(join(ledger, '..', 'main'), join(ledger, 'main'));
      },
    ],
    [
      'an entry behind a link',
      '00000003-scan is not a folder',
      (ledger) => {
        renameSync(join(ledger, third), join(ledger, '..', 'third'));
        symlinkSync(join(ledger, '..', 'third'), join(ledger, third));
      },
    ],
    [
      'a pipe in the place of a manifest',
      'manifest.json is missing or is no plain file',
      (ledger) => {
        rmSync(join(ledger, manifest));
        spawnSync('mkfifo', [join(ledger, manifest)]);
      },
    ],
    [
      'a chain under another name',
      'is not the entry that its manifest describes',
      (ledger) => renameSync(join(ledger, 'main'), join(ledger, 'other')),
    ],
    [
      'an entry under another number',
      'is not the entry that its manifest describes',
      (ledger) => renameSync(join(ledger, third), join(ledger, 'main/00000007-scan')),
    ],
  ])('%s', { timeout: 20_000 }, (_name, message, damage) => {
    const ledger = copyOf(original);
    damage(ledger);

    expect(() => listEntries(ledger)).toThrow(
      expect.objectContaining({
        code: 'record-damaged',
        message: expect.stringContaining(message),
        nextStep: expect.stringContaining('patchledger verify'),
      }),
    );
  });

  test.each([{}, { novelty: 1 }])('a record of a later schema (%j) is newer, not damaged', (more) => {
    const ledger = copyOf(original);
    rewrite(ledger, third, (found) => ({ ...found, ...more, schema: schemaVersion + 1 }));

    expect(() => listEntries(ledger)).toThrow(
      expect.objectContaining({
        code: 'record-newer',
        message: expect.stringContaining(`schema version ${schemaVersion + 1}`),
        nextStep: `update Patchledger: this one knows schema versions up to ${schemaVersion}`,
      }),
    );
  });
});
