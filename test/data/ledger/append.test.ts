import { cpSync, existsSync, readdirSync, readFileSync, writeFileSync, mkdirSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { basename, join, relative } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { appendEntry } from '#data/ledger/append.ts';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import { heads, listEntries } from '#data/ledger/entries.ts';
import { createRecordViews } from '#data/ledger/read.ts';
import { verifyLedger } from '#data/ledger/verify.ts';
import { scanTables } from '#data/model/tables.ts';
import type { ScanTableName } from '#data/model/tables.ts';
import { append, digestTree, newFolder, threeEntries } from './record.ts';
import { rowsOfAllTables, sampleRows } from './rows.ts';
import type { Rows } from './rows.ts';

describe('appending', () => {
  test('the same rows make the same bytes: twice, shuffled, on one core and on two', async () => {
    await fc.assert(
      fc.asyncProperty(rowsOfAllTables(30), fc.infiniteStream(fc.nat()), async (rows, random) => {
        const [once, again, shuffled, alone] = [newFolder(), newFolder(), newFolder(), newFolder()];

        await append(once, rows);
        await append(again, rows);
        await append(shuffled, shuffle(rows, random));
        await append(alone, rows, { threads: 1 });

        const expected = digestTree(join(once, 'main'));
        expect(Object.keys(expected)).toHaveLength(Object.keys(scanTables).length + 2);
        expect(digestTree(join(again, 'main'))).toEqual(expected);
        expect(digestTree(join(shuffled, 'main'))).toEqual(expected);
        expect(digestTree(join(alone, 'main'))).toEqual(expected);
      }),
      { numRuns: 5 },
    );
  });

  test('many rows keep their order over several row groups on two cores', async () => {
    const [row] = sampleRows(7).packages;
    const rows = {
      ...empty(),
      packages: Array.from({ length: 300_000 }, (_, index) => ({
        ...row!,
        package: `p${(index * 7919) % 300_000}`,
      })),
    };
    const [two, one] = [newFolder(), newFolder()];

    await append(two, rows, { threads: 2 });
    await append(one, { ...rows, packages: rows.packages.toReversed() }, { threads: 1 });

    expect(digestTree(join(two, 'main'))).toEqual(digestTree(join(one, 'main')));
  });

  test('what was written is read back, with the entry it came from', async () => {
    const ledgerRoot = newFolder();
    const rows = sampleRows(3);
    await append(ledgerRoot, rows);

    for (const name of Object.keys(scanTables) as ScanTableName[]) {
      const found = await readTable(ledgerRoot, name);
      expect(found.map(({ collector, sequence }) => `${String(collector)} ${String(sequence)}`)).toEqual(
        rows[name].map(() => 'main 1'),
      );
      const plain = found.map(({ collector: _c, sequence: _s, recorded_at: _r, ...row }) =>
        JSON.stringify(row),
      );
      expect(plain.sort()).toEqual(rows[name].map((row) => JSON.stringify(row)).sort());
    }
  });

  test('a chain: each manifest names the one before, sequences count, heads are the last', async () => {
    const { ledgerRoot, hashes } = await threeEntries();

    const entries = listEntries(ledgerRoot);

    expect(entries.map(({ hash }) => hash)).toEqual(hashes);
    expect(entries.map(({ manifest }) => manifest.previous)).toEqual([null, hashes[0], hashes[1]]);
    expect(heads(entries)).toEqual([{ collector: 'main', sequence: 3, hash: hashes[2] }]);
    expect(readdirSync(join(ledgerRoot, 'main'))).toEqual([
      '00000001-scan',
      '00000002-scan',
      '00000003-scan',
    ]);
  });

  test("people's files are stored once, by hash, and named by every entry", async () => {
    const { ledgerRoot } = await threeEntries();

    const entries = listEntries(ledgerRoot);

    expect(
      entries.map(({ manifest }) =>
        manifest.workspace_files.map(({ path, stored_in }) => `${path} ${stored_in}`),
      ),
    ).toEqual([
      ['inventory/hosts.yaml 1', 'patchledger.yaml 1'],
      ['inventory/hosts.yaml 1', 'patchledger.yaml 1'],
      ['inventory/hosts.yaml 3', 'patchledger.yaml 1'],
    ]);
    const changed = entries[2]!.manifest.workspace_files[0]!;
    expect(readFileSync(join(entries[2]!.path, 'files', changed.sha256), 'utf8')).toBe(
      'hosts: { web: {} }\n',
    );
    expect(existsSync(join(entries[1]!.path, 'files'))).toBe(false);
  });

  test('recorded_at never runs backwards, and the entry says when the clock did', async () => {
    const ledgerRoot = newFolder();
    await append(ledgerRoot, sampleRows(1), { at: '2026-09-02T00:00:00Z' });
    await append(ledgerRoot, sampleRows(2), { at: '2026-09-01T00:00:00Z' });

    const [first, second] = listEntries(ledgerRoot).map(({ manifest }) => manifest);

    expect(first?.clock_behind).toBe(false);
    expect(second).toMatchObject({
      recorded_at: '2026-09-02T00:00:00.001Z',
      clock_behind: true,
      started_at: '2026-09-01T00:00:00.000Z',
    });
    expect((await verifyLedger(ledgerRoot)).ok).toBe(true);
  });

  test('two collectors keep two chains', async () => {
    const ledgerRoot = newFolder();
    await append(ledgerRoot, sampleRows(1), { collector: 'north' });
    await append(ledgerRoot, sampleRows(1), { collector: 'south' });
    await append(ledgerRoot, sampleRows(2), { collector: 'north', at: '2026-09-02T03:00:00Z' });

    expect(heads(listEntries(ledgerRoot)).map(({ collector, sequence }) => [collector, sequence])).toEqual([
      ['north', 2],
      ['south', 1],
    ]);
    expect((await verifyLedger(ledgerRoot)).ok).toBe(true);
  });

  test.each<[string, Partial<Rows['scans'][number]>, string]>([
    ['a missing value', { status: undefined as never }, 'scans.status is missing'],
    ['null where something must be known', { status: null as never }, 'scans.status may not be null'],
    ['a number that is none', { clock_offset_ms: Number.NaN }, 'scans.clock_offset_ms takes BIGINT'],
    ['a local time', { started_at: '2026-09-01T03:00:00' }, 'scans.started_at is not a UTC instant'],
    ['the wrong type', { hostname: 5 as never }, 'scans.hostname takes VARCHAR'],
  ])('%s is refused and nothing is recorded', async (_name, wrong, message) => {
    const ledgerRoot = newFolder();
    const rows = { ...empty(), scans: [{ ...sampleRows(5).scans[0]!, ...wrong }] };

    await expect(append(ledgerRoot, rows)).rejects.toThrow(message);

    expect(listEntries(ledgerRoot)).toEqual([]);
    expect(readdirSync(join(ledgerRoot, '.incoming'))).toEqual([]);
  });

  test('a writer that fails half way leaves the record as it was', async () => {
    const { ledgerRoot, hashes } = await threeEntries();
    const broken = appendEntry(
      ledgerRoot,
      { collector: 'main', kind: 'scan', startedAt: new Date(), programVersion: 'test', workspaceFiles: [] },
      async (tables) => {
        tables.add('scans', sampleRows(1).scans);
        throw new Error('the collector fell over');
      },
    );

    await expect(broken).rejects.toThrow('the collector fell over');

    expect(listEntries(ledgerRoot).map(({ hash }) => hash)).toEqual(hashes);
    expect((await verifyLedger(ledgerRoot)).ok).toBe(true);
  });

  test('what a killed writer left is cleared by the next one', async () => {
    const { ledgerRoot } = await threeEntries();
    mkdirSync(join(ledgerRoot, '.incoming', 'dead', 'entry'), { recursive: true });
    writeFileSync(join(ledgerRoot, '.incoming', 'dead', 'entry', 'scans.parquet'), 'half');
    expect((await verifyLedger(ledgerRoot)).notes).toEqual([
      'a writer was interrupted; the next one clears what it left in .incoming',
    ]);

    await append(ledgerRoot, sampleRows(9), { at: '2026-09-09T00:00:00Z' });

    expect(readdirSync(join(ledgerRoot, '.incoming'))).toEqual([]);
    expect(await verifyLedger(ledgerRoot)).toMatchObject({ ok: true, notes: [], entries: 4 });
  });

  test('an auditor can check an entry with sha256sum alone', async () => {
    const { ledgerRoot } = await threeEntries();

    const { status, stdout } = spawnSync('sha256sum', ['-c', 'manifest.sha256'], {
      cwd: join(ledgerRoot, 'main', '00000002-scan'),
      encoding: 'utf8',
    });

    expect([status, stdout]).toEqual([0, 'manifest.json: OK\n']);
  });

  test('the manifest is a list for sha256sum, too: every file is checked without Patchledger', async () => {
    const { ledgerRoot } = await threeEntries();
    const folder = join(ledgerRoot, 'main', '00000003-scan');
    const awk = `awk -F'"' '/^  "files"/{f=1} /^  ]/{f=0} f&&$2=="path"{p=$4} f&&$2=="sha256"{print $4"  "p}'`;
    const checkByHand = (): { status: number | null; stdout: string } =>
      spawnSync('sh', ['-c', `${awk} manifest.json | sha256sum -c`], { cwd: folder, encoding: 'utf8' });

    const intact = checkByHand();
    writeFileSync(join(folder, 'scans.parquet'), 'changed');

    expect(intact.status).toBe(0);
    expect(intact.stdout.match(/: OK$/gm)).toHaveLength(listEntries(ledgerRoot)[2]!.manifest.files.length);
    expect(checkByHand()).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('scans.parquet: FAILED'),
    });
  });
});

describe('reading', () => {
  test('an empty record has every view, with its columns and no rows', async () => {
    await withDatabase(':memory:', {}, async (connection) => {
      await createRecordViews(connection, []);
      for (const [name, { columns }] of Object.entries(scanTables)) {
        expect(await readRows(connection, `FROM record_${name}`)).toEqual([]);
        const described = await readRows(connection, `DESCRIBE record_${name}`);
        expect(described.map((row) => row['column_name'])).toEqual([
          'collector',
          'sequence',
          'recorded_at',
          ...Object.keys(columns),
        ]);
      }
    });
  });

  test('as known at an earlier entry: only the entries that are given', async () => {
    const { ledgerRoot } = await threeEntries();
    const sequences = await withDatabase(':memory:', {}, async (connection) => {
      await createRecordViews(connection, listEntries(ledgerRoot).slice(0, 2));
      return readRows(connection, 'SELECT DISTINCT sequence FROM record_scans ORDER BY 1');
    });

    expect(sequences.map(({ sequence }) => sequence)).toEqual([1, 2]);
  });

  test.each([
    'it\'s [a] "ledger"',
    'x*',
    'x?',
    'x[ab]',
    '[!x]',
    '[[]',
    '**',
    '{x,y}',
    'back\\slash',
    'host_id=5',
    'status=ok',
    '~',
    '-rf $(reboot)',
  ])('the folder %j above the ledger is a name, neither a pattern nor a column', async (name) => {
    const parent = newFolder();
    // What the patterns would match if they were read as patterns.
    await append(join(parent, 'y', 'ledger'), sampleRows(5));
    for (const other of ['xa', 'xb', '['])
      cpSync(join(parent, 'y'), join(parent, other), { recursive: true });
    const ledgerRoot = join(parent, name, 'ledger');
    const { scans } = sampleRows(4);
    await append(ledgerRoot, sampleRows(4));

    const found = await readTable(ledgerRoot, 'scans');

    const plain = found.map(({ collector: _c, sequence: _s, recorded_at: _r, ...row }) =>
      JSON.stringify(row),
    );
    expect(plain.sort()).toEqual(scans.map((row) => JSON.stringify(row)).sort());
    expect((await verifyLedger(ledgerRoot)).problems).toEqual([]);
  });

  test('a relative path reads the same', async () => {
    const { ledgerRoot } = await threeEntries();
    const expected = await readTable(ledgerRoot, 'scans');

    expect(expected.length).toBeGreaterThan(0);
    expect(await readTable(relative(process.cwd(), ledgerRoot), 'scans')).toEqual(expected);
    expect(await readTable(`${ledgerRoot}/../${basename(ledgerRoot)}/`, 'scans')).toEqual(expected);
  });
});

function readTable(ledgerRoot: string, name: ScanTableName): Promise<{ [column: string]: unknown }[]> {
  return withDatabase(':memory:', {}, async (connection) => {
    await createRecordViews(connection, listEntries(ledgerRoot));
    return readRows(connection, `FROM record_${name} ORDER BY ALL`);
  });
}

function empty(): Rows {
  return Object.fromEntries(Object.keys(scanTables).map((name) => [name, []])) as unknown as Rows;
}

function shuffle(rows: Rows, random: { next: () => { value?: number } }): Rows {
  const mixed = Object.entries(rows).map(([name, group]) => {
    const tagged = group.map((row) => [random.next().value ?? 0, row] as const);
    return [name, tagged.toSorted(([a], [b]) => a - b).map(([, row]) => row)];
  });
  return Object.fromEntries(mixed) as Rows;
}
