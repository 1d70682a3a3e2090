/**
 * The headlines of past weeks as they were known then: the record as it was at the end of each week, judged by the
 * policies of then. Such a point never moves, so it is worked out once and kept in the cache, a small file a week.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import type { Entry } from '#data/ledger/entries.ts';
import { renameDurably, syncFile } from '#data/model/durable.ts';
import { findingsPath, foldLedger } from '../findings/fold.ts';
import type { FoldOptions, Stage } from '../findings/fold.ts';
import { readModelFiles } from '../findings/models.ts';
import { appendRows } from './rows.ts';

const models = readModelFiles(new URL('models/', import.meta.url), ['06-policy-trend.sql']);
const pointsTable =
  'policy VARCHAR, week TIMESTAMP, point_at TIMESTAMP, met_recently BIGINT, judged BIGINT, hosts BIGINT, hosts_clean BIGINT';
const pointsSql = `
  SELECT policy, instant AS point_at, met_recently, judged, hosts, hosts_clean
  FROM policy_figures CROSS JOIN as_of ORDER BY policy`;

/** The headline of one policy, as it was known at the end of a week. */
export interface TrendPoint {
  policy: string;
  point_at: string;
  met_recently: number;
  judged: number;
  hosts: number;
  hosts_clean: number;
}

interface Week {
  /** Monday 00:00 UTC. */
  week: string;
  points: TrendPoint[];
}

const weekMs = 7 * 86_400_000;
/** A Monday. */
const epoch = Date.UTC(1970, 0, 5);

/** A record as it was at the end of one week. */
export interface PastRecord {
  week: string;
  entries: Entry[];
}

/**
 * The record at the end of each past week in which it learned something, oldest first; from the first run on.
 *
 * @param most how many weeks back from the last entry
 */
export function pastRecords(entries: readonly Entry[], most: number): PastRecord[] {
  const recorded = entries.map(({ manifest }) => Date.parse(manifest.recorded_at));
  const runs = entries.filter(({ manifest }) => ['scan', 'import'].includes(manifest.kind));
  const first = Math.min(...runs.map(({ manifest }) => Date.parse(manifest.recorded_at)));
  const last = weekOf(recorded.reduce((latest, at) => Math.max(latest, at), 0));
  const weeks = [...new Set(recorded.map(weekOf))]
    .filter((week) => week < last && week >= last - (most - 1) * weekMs && week + weekMs > first)
    .sort((a, b) => a - b);
  return weeks.map((week) => ({
    week: new Date(week).toISOString(),
    entries: entries.filter(({ manifest }) => Date.parse(manifest.recorded_at) < week + weekMs),
  }));
}

function weekOf(at: number): number {
  return at - ((at - epoch) % weekMs);
}

/**
 * The points of past weeks: those that the folder holds, the others worked out.
 *
 * @param records in the order of time: each fold goes on from the one before
 * @param optionsOf how to fold a record, policies included
 * @param folder for points and for folds on the way
 */
export async function pastPoints(
  records: readonly PastRecord[],
  optionsOf: (entries: Entry[]) => Omit<FoldOptions, 'cacheRoot'>,
  folder: string,
): Promise<Week[]> {
  const weeks: Week[] = [];
  for (const { week, entries } of records) {
    const options = { ...optionsOf(entries), cacheRoot: folder };
    const file = `${basename(findingsPath(options), '.duckdb')}.json`;
    weeks.push({
      week,
      points: readPoints(join(folder, file)) ?? (await workOut(options, join(folder, file))),
    });
  }
  tidy(folder);
  return weeks;
}

/** Undefined where there are none, or the file is not what was written: it is only a cache. */
function readPoints(path: string): TrendPoint[] | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as TrendPoint[];
  } catch {
    return undefined;
  }
}

async function workOut(options: FoldOptions, path: string): Promise<TrendPoint[]> {
  mkdirSync(options.cacheRoot, { recursive: true });
  const findings = await foldLedger(options);
  const points = await withDatabase(findings.path, { readOnly: true }, (connection) =>
    readRows(connection, pointsSql),
  );
  const draft = `${path}.incoming`;
  writeFileSync(draft, JSON.stringify(points));
  syncFile(draft);
  renameDurably(draft, path);
  return points as unknown as TrendPoint[];
}

/** Folds on the way are large and answer nothing any more. */
function tidy(folder: string): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder))
    if (!name.endsWith('.json')) rmSync(join(folder, name), { recursive: true });
}

/**
 * Lays the points beside what is known now.
 *
 * @param most how many weeks back the points were asked for
 */
export function trendStage(past: readonly Week[], most: number): Stage {
  return {
    models,
    settings: [pointsTable, String(most)],
    publicTables: ['policy_trend'],
    derive: async (connection: DuckDBConnection) => {
      await connection.run(`CREATE OR REPLACE TABLE said_points (${pointsTable})`);
      const rows = past.flatMap(({ week, points }) =>
        points.map((point) => [
          point.policy,
          week,
          point.point_at,
          point.met_recently,
          point.judged,
          point.hosts,
          point.hosts_clean,
        ]),
      );
      await appendRows(connection, 'said_points', rows);
      for (const { tables } of models) await connection.run(tables);
    },
  };
}
