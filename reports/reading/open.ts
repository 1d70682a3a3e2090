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
const severalLines = new Set(['command', 'sql']);

/** Opens the findings for some questions. */
export async function askFindings<T>(source: FindingsSource, work: (ask: Ask) => Promise<T>): Promise<T> {
  const threads = source.threads === undefined ? {} : { threads: source.threads };
  return withDatabase(source.path, { readOnly: true, sealed: true, ...threads }, async (connection) => {
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
      severalLines.has(column) ? cleanLines(value) : cleanValue(value),
    ]),
  );
}

/** The probe's commands and the models are programs of some lines; their line ends stay. */
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

/** Worst first: what is known to be missing, then what nobody knows, then the rest. */
export const worstFirst = `
  list_position(['unsupported', 'security-pending', 'not-effective', 'updates-unread', 'stale', 'partly-read', 'unclear-pending', 'updates-pending', 'lists-old', 'effect-unknown', 'fixes-unseen', 'advisories-old'], verdict) NULLS LAST,
  exploited_fixes DESC NULLS FIRST, missing_fixes DESC NULLS FIRST, security_updates DESC NULLS FIRST, updates DESC NULLS FIRST, host_id`;
