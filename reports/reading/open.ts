/** How the pages get at the findings: read-only, sealed, one short piece of work at a time. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows, sqlText, withDatabase } from '#data/ledger/database.ts';
import type { JsonRow, JsonValue } from '#data/ledger/database.ts';
import { clean } from '#data/model/clean.ts';

export interface FindingsSource {
  /** The findings file, as `foldLedger` gives it. */
  path: string;
  /** Cores DuckDB may use. */
  threads?: number;
}

/** Asks for rows; every text in them has passed `clean()` once more. */
export type Ask = <T>(sql: string) => Promise<T[]>;

// A page shows commands and reasons whole; more than this is a hostile cell.
const longestText = 1024;

/**
 * Opens the findings for some questions. The temporary views `offers` and `host_lines` are there for
 * all of them, so that a list and a host's own page can never disagree.
 */
export async function askFindings<T>(source: FindingsSource, work: (ask: Ask) => Promise<T>): Promise<T> {
  const threads = source.threads === undefined ? {} : { threads: source.threads };
  return withDatabase(source.path, { readOnly: true, sealed: true, ...threads }, async (connection) => {
    await connection.run(offers);
    await connection.run(hostLines);
    return work((sql) => askRows(connection, sql));
  });
}

async function askRows<T>(connection: DuckDBConnection, sql: string): Promise<T[]> {
  const rows = await readRows(connection, sql);
  return rows.map(cleanRow) as T[];
}

function cleanRow(row: JsonRow): JsonRow {
  return Object.fromEntries(
    Object.entries(row).map(([column, value]) => [
      column,
      column === 'command' ? cleanLines(value) : cleanValue(value),
    ]),
  );
}

/** The probe's commands are programs of some lines; their line ends stay. */
function cleanLines(value: JsonValue): JsonValue {
  if (typeof value !== 'string') return value;
  return value
    .split('\n')
    .map((line) => clean(line, longestText))
    .join('\n');
}

function cleanValue(value: JsonValue): JsonValue {
  if (typeof value === 'string') return clean(value, longestText);
  return Array.isArray(value) ? value.map(cleanValue) : value;
}

/** A list of texts as SQL holds it, for `IN (…)`. */
export function sqlTexts(texts: readonly string[]): string {
  return texts.map(sqlText).join(', ');
}

// What is on offer beyond what is installed, and beside it what would come along (new packages, removals). A
// row without an open spell (a retired host, versions without an order) is on offer all the same.
const offers = `
CREATE TEMP VIEW offers AS
SELECT
  *,
  available_not_after IS NOT NULL OR (installed_version IS NOT NULL AND action IN ('upgrade', 'none')) AS on_offer
FROM current_updates`;

// One line a host. Where updates were not read their number is null: unknown, not zero. Old package lists
// make "nothing else is offered" unknown (semantics 4), so they keep a host out of 'none-on-offer'.
const hostLines = `
CREATE TEMP VIEW host_lines AS
WITH pending AS (
  SELECT
    host_id,
    count(*) AS updates,
    count(*) FILTER (WHERE security) AS security_updates,
    count(*) FILTER (WHERE security IS NULL) AS unclear_updates,
    min(available_not_after) AS oldest_seen_at,
    min(available_not_after) FILTER (WHERE security) AS oldest_security_seen_at
  FROM offers
  WHERE on_offer
  GROUP BY host_id
),
figures AS (
  SELECT
    hosts.host_id, hosts.listed_now, hosts.standing, hosts.owner, hosts.environment, hosts.os_name, hosts.os_id, hosts.os_version, hosts.hostname,
    hosts.last_read_at, hosts.last_attempt_at, hosts.last_status, hosts.reboot_required, hosts.lists_checked_at,
    hosts.updates_reading,
    CASE WHEN hosts.updates_reading <> 'unread' THEN coalesce(pending.updates, 0) END AS updates,
    CASE WHEN hosts.updates_reading <> 'unread' THEN coalesce(pending.security_updates, 0) END AS security_updates,
    CASE WHEN hosts.updates_reading <> 'unread' THEN coalesce(pending.unclear_updates, 0) END AS unclear_updates,
    pending.oldest_seen_at, pending.oldest_security_seen_at,
    coalesce(hosts.lists_checked_at >= hosts.last_read_at - to_hours(as_of.max_scan_age_hours), false) AS lists_fresh
  FROM hosts CROSS JOIN as_of LEFT JOIN pending USING (host_id)
)
SELECT
  *,
  CASE
    WHEN security_updates > 0 THEN 'security-pending'
    WHEN updates IS NULL THEN 'updates-unread'
    WHEN standing = 'stale' THEN 'stale'
    WHEN standing = 'partly-read' THEN 'partly-read'
    WHEN unclear_updates > 0 THEN 'unclear-pending'
    WHEN updates > 0 THEN 'updates-pending'
    WHEN NOT lists_fresh THEN 'lists-old'
    ELSE 'none-on-offer'
  END AS verdict
FROM figures`;

/** Worst first: what is known to be missing, then what nobody knows, then the rest. */
export const worstFirst = `
  list_position(['security-pending', 'updates-unread', 'stale', 'partly-read', 'unclear-pending', 'updates-pending', 'lists-old'], verdict) NULLS LAST,
  security_updates DESC NULLS FIRST, updates DESC NULLS FIRST, host_id`;
