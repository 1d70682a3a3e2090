/**
 * Facts: what the findings are derived from, copied out of the record. The fold only ever adds facts.
 *
 * - `fact_<table>` holds every row of a small table, with the entry that brought it.
 * - `state_<table>` holds the content of a subject once for each host and digest: a scan that found
 *   nothing changed adds no rows.
 * - `fact_events` holds each log event once, with the entry that first brought it; runs read logs with
 *   an overlap, so the same event may come again.
 */
import { scanTables } from '#data/model/tables.ts';
import type { ScanTableName } from '#data/model/tables.ts';
import { subjects } from '#data/model/words.ts';
import type { Subject } from '#data/model/words.ts';

const factTables = ['population', 'scans', 'readings'] as const satisfies ScanTableName[];
const stateTables = [
  'packages',
  'updates',
  'repositories',
  'kernels',
  'software',
  'host_advisories',
] as const satisfies ScanTableName[];

/** Subject whose digest tells whether the rows of a table changed, where it has another name than the table. */
const subjectOf: { [table in (typeof stateTables)[number]]?: Subject } = { host_advisories: 'advisories' };

/** Statements that create the empty tables of facts. */
export function createFacts(): string[] {
  const entryColumns = 'collector VARCHAR, sequence BIGINT, recorded_at TIMESTAMP';
  return [
    'CREATE TABLE fact_entries (collector VARCHAR, sequence BIGINT, kind VARCHAR, hash VARCHAR, previous VARCHAR, started_at TIMESTAMP, recorded_at TIMESTAMP, program_version VARCHAR)',
    // People's files that were in force at an entry.
    'CREATE TABLE fact_files (collector VARCHAR, sequence BIGINT, path VARCHAR, sha256 VARCHAR)',
    ...factTables.map((name) => `CREATE TABLE fact_${name} (${entryColumns}, ${columnList(name)})`),
    ...stateTables.map((name) => `CREATE TABLE state_${name} (digest VARCHAR, ${columnList(name)})`),
    `CREATE TABLE fact_events (${entryColumns}, ${columnList('events')})`,
    // Which packages' old files were still mapped at a scan, and since when its oldest process ran.
    `CREATE TABLE fact_mapped (${entryColumns}, host_id VARCHAR, package VARCHAR)`,
    `CREATE TABLE fact_oldest_process (${entryColumns}, host_id VARCHAR, started_at TIMESTAMP)`,
    'CREATE TABLE subjects (name VARCHAR)',
    `INSERT INTO subjects VALUES ${subjects.map((name) => `('${name}')`).join(', ')}`,
  ];
}

/**
 * Statements that add the facts of the entries named in the temporary table `new_entries`
 * (collector, sequence), read through the views `record_<table>`.
 */
export function addFacts(): string[] {
  return [
    ...factTables.map(addFactRows),
    ...stateTables.map(addStateRows),
    addEvents(),
    ...addProcessFacts(),
  ];
}

function addFactRows(name: (typeof factTables)[number]): string {
  const columns = columnNames(name).map((column) => `record.${column}`);
  return `INSERT INTO fact_${name}
    SELECT record.collector, record.sequence, record.recorded_at, ${columns.join(', ')}
    FROM record_${name} record JOIN new_entries USING (collector, sequence)
    ORDER BY ALL`;
}

function addStateRows(name: (typeof stateTables)[number]): string {
  const columns = columnNames(name).map((column) => `record.${column}`);
  return `INSERT INTO state_${name}
    WITH first_with_digest AS (
      SELECT reading.host_id, reading.digest, reading.collector, reading.sequence
      FROM fact_readings reading
      JOIN new_entries USING (collector, sequence)
      WHERE reading.subject = '${subjectOf[name] ?? name}' AND reading.digest IS NOT NULL
        AND NOT EXISTS (
          SELECT 1 FROM fact_readings earlier
          WHERE earlier.host_id = reading.host_id AND earlier.subject = reading.subject AND earlier.digest = reading.digest
            AND (earlier.collector, earlier.sequence) NOT IN (SELECT (collector, sequence) FROM new_entries)
        )
      QUALIFY row_number() OVER (PARTITION BY reading.host_id, reading.digest ORDER BY reading.recorded_at, reading.collector, reading.sequence) = 1
    )
    SELECT first_with_digest.digest, ${columns.join(', ')}
    FROM record_${name} record JOIN first_with_digest USING (host_id, collector, sequence)
    ORDER BY ALL`;
}

function addEvents(): string {
  const columns = columnNames('events');
  // What makes two rows the same event; its bounds may be measured a little differently each time. One
  // that was read before it was completed comes again when it is.
  const identity = [
    'host_id',
    'log',
    'local_time',
    'action',
    'package',
    'architecture',
    'old_version',
    'new_version',
    'completed',
  ];
  return `INSERT INTO fact_events
    SELECT record.collector, record.sequence, record.recorded_at, ${columns.map((column) => `record.${column}`).join(', ')}
    FROM record_events record JOIN new_entries USING (collector, sequence)
    WHERE NOT EXISTS (
      SELECT 1 FROM fact_events known WHERE ${identity.map((column) => `known.${column} IS NOT DISTINCT FROM record.${column}`).join(' AND ')}
    )
    QUALIFY row_number() OVER (PARTITION BY ${identity.map((column) => `record.${column}`).join(', ')} ORDER BY record.recorded_at, record.collector, record.sequence) = 1
    ORDER BY ALL`;
}

function addProcessFacts(): string[] {
  const entry = 'record.collector, record.sequence, record.recorded_at, record.host_id';
  return [
    `INSERT INTO fact_mapped
      SELECT DISTINCT ${entry}, record.package
      FROM record_mappings record JOIN new_entries USING (collector, sequence)
      WHERE record.package IS NOT NULL
      ORDER BY ALL`,
    `INSERT INTO fact_oldest_process
      SELECT ${entry}, min(record.started_at)
      FROM record_processes record JOIN new_entries USING (collector, sequence)
      GROUP BY ALL
      ORDER BY ALL`,
  ];
}

function columnNames(name: ScanTableName): string[] {
  return Object.keys(scanTables[name].columns);
}

function columnList(name: ScanTableName): string {
  return Object.entries(scanTables[name].columns)
    .map(([column, { sqlType }]) => `${column} ${sqlType}`)
    .join(', ');
}
