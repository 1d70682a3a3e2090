-- Weaknesses without a fix: a host has a source package that a CVE is open in, and no version takes it away.
-- A row lasts from when the tracker was first seen to list it and the package was there, until a fix is
-- published (then it is linked to it), the package goes, or the tracker drops it.
CREATE OR REPLACE TABLE unfixed AS
WITH steps AS (
  SELECT release, source_package AS source, cve, changed_at, bool_or(present) AS listed
  FROM feed_cve_statuses WHERE status = 'open'
  GROUP BY ALL
),
turns AS (
  FROM steps
  WINDOW timeline AS (PARTITION BY release, source, cve ORDER BY changed_at)
  QUALIFY listed IS DISTINCT FROM lag(listed) OVER timeline
),
listings AS (
  SELECT release, source, cve, changed_at AS listed_at, lead(changed_at) OVER timeline AS dropped_at, listed
  FROM turns
  WINDOW timeline AS (PARTITION BY release, source, cve ORDER BY changed_at)
),
words AS (
  SELECT release, source_package AS source, cve, arg_max(urgency, changed_at) AS urgency, arg_max(no_advisory_reason, changed_at) AS no_advisory_reason
  FROM feed_cve_statuses WHERE status = 'open' AND present
  GROUP BY ALL
),
first_fixes AS (
  SELECT fixes.release, fixes.source, fix_cves.cve, arg_min(fixes.fix_id, fixes.rank) AS fix_id
  FROM fixes JOIN fix_cves USING (fix_id)
  WHERE fixes.withdrawn_at IS NULL
  GROUP BY ALL
),
marked AS (
  SELECT *, coalesce(began_not_after > max(coalesce(ended_not_after, TIMESTAMP '9999-01-01')) OVER earlier, true) AS begins
  FROM spans WHERE kind <> 'running'
  WINDOW earlier AS (PARTITION BY host_id, incarnation, source ORDER BY began_not_after, part, version ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
stays AS (
  SELECT host_id, incarnation, source, stay,
    CASE WHEN count(*) FILTER (WHERE began_not_before IS NULL) = 0 THEN min(began_not_before) END AS came_not_before, min(began_not_after) AS came_not_after,
    CASE WHEN count(*) FILTER (WHERE ended_not_after IS NULL) = 0 THEN max(ended_not_before) END AS went_not_before,
    CASE WHEN count(*) FILTER (WHERE ended_not_after IS NULL) = 0 THEN max(ended_not_after) END AS went_not_after
  FROM (SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY host_id, incarnation, source ORDER BY began_not_after, part, version) AS stay FROM marked)
  GROUP BY ALL
),
met AS (
  SELECT stays.*, listing.release, listing.cve, listing.listed_at, listing.dropped_at,
    fixes.fix_id, fixes.published_not_before, fixes.published_not_after
  FROM stays
  JOIN host_releases releases USING (host_id, incarnation)
  JOIN listings listing ON listing.listed AND listing.release = releases.release AND listing.source = stays.source
  LEFT JOIN first_fixes first_fix ON first_fix.release = listing.release AND first_fix.source = stays.source AND first_fix.cve = listing.cve
  LEFT JOIN fixes USING (fix_id)
  -- They were there together, and no fix was out yet.
  WHERE (stays.went_not_after IS NULL OR stays.went_not_after > listing.listed_at)
    AND (listing.dropped_at IS NULL OR listing.dropped_at > stays.came_not_after)
    AND (fixes.published_not_after IS NULL OR fixes.published_not_after > greatest(listing.listed_at, stays.came_not_after))
)
SELECT
  met.host_id, met.incarnation, met.release, met.source, met.cve,
  row_number() OVER (PARTITION BY met.host_id, met.incarnation, met.release, met.source, met.cve ORDER BY greatest(met.listed_at, met.came_not_after), met.stay) AS spell,
  CASE
    WHEN met.went_not_after <= coalesce(met.published_not_after, met.went_not_after) THEN 'package-removed'
    WHEN met.fix_id IS NOT NULL THEN 'fix-published'
    WHEN later.started_at IS NOT NULL THEN 'host-rebuilt'
    WHEN gone.gone_after_at IS NOT NULL THEN 'host-retired'
    WHEN met.dropped_at IS NOT NULL THEN 'no-longer-listed'
    ELSE 'open'
  END AS status,
  met.came_not_before AS began_not_before,
  greatest(met.listed_at, met.came_not_after) AS began_not_after,
  CASE
    WHEN met.went_not_after <= coalesce(met.published_not_after, met.went_not_after) THEN met.went_not_before
    WHEN met.fix_id IS NOT NULL THEN met.published_not_before
    ELSE gone.gone_not_before
  END AS ended_not_before,
  CASE
    WHEN met.went_not_after <= coalesce(met.published_not_after, met.went_not_after) THEN met.went_not_after
    WHEN met.fix_id IS NOT NULL THEN met.published_not_after
    ELSE coalesce(later.started_at, gone.gone_after_at, met.dropped_at)
  END AS ended_not_after,
  met.fix_id, words.urgency, words.no_advisory_reason,
  exploited.cve IS NOT NULL AS known_exploited
FROM met
LEFT JOIN words USING (release, source, cve)
LEFT JOIN (FROM feed_exploited_cves QUALIFY row_number() OVER (PARTITION BY cve ORDER BY changed_at DESC, present DESC) = 1 AND present) exploited USING (cve)
LEFT JOIN (SELECT host_id, incarnation - 1 AS incarnation, min(happened_at) AS started_at FROM scans GROUP BY ALL) later USING (host_id, incarnation)
LEFT JOIN retired_hosts gone USING (host_id)
ORDER BY met.host_id, met.incarnation, met.source, met.cve, spell;

COMMENT ON TABLE unfixed IS 'CVEs that are open in source packages of hosts while no fix is published, in spells; known only where the tracker is loaded.';
COMMENT ON COLUMN unfixed.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN unfixed.release IS 'Release whose package it is.';
COMMENT ON COLUMN unfixed.source IS 'Source package.';
COMMENT ON COLUMN unfixed.spell IS 'Number of the spell.';
COMMENT ON COLUMN unfixed.status IS 'open, fix-published (see fix_id), package-removed, no-longer-listed, host-rebuilt or host-retired.';
COMMENT ON COLUMN unfixed.began_not_before IS 'Earliest arrival of the package; null when nothing bounds it. When the CVE became known is not in the tracker.';
COMMENT ON COLUMN unfixed.began_not_after IS 'When the tracker was first seen to list it and the package was there.';
COMMENT ON COLUMN unfixed.ended_not_before IS 'Earliest instant of its end; null when nothing bounds it.';
COMMENT ON COLUMN unfixed.ended_not_after IS 'Latest instant of its end.';
COMMENT ON COLUMN unfixed.fix_id IS 'The fix that came of it.';
COMMENT ON COLUMN unfixed.known_exploited IS 'Whether the KEV catalogue in force lists it.';
