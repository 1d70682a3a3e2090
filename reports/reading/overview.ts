/** The figures of the leadership page. Each carries its denominator and how many could not be read. */
import type { ReasonNotApplied } from '#data/model/words.ts';
import { worstFirst } from './open.ts';
import type { Ask } from './open.ts';
import { askChanges } from './changes.ts';
import type { Changes } from './changes.ts';
import type { HostLine } from './hosts.ts';

export interface Overview {
  figures: Figures;
  reasons: ReasonLine[];
  changes: Changes | null;
  weeks: Week[];
  /** Hosts of the population whose log dates anything, of how many. */
  logged_hosts: number;
  worst: HostLine[];
}

/** Counts of hosts of the latest inventory, and of updates on offer to them. */
export interface Figures {
  hosts: number;
  /** Hosts whose updates were read, wholly or partly, at their last reading. */
  hosts_updates_known: number;
  hosts_updates_unread: number;
  hosts_security_pending: number;
  /** Read completely and fresh, with fresh package lists, and nothing on offer. */
  hosts_none_on_offer: number;
  // Of the hosts whose updates are known, those that may lack more; a host counts in one of the three.
  hosts_stale: number;
  hosts_partly_read: number;
  /** Read completely and lately, but from package lists that were old or of unknown age. */
  hosts_lists_old: number;
  hosts_reboot_required: number;
  hosts_reboot_unknown: number;
  updates: number;
  security_updates: number;
  unclear_updates: number;
}

export interface ReasonLine {
  reason: ReasonNotApplied;
  updates: number;
  security_updates: number;
  unclear_updates: number;
  hosts: number;
}

/** One week, Monday to Sunday UTC, of the hosts' own logs. */
export interface Week {
  week: string;
  upgrades: number;
  installs: number;
  /** Hosts whose log reaches back to that week. */
  hosts_logged: number;
}

export async function askOverview(ask: Ask): Promise<Overview> {
  const [figures] = await ask<Figures>(figuresSql);
  const [logged] = await ask<{ hosts: number }>(loggedSql);
  if (figures === undefined || logged === undefined) throw new Error('an aggregate without a row');
  return {
    figures,
    reasons: await ask<ReasonLine>(reasonsSql),
    changes: await askChanges(ask),
    weeks: await ask<Week>(weeksSql),
    logged_hosts: logged.hosts,
    worst: await ask<HostLine>(`SELECT * FROM host_lines WHERE listed_now ORDER BY ${worstFirst} LIMIT 10`),
  };
}

const figuresSql = `
  SELECT
    count(*) AS hosts,
    count(updates) AS hosts_updates_known,
    count(*) - count(updates) AS hosts_updates_unread,
    count(*) FILTER (WHERE security_updates > 0) AS hosts_security_pending,
    count(*) FILTER (WHERE verdict = 'none-on-offer') AS hosts_none_on_offer,
    count(*) FILTER (WHERE updates IS NOT NULL AND standing = 'stale') AS hosts_stale,
    count(*) FILTER (WHERE updates IS NOT NULL AND standing = 'partly-read') AS hosts_partly_read,
    count(*) FILTER (WHERE updates IS NOT NULL AND standing = 'read' AND NOT lists_fresh) AS hosts_lists_old,
    count(*) FILTER (WHERE reboot_required) AS hosts_reboot_required,
    count(*) FILTER (WHERE reboot_required IS NULL) AS hosts_reboot_unknown,
    coalesce(sum(updates), 0)::BIGINT AS updates,
    coalesce(sum(security_updates), 0)::BIGINT AS security_updates,
    coalesce(sum(unclear_updates), 0)::BIGINT AS unclear_updates
  FROM host_lines WHERE listed_now`;

const reasonsSql = `
  SELECT
    reason, count(*) AS updates, count(*) FILTER (WHERE security) AS security_updates,
    count(*) FILTER (WHERE security IS NULL) AS unclear_updates, count(DISTINCT host_id) AS hosts
  FROM offers JOIN hosts USING (host_id)
  WHERE listed_now AND on_offer
  GROUP BY reason
  ORDER BY updates DESC, reason`;

const loggedSql = `
  SELECT count(DISTINCT host_id) AS hosts FROM install_events JOIN hosts USING (host_id) WHERE listed_now`;

const weeksSql = `
  WITH weeks AS (
    SELECT unnest(generate_series(date_trunc('week', instant) - INTERVAL 25 WEEK, date_trunc('week', instant)::TIMESTAMP, INTERVAL 1 WEEK)) AS week
    FROM as_of
  ),
  logged AS (
    SELECT host_id, date_trunc('week', min(not_before)) AS first_week
    FROM install_events JOIN hosts USING (host_id) WHERE listed_now GROUP BY host_id
  ),
  counted AS (
    SELECT date_trunc('week', not_before) AS week,
      count(*) FILTER (WHERE action = 'upgrade') AS upgrades, count(*) FILTER (WHERE action = 'install') AS installs
    FROM install_events JOIN hosts USING (host_id) WHERE listed_now GROUP BY ALL
  )
  SELECT
    strftime(weeks.week, '%Y-%m-%d') AS week, coalesce(any_value(upgrades), 0) AS upgrades, coalesce(any_value(installs), 0) AS installs,
    count(logged.host_id) AS hosts_logged
  FROM weeks
  LEFT JOIN counted ON counted.week = weeks.week
  LEFT JOIN logged ON logged.first_week <= weeks.week
  GROUP BY weeks.week
  ORDER BY weeks.week`;
