/** What each policy says: its rules, its headline, and what stands behind it. */
import { sqlText } from '#data/ledger/database.ts';
import type { Ask } from './open.ts';

/** A policy with its headline. */
export interface PolicyLine {
  policy: string;
  title: string;
  source_text: string;
  source_url: string | null;
  clock: 'published' | 'available' | 'first-observed' | 'evaluated' | 'from-introduction';
  effectiveness: 'effective' | 'effective-or-unknown' | 'installed';
  unrated: string;
  reopened: 'keep' | 'restart';
  zone: string;
  is_primary: boolean;
  /** Deadlines of the last 30 days that were met, and what they are of. */
  met_recently: number;
  judged: number;
  due_recently: number;
  overdue_longer: number;
  unknown: number;
  overdue: number;
  not_provable: number;
  due: number;
  excepted: number;
  hosts: number;
  hosts_clean: number;
  hosts_overdue: number;
  hosts_unread: number;
  hosts_not_provable: number;
  hosts_unsupported: number;
}

export interface PolicyRule {
  policy: string;
  place: number;
  rule: string;
  allowed_count: number;
  allowed_unit: 'hours' | 'days' | 'months';
}

/** A fix that a policy is not satisfied with on some host, or that is due. */
export interface PolicyFix {
  fix_id: string;
  source: string;
  fixed_version: string;
  rule: string | null;
  deciding_cve: string | null;
  deadline: string | null;
  overdue: number;
  not_provable: number;
  unknown: number;
  due: number;
  excepted: number;
  owners: string[];
}

export interface PolicyHost {
  host_id: string;
  owner: string | null;
  standing: 'unsupported' | 'overdue' | 'unread' | 'not-provable' | 'clean';
  overdue: number;
  not_provable: number;
  unknown: number;
  due: number;
  excepted: number;
  next_deadline: string | null;
}

export interface PolicyStory {
  rules: PolicyRule[];
  fixes: { total: number; rows: PolicyFix[] };
  hosts: { total: number; rows: PolicyHost[] };
}

export interface ExceptionLine {
  exception: string;
  standing: 'to-come' | 'in-force' | 'expired' | 'taken-out';
  counts_from: string;
  counts_until: string;
  back_dated: boolean;
  self_approved: boolean;
  reason: string;
  compensating_control: string;
  requested_by: string;
  approver: string;
  evidence: string | null;
  hosts: number;
  fixes: number;
  /** Overdue exposures over which it stands, per policy. */
  covers: { policy: string; exposures: number }[];
}

/** Hosts of one owner under the primary policy; null where nobody is named. */
export interface OwnerLine {
  owner: string | null;
  hosts: number;
  hosts_clean: number;
  hosts_unread: number;
  overdue: number;
  overdue_exploited: number;
  not_provable: number;
  due: number;
  excepted: number;
}

/** What one policy says of one host. */
export interface HostPolicy extends Omit<PolicyHost, 'owner'> {
  policy: string;
  title: string;
  is_primary: boolean;
}

/** The headline of the primary policy in one week; null where nothing was recorded then. */
export interface TrendWeek {
  week: string;
  point_at: string | null;
  then_met: number | null;
  then_judged: number | null;
  then_hosts: number | null;
  then_hosts_clean: number | null;
  now_met: number;
  now_judged: number;
  /** Before the first run: told by logs alone. */
  retrospective: boolean;
}

/** Rows of a list on a page at most; the downloads have all. */
const mostShown = 200;

export const policiesSql = `
  SELECT * FROM policies JOIN policy_figures USING (policy)
  ORDER BY is_primary DESC, policy`;

export const policyTrendSql = `
  SELECT policy_trend.* EXCLUDE (policy) REPLACE (strftime(week, '%Y-%m-%d') AS week)
  FROM policy_trend JOIN policies USING (policy) WHERE is_primary ORDER BY week`;

export const policyRulesSql = `
  SELECT policy, place, rule, allowed_count, allowed_unit FROM policy_rules ORDER BY policy, place`;

export const policyFixesSql = `
  SELECT
    verdicts.policy, verdicts.fix_id, fixes.source, fixes.fixed_version,
    any_value(verdicts.rule ORDER BY verdicts.rule) AS rule, any_value(verdicts.deciding_cve ORDER BY verdicts.deciding_cve) AS deciding_cve,
    min(verdicts.deadline_not_after) AS deadline,
    count(*) FILTER (WHERE verdict = 'missed') AS overdue,
    count(*) FILTER (WHERE verdict = 'not-provable') AS not_provable,
    count(*) FILTER (WHERE verdict = 'unknown') AS unknown,
    count(*) FILTER (WHERE verdict = 'due') AS due,
    count(*) FILTER (WHERE verdict = 'excepted') AS excepted,
    list(DISTINCT coalesce(hosts.owner, '') ORDER BY coalesce(hosts.owner, '')) AS owners
  FROM verdicts JOIN fixes USING (fix_id) JOIN hosts USING (host_id, incarnation)
  WHERE hosts.listed_now AND (verdicts.lasting OR verdicts.verdict = 'unknown')
  GROUP BY verdicts.policy, verdicts.fix_id, fixes.source, fixes.fixed_version
  ORDER BY policy, overdue DESC, not_provable DESC, deadline NULLS LAST, fix_id`;

export const policyHostsSql = `
  SELECT policy_hosts.*, hosts.owner
  FROM policy_hosts JOIN hosts USING (host_id)
  WHERE policy_hosts.standing <> 'clean' OR policy_hosts.due > 0
  ORDER BY policy, list_position(['unsupported', 'overdue', 'not-provable', 'unread', 'clean'], policy_hosts.standing), overdue DESC, next_deadline NULLS LAST, host_id`;

export const ownersSql = `
  WITH exploited AS (
    SELECT verdicts.host_id, count(*) AS overdue
    FROM verdicts JOIN policies USING (policy)
    WHERE is_primary AND verdict = 'missed' AND lasting AND fix_id IN (SELECT fix_id FROM fix_cves WHERE known_exploited)
    GROUP BY ALL
  )
  SELECT
    hosts.owner, count(*) AS hosts,
    count(*) FILTER (WHERE judged.standing = 'clean') AS hosts_clean,
    count(*) FILTER (WHERE hosts.standing <> 'read') AS hosts_unread,
    sum(judged.overdue)::BIGINT AS overdue, coalesce(sum(exploited.overdue), 0)::BIGINT AS overdue_exploited,
    sum(judged.not_provable)::BIGINT AS not_provable, sum(judged.due)::BIGINT AS due, sum(judged.excepted)::BIGINT AS excepted
  FROM policy_hosts judged JOIN policies USING (policy) JOIN hosts USING (host_id)
  LEFT JOIN exploited ON exploited.host_id = hosts.host_id
  WHERE policies.is_primary
  GROUP BY hosts.owner
  ORDER BY overdue DESC, not_provable DESC, hosts DESC, owner`;

/** For a host's page: a row for each policy. */
export const hostPoliciesSql = `(
  SELECT policy_hosts.*, policies.title, policies.is_primary FROM policy_hosts JOIN policies USING (policy)
)`;

export const exceptionsSql = `
  SELECT
    exceptions.*,
    (SELECT count(*) FROM exception_hosts JOIN hosts USING (host_id) WHERE exception_hosts.version = exceptions.version AND hosts.listed_now) AS hosts,
    (SELECT count(*) FROM exception_fixes WHERE exception_fixes.version = exceptions.version) AS fixes
  FROM exceptions
  ORDER BY list_position(['in-force', 'to-come', 'expired', 'taken-out'], standing), counts_until, version`;

export const coversSql = `
  SELECT exception, policy, count(*) AS exposures FROM verdicts WHERE verdict = 'excepted' AND lasting GROUP BY ALL ORDER BY exception, policy`;

/** Policies in force with their headlines, the primary one first. */
export function askPolicies(ask: Ask): Promise<PolicyLine[]> {
  return ask<PolicyLine>(policiesSql);
}

/** The headline of the primary policy week by week, oldest first. */
export function askPolicyTrend(ask: Ask): Promise<TrendWeek[]> {
  return ask<TrendWeek>(policyTrendSql);
}

export async function askPolicyStory(ask: Ask, policy: string): Promise<PolicyStory> {
  const ofPolicy = `policy = ${sqlText(policy)}`;
  return {
    rules: await ask<PolicyRule>(`FROM (${policyRulesSql}) WHERE ${ofPolicy} ORDER BY place`),
    fixes: await askSome<PolicyFix>(ask, policyFixesSql, ofPolicy),
    hosts: await askSome<PolicyHost>(ask, policyHostsSql, ofPolicy),
  };
}

/** The first rows of an ordered list, and how many there are. */
async function askSome<T>(ask: Ask, sql: string, where: string): Promise<{ total: number; rows: T[] }> {
  const [count] = await ask<{ total: number }>(`SELECT count(*) AS total FROM (${sql}) WHERE ${where}`);
  return { total: count?.total ?? 0, rows: await ask<T>(`FROM (${sql}) WHERE ${where} LIMIT ${mostShown}`) };
}

/** Owners under the primary policy, most overdue first; none without such a policy. */
export function askOwners(ask: Ask): Promise<OwnerLine[]> {
  return ask<OwnerLine>(ownersSql);
}

export async function askExceptions(ask: Ask): Promise<ExceptionLine[]> {
  const covers = Map.groupBy(
    await ask<{ exception: string; policy: string; exposures: number }>(coversSql),
    ({ exception }) => exception,
  );
  const lines = await ask<Omit<ExceptionLine, 'covers'>>(exceptionsSql);
  return lines.map((line) => ({ ...line, covers: covers.get(line.exception) ?? [] }));
}
