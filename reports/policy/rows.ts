/** Rows from TypeScript into a table of the findings. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBTimestampValue } from '@duckdb/node-api';
import { readRows, sqlText } from '#data/ledger/database.ts';

export type Cell = string | number | boolean | null;

/** @param rows one cell for each column, in the order of the table; an instant is UTC text */
export async function appendRows(
  connection: DuckDBConnection,
  table: string,
  rows: readonly (readonly Cell[])[],
): Promise<void> {
  if (rows.length === 0) return;
  const types = (
    await readRows(
      connection,
      `SELECT data_type FROM duckdb_columns() WHERE table_name = ${sqlText(table)} ORDER BY column_index`,
    )
  ).map((row) => String(row['data_type']));
  const appender = await connection.createAppender(table);
  for (const row of rows) {
    for (const [index, cell] of row.entries()) {
      if (cell === null) appender.appendNull();
      else if (typeof cell === 'boolean') appender.appendBoolean(cell);
      else if (typeof cell === 'number') appender.appendBigInt(BigInt(cell));
      else if (types[index] === 'TIMESTAMP')
        appender.appendTimestamp(new DuckDBTimestampValue(BigInt(Date.parse(cell)) * 1000n));
      else appender.appendVarchar(cell);
    }
    appender.endRow();
  }
  appender.closeSync();
}
