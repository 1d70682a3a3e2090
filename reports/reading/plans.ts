/** The plans of hosts, what was left out of them, and what became of them. */
import { fixesSql } from './exposures.ts';
import type { Ask } from './open.ts';

export type Outcome =
  | 'not-observed'
  | 'regressed'
  | 'verified'
  | 'installed-not-effective'
  | 'installed-effect-unknown'
  | 'exited'
  | 'failed'
  | 'still-missing';

/** The last plan of a host. */
export interface PlanLine {
  host_id: string;
  owner: string | null;
  plan: string;
  planned_at: string;
  as_of: string;
  expires_at: string;
  /** Whether it had expired as of the page. */
  expired: boolean;
  script_sha256: string;
  download_bytes: number | null;
  fixes: number;
  exploited: number;
  /** Packages that it brings to another version, and new ones. */
  upgrades: number;
  new_packages: number;
  left_alone: number;
  approvals: string[];
  outcome: Outcome | 'partly-applied' | 'superseded';
  verified: number;
}

/** Missing fixes that the last planning left out, by reason. */
export interface OmissionLine {
  reason: string;
  detail: string | null;
  fixes: number;
  hosts: number;
  host_ids: string[];
}

/** One plan and what became of it. */
export interface PlanOutcomeLine {
  host_id: string;
  plan: string;
  planned_at: string;
  replaced_at: string | null;
  outcome: PlanLine['outcome'];
  fixes: number;
  verified: number;
  by_plan: number;
  /** What the script said of its last run; a claim. */
  result_state: string | null;
  result_reason: string | null;
  exit_status: number | null;
  run_started_at: string | null;
}

/** What became of one planned fix. */
export interface OutcomeLine {
  host_id: string;
  fix_id: string;
  source: string;
  fixed_version: string;
  advisories: string[];
  cves: number;
  exploited: number;
  /** The approval that let it in. */
  approval: string;
  outcome: Outcome;
  detail: string | null;
  planned_at: string;
  observed_at: string | null;
  exit_status: number | null;
  run_started_at: string | null;
}

/** One package of the last plan of a host. */
export interface PlannedChange {
  package: string;
  architecture: string;
  old_version: string | null;
  new_version: string;
  wanted: boolean;
}

/** Rows of a list on a page at most; the downloads have all. */
const mostShown = 200;

/** For a host's page and the list: the last plan of each host. */
export const planLinesSql = `(
  SELECT
    plans.host_id, hosts.owner, plans.plan, plans.planned_at, plans.as_of, plans.expires_at, plans.expires_at <= as_of.instant AS expired,
    plans.script_sha256, plans.download_bytes, became.fixes, became.outcome, became.verified,
    (SELECT count(*) FROM plan_fixes fix WHERE fix.host_id = plans.host_id AND fix.plan = plans.plan AND fix.fix_id IN (SELECT fix_id FROM fix_cves WHERE known_exploited)) AS exploited,
    (SELECT count(*) FROM plan_changes change WHERE change.host_id = plans.host_id AND change.plan = plans.plan AND change.old_version IS NOT NULL) AS upgrades,
    (SELECT count(*) FROM plan_changes change WHERE change.host_id = plans.host_id AND change.plan = plans.plan AND change.old_version IS NULL) AS new_packages,
    (SELECT count(*) FROM plan_left_alone kept WHERE kept.host_id = plans.host_id AND kept.plan = plans.plan) AS left_alone,
    (SELECT list_sort(list(DISTINCT concat(fix.approval, ': ', fix.approver, ', ', fix.approved_when))) FROM plan_fixes fix WHERE fix.host_id = plans.host_id AND fix.plan = plans.plan) AS approvals
  FROM plans JOIN plan_outcomes became USING (host_id, plan) JOIN hosts USING (host_id) CROSS JOIN as_of
  WHERE plans.replaced_at IS NULL
)`;

const planOrder = 'exploited DESC, fixes DESC, host_id';
export const plansSql = `FROM ${planLinesSql} ORDER BY ${planOrder}`;

export const omissionsSql = `
  SELECT
    reason, CASE WHEN reason = 'awaiting-approval' THEN detail END AS detail, count(*) AS fixes, count(DISTINCT host_id) AS hosts,
    list(DISTINCT host_id ORDER BY host_id)[:3] AS host_ids
  FROM plan_omissions JOIN hosts USING (host_id) WHERE listed_now
  GROUP BY ALL
  ORDER BY fixes DESC, reason, detail`;

export const planOutcomesSql = `
  SELECT
    became.*, script_results.reason AS result_reason,
    (SELECT count(*) FROM outcomes own WHERE own.host_id = became.host_id AND own.plan = became.plan AND own.outcome = 'verified' AND own.detail = 'by-plan') AS by_plan
  FROM plan_outcomes became
  LEFT JOIN script_results ON script_results.host_id = became.host_id AND script_results.plan = became.plan AND script_results.started_at = became.run_started_at
  ORDER BY became.planned_at DESC, became.host_id`;

/** Planned fixes of plans that were not replaced before anyone ran them. A fix may be one that feeds forgot. */
const judgedOutcomesSql = `(
  SELECT
    own.host_id, own.plan, own.fix_id, own.outcome, own.detail, own.planned_at, own.replaced_at, own.observed_at, own.exit_status, own.run_started_at,
    coalesce(fix.source, planned.source) AS source, coalesce(fix.fixed_version, '') AS fixed_version, coalesce(fix.advisories, []) AS advisories,
    coalesce(fix.cves, 0) AS cves, coalesce(fix.exploited, 0) AS exploited, planned.approval
  FROM outcomes own
  JOIN plan_outcomes became USING (host_id, plan)
  JOIN plan_fixes planned USING (host_id, plan, fix_id)
  LEFT JOIN (${fixesSql}) fix USING (fix_id)
  WHERE became.outcome <> 'superseded'
)`;

export const outcomeCountsSql = `SELECT outcome, detail, count(*) AS fixes, count(DISTINCT host_id) AS hosts FROM ${judgedOutcomesSql} WHERE replaced_at IS NULL
GROUP BY ALL ORDER BY fixes DESC, outcome, detail`;

export const outcomeOrder = `list_position(['regressed', 'failed', 'still-missing', 'installed-not-effective', 'installed-effect-unknown', 'not-observed', 'exited', 'verified'], outcome), exploited DESC, host_id, fix_id`;

/** Of the last plans: what did not come out as planned. */
export const troubledSql = `FROM ${judgedOutcomesSql} WHERE replaced_at IS NULL AND outcome NOT IN ('verified', 'exited', 'not-observed')
ORDER BY ${outcomeOrder}`;

/** For a host's page. */
export const hostOutcomesSql = `(FROM ${judgedOutcomesSql} WHERE replaced_at IS NULL)`;
export const hostChangesSql = `(
  SELECT change.* FROM plan_changes change JOIN plans USING (host_id, plan) WHERE plans.replaced_at IS NULL
)`;

export interface Scripts {
  plans: PlanLine[];
  omissions: OmissionLine[];
}

export interface OutcomeCount {
  outcome: Outcome;
  detail: string | null;
  fixes: number;
  hosts: number;
}

export interface Verification {
  counts: OutcomeCount[];
  troubled: { total: number; rows: OutcomeLine[] };
  plans: { total: number; rows: PlanOutcomeLine[] };
}

/** The last plan of each host, and what the last planning left out. */
export async function askScripts(ask: Ask): Promise<Scripts> {
  return { plans: await ask<PlanLine>(plansSql), omissions: await ask<OmissionLine>(omissionsSql) };
}

/** What became of plans, by the state of the hosts. */
export async function askVerification(ask: Ask): Promise<Verification> {
  return {
    counts: await ask<OutcomeCount>(outcomeCountsSql),
    troubled: first(await ask<OutcomeLine>(troubledSql)),
    plans: first(await ask<PlanOutcomeLine>(planOutcomesSql)),
  };
}

function first<T>(rows: T[]): { total: number; rows: T[] } {
  return { total: rows.length, rows: rows.slice(0, mostShown) };
}
