import { createHash } from 'node:crypto';
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { listEntries } from '#data/ledger/entries.ts';
import { sidecarOf } from '#data/ledger/manifest.ts';
import { verifyLedger } from '#data/ledger/verify.ts';
import { append, newFolder, rewrite, threeEntries } from './record.ts';
import { sampleRows } from './rows.ts';

let original: string;
let hashes: string[];

beforeAll(async () => {
  const made = await threeEntries();
  original = made.ledgerRoot;
  hashes = made.hashes;
});

/** A copy of the three entries to damage. */
function copy(): string {
  const folder = join(newFolder(), 'ledger');
  cpSync(original, folder, { recursive: true });
  return folder;
}

const second = 'main/00000002-scan';
const third = 'main/00000003-scan';

const damages: { name: string; damage: (ledger: string) => void; path: string | RegExp; what: string }[] = [
  {
    name: 'an entry in the middle is removed',
    damage: (ledger) => rmSync(join(ledger, second), { recursive: true }),
    path: third,
    what: 'an entry is missing before this one',
  },
  {
    name: 'the first entry is removed',
    damage: (ledger) => rmSync(join(ledger, 'main/00000001-scan'), { recursive: true }),
    path: second,
    what: 'an entry is missing before this one',
  },
  {
    name: 'two entries change places',
    damage: (ledger) => {
      renameSync(join(ledger, second), join(ledger, 'main/aside'));
      renameSync(join(ledger, third), join(ledger, second));
      renameSync(join(ledger, 'main/aside'), join(ledger, third));
    },
    path: `${second}/manifest.json`,
    what: 'does not follow the entry before it',
  },
  {
    name: 'an entry is added as a copy of another',
    damage: (ledger) => cpSync(join(ledger, third), join(ledger, 'main/00000004-scan'), { recursive: true }),
    path: 'main/00000004-scan/manifest.json',
    what: 'does not follow the entry before it',
  },
  {
    name: 'an entry gets another kind by its name',
    damage: (ledger) => renameSync(join(ledger, third), join(ledger, 'main/00000003-plan')),
    path: 'main/00000003-plan',
    what: 'is not the entry that its manifest describes',
  },
  {
    name: 'a chain gets another name',
    damage: (ledger) => renameSync(join(ledger, 'main'), join(ledger, 'other')),
    path: 'other/00000001-scan',
    what: 'is not the entry that its manifest describes',
  },
  {
    name: 'a table is missing',
    damage: (ledger) => rmSync(join(ledger, second, 'updates.parquet')),
    path: `${second}/updates.parquet`,
    what: 'is missing',
  },
  {
    name: 'a file too many',
    damage: (ledger) => writeFileSync(join(ledger, second, 'notes.txt'), 'hello'),
    path: `${second}/notes.txt`,
    what: 'is not named in the manifest',
  },
  {
    name: 'a folder too many',
    damage: (ledger) => mkdirSync(join(ledger, second, 'files')),
    path: `${second}/files`,
    what: 'is not named in the manifest',
  },
  {
    name: 'a stored file of people too many',
    damage: (ledger) => writeFileSync(join(ledger, third, 'files', '0'.repeat(64)), 'x'),
    path: `${third}/files/${'0'.repeat(64)}`,
    what: 'is not named in the manifest',
  },
  {
    name: 'a table is a link to the same bytes elsewhere',
    damage: (ledger) => {
      renameSync(join(ledger, second, 'scans.parquet'), join(ledger, '..', 'scans.parquet'));
      symlinkSync(join(ledger, '..', 'scans.parquet'), join(ledger, second, 'scans.parquet'));
    },
    path: `${second}/scans.parquet`,
    what: 'is not a plain file',
  },
  {
    name: 'an entry is a link',
    damage: (ledger) => {
      renameSync(join(ledger, third), join(ledger, '..', 'third'));
      symlinkSync(join(ledger, '..', 'third'), join(ledger, third));
    },
    path: third,
    what: 'does not belong in a chain',
  },
  {
    name: 'a stranger in the chain',
    damage: (ledger) => writeFileSync(join(ledger, 'main/zzz'), ''),
    path: 'main/zzz',
    what: 'does not belong in a chain',
  },
  {
    name: 'a stranger in the ledger',
    damage: (ledger) => writeFileSync(join(ledger, 'README.txt'), ''),
    path: 'README.txt',
    what: 'does not belong in the ledger',
  },
  {
    name: 'the sidecar is edited',
    damage: (ledger) => writeFileSync(join(ledger, second, 'manifest.sha256'), sidecarOf('f'.repeat(64))),
    path: `${second}/manifest.json`,
    what: 'does not have the hash that its sidecar states',
  },
  {
    name: 'a manifest is edited and its sidecar made to fit',
    damage: (ledger) =>
      rewrite(ledger, second, (manifest) => ({ ...manifest, started_at: '2020-01-01T00:00:00.000Z' })),
    path: `${third}/manifest.json`,
    what: 'does not follow the entry before it',
  },
  {
    name: 'the last manifest claims other rows, and its sidecar fits',
    damage: (ledger) =>
      rewrite(ledger, third, (manifest) => ({
        ...manifest,
        files: manifest.files.map((file) =>
          file.path === 'scans.parquet' ? { ...file, rows: 1_000_000 } : file,
        ),
      })),
    path: `${third}/scans.parquet`,
    what: 'has another number of rows',
  },
  {
    name: "the last manifest names a person's file that nobody stored",
    damage: (ledger) =>
      rewrite(ledger, third, (manifest) => ({
        ...manifest,
        workspace_files: [
          ...manifest.workspace_files,
          { path: 'policies/x.yaml', bytes: 1, sha256: 'a'.repeat(64), stored_in: 1 },
        ],
      })),
    path: `${third}/manifest.json`,
    what: 'names policies/x.yaml, whose content is not in the record',
  },
  {
    name: 'a manifest that is no manifest',
    damage: (ledger) => {
      const text = '{"schema": 1}\n';
      writeFileSync(join(ledger, third, 'manifest.json'), text);
      writeFileSync(
        join(ledger, third, 'manifest.sha256'),
        sidecarOf(createHash('sha256').update(text).digest('hex')),
      );
    },
    path: `${third}/manifest.json`,
    what: 'is not a manifest',
  },
];

describe('verify', () => {
  test('an untouched record is intact, and says what it saw', async () => {
    const report = await verifyLedger(original, { against: [...hashes, hashes[1]!.slice(0, 12)] });

    expect(report).toMatchObject({
      ok: true,
      entries: 3,
      problems: [],
      heads: [{ collector: 'main', sequence: 3, hash: hashes[2] }],
    });
    expect(report.bytes).toBe(
      listEntries(original)
        .flatMap(({ manifest }) => manifest.files)
        .reduce((sum, file) => sum + file.bytes, 0),
    );
  });

  test.each(damages)('$name', async ({ damage, path, what }) => {
    const ledger = copy();
    damage(ledger);

    const report = await verifyLedger(ledger);

    expect(report.ok).toBe(false);
    expect(report.problems[0]).toMatchObject({ path, what });
  });

  test('a flipped bit anywhere is found, and the file that holds it is named', async () => {
    const files = readdirSync(original, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.startsWith('main/') && statSync(join(original, path)).isFile())
      .sort();
    // Every file once, at a random place, and more at random.
    const places = [
      ...files.map((file) => ({ file, where: 0.5, bit: 3 })),
      ...fc.sample(
        fc.record({
          file: fc.constantFrom(...files),
          where: fc.double({ min: 0, max: 0.999, noNaN: true }),
          bit: fc.nat(7),
        }),
        60,
      ),
    ];
    const ledger = copy();
    for (const { file, where, bit } of places) {
      const bytes = readFileSync(join(ledger, file));
      const position = Math.floor(where * bytes.length);
      const damaged = Buffer.from(bytes);
      damaged[position] = (damaged[position] ?? 0) ^ (1 << bit);
      writeFileSync(join(ledger, file), damaged);

      const report = await verifyLedger(ledger);

      expect(report.ok, `${file} at ${position}`).toBe(false);
      // An edited sidecar shows at the manifest that it speaks for.
      expect(report.problems[0]?.path).toBe(file.replace('manifest.sha256', 'manifest.json'));
      writeFileSync(join(ledger, file), bytes);
    }
    expect((await verifyLedger(ledger)).ok).toBe(true);
  });

  test('a cut tail is a shorter record, and is found against an earlier head', async () => {
    const ledger = copy();
    rmSync(join(ledger, third), { recursive: true });

    expect((await verifyLedger(ledger)).ok).toBe(true);
    expect((await verifyLedger(ledger, { against: [hashes[1]!] })).ok).toBe(true);
    const report = await verifyLedger(ledger, { against: [hashes[2]!] });

    expect(report.problems).toMatchObject([
      { what: `the record does not extend ${hashes[2]}: its end was cut off, or it was rewritten` },
    ]);
  });

  test('a chain rewritten from its first entry is found against any earlier head', async () => {
    const rewritten = newFolder();
    for (let index = 0; index < 4; index++) {
      await append(rewritten, sampleRows(100 + index), { at: `2026-09-0${index + 1}T03:00:00Z` });
    }

    expect((await verifyLedger(rewritten)).ok).toBe(true);
    for (const hash of hashes) expect((await verifyLedger(rewritten, { against: [hash] })).ok).toBe(false);
  });

  test.each(['', 'abc', 'not a hash', 'A'.repeat(64), `${'0'.repeat(64)}; rm -rf /`])(
    'against %j: not a head of this record',
    async (hash) => {
      expect((await verifyLedger(original, { against: [hash] })).ok).toBe(false);
    },
  );

  test('of two chains the intact one is still checked and named', async () => {
    const ledger = copy();
    await append(ledger, sampleRows(50), { collector: 'second' });
    writeFileSync(join(ledger, second, 'scans.parquet'), '');

    const report = await verifyLedger(ledger);

    expect(report.problems).toHaveLength(1);
    expect(report.problems[0]?.path).toBe(`${second}/scans.parquet`);
    expect(report.heads.map(({ collector, sequence }) => [collector, sequence])).toEqual([
      ['main', 1],
      ['second', 1],
    ]);
  });

  test('a ledger that is not there is empty, not broken', async () => {
    expect(await verifyLedger(join(newFolder(), 'none'))).toMatchObject({
      ok: true,
      entries: 0,
      notes: ['there is no ledger yet'],
    });
  });
});

describe('listing a damaged record', () => {
  test.each<[string, (ledger: string) => void]>([
    ['a manifest is cut', (ledger) => writeFileSync(join(ledger, second, 'manifest.json'), '{')],
    ['an entry is missing', (ledger) => rmSync(join(ledger, second), { recursive: true })],
    ['a manifest is missing', (ledger) => rmSync(join(ledger, third, 'manifest.json'))],
  ])('%s: refused with the file and the next step', (_name, damage) => {
    const ledger = copy();
    damage(ledger);

    expect(() => listEntries(ledger)).toThrow(
      expect.objectContaining({
        code: 'record-damaged',
        nextStep: expect.stringContaining('patchledger verify'),
      }),
    );
  });
});
