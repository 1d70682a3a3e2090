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
  kind: 'security' | 'security-unlisted' | 'bugfix' | 'unclassified';
  advisories: string[];
  cves: number;
  /** Of them, those known to be exploited. */
  exploited: number;
  published_not_before: string | null;
  published_not_after: string | null;
  published_evidence: string;
  severity: 'high' | 'medium' | 'low' | 'unimportant' | 'unrated';
  severity_source: string | null;
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
  available_not_before: string | null;
  available_not_after: string | null;
  available_evidence: string | null;
  /** While open, why it is not applied; null when that is not known. */
  reason: string | null;
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
/** A spell with what the primary policy says of it; null where it says nothing. */
export interface JudgedExposure extends Exposure {
  verdict: 'missed' | 'not-provable' | 'due' | 'excepted' | 'unknown' | 'met' | 'exited' | null;
  deadline: string | null;
}

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

export const fixesSql = `
  SELECT fixes.* EXCLUDE (rank, ecosystem, known_at, withdrawn_at), coalesce(named.cves, 0) AS cves, coalesce(named.exploited, 0) AS exploited,
    severity.severity, severity.severity_source
  FROM fixes
  JOIN fix_severities severity USING (fix_id)
  LEFT JOIN (SELECT fix_id, count(*) AS cves, count(*) FILTER (WHERE known_exploited) AS exploited FROM fix_cves GROUP BY fix_id) named USING (fix_id)`;

/** Exposures with what is known of their fixes, as a table to select from. */
const exposuresSql = `(
  SELECT fix.*, exposures.* EXCLUDE (fix_id, incarnation, entered_at, horizon_at, first_observed_at), exposures.incarnation
  FROM exposures JOIN (${fixesSql}) fix USING (fix_id)
)`;

/** Those to security fixes. */
export const securitySql = `(FROM ${exposuresSql} WHERE kind IN ('security', 'security-unlisted'))`;

/** The same with what the primary policy says of each spell. */
export const judgedSql = `(
  SELECT exposure.*, judged.verdict, judged.deadline_not_after AS deadline
  FROM ${securitySql} exposure
  LEFT JOIN (SELECT verdicts.* FROM verdicts JOIN policies USING (policy) WHERE policies.is_primary) judged
    ON judged.host_id = exposure.host_id AND judged.incarnation = exposure.incarnation AND judged.fix_id = exposure.fix_id AND judged.spell = exposure.spell
)`;

/** What a host lacks or cannot prove, worst first: exploited, then the longest open. */
export const missingOrder = 'exploited = 0, opened_not_after, source, fix_id, spell';
export const endedOrder =
  'coalesce(effective_not_after, installed_not_after, exited_not_after) DESC, source, fix_id, spell';
export const missingStatuses = sqlTexts(['open', 'installed-not-effective', 'installed-effect-unknown']);

export const fixLinesSql = `
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
  ORDER BY kind NOT IN ('security', 'security-unlisted'), exploited * open_hosts DESC, open_hosts DESC, not_effective_hosts DESC, unknown_hosts DESC, published_not_after DESC, fix_id`;

export const coveredSql = `
  SELECT release, feed, from_at, to_at FROM covered
  WHERE release IN (SELECT hosts.release FROM hosts WHERE listed_now)
  ORDER BY release, from_at, feed`;

export const disagreementsSql = `
  SELECT kind, cause, count(DISTINCT fix_id) AS fixes, count(DISTINCT host_id) AS hosts,
    list_slice(list(DISTINCT host_id ORDER BY host_id), 1, 8) AS some_hosts
  FROM disagreements GROUP BY kind, cause ORDER BY kind, hosts DESC, cause`;

/** Fixes that some host of the inventory lacks or lacked, worst first. */
export async function askFixLines(ask: Ask): Promise<FixLine[]> {
  return ask<FixLine>(fixLinesSql);
}

/** Spells that the page of a fix shows, at most. */
const spellsShown = 200;

/** Exposures to some fixes, by fix: those not over first, and how many there are. */
export async function askFixExposures(
  ask: Ask,
  fixIds: readonly string[],
): Promise<Map<string, FixExposures>> {
  if (fixIds.length === 0) return new Map();
  const order = `status NOT IN (${missingStatuses}), host_id, incarnation, spell`;
  const rows = await ask<Exposure & { total_rows: number }>(
    `SELECT *, count(*) OVER (PARTITION BY fix_id) AS total_rows FROM ${exposuresSql} WHERE fix_id IN (${sqlTexts(fixIds)})
     QUALIFY row_number() OVER (PARTITION BY fix_id ORDER BY ${order}) <= ${spellsShown} ORDER BY fix_id, ${order}`,
  );
  const byFix = Map.groupBy(rows, ({ fix_id }) => fix_id);
  return new Map([...byFix].map(([id, spells]) => [id, { total: spells[0]?.total_rows ?? 0, rows: spells }]));
}

/** The first spells of a fix, and how many there are. */
export interface FixExposures {
  total: number;
  rows: Exposure[];
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

/** What is known of fixes at all. */
export interface Covered {
  /** Releases that hosts run. */
  releases: string[];
  spans: CoveredSpan[];
  /** Until when the tracker, which alone names weaknesses without a fix, is known; null when none is loaded. */
  tracker_at: string | null;
}

/** Covered times of the releases that hosts run, and every such release. */
export async function askCovered(ask: Ask): Promise<Covered> {
  const releases = await ask<{ release: string }>(
    'SELECT DISTINCT release FROM hosts WHERE release IS NOT NULL AND listed_now ORDER BY release',
  );
  const spans = await ask<CoveredSpan>(coveredSql);
  const [tracker] = await ask<{ current_at: string | null }>(
    "SELECT current_at FROM feeds WHERE feed = 'debian-tracker' AND current_at IS NOT NULL",
  );
  return {
    releases: releases.map(({ release }) => release),
    spans,
    tracker_at: tracker?.current_at ?? null,
  };
}

/** How often advisories and the hosts' own offers disagree, by kind and cause. */
export interface DisagreementLine {
  kind: 'fixed-but-not-offered' | 'offered-but-in-no-feed';
  cause: string;
  fixes: number;
  hosts: number;
  /** Some of the hosts, by name. */
  some_hosts: string[];
}

export async function askDisagreements(ask: Ask): Promise<DisagreementLine[]> {
  return ask<DisagreementLine>(disagreementsSql);
}
