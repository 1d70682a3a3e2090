/** Rows in any order in, Parquet files in one order out: the same rows make the same bytes. */
import { resolve } from 'node:path';
import { DuckDBTimestampValue, LIST, VARCHAR, listValue } from '@duckdb/node-api';
import type { DuckDBAppender, DuckDBConnection } from '@duckdb/node-api';
import { keyFirst } from '#data/model/column.ts';
import type { Column, Row, Table, Value } from '#data/model/column.ts';
import { recordTables } from '#data/model/entry-tables.ts';
import type { RecordRow, TableName } from '#data/model/entry-tables.ts';
import { readRows, sqlName, sqlText } from './database.ts';

/** Takes rows for the tables of an entry, in any order and in as many calls as the caller likes. */
export interface TableWriter {
  add: <N extends TableName>(name: N, rows: RecordRow<N>[]) => void;
}

// Fixed, so that the bytes do not depend on DuckDB's defaults of the day.
const parquetOptions = 'FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 3, ROW_GROUP_SIZE 122880';
const rowsPerFlush = 20_000;

export interface OpenTables {
  writer: TableWriter;
  /** Writes every table as `<name>.parquet`; returns the number of rows of each file. */
  finish: (folder: string) => Promise<Map<string, number>>;
}

/**
 * @param connection an in-memory database that holds nothing else
 * @param names the tables of the entry
 */
export async function openTables(connection: DuckDBConnection, names: TableName[]): Promise<OpenTables> {
  const appenders = new Map<string, DuckDBAppender>();
  const pending = new Map<string, number>();
  for (const name of names) {
    const { columns } = recordTables[name];
    const list = Object.entries(columns).map(([column, { sqlType }]) => `${sqlName(column)} ${sqlType}`);
    await connection.run(`CREATE TABLE ${sqlName(name)} (${list.join(', ')})`);
    appenders.set(name, await connection.createAppender(name));
  }
  return {
    writer: {
      add(name, rows): void {
        const appender = appenders.get(name);
        if (appender === undefined) throw new TypeError(`no table ${name} in an entry of this kind`);
        for (const row of rows) appendRow(appender, recordTables[name], row as Row<Table>);
        const count = (pending.get(name) ?? 0) + rows.length;
        if (count >= rowsPerFlush) appender.flushSync();
        pending.set(name, count % rowsPerFlush);
      },
    },
    async finish(folder): Promise<Map<string, number>> {
      for (const appender of appenders.values()) appender.closeSync();
      const counts = new Map<string, number>();
      for (const name of names)
        counts.set(`${name}.parquet`, await copyTable(connection, folder, recordTables[name]));
      return counts;
    },
  };
}

async function copyTable(connection: DuckDBConnection, folder: string, table: Table): Promise<number> {
  const order = keyFirst(table).map((column) => `${sqlName(column)} NULLS LAST`);
  const sorted = `SELECT * FROM ${sqlName(table.name)} ORDER BY ${order.join(', ')}`;
  await connection.run(
    `COPY (${sorted}) TO ${sqlText(resolve(folder, `${table.name}.parquet`))} (${parquetOptions})`,
  );
  const [row] = await readRows(connection, `SELECT count(*) AS rows FROM ${sqlName(table.name)}`);
  return Number(row?.['rows']);
}

function appendRow(appender: DuckDBAppender, table: Table, row: { [column: string]: Value }): void {
  for (const [name, column] of Object.entries(table.columns))
    appendValue(appender, column, row[name], `${table.name}.${name}`);
  appender.endRow();
}

function appendValue(appender: DuckDBAppender, column: Column, value: Value | undefined, name: string): void {
  if (value === undefined) throw new TypeError(`${name} is missing; not known is null`);
  if (value === null) {
    if (!column.nullable) throw new TypeError(`${name} may not be null`);
    return appender.appendNull();
  }
  if (column.sqlType === 'VARCHAR' && typeof value === 'string') return appender.appendVarchar(value);
  if (column.sqlType === 'BIGINT' && Number.isSafeInteger(value))
    return appender.appendBigInt(BigInt(value as number));
  if (column.sqlType === 'BOOLEAN' && typeof value === 'boolean') return appender.appendBoolean(value);
  if (column.sqlType === 'TIMESTAMP' && typeof value === 'string')
    return appender.appendTimestamp(timestamp(value, name));
  if (column.sqlType === 'VARCHAR[]' && Array.isArray(value))
    return appender.appendList(listValue(value), LIST(VARCHAR));
  throw new TypeError(`${name} takes ${column.sqlType}, not ${JSON.stringify(value)}`);
}

function timestamp(instant: string, name: string): DuckDBTimestampValue {
  const milliseconds = Date.parse(instant);
  if (Number.isNaN(milliseconds) || !instant.endsWith('Z'))
    throw new TypeError(`${name} is not a UTC instant: ${instant}`);
  return new DuckDBTimestampValue(BigInt(milliseconds) * 1000n);
}
