/** Each host's own rows as CSV files beside its page. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows, readTable, sqlName, sqlText, withDatabase } from '#data/ledger/database.ts';
import type { JsonValue } from '#data/ledger/database.ts';
import { csvCell } from '#data/model/csv.ts';
import { csvColumn, readColumns } from './downloads.ts';
import type { DownloadColumn } from './downloads.ts';
import type { FindingsSource } from './open.ts';

/** The folder of a host's page. */
export type FolderOf = (hostId: string) => string;

const tables = { events: 'install_events', updates: 'current_updates' };
const hostsAtOnce = 100;

/**
 * Writes each host's dated events and updates on offer as `events.csv` and `updates.csv` into its folder,
 * a batch of hosts a query.
 */
export async function writeHostFiles(source: FindingsSource, folderOf: FolderOf): Promise<void> {
  await withDatabase(source.path, { readOnly: true, sealed: true }, async (connection) => {
    const hosts = await readRows(connection, 'SELECT host_id FROM hosts ORDER BY host_id');
    const ids = hosts.map((row) => String(row['host_id']));
    for (const id of ids) mkdirSync(folderOf(id), { recursive: true });
    for (const [file, table] of Object.entries(tables)) {
      const columns = await readColumns(connection, table);
      for (let start = 0; start < ids.length; start += hostsAtOnce) {
        const batch = ids.slice(start, start + hostsAtOnce);
        const rows = await readBatch(connection, { table, columns, ids: batch });
        for (const id of batch)
          writeFileSync(join(folderOf(id), `${file}.csv`), csvFile(columns, rows.get(id) ?? []));
      }
    }
  });
}

interface Batch {
  table: string;
  columns: DownloadColumn[];
  ids: string[];
}

async function readBatch(
  connection: DuckDBConnection,
  { table, columns, ids }: Batch,
): Promise<Map<string, JsonValue[][]>> {
  const { rows } = await readTable(
    connection,
    `SELECT host_id AS batch_id, ${columns.map(csvColumn).join(', ')} FROM ${sqlName(table)}
     WHERE host_id IN (${ids.map(sqlText).join(', ')}) ORDER BY ALL`,
  );
  return Map.groupBy(rows, ([id]) => String(id));
}

function csvFile(columns: DownloadColumn[], rows: JsonValue[][]): string {
  const header = columns.map(({ name }) => csvCell(name)).join(',');
  const lines = rows.map(([, ...cells]) => cells.map(csvValue).join(','));
  return [header, ...lines].map((line) => `${line}\n`).join('');
}

/** An unknown value is an empty cell without quotes, as COPY writes it. */
function csvValue(value: JsonValue): string {
  return value === null ? '' : csvCell(String(value));
}
