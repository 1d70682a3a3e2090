/** What hosts last called themselves. */
import { readRows, withDatabase } from './database.ts';
import type { Entry } from './entries.ts';
import { createRecordViews } from './read.ts';

/** @returns the host name of each host's last scan that read it, by host id; a host's own word */
export async function reportedNames(entries: Entry[]): Promise<Map<string, string>> {
  const scans = entries.filter(({ manifest }) => manifest.kind === 'scan');
  if (scans.length === 0) return new Map();
  return withDatabase(':memory:', {}, async (connection) => {
    await createRecordViews(connection, scans);
    const rows = await readRows(
      connection,
      `SELECT host_id, hostname FROM record_scans WHERE status IN ('ok', 'partial')
       QUALIFY row_number() OVER (PARTITION BY host_id ORDER BY recorded_at DESC, collector, sequence DESC) = 1`,
    );
    return new Map(
      rows.flatMap(({ host_id, hostname }) =>
        hostname === null ? [] : [[String(host_id), String(hostname)] as const],
      ),
    );
  });
}
