-- One line a host, and what it is offered: what lists and a host's own page both show, so that they agree.
-- What is on offer beyond what is installed, and beside it what would come along (new packages, removals). A
-- row without an open spell (a retired host, versions without an order) is on offer all the same.
CREATE OR REPLACE VIEW offers AS
SELECT
  *,
  available_not_after IS NOT NULL OR (installed_version IS NOT NULL AND action IN ('upgrade', 'none')) AS on_offer
FROM current_updates;

-- The last spell of each host and security fix.
CREATE OR REPLACE VIEW latest_exposures AS
SELECT
  exposures.*, fixes.source, fixes.release, fixes.kind, fixes.published_not_before, fixes.published_not_after,
  coalesce(exploited.known_exploited, false) AS known_exploited
FROM exposures
JOIN fixes USING (fix_id)
LEFT JOIN (SELECT fix_id, bool_or(known_exploited) AS known_exploited FROM fix_cves GROUP BY fix_id) exploited USING (fix_id)
WHERE fixes.kind IN ('security', 'security-unlisted')
QUALIFY row_number() OVER (PARTITION BY host_id, fix_id ORDER BY exposures.incarnation DESC, spell DESC) = 1;

-- Where updates were not read their number is null: unknown, not zero. Old package lists make "nothing else
-- is offered" unknown, and feeds that are old or silent on a release make "nothing else is fixed" unknown
-- (semantics 4 and 1), so both keep a host out of 'none-on-offer'.
CREATE OR REPLACE VIEW host_lines AS
WITH pending AS (
  SELECT
    host_id,
    count(*) AS updates,
    count(*) FILTER (WHERE security) AS security_updates,
    count(*) FILTER (WHERE security IS NULL) AS unclear_updates,
    min(available_not_after) AS oldest_seen_at,
    min(available_not_after) FILTER (WHERE security) AS oldest_security_seen_at
  FROM offers
  WHERE on_offer
  GROUP BY host_id
),
lacking AS (
  SELECT
    host_id,
    count(*) FILTER (WHERE status = 'open') AS missing_fixes,
    count(*) FILTER (WHERE status = 'open' AND known_exploited) AS exploited_fixes,
    count(*) FILTER (WHERE status = 'installed-not-effective') AS not_effective_fixes,
    count(*) FILTER (WHERE status = 'installed-effect-unknown') AS effect_unknown_fixes,
    min(coalesce(published_not_before, published_not_after)) FILTER (WHERE status = 'open') AS oldest_missing_at
  FROM latest_exposures
  GROUP BY host_id
),
unseen AS (
  SELECT host_id, count(*) AS unseen_fixes
  FROM unseen_fixes JOIN fixes USING (fix_id)
  WHERE fixes.kind IN ('security', 'security-unlisted')
  GROUP BY host_id
),
past_support AS (
  SELECT host_id, incarnation, min(began_not_before) AS unsupported_since
  FROM unsupported WHERE status = 'open' AND source IS NULL GROUP BY ALL
),
-- Releases of which it is known what was fixed until now, or nearly.
current_releases AS (
  SELECT DISTINCT release FROM covered CROSS JOIN as_of WHERE to_at >= instant - to_hours(max_scan_age_hours)
),
figures AS (
  SELECT
    hosts.host_id, hosts.listed_now, hosts.standing, hosts.owner, hosts.environment, hosts.os_name, hosts.os_id, hosts.os_version, hosts.hostname,
    hosts.last_read_at, hosts.last_attempt_at, hosts.last_status, hosts.reboot_required, hosts.lists_checked_at,
    hosts.updates_reading,
    CASE WHEN hosts.updates_reading <> 'unread' THEN coalesce(pending.updates, 0) END AS updates,
    CASE WHEN hosts.updates_reading <> 'unread' THEN coalesce(pending.security_updates, 0) END AS security_updates,
    CASE WHEN hosts.updates_reading <> 'unread' THEN coalesce(pending.unclear_updates, 0) END AS unclear_updates,
    pending.oldest_seen_at, pending.oldest_security_seen_at,
    hosts.lists_fresh,
    CASE WHEN hosts.packages_reading <> 'unread' THEN coalesce(lacking.missing_fixes, 0) END AS missing_fixes,
    CASE WHEN hosts.packages_reading <> 'unread' THEN coalesce(lacking.exploited_fixes, 0) END AS exploited_fixes,
    CASE WHEN hosts.packages_reading <> 'unread' THEN coalesce(lacking.not_effective_fixes, 0) END AS not_effective_fixes,
    CASE WHEN hosts.packages_reading <> 'unread' THEN coalesce(lacking.effect_unknown_fixes, 0) END AS effect_unknown_fixes,
    lacking.oldest_missing_at,
    coalesce(unseen.unseen_fixes, 0) AS unseen_fixes,
    past_support.unsupported_since,
    hosts.release IS NOT NULL AND hosts.release IN (SELECT release FROM current_releases) AS advisories_current
  FROM hosts CROSS JOIN as_of
  LEFT JOIN pending USING (host_id)
  LEFT JOIN lacking USING (host_id)
  LEFT JOIN unseen USING (host_id)
  LEFT JOIN past_support ON past_support.host_id = hosts.host_id AND past_support.incarnation = hosts.incarnation
)
SELECT
  *,
  CASE
    WHEN unsupported_since IS NOT NULL THEN 'unsupported'
    WHEN security_updates > 0 OR missing_fixes > 0 THEN 'security-pending'
    WHEN not_effective_fixes > 0 THEN 'not-effective'
    WHEN updates IS NULL THEN 'updates-unread'
    WHEN standing = 'stale' THEN 'stale'
    WHEN standing = 'partly-read' THEN 'partly-read'
    WHEN unclear_updates > 0 THEN 'unclear-pending'
    WHEN updates > 0 THEN 'updates-pending'
    WHEN NOT lists_fresh THEN 'lists-old'
    WHEN effect_unknown_fixes > 0 THEN 'effect-unknown'
    WHEN unseen_fixes > 0 THEN 'fixes-unseen'
    WHEN NOT advisories_current THEN 'advisories-old'
    ELSE 'none-on-offer'
  END AS verdict
FROM figures;
