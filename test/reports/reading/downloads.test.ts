import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { readRows, sqlText, withDatabase } from '#data/ledger/database.ts';
import { clean } from '#data/model/clean.ts';
import { csvCell } from '#data/model/csv.ts';
import { writeDownloads, writeHostFiles } from '#reports/reading.ts';
import type { Download } from '#reports/reading.ts';
import { csvMacros } from '#reports/reading/downloads.ts';
import { allTables } from '#test/reports/derived.ts';
import { makeFleet } from '#test/site/fleet.ts';
import type { Fleet } from '#test/site/fleet.ts';

let fleet: Fleet;
let folder: string;
let downloads: Download[];

beforeAll(async () => {
  fleet = await makeFleet();
  folder = mkdtempSync(join(tmpdir(), 'patchledger-downloads-'));
  downloads = await writeDownloads({ path: fleet.findingsPath }, folder);
});

test('every public table is there, described, with its rows', async () => {
  expect(downloads.map(({ table }) => table)).toEqual(allTables);
  for (const { table, doc, rows } of downloads) {
    expect([table, doc]).toEqual([table, expect.stringMatching(/\.$/)]);
    const [count] = await withDatabase(fleet.findingsPath, { readOnly: true }, (connection) =>
      readRows(connection, `SELECT count(*) AS rows FROM ${table}`),
    );
    expect([table, rows]).toEqual([table, count?.['rows']]);
  }
});

test('Parquet holds the exact rows of the findings', async () => {
  await withDatabase(fleet.findingsPath, { readOnly: true }, async (connection) => {
    for (const table of allTables) {
      const file = sqlText(join(folder, `${table}.parquet`));
      const differing = await readRows(
        connection,
        `(FROM ${table} EXCEPT ALL FROM read_parquet(${file})) UNION ALL (FROM read_parquet(${file}) EXCEPT ALL FROM ${table})`,
      );
      expect([table, differing]).toEqual([table, []]);
    }
  });
});

test('CSV holds as many rows, and tells unknown from empty', async () => {
  await withDatabase(':memory:', {}, async (connection) => {
    for (const { table, rows } of downloads) {
      const [read] = await readRows(
        connection,
        `SELECT count(*) AS rows FROM read_csv(${sqlText(join(folder, `${table}.csv`))}, header = true, all_varchar = true)`,
      );
      expect([table, read?.['rows']]).toEqual([table, rows]);
    }
  });
  const software = readFileSync(join(folder, 'current_software.csv'), 'utf8');
  expect(software).toContain('"db-01","opt","/opt/agent",\n');
});

test('instants are ISO 8601 in UTC', () => {
  expect(readFileSync(join(folder, 'runs.csv'), 'utf8')).toContain('"2026-11-23T06:00:00.000Z"');
});

test('the same bytes on 1 and on 2 threads', async () => {
  const hashes: string[] = [];
  for (const threads of [1, 2]) {
    const into = join(folder, `threads-${threads}`);
    await writeDownloads({ path: fleet.findingsPath, threads }, into);
    hashes.push(readFileSync(join(into, 'SHA256SUMS'), 'utf8'));
  }
  expect(hashes[0]).toBe(hashes[1]);
  expect(hashes[0]).toBe(readFileSync(join(folder, 'SHA256SUMS'), 'utf8'));
});

test('a cell is what csvCell makes of it, for every text that the record can hold', async () => {
  await withDatabase(':memory:', {}, async (connection) => {
    for (const macro of csvMacros) await connection.run(macro);
    const texts = fc
      .sample(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.string().map((text) => `${'=+-@'[text.length % 4]}${text}`),
        ),
        2000,
      )
      .map((text) => clean(text));
    const values = texts.map((text, index) => `(${index}, ${sqlText(text)})`).join(', ');
    const rows = await readRows(
      connection,
      `SELECT csv_text(value) AS cell FROM (VALUES ${values}) texts(place, value) ORDER BY place`,
    );
    const cells = rows.map((row) => `"${String(row['cell']).replaceAll('"', '""')}"`);
    expect(cells).toEqual(texts.map(csvCell));
  });
});

test('the files of the hosts hold each row of the tables once', async () => {
  const into = join(folder, 'hosts');
  await writeHostFiles({ path: fleet.findingsPath }, (hostId) => join(into, hostId));
  const events = downloads.find(({ table }) => table === 'install_events')?.rows;
  const lines = [...fleet.hostIds, 'old-3'].map((id) =>
    readFileSync(join(into, id, 'events.csv'), 'utf8')
      .trimEnd()
      .split('\n'),
  );
  expect(lines.reduce((sum, { length }) => sum + length - 1, 0)).toBe(events);
  const whole = readFileSync(join(folder, 'install_events.csv'), 'utf8').split('\n');
  const header = (whole[0] ?? '').replaceAll('"', '');
  expect((lines[0]?.[0] ?? '').replaceAll('"', '')).toBe(header);
  expect(new Set(whole)).toContain(lines[0]?.[1]);
});
