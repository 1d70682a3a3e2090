/** How long fixes take, what came and went week by week, and how old that is which is missing. */
import { patchLatency } from '../statistics/patch-latency.ts';
import type { FollowedSpell, Latency } from '../statistics/patch-latency.ts';
import type { Ask } from './open.ts';

export interface Trends {
  latency: LatencyGroup[];
  /** Spells that enter no curve, because nothing bounds when their fix was published. */
  undated: number;
  weeks: ExposureWeek[];
  ages: AgeBand[];
}

/** The curves of one group of fixes: until they were installed, and until they were in effect. */
export interface LatencyGroup {
  group: 'exploited' | 'other';
  installed: Latency;
  effective: Latency;
}

/** One week, Monday to Sunday UTC: opening + arrived + found + reopened − fixed − exited = closing. */
export interface ExposureWeek {
  week: string;
  /** Whether the week was over before the first reading. */
  retrospective: boolean;
  opening: number;
  arrived: number;
  found: number;
  reopened: number;
  fixed: number;
  exited: number;
  closing: number;
  closing_exploited: number;
  host_days: number;
  host_days_confirmed: number;
}

/** Missing security fixes by days since publication; `to_days` is null for no limit. */
export interface AgeBand {
  from_days: number;
  to_days: number | null;
  missing: number;
  missing_exploited: number;
  fixes: number;
  hosts: number;
}

/** Days at which the curves are read off: every day of the first month, then ever farther apart. */
const latencyGrid: readonly number[] = [
  ...steps(0, 30, 1),
  ...steps(35, 90, 5),
  ...steps(100, 360, 10),
  ...steps(390, 1080, 30),
];

export async function askTrends(ask: Ask): Promise<Trends> {
  const spells = await ask<FollowedRow>(followedSql);
  const [undated] = await ask<{ spells: number }>(undatedSql);
  return {
    latency: [latencyGroup('exploited', spells), latencyGroup('other', spells)],
    undated: undated?.spells ?? 0,
    weeks: await ask<ExposureWeek>(exposureWeeksSql),
    ages: await ask<AgeBand>(agesSql),
  };
}

function latencyGroup(group: LatencyGroup['group'], rows: FollowedRow[]): LatencyGroup {
  const members = rows.filter((row) => row.known_exploited === (group === 'exploited'));
  return {
    group,
    installed: patchLatency(
      members.map((row) => spellOf(row, row.installed_not_before_days, row.installed_not_after_days)),
      latencyGrid,
    ),
    effective: patchLatency(
      members.map((row) => spellOf(row, row.effective_not_before_days, row.effective_not_after_days)),
      latencyGrid,
    ),
  };
}

function spellOf(row: FollowedRow, notBefore: number, notAfter: number | null): FollowedSpell {
  return {
    entryDays: row.entry_days,
    doneNotBeforeDays: notAfter === null ? null : notBefore,
    doneNotAfterDays: notAfter,
    followedDays: row.followed_days,
    cluster: row.fix_id,
  };
}

function steps(from: number, to: number, by: number): number[] {
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by);
}

interface FollowedRow {
  fix_id: string;
  known_exploited: boolean;
  entry_days: number;
  installed_not_before_days: number;
  installed_not_after_days: number | null;
  effective_not_before_days: number;
  effective_not_after_days: number | null;
  followed_days: number;
}

export const followedSql = `
  SELECT fix_id, known_exploited, entry_days, installed_not_before_days, installed_not_after_days,
    effective_not_before_days, effective_not_after_days, followed_days
  FROM followed WHERE published_not_before IS NOT NULL
  ORDER BY fix_id, host_id, incarnation`;

export const undatedSql = 'SELECT count(*) AS spells FROM followed WHERE published_not_before IS NULL';

export const exposureWeeksSql = `
  SELECT strftime(week, '%Y-%m-%d') AS week, * EXCLUDE (week, until) FROM exposure_weeks ORDER BY week`;

export const agesSql = 'SELECT * EXCLUDE (place) FROM missing_by_age ORDER BY place';
