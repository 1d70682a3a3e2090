/** Which machines the record has read under which host's id, and which answers were brought by hand. */
import { readRows, withDatabase } from './database.ts';
import type { Entry } from './entries.ts';
import { createRecordViews } from './read.ts';

export interface Machines {
  /** By host: hashes of machine-ids (`scans.machine_id`), the latest seen last. */
  byHost: Map<string, string[]>;
  /** By SHA-256 of an answer: the entry that took it in, such as 'entry 17 of main'. */
  bundles: Map<string, string>;
}

export async function readMachines(entries: Entry[]): Promise<Machines> {
  return withDatabase(':memory:', {}, async (connection) => {
    await createRecordViews(connection, entries);
    const byHost = new Map<string, string[]>();
    for (const row of await readRows(connection, machinesSql)) {
      const hostId = String(row['host_id']);
      byHost.set(hostId, [...(byHost.get(hostId) ?? []), String(row['machine_id'])]);
    }
    const bundles = (await readRows(connection, bundlesSql)).map(
      (row) => [String(row['bundle_sha256']), String(row['entry'])] as const,
    );
    return { byHost, bundles: new Map(bundles) };
  });
}

const machinesSql = `
  SELECT host_id, machine_id FROM record_scans WHERE machine_id IS NOT NULL
  GROUP BY host_id, machine_id
  ORDER BY host_id, max(coalesce(observed_at, started_at)), machine_id`;

const bundlesSql = `
  SELECT bundle_sha256, min('entry ' || sequence || ' of ' || collector) AS entry FROM record_scans
  WHERE bundle_sha256 IS NOT NULL GROUP BY bundle_sha256`;
