/**
 * The tables as files to take away. COPY writes rows in a total order, so the same findings make the same
 * bytes on any number of threads (of one DuckDB version).
 */
import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows, sqlName, sqlText, withDatabase } from '#data/ledger/database.ts';
import type { FindingsSource } from './open.ts';

export interface Download {
  table: string;
  /** One sentence: what a row is. */
  doc: string;
  columns: DownloadColumn[];
  rows: number;
  csv: DownloadFile;
  parquet: DownloadFile;
}

export interface DownloadColumn {
  name: string;
  type: string;
  /** One sentence; '' where the name says it. */
  doc: string;
}

export interface DownloadFile {
  name: string;
  bytes: number;
  sha256: string;
}

// The rules of `csvCell`, to which the tests hold it: no control or direction-changing character, and a text
// that a spreadsheet would run is led by an apostrophe. The record's text is clean already: a second lock.
export const csvMacros = [
  String.raw`CREATE TEMP MACRO harmless(value) AS
    regexp_replace(value, '[\x00-\x1f\x7f-\x{9f}\x{ad}\x{200b}-\x{200f}\x{2028}-\x{202e}\x{2060}-\x{206f}\x{feff}]', '�', 'g')`,
  `CREATE TEMP MACRO csv_text(value) AS
    CASE WHEN left(harmless(value), 1) IN ('=', '+', '-', '@') THEN '''' || harmless(value) ELSE harmless(value) END`,
];

/**
 * Writes every public table as `<table>.csv` and `<table>.parquet`, and `SHA256SUMS` over them.
 *
 * @param folder made when missing
 */
export async function writeDownloads(source: FindingsSource, folder: string): Promise<Download[]> {
  mkdirSync(folder, { recursive: true });
  const threads = source.threads === undefined ? {} : { threads: source.threads };
  const downloads = await withDatabase(source.path, { readOnly: true, ...threads }, async (connection) => {
    for (const macro of csvMacros) await connection.run(macro);
    const described: Download[] = [];
    for (const { name } of await readRows(connection, 'SELECT name FROM public_tables ORDER BY place'))
      described.push(await writeTable(connection, String(name), folder));
    return described;
  });
  const files = downloads.flatMap(({ csv, parquet }) => [csv, parquet]);
  writeFileSync(join(folder, 'SHA256SUMS'), files.map(({ sha256, name }) => `${sha256}  ${name}\n`).join(''));
  return downloads;
}

/** Every column of every table, with what it means. */
export const columnsSql = `
  SELECT table_name AS "table", column_name AS name, data_type AS type, coalesce(comment, '') AS doc, column_index AS place
  FROM duckdb_columns() WHERE NOT internal`;

/** The columns of a table with what they mean. */
export async function readColumns(connection: DuckDBConnection, table: string): Promise<DownloadColumn[]> {
  const rows = await readRows(
    connection,
    `SELECT name, type, doc FROM (${columnsSql}) WHERE "table" = ${sqlText(table)} ORDER BY place`,
  );
  return rows as unknown as DownloadColumn[];
}

/** A column as text for a CSV file; instants as ISO 8601 in UTC. */
export function csvColumn({ name, type }: DownloadColumn): string {
  const column = sqlName(name);
  if (type === 'TIMESTAMP') return `strftime(${column}, '%Y-%m-%dT%H:%M:%S.%gZ') AS ${column}`;
  if (type === 'VARCHAR[]') return `array_to_string(${column}, '; ') AS ${column}`;
  return type === 'VARCHAR' ? column : `${column}::VARCHAR AS ${column}`;
}

async function writeTable(connection: DuckDBConnection, table: string, folder: string): Promise<Download> {
  const columns = await readColumns(connection, table);
  const [about] = await readRows(
    connection,
    `SELECT coalesce(comment, '') AS doc, (SELECT count(*) FROM ${sqlName(table)}) AS rows
     FROM duckdb_tables() WHERE table_name = ${sqlText(table)}`,
  );
  const csv = `${table}.csv`;
  const parquet = `${table}.parquet`;
  const cells = columns.map(({ name }) => `csv_text(${sqlName(name)}) AS ${sqlName(name)}`).join(', ');
  await connection.run(
    `COPY (SELECT ${cells} FROM (SELECT ${columns.map(csvColumn).join(', ')} FROM ${sqlName(table)} ORDER BY ALL))
     TO ${sqlText(join(folder, csv))} (FORMAT csv, HEADER true, FORCE_QUOTE *, QUOTE '"', ESCAPE '"')`,
  );
  await connection.run(
    `COPY (FROM ${sqlName(table)} ORDER BY ALL)
     TO ${sqlText(join(folder, parquet))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`,
  );
  return {
    table,
    doc: String(about?.['doc'] ?? ''),
    columns,
    rows: Number(about?.['rows'] ?? 0),
    csv: await describeFile(folder, csv),
    parquet: await describeFile(folder, parquet),
  };
}

async function describeFile(folder: string, name: string): Promise<DownloadFile> {
  const path = join(folder, name);
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { name, bytes: statSync(path).size, sha256: hash.digest('hex') };
}
