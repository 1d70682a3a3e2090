/**
 * Reading the record: one view per table over the Parquet files of the entries, with today's columns
 * whatever schema version wrote them. This is the only place that knows about older schemas.
 */
import { join, resolve } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { recordTables } from '#data/model/entry-tables.ts';
import type { TableName } from '#data/model/entry-tables.ts';
import { sqlFile, sqlName, sqlText } from './database.ts';
import type { Entry } from './entries.ts';

/**
 * Creates temporary views `<prefix><table>` with the table's columns and, in front, `collector`,
 * `sequence` and `recorded_at` of the entry.
 *
 * @param entries which entries to read: all, or those known at an earlier instant
 */
export async function createRecordViews(
  connection: DuckDBConnection,
  entries: Entry[],
  prefix = 'record_',
): Promise<void> {
  await createEntryFiles(connection, entries);
  for (const name of Object.keys(recordTables) as TableName[]) {
    await connection.run(
      `CREATE OR REPLACE TEMP VIEW ${sqlName(prefix + name)} AS ${recordSql(entries, name)}`,
    );
  }
}

/** Which entry a folder is, for joining file names to entries. */
async function createEntryFiles(connection: DuckDBConnection, entries: Entry[]): Promise<void> {
  await connection.run(
    'CREATE OR REPLACE TEMP TABLE entry_folders (folder VARCHAR, collector VARCHAR, sequence BIGINT, recorded_at TIMESTAMP)',
  );
  if (entries.length === 0) return;
  const rows = entries.map(
    ({ path, manifest }) =>
      `(${sqlText(resolve(path))}, ${sqlText(manifest.collector)}, ${manifest.sequence}, TIMESTAMP ${sqlText(timestamp(manifest.recorded_at))})`,
  );
  await connection.run(`INSERT INTO entry_folders VALUES ${rows.join(', ')}`);
}

function recordSql(entries: Entry[], name: TableName): string {
  const columns = Object.entries(recordTables[name].columns);
  const files = entries
    .filter(({ manifest }) =>
      manifest.files.some(({ path, rows }) => path === `${name}.parquet` && rows !== 0),
    )
    .map(({ path }) => sqlFile(join(path, `${name}.parquet`)));
  if (files.length === 0) {
    const empty = columns.map(([column, { sqlType }]) => `NULL::${sqlType} AS ${sqlName(column)}`);
    return `SELECT NULL::VARCHAR AS collector, NULL::BIGINT AS sequence, NULL::TIMESTAMP AS recorded_at, ${empty.join(', ')} WHERE false`;
  }
  // Without hive_partitioning = false a folder named `host_id=5` somewhere above would be read as a column.
  // A column that only a later schema has is missing from every file of an older record: an empty
  // relation with today's columns supplies it.
  const typed = columns.map(([column, { sqlType }]) => `NULL::${sqlType} AS ${sqlName(column)}`).join(', ');
  const wanted = columns.map(([column]) => `rows.${sqlName(column)}`).join(', ');
  return `SELECT entry.collector, entry.sequence, entry.recorded_at, ${wanted}
    FROM (
      SELECT ${typed}, NULL::VARCHAR AS filename WHERE false
      UNION ALL BY NAME
      FROM read_parquet([${files.join(', ')}], union_by_name = true, filename = true, hive_partitioning = false)
    ) rows
    JOIN entry_folders entry ON entry.folder || ${sqlText(`/${name}.parquet`)} = rows.filename`;
}

function timestamp(instant: string): string {
  return instant.replace('T', ' ').replace('Z', '');
}
