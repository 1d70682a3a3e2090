/** What every page says in the same place: as of when, of whom, and what proves it. */
import type { Ask } from './open.ts';

export interface Frame {
  as_of: string;
  max_scan_age_hours: number;
  /** Of the last whole runs of all collectors, the oldest; null when there is none. */
  last_run_at: string | null;
  /** By when a new run is expected: after that these pages are late. */
  next_run_by: string | null;
  population: Population;
  /** The last comparison of the population with a list of others; null where the population is self-declared. */
  compared: Compared | null;
  heads: Head[];
}

/** What the population was compared with. */
export interface Compared {
  source: string;
  /** Day or instant of the list, as it was said. */
  dated: string;
  is_old: boolean;
  in_both: number;
  hosts: number;
  only_there: number;
}

/** Hosts of the latest inventory by standing; the four standings sum to the total. Retired ones are apart. */
export interface Population {
  total: number;
  read: number;
  partly_read: number;
  stale: number;
  never_read: number;
  retired: number;
}

/** The last entry of a chain: its hash proves all before it. */
export interface Head {
  collector: string;
  sequence: number;
  hash: string;
}

export async function askFrame(ask: Ask): Promise<Frame> {
  const [asOf] = await ask<{ instant: string; max_scan_age_hours: number }>('SELECT * FROM as_of');
  const [expected] = await ask<Pick<Frame, 'last_run_at' | 'next_run_by'>>(expectedSql);
  const [population] = await ask<Population>(populationSql);
  const [compared = null] = await ask<Compared>(lastComparisonSql);
  const heads = await ask<Head>(headsSql);
  if (asOf === undefined || expected === undefined || population === undefined)
    throw new Error('findings without an as-of instant');
  const { instant, max_scan_age_hours } = asOf;
  return { as_of: instant, max_scan_age_hours, ...expected, population, compared, heads };
}

/** A run takes its time, and a timer its liberty (`schedule --jitter`): so much later it is late. */
export const lateAfterHours = 2;

const expectedSql = `
  WITH last_runs AS (SELECT collector, max(recorded_at) AS ended_at FROM runs WHERE whole GROUP BY collector)
  SELECT min(ended_at) AS last_run_at, min(ended_at) + to_hours(any_value(run_every_hours) + ${lateAfterHours}) AS next_run_by
  FROM last_runs CROSS JOIN as_of`;

export const populationSql = `
  SELECT
    count(*) FILTER (WHERE listed_now) AS total,
    count(*) FILTER (WHERE standing = 'read') AS read,
    count(*) FILTER (WHERE standing = 'partly-read') AS partly_read,
    count(*) FILTER (WHERE standing = 'stale') AS stale,
    count(*) FILTER (WHERE standing = 'never-read') AS never_read,
    count(*) FILTER (WHERE standing = 'retired') AS retired
  FROM hosts`;

export const lastComparisonSql = `
  SELECT source, dated, is_old, in_both, hosts, only_there FROM comparisons
  ORDER BY compared_at DESC, collector, sequence DESC LIMIT 1`;

export const headsSql = `
  SELECT collector, sequence, hash FROM fact_entries
  QUALIFY row_number() OVER (PARTITION BY collector ORDER BY sequence DESC) = 1
  ORDER BY collector`;
