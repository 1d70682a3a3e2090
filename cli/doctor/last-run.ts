/** How the last run of this collector went. */
import { join } from 'node:path';
import { readRows, sqlFile, withDatabase } from '#data/ledger/database.ts';
import type { Entry } from '#data/ledger/entries.ts';
import { ok, problem } from './check.ts';
import type { Finding } from './check.ts';

export interface LastScan {
  host_id: string;
  status: string;
  reason: string | null;
  clock_offset_ms: number | null;
}

/** What the last run said of each host; none when there is no run yet. */
export async function readLastRun(
  entries: Entry[],
  collector: string,
): Promise<{ entry: Entry | null; scans: LastScan[] }> {
  const runs = entries.filter(({ manifest }) => manifest.collector === collector && manifest.kind === 'scan');
  const entry = runs.at(-1) ?? null;
  if (entry === null) return { entry, scans: [] };
  const file = sqlFile(join(entry.path, 'scans.parquet'));
  const sql = `SELECT host_id, status, reason, clock_offset_ms FROM read_parquet(${file}) ORDER BY host_id`;
  const rows = await withDatabase(':memory:', {}, (connection) => readRows(connection, sql));
  return { entry, scans: rows as unknown as LastScan[] };
}

export function checkLastRun(
  { entry, scans }: { entry: Entry | null; scans: LastScan[] },
  maxAgeHours: number,
  now: number = Date.now(),
): Finding[] {
  if (entry === null) return [problem('last run', 'there is none yet', 'patchledger scan')];
  const at = entry.manifest.recorded_at;
  const hours = Math.round((now - Date.parse(at)) / 3_600_000);
  if (hours > maxAgeHours) {
    const message = `the last one is ${hours} hours old: it proves nothing about today (limit: ${maxAgeHours})`;
    return [
      problem('last run', message, 'look at the timer or cron line that should start patchledger scan'),
    ];
  }
  const unread = scans.filter(({ status }) => !['ok', 'partial'].includes(status));
  if (unread.length === 0)
    return [ok('last run', `${scans.length} of ${scans.length} hosts read, ${hours} hours ago`)];
  const byStatus = [...Map.groupBy(unread, ({ status }) => status)].map(
    ([status, rows]) => `${rows.length} ${status}`,
  );
  return [
    problem(
      'last run',
      `${unread.length} of ${scans.length} hosts were not read: ${byStatus.join(', ')}`,
      'page /coverage/ of the site names each with its next step; or: patchledger query "SELECT host_id, last_status, last_next_step FROM hosts"',
    ),
  ];
}
