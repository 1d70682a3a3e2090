/** What the record already knows of each host's logs, so that events are written once. */
import { scanTables } from '#data/model/tables.ts';
import type { RowOf } from '#data/model/tables.ts';
import { readRows, sqlText, withDatabase } from './database.ts';
import type { Entry } from './entries.ts';
import { createRecordViews } from './read.ts';

/** Where the next probe of a host reads on, and which machine that was. */
export interface Known {
  machineId: string | null;
  /** Per log ('dpkg', 'apt-history'): local time of the last line read. */
  positions: { [log: string]: string };
}

export interface History {
  knownOf: (hostId: string) => Known | undefined;
  /** Of the events that a probe read with an overlap, those that the record does not hold yet. */
  newEvents: (hostId: string, events: RowOf<'events'>[]) => RowOf<'events'>[];
}

/** Days before the last line from which the next probe reads again: what it may have half seen. */
const overlapDays = 2;

const identity = Object.keys(scanTables.events.columns).filter(
  (column) => !['not_before', 'not_after', 'command'].includes(column),
) as (keyof RowOf<'events'>)[];

/**
 * @param entries the entries of the record, as `listEntries` gives them
 * @param wholeOf hosts whose logs were read from their start: all their events are told from new ones
 */
export async function readHistory(entries: Entry[], wholeOf: readonly string[] = []): Promise<History> {
  const known = new Map<string, Known>();
  const seen = new Map<string, Set<string>>();
  await withDatabase(':memory:', {}, async (connection) => {
    await createRecordViews(connection, entries, 'record_');
    for (const row of await readRows(connection, positionsSql)) {
      const hostId = String(row['host_id']);
      const host = known.get(hostId) ?? { machineId: row['machine_id'] as string | null, positions: {} };
      if (row['log'] !== null) host.positions[String(row['log'])] = String(row['last_time']);
      known.set(hostId, host);
    }
    for (const row of await readRows(connection, knownEventsSql(wholeOf))) {
      const hostId = String(row['host_id']);
      const keys = seen.get(hostId) ?? new Set();
      seen.set(hostId, keys.add(eventKey(row as RowOf<'events'>)));
    }
  });
  return {
    knownOf: (hostId) => known.get(hostId),
    newEvents: (hostId, events) => {
      const keys = seen.get(hostId);
      return keys === undefined ? events : events.filter((event) => !keys.has(eventKey(event)));
    },
  };
}

// The last machine that was read under each name, and how far its logs were read by it.
const positionsSql = `
  WITH last_machine AS (
    SELECT host_id, machine_id FROM record_scans WHERE status IN ('ok', 'partial')
    -- What is brought by hand may be recorded late: the machine that was seen last counts.
    QUALIFY row_number() OVER (PARTITION BY host_id ORDER BY coalesce(observed_at, started_at) DESC, recorded_at DESC, collector, sequence DESC) = 1
  )
  SELECT last_machine.host_id, last_machine.machine_id, log.log, max(log.last_time) AS last_time
  FROM last_machine
  LEFT JOIN record_scans scan ON scan.host_id = last_machine.host_id AND scan.machine_id IS NOT DISTINCT FROM last_machine.machine_id
  LEFT JOIN record_logs log ON log.host_id = scan.host_id AND log.collector = scan.collector AND log.sequence = scan.sequence
    AND log.last_time IS NOT NULL
  GROUP BY ALL
  ORDER BY ALL`;

// Local times sort as text; a day more than the overlap allows for a moved clock or zone.
const knownEventsSql = (wholeOf: readonly string[]): string => `
  WITH last_event AS (SELECT host_id, log, max(local_time) AS local_time FROM record_events GROUP BY ALL)
  SELECT event.* EXCLUDE (collector, sequence, recorded_at)
  FROM record_events event
  JOIN last_event USING (host_id, log)
  WHERE event.local_time >= strftime(try_cast(last_event.local_time AS TIMESTAMP) - INTERVAL ${overlapDays + 1} DAY, '%Y-%m-%dT%H:%M:%S')
    OR list_contains([${wholeOf.map(sqlText).join(', ')}]::VARCHAR[], event.host_id)`;

function eventKey(event: RowOf<'events'>): string {
  return JSON.stringify(identity.map((column) => event[column]));
}
