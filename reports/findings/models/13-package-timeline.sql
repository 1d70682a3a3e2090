-- What a host had of each package over time: from its own log and from the scans. The log tells of changes
-- that no scan saw, also before the first scan; a scan is right wherever the two disagree. Each row is one
-- version from one change to the next; `version` is null while the package was not there.
CREATE OR REPLACE TABLE package_timeline AS
WITH logged AS (
  SELECT
    host_id, incarnation, package, architecture, not_before, not_after, old_version,
    CASE WHEN action IN ('remove', 'purge', 'disappear') THEN NULL ELSE new_version END AS version
  FROM install_events
  WHERE completed IS DISTINCT FROM false
),
present AS (
  SELECT host_id, incarnation, package, architecture, version, first_seen_at, last_seen_at, ended_not_before, ended_not_after, began_not_before, began_not_after, began_evidence
  FROM package_spells
  WHERE state NOT IN ('config-files', 'not-installed')
),
-- A change that the log tells of and the next scan does not confirm: the scan that saw the old version again.
again AS (
  SELECT
    present.host_id, present.incarnation, present.package, present.architecture, present.version,
    logged.not_before AS changed_at, min(scan.happened_at) AS seen_at
  FROM present
  JOIN logged USING (host_id, incarnation, package, architecture)
  JOIN scans scan ON scan.host_id = present.host_id AND scan.incarnation = present.incarnation AND scan.was_read
    AND scan.happened_at >= logged.not_after AND scan.happened_at <= present.last_seen_at
  WHERE logged.not_before >= present.first_seen_at AND logged.not_after <= present.last_seen_at
    AND logged.version IS DISTINCT FROM present.version
  GROUP BY ALL
),
items AS (
  SELECT host_id, incarnation, package, architecture, not_before AS happened_at, 0 AS place, version, not_before, not_after, 'package-manager-log' AS evidence, old_version
  FROM logged
  UNION ALL
  SELECT
    host_id, incarnation, package, architecture, first_seen_at, 1, version,
    CASE WHEN began_evidence = 'package-manager-log' THEN NULL ELSE began_not_before END, coalesce(began_not_after, first_seen_at),
    CASE WHEN began_evidence = 'package-manager-log' THEN 'between-scans' ELSE began_evidence END, NULL
  FROM present
  UNION ALL
  SELECT host_id, incarnation, package, architecture, seen_at, 1, version, changed_at, seen_at, 'between-scans', NULL
  FROM again
  UNION ALL
  SELECT host_id, incarnation, package, architecture, ended_not_after, 1, NULL, ended_not_before, ended_not_after, 'between-scans', NULL
  FROM present gone
  WHERE ended_not_after IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM present next
    WHERE next.host_id = gone.host_id AND next.incarnation = gone.incarnation AND next.package = gone.package
      AND next.architecture = gone.architecture AND next.first_seen_at = gone.ended_not_after
  )
),
-- What was there before the first change that is known, where the log says what it changed.
opened AS (
  SELECT host_id, incarnation, package, architecture, happened_at, place, version, not_before, not_after, evidence FROM items
  UNION ALL
  SELECT host_id, incarnation, package, architecture, TIMESTAMP '0001-01-01', 0, old_version, NULL, happened_at, 'late-entry'
  FROM (FROM items QUALIFY row_number() OVER (PARTITION BY host_id, incarnation, package, architecture ORDER BY happened_at, place, version NULLS LAST) = 1)
  WHERE old_version IS NOT NULL
),
changes AS (
  SELECT *, lag(happened_at) OVER timeline AS changed_before_at
  FROM opened
  WINDOW timeline AS (PARTITION BY host_id, incarnation, package, architecture ORDER BY happened_at, place, version NULLS LAST)
  QUALIFY row_number() OVER timeline = 1 OR version IS DISTINCT FROM lag(version) OVER timeline
),
bounded AS (
  SELECT
    host_id, incarnation, package, architecture, version, evidence, not_after,
    -- Between the change before and this scan, and not before the last complete reading without it.
    CASE
      WHEN place = 0 OR coalesce(not_before, changed_before_at) IS NULL THEN not_before
      ELSE least(greatest(not_before, CASE WHEN changed_before_at > TIMESTAMP '0001-01-01' THEN changed_before_at END), not_after)
    END AS not_before,
    row_number() OVER timeline AS step,
    lead(happened_at) OVER timeline AS next_at
  FROM changes
  WINDOW timeline AS (PARTITION BY host_id, incarnation, package, architecture ORDER BY happened_at, place, version NULLS LAST)
)
SELECT
  host_id, incarnation, package, architecture, step, version,
  not_before AS began_not_before, not_after AS began_not_after, evidence AS began_evidence,
  lead(not_before) OVER timeline AS ended_not_before,
  lead(not_after) OVER timeline AS ended_not_after,
  lead(evidence) OVER timeline AS ended_evidence,
  lead(version) OVER timeline AS next_version,
  next_at IS NULL AS current
FROM bounded
WINDOW timeline AS (PARTITION BY host_id, incarnation, package, architecture ORDER BY step)
ORDER BY host_id, incarnation, package, architecture, step;

COMMENT ON TABLE package_timeline IS 'Versions of each package on each host over time, by its own log and by scans.';
COMMENT ON COLUMN package_timeline.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN package_timeline.step IS 'Number of the change for that host and package.';
COMMENT ON COLUMN package_timeline.version IS 'Binary version; null while the package was not installed.';
COMMENT ON COLUMN package_timeline.began_not_before IS 'Earliest instant of the change to it; null when nothing bounds it.';
COMMENT ON COLUMN package_timeline.began_not_after IS 'Latest instant of that change.';
COMMENT ON COLUMN package_timeline.began_evidence IS 'package-manager-log, package-database, between-scans or late-entry.';
COMMENT ON COLUMN package_timeline.ended_not_before IS 'Earliest instant of the next change.';
COMMENT ON COLUMN package_timeline.ended_not_after IS 'Latest instant of the next change.';
COMMENT ON COLUMN package_timeline.ended_evidence IS 'How that is known.';
COMMENT ON COLUMN package_timeline.next_version IS 'Version after that change.';
COMMENT ON COLUMN package_timeline.current IS 'Whether no later change is known.';
