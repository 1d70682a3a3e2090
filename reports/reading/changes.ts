/** What changed since the run before: each list with its full count and its first rows. */
import type { Ask } from './open.ts';

export interface Changes {
  previous_started_at: string;
  latest_started_at: string;
  /** Under the primary policy: passed its deadline since, and what was overdue and came in. */
  newly_overdue: Sample<ChangedPackage>;
  overdue_done: Sample<ChangedPackage>;
  installs: Sample<ChangedPackage>;
  new_updates: Sample<ChangedPackage>;
  ended_updates: Sample<ChangedPackage>;
  newly_unread: Sample<ChangedHost>;
  newly_read: Sample<ChangedHost>;
}

/** The first rows of a list and how long it is. */
export interface Sample<T> {
  total: number;
  rows: T[];
}

export interface ChangedPackage {
  host_id: string;
  package: string;
  /** Action of the log, reason not applied, or how the spell ended. */
  what: string;
  old_version: string | null;
  new_version: string | null;
  security: boolean | null;
  happened_at: string;
}

export interface ChangedHost {
  host_id: string;
  status: string;
  reason: string | null;
}

const sampleSize = 8;

/** @returns null when no collector has two runs yet: there is nothing to compare with */
export async function askChanges(ask: Ask): Promise<Changes | null> {
  const [span] = await ask<{ previous_started_at: string | null; latest_started_at: string | null }>(
    `${lastTwoRuns} SELECT min(previous_started_at) AS previous_started_at, max(started_at) AS latest_started_at FROM pairs`,
  );
  if (span === undefined || span.previous_started_at === null || span.latest_started_at === null) return null;
  return {
    previous_started_at: span.previous_started_at,
    latest_started_at: span.latest_started_at,
    newly_overdue: await sample(ask, changesSql.newlyOverdue),
    overdue_done: await sample(ask, changesSql.overdueDone),
    installs: await sample(ask, changesSql.installs),
    new_updates: await sample(ask, changesSql.newUpdates),
    ended_updates: await sample(ask, changesSql.endedUpdates),
    newly_unread: await sample(ask, changesSql.newlyUnread),
    newly_read: await sample(ask, changesSql.newlyRead),
  };
}

async function sample<T>(ask: Ask, sql: string): Promise<Sample<T>> {
  const rows = await ask<T & { total: number }>(`${sql} LIMIT ${sampleSize}`);
  return { total: rows[0]?.total ?? 0, rows };
}

// The latest run of each collector with the one before it, and the hosts that it covers.
const lastTwoRuns = `
  WITH pairs AS (
    SELECT
      collector, sequence, started_at, recorded_at,
      lag(sequence) OVER (PARTITION BY collector ORDER BY sequence) AS previous_sequence,
      lag(started_at) OVER (PARTITION BY collector ORDER BY sequence) AS previous_started_at
    FROM runs
    WHERE kind = 'scan'
    QUALIFY row_number() OVER (PARTITION BY collector ORDER BY sequence DESC) = 1 AND previous_sequence IS NOT NULL
  ),
  covered AS (
    SELECT DISTINCT host_id, pairs.* FROM scans JOIN pairs USING (collector, sequence)
  )`;

// The order of the columns is the order of the rows (ORDER BY ALL): by host, then package.
const installsSql = `
  SELECT host_id, package, action AS what, old_version, new_version, NULL::BOOLEAN AS security, not_after AS happened_at
  FROM install_events JOIN covered USING (host_id, recorded_at)
  WHERE not_after >= previous_started_at`;

const newUpdatesSql = `
  SELECT host_id, package, coalesce(reason, status) AS what, installed_version AS old_version, last_target_version AS new_version,
    security, opened_not_after AS happened_at
  FROM update_spells JOIN covered USING (host_id)
  WHERE opened_not_after >= started_at AND opened_not_before IS NOT NULL`;

// Confirmed at the run before or after it, and ended since.
const endedUpdatesSql = `
  SELECT host_id, package, status AS what, installed_version AS old_version, coalesce(closed_version, last_target_version) AS new_version,
    security, closed_not_after AS happened_at
  FROM update_spells JOIN covered USING (host_id)
  WHERE status <> 'open' AND last_confirmed_at >= previous_started_at`;

function judgedSql(condition: string): string {
  return `
    SELECT host_id, fixes.source AS package, coalesce(rule, verdict) AS what, NULL::VARCHAR AS old_version, fixes.fixed_version AS new_version,
      true AS security, deadline_not_after AS happened_at
    FROM verdicts JOIN policies USING (policy) JOIN fixes USING (fix_id) JOIN covered USING (host_id)
    WHERE is_primary AND ${condition}`;
}

function turnedSql(condition: string): string {
  return `
    SELECT now.host_id, now.status, now.reason
    FROM covered
    JOIN scans now ON now.host_id = covered.host_id AND now.collector = covered.collector AND now.sequence = covered.sequence
    JOIN scans before ON before.host_id = covered.host_id AND before.collector = covered.collector AND before.sequence = covered.previous_sequence
    WHERE ${condition}`;
}

/** Each list whole: the rows with their total, in order. */
export const changesSql = {
  newlyOverdue: inOrder(
    judgedSql(
      "verdict IN ('missed', 'not-provable') AND lasting AND deadline_not_after > previous_started_at AND deadline_not_after <= started_at",
    ),
  ),
  overdueDone: inOrder(
    judgedSql("verdict = 'missed' AND NOT lasting AND done_not_after > previous_started_at"),
  ),
  installs: inOrder(installsSql),
  newUpdates: inOrder(newUpdatesSql),
  endedUpdates: inOrder(endedUpdatesSql),
  newlyUnread: inOrder(turnedSql('before.was_read AND NOT now.was_read')),
  newlyRead: inOrder(turnedSql('now.was_read AND NOT before.was_read')),
};

function inOrder(sql: string): string {
  return `${lastTwoRuns} SELECT *, count(*) OVER () AS total FROM (${sql}) ORDER BY ALL`;
}
