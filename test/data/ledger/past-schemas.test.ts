/** Records written by past schema versions stay readable: these bytes are never made again. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { createRecordViews } from '#data/ledger/read.ts';
import { verifyLedger } from '#data/ledger/verify.ts';
import { recordTables, tableNamesOf } from '#data/model/entry-tables.ts';
import { schemaVersion } from '#data/model/tables.ts';
import { foldLedger } from '#reports/findings/fold.ts';
import { append, newFolder } from './record.ts';
import { sampleRows } from './rows.ts';

/** By version: the head that was noted when the fixture was made. */
const heads = {
  1: 'b7551e02871f7a90820d4ed5b4fd92b70205f3727871620a7b51ea3421da15f7',
  2: '8840a3cf639e6b4ef4bb69ff7a05b255450a6132b142c0575f84a35c6caed488',
  3: '06e90681cf2ad4f64fdb1a1f549ace266a433e51c218a2956f5ea59e55ee2663',
  4: '36f85c589f25195db4376482fa016800ecb6142eebb7e2613925b887513129b4',
  5: '4770d4a8e54eb9d4eafd27c40852de2c5ea672c0a287fc1c660f621a930f84c4',
};

test('every past version has a fixture', () => {
  const past = Array.from({ length: schemaVersion - 1 }, (_, index) => String(index + 1));
  expect(Object.keys(heads)).toEqual(past);
});

describe.each(Object.entries(heads))('schema version %s', (version, head) => {
  const fixture = fileURLToPath(new URL(`../../fixtures/ledger-v${version}`, import.meta.url));

  test('it verifies, up to the head that was noted when it was made', async () => {
    const report = await verifyLedger(fixture, { against: [head] });

    expect(report).toMatchObject({ ok: true, entries: 3, problems: [], notes: [] });
    expect(listEntries(fixture).map(({ manifest }) => manifest.schema)).toEqual(
      [1, 1, 1].map(() => Number(version)),
    );
  });

  test('every table is read with the columns of today', async () => {
    await withDatabase(':memory:', {}, async (connection) => {
      await createRecordViews(connection, listEntries(fixture));
      const names = tableNamesOf('scan', Number(version));
      expect(names.length).toBeGreaterThan(10);
      for (const name of names) {
        const { columns } = recordTables[name];
        const rows = await readRows(connection, `FROM record_${name} WHERE sequence = 3`);
        expect(rows.length, name).toBeGreaterThan(0);
        expect(Object.keys(rows[0] ?? {})).toEqual([
          'collector',
          'sequence',
          'recorded_at',
          ...Object.keys(columns),
        ]);
      }
    });
  });

  test('it folds to the findings that its story tells', async () => {
    const entries = listEntries(fixture).slice(0, 2);
    const { path } = await foldLedger({ cacheRoot: join(newFolder(), 'cache'), entries });
    const spells = await withDatabase(path, { readOnly: true }, (connection) =>
      readRows(connection, 'SELECT package, status, closed_not_before, closed_evidence FROM update_spells'),
    );

    expect(spells).toEqual([
      {
        package: 'ssl',
        status: 'installed',
        closed_not_before: '2026-09-01T20:00:00.000Z',
        closed_evidence: 'package-manager-log',
      },
    ]);
  });

  test("today's program appends to it", async () => {
    const ledger = join(newFolder(), 'ledger');
    cpSync(fixture, ledger, { recursive: true });
    await append(ledger, sampleRows(4), { at: '2026-09-09T03:00:00Z' });

    expect(await verifyLedger(ledger, { against: [head] })).toMatchObject({ ok: true, entries: 4 });
  });

  test('a file that lacks a column of today gives not-known for it', async () => {
    await withDatabase(':memory:', {}, async (connection) => {
      const ledger = join(newFolder(), 'ledger');
      cpSync(fixture, ledger, { recursive: true });
      const file = join(ledger, 'main', '00000001-scan', 'scans.parquet');
      await connection.run(`CREATE TABLE kept AS SELECT * EXCLUDE (package_cache) FROM '${file}'`);
      await connection.run(`COPY kept TO '${file}' (FORMAT parquet)`);
      await createRecordViews(connection, listEntries(ledger));

      const rows = await readRows(
        connection,
        'SELECT sequence, package_cache FROM record_scans WHERE sequence < 3 ORDER BY ALL',
      );
      expect(rows).toEqual([
        { sequence: 1, package_cache: null },
        { sequence: 2, package_cache: null },
      ]);
    });
  });
});
