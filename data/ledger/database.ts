/** DuckDB, opened for one piece of work and closed for certain. */
import { resolve } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';

export interface DatabaseOptions {
  readOnly?: boolean;
  /** Nothing beyond the database itself can be reached: no files, no network, no settings. */
  sealed?: boolean;
  threads?: number;
  /** Such as '2GB'. */
  memoryLimit?: string;
  /** Where DuckDB may put what does not fit into memory. */
  spillFolder?: string;
}

/** A row for people and JSON: instants as `YYYY-MM-DDTHH:MM:SS.sssZ`, whole numbers as numbers. */
export type JsonRow = { [column: string]: JsonValue };
export type JsonValue = string | number | boolean | null | JsonValue[];

/**
 * Opens a database, runs the work, and closes connection and instance whatever happens: DuckDB keeps
 * its file locked until both are closed.
 *
 * @param path a file, or ':memory:'
 */
export async function withDatabase<T>(
  path: string,
  options: DatabaseOptions,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(path, settings(options));
  try {
    const connection = await instance.connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
  }
}

function settings(options: DatabaseOptions): Record<string, string> {
  return {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'true',
    ...(options.readOnly ? { access_mode: 'READ_ONLY' } : {}),
    ...(options.sealed ? { enable_external_access: 'false', lock_configuration: 'true' } : {}),
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
    ...(options.memoryLimit === undefined ? {} : { memory_limit: options.memoryLimit }),
    ...(options.spillFolder === undefined ? {} : { temp_directory: options.spillFolder }),
  };
}

/** Runs one statement and gives its rows. */
export async function readRows(connection: DuckDBConnection, sql: string): Promise<JsonRow[]> {
  const { columns, rows } = await readTable(connection, sql);
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? null])));
}

/**
 * The same as columns and rows of values.
 *
 * @param most rows that are read at most
 * @throws RangeError when there are more
 */
export async function readTable(
  connection: DuckDBConnection,
  sql: string,
  most: number = Number.MAX_SAFE_INTEGER,
): Promise<{ columns: string[]; rows: JsonValue[][] }> {
  const reader = await connection.streamAndReadUntil(sql, most + 1);
  if (reader.currentRowCount > most) throw new RangeError(`more than ${most} rows; add a LIMIT`);
  return {
    columns: reader.deduplicatedColumnNames(),
    rows: reader.getRowsJS().map((row) => row.map((value) => toJson(value as DuckDBValue | Date))),
  };
}

function toJson(value: unknown): JsonValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  return String(value);
}

/**
 * The path of one file as SQL holds it, for `read_parquet`: DuckDB takes `*`, `?` and `[` for patterns and
 * `~` for the home folder, and a folder's name may well hold them.
 */
export function sqlFile(path: string): string {
  return sqlText(resolve(path).replace(/[*?[]/g, '[$&]'));
}

/** A text as SQL holds it. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name as SQL holds it. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
