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
  /** Hosts past the end of their release's support, longest first. */
  unsupported: UnsupportedHost[];
  /** Fixes of CVEs known to be exploited that some host lacks. */
  exploited: ExploitedFix[];
}

export interface UnsupportedHost {
  host_id: string;
  owner: string | null;
  os_name: string | null;
  unsupported_since: string;
}

/** A fix that should have gone in first, and whose hosts lack it. */
export interface ExploitedFix {
  fix_id: string;
  source: string;
  fixed_version: string;
  hosts: number;
  owners: string[];
  cves: string[];
  listed_not_before: string | null;
  published_not_before: string | null;
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
  /** Read completely, lately and from fresh lists, but the advisories for its release are not known until now. */
  hosts_advisories_old: number;
  /** Read completely, lately and from fresh lists, and a fix was published since then. */
  hosts_fixes_unseen: number;
  hosts_unsupported: number;
  hosts_not_effective: number;
  /** Pairs of host and security fix that is missing. */
  missing_fixes: number;
  exploited_fixes: number;
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
    unsupported: await ask<UnsupportedHost>(unsupportedSql),
    exploited: await ask<ExploitedFix>(exploitedSql),
  };
}

export const figuresSql = `
  SELECT
    count(*) AS hosts,
    count(updates) AS hosts_updates_known,
    count(*) - count(updates) AS hosts_updates_unread,
    count(*) FILTER (WHERE security_updates > 0 OR missing_fixes > 0) AS hosts_security_pending,
    count(*) FILTER (WHERE verdict = 'none-on-offer') AS hosts_none_on_offer,
    count(*) FILTER (WHERE updates IS NOT NULL AND standing = 'stale') AS hosts_stale,
    count(*) FILTER (WHERE updates IS NOT NULL AND standing = 'partly-read') AS hosts_partly_read,
    count(*) FILTER (WHERE updates IS NOT NULL AND standing = 'read' AND NOT lists_fresh) AS hosts_lists_old,
    count(*) FILTER (WHERE updates IS NOT NULL AND standing = 'read' AND lists_fresh AND NOT advisories_current) AS hosts_advisories_old,
    count(*) FILTER (WHERE updates IS NOT NULL AND standing = 'read' AND lists_fresh AND advisories_current AND unseen_fixes > 0) AS hosts_fixes_unseen,
    count(*) FILTER (WHERE unsupported_since IS NOT NULL) AS hosts_unsupported,
    count(*) FILTER (WHERE not_effective_fixes > 0) AS hosts_not_effective,
    coalesce(sum(missing_fixes), 0)::BIGINT AS missing_fixes,
    coalesce(sum(exploited_fixes), 0)::BIGINT AS exploited_fixes,
    count(*) FILTER (WHERE reboot_required) AS hosts_reboot_required,
    count(*) FILTER (WHERE reboot_required IS NULL) AS hosts_reboot_unknown,
    coalesce(sum(updates), 0)::BIGINT AS updates,
    coalesce(sum(security_updates), 0)::BIGINT AS security_updates,
    coalesce(sum(unclear_updates), 0)::BIGINT AS unclear_updates
  FROM host_lines WHERE listed_now`;

export const unsupportedSql = `
  SELECT host_id, owner, os_name, unsupported_since
  FROM host_lines WHERE listed_now AND unsupported_since IS NOT NULL
  ORDER BY unsupported_since, host_id`;

export const exploitedSql = `
  WITH named AS (
    SELECT fix_id, list(cve ORDER BY cve) AS cves, min(listed_not_before) AS listed_not_before
    FROM fix_cves WHERE known_exploited GROUP BY fix_id
  )
  SELECT
    latest.fix_id, fixes.source, fixes.fixed_version, count(*) AS hosts,
    list(DISTINCT coalesce(hosts.owner, '') ORDER BY coalesce(hosts.owner, '')) AS owners,
    any_value(named.cves) AS cves, any_value(named.listed_not_before) AS listed_not_before,
    any_value(fixes.published_not_before) AS published_not_before
  FROM latest_exposures latest
  JOIN fixes USING (fix_id) JOIN named USING (fix_id) JOIN hosts USING (host_id)
  WHERE latest.status = 'open' AND hosts.listed_now
  GROUP BY ALL
  ORDER BY hosts DESC, published_not_before, fix_id`;

export const reasonsSql = `
  SELECT
    reason, count(*) AS updates, count(*) FILTER (WHERE security) AS security_updates,
    count(*) FILTER (WHERE security IS NULL) AS unclear_updates, count(DISTINCT host_id) AS hosts
  FROM offers JOIN hosts USING (host_id)
  WHERE listed_now AND on_offer
  GROUP BY reason
  ORDER BY updates DESC, reason`;

export const loggedSql = `
  SELECT count(DISTINCT host_id) AS hosts FROM install_events JOIN hosts USING (host_id) WHERE listed_now`;

export const weeksSql = `
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
