/** Fixes, and which hosts lack them since when. */
import { sqlTexts } from './open.ts';
import type { Ask } from './open.ts';

export type ExposureStatus =
  | 'open'
  | 'installed-not-effective'
  | 'installed-effect-unknown'
  | 'closed'
  | 'package-removed'
  | 'host-retired'
  | 'host-rebuilt'
  | 'advisory-withdrawn';

/** What a page says of a fix. Instants are UTC. */
export interface Fix {
  fix_id: string;
  release: string;
  source: string;
  fixed_version: string;
  kind: 'security' | 'security-unlisted';
  advisories: string[];
  cves: number;
  /** Of them, those known to be exploited. */
  exploited: number;
  published_not_before: string | null;
  published_not_after: string | null;
  published_evidence: string;
}

/** One spell of one host's exposure to a fix. */
export interface Exposure extends Fix {
  host_id: string;
  spell: number;
  status: ExposureStatus;
  reopened: boolean;
  pre_empted: boolean;
  introduced_late: boolean;
  vulnerable_version: string;
  lacking: string[] | null;
  opened_not_before: string | null;
  opened_not_after: string | null;
  opened_evidence: string;
  installed_not_before: string | null;
  installed_not_after: string | null;
  installed_evidence: string | null;
  effective_not_before: string | null;
  effective_not_after: string | null;
  effective_evidence: string | null;
  exited_not_before: string | null;
  exited_not_after: string | null;
  last_confirmed_at: string | null;
}

/** A fix with how its exposures stand over all hosts of the inventory. */
export interface FixLine extends Fix {
  open_hosts: number;
  not_effective_hosts: number;
  unknown_hosts: number;
  closed_hosts: number;
}

/** For which times of publication the advisories of a release are known. */
export interface CoveredSpan {
  release: string;
  feed: string;
  from_at: string;
  to_at: string;
}

const fixesSql = `
  SELECT fixes.* EXCLUDE (rank, ecosystem, known_at, withdrawn_at), coalesce(named.cves, 0) AS cves, coalesce(named.exploited, 0) AS exploited
  FROM fixes
  LEFT JOIN (SELECT fix_id, count(*) AS cves, count(*) FILTER (WHERE known_exploited) AS exploited FROM fix_cves GROUP BY fix_id) named USING (fix_id)`;

/** Exposures with what is known of their fixes, as a table to select from. */
export const exposuresSql = `(
  SELECT fix.*, exposures.* EXCLUDE (fix_id, incarnation, entered_at, horizon_at, first_observed_at), exposures.incarnation
  FROM exposures JOIN (${fixesSql}) fix USING (fix_id)
)`;

/** What a host lacks or cannot prove, worst first: exploited, then the longest open. */
export const missingOrder = 'exploited = 0, opened_not_after, source, fix_id, spell';
export const endedOrder =
  'coalesce(effective_not_after, installed_not_after, exited_not_after) DESC, source, fix_id, spell';
export const missingStatuses = sqlTexts(['open', 'installed-not-effective', 'installed-effect-unknown']);

/** Fixes that some host of the inventory lacks or lacked, worst first. */
export async function askFixLines(ask: Ask): Promise<FixLine[]> {
  return ask<FixLine>(`
    WITH latest AS (
      FROM exposures JOIN hosts USING (host_id) WHERE hosts.listed_now
      QUALIFY row_number() OVER (PARTITION BY host_id, fix_id ORDER BY exposures.incarnation DESC, spell DESC) = 1
    ),
    counted AS (
      SELECT
        fix_id,
        count(*) FILTER (WHERE status = 'open') AS open_hosts,
        count(*) FILTER (WHERE status = 'installed-not-effective') AS not_effective_hosts,
        count(*) FILTER (WHERE status = 'installed-effect-unknown') AS unknown_hosts,
        count(*) FILTER (WHERE status = 'closed') AS closed_hosts
      FROM latest GROUP BY fix_id
    )
    SELECT fix.*, counted.* EXCLUDE (fix_id)
    FROM counted JOIN (${fixesSql}) fix USING (fix_id)
    ORDER BY exploited * open_hosts DESC, open_hosts DESC, not_effective_hosts DESC, unknown_hosts DESC, published_not_after DESC, fix_id`);
}

/** Exposures to some fixes, by fix. */
export async function askFixExposures(ask: Ask, fixIds: readonly string[]): Promise<Map<string, Exposure[]>> {
  if (fixIds.length === 0) return new Map();
  const rows = await ask<Exposure>(
    `FROM ${exposuresSql} WHERE fix_id IN (${sqlTexts(fixIds)}) ORDER BY fix_id, status NOT IN (${missingStatuses}), host_id, incarnation, spell`,
  );
  return Map.groupBy(rows, ({ fix_id }) => fix_id);
}

export async function askFixCves(ask: Ask, fixIds: readonly string[]): Promise<Map<string, FixCve[]>> {
  if (fixIds.length === 0) return new Map();
  const rows = await ask<FixCve>(
    `FROM fix_cves WHERE fix_id IN (${sqlTexts(fixIds)}) ORDER BY fix_id, NOT known_exploited, cve`,
  );
  return Map.groupBy(rows, ({ fix_id }) => fix_id);
}

export interface FixCve {
  fix_id: string;
  cve: string;
  known_exploited: boolean;
  listed_not_before: string | null;
}

/** Covered times of the releases that hosts run, and every such release. */
export async function askCovered(ask: Ask): Promise<{ releases: string[]; spans: CoveredSpan[] }> {
  const releases = await ask<{ release: string }>(
    'SELECT DISTINCT os_codename AS release FROM hosts WHERE os_codename IS NOT NULL AND listed_now ORDER BY release',
  );
  const spans = await ask<CoveredSpan>(
    'SELECT release, feed, from_at, to_at FROM covered WHERE release IN (SELECT os_codename FROM hosts WHERE listed_now) ORDER BY release, from_at, feed',
  );
  return { releases: releases.map(({ release }) => release), spans };
}
