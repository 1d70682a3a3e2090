-- What a host had of each package over time: from its own log and from the scans. The log tells of changes
-- that no scan saw, also before the first scan; a scan is right wherever the two disagree. Each row is one
-- version from one change to the next; `version` is null while the package was not there.
CREATE OR REPLACE TABLE package_timeline AS
WITH beside_logs AS (SELECT unnest(['dnf', 'dnf5', 'yum', 'zypp']) AS log),
rpm_events AS (
  SELECT event.*, family.ecosystem, old.rank AS old_rank, new.rank AS new_rank
  FROM install_events event
  JOIN (SELECT host_id, incarnation, max(ecosystem) AS ecosystem FROM scans GROUP BY ALL) family USING (host_id, incarnation)
  LEFT JOIN version_ranks old ON old.ecosystem = family.ecosystem AND old.version = event.old_version
  LEFT JOIN version_ranks new ON new.ecosystem = family.ecosystem AND new.version = event.new_version
  WHERE event.log IN (FROM beside_logs)
),
-- What an install brought, and when it went again.
brought AS (
  SELECT came.host_id, came.incarnation, came.package, came.architecture, came.not_before, came.new_rank AS rank, min(went.not_before) AS went_at
  FROM rpm_events came
  LEFT JOIN rpm_events went
    ON went.host_id = came.host_id AND went.incarnation = came.incarnation AND went.package = came.package AND went.architecture = came.architecture
    AND went.old_version = came.new_version AND went.not_before >= came.not_before
  WHERE came.action = 'install'
  GROUP BY ALL
),
-- rpm installs kernels beside each other, and the oldest is taken away in the end: the package is still there where a
-- newer version of it came before and did not go, by the log or by what scans saw.
gone_beside AS (
  SELECT DISTINCT gone.host_id, gone.incarnation, gone.package, gone.architecture, gone.log, gone.local_time, gone.old_version
  FROM rpm_events gone
  LEFT JOIN brought
    ON brought.host_id = gone.host_id AND brought.incarnation = gone.incarnation AND brought.package = gone.package AND brought.architecture = gone.architecture
    AND brought.rank > gone.old_rank AND brought.not_before <= gone.not_after AND coalesce(brought.went_at > gone.not_after, true)
  LEFT JOIN (
    SELECT spell.*, ranks.ecosystem, ranks.rank
    FROM package_spells spell JOIN version_ranks ranks USING (version)
    WHERE spell.package IN (SELECT package FROM rpm_events WHERE action = 'remove')
  ) seen
    ON seen.host_id = gone.host_id AND seen.incarnation = gone.incarnation AND seen.package = gone.package AND seen.architecture = gone.architecture
    AND seen.ecosystem = gone.ecosystem AND seen.rank > gone.old_rank AND seen.began_not_after <= gone.not_after AND coalesce(seen.ended_not_after > gone.not_after, true)
  WHERE gone.action = 'remove' AND (brought.host_id IS NOT NULL OR seen.host_id IS NOT NULL)
),
logged AS (
  SELECT
    host_id, incarnation, package, architecture, not_before, not_after, action, log,
    CASE WHEN action IN ('remove', 'purge', 'disappear') THEN NULL ELSE new_version END AS version,
    -- What the line says was there before. An install may name the build whose settings were left over, and a
    -- purge may come long after the removal: they say nothing of that kind, or that nothing was there.
    CASE WHEN action NOT IN ('install', 'purge') THEN old_version END AS version_before
  FROM install_events
  ANTI JOIN gone_beside USING (host_id, incarnation, package, architecture, log, local_time, old_version)
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
    AND scan.happened_at > logged.not_after AND scan.happened_at <= present.last_seen_at
  WHERE logged.not_before >= present.first_seen_at AND logged.not_after <= present.last_seen_at
    AND logged.version IS DISTINCT FROM present.version
  GROUP BY ALL
),
whole_readings AS (
  SELECT scans.host_id, scans.incarnation, scans.happened_at AS read_at
  FROM scans JOIN fact_readings reading USING (host_id, collector, sequence)
  WHERE reading.subject = 'packages' AND reading.status = 'complete'
),
-- The last whole reading before a line of the log: a change that the line speaks of and nobody saw came after it.
read_before AS (
  SELECT logged.*, read.read_at AS last_at
  FROM logged ASOF LEFT JOIN whole_readings read
    ON read.host_id = logged.host_id AND read.incarnation = logged.incarnation AND read.read_at <= logged.not_before
  -- An install says nothing of what was there where it may have come beside it.
  WHERE logged.action <> 'purge' AND NOT (logged.action = 'install' AND logged.log IN (FROM beside_logs))
),
-- An install that the log tells of, and of which the next whole reading saw nothing.
gone_again AS (
  SELECT logged.host_id, logged.incarnation, logged.package, logged.architecture, read.read_at, max(logged.not_before) AS changed_at
  FROM logged ASOF JOIN whole_readings read
    ON read.host_id = logged.host_id AND read.incarnation = logged.incarnation AND read.read_at > logged.not_after
  ANTI JOIN present
    ON present.host_id = logged.host_id AND present.incarnation = logged.incarnation AND present.package = logged.package
    AND present.architecture = logged.architecture AND read.read_at BETWEEN present.first_seen_at AND present.last_seen_at
  WHERE logged.version IS NOT NULL
  GROUP BY ALL
),
items AS (
  SELECT host_id, incarnation, package, architecture, not_before AS happened_at, 0 AS place, version, not_before, not_after, 'package-manager-log' AS evidence, NULL AS log_break
  FROM logged
  UNION ALL
  SELECT host_id, incarnation, package, architecture, not_before, -1, version_before, last_at, not_before, 'between-scans', 'skipped'
  FROM read_before
  UNION ALL
  SELECT
    host_id, incarnation, package, architecture, first_seen_at, 1, version,
    CASE WHEN began_evidence = 'package-manager-log' THEN NULL ELSE began_not_before END, coalesce(began_not_after, first_seen_at),
    CASE WHEN began_evidence = 'package-manager-log' THEN 'between-scans' ELSE began_evidence END, NULL
  FROM present
  UNION ALL
  SELECT host_id, incarnation, package, architecture, seen_at, 1, version, changed_at, seen_at, 'between-scans', 'unconfirmed'
  FROM again
  UNION ALL
  SELECT host_id, incarnation, package, architecture, read_at, 1, NULL, changed_at, read_at, 'between-scans', 'unconfirmed'
  FROM gone_again
  UNION ALL
  SELECT host_id, incarnation, package, architecture, ended_not_after, 1, NULL, ended_not_before, ended_not_after, 'between-scans', NULL
  FROM present gone
  WHERE ended_not_after IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM present next
    WHERE next.host_id = gone.host_id AND next.incarnation = gone.incarnation AND next.package = gone.package
      AND next.architecture = gone.architecture AND next.first_seen_at = gone.ended_not_after
  )
),
-- Only what differs from before is a change; what the first line of a log says was there has no known beginning.
changes AS (
  SELECT
    * REPLACE (
      CASE WHEN place = -1 AND row_number() OVER timeline = 1 AND not_before IS NULL THEN 'late-entry' ELSE evidence END AS evidence,
      CASE WHEN row_number() OVER timeline > 1 OR not_before IS NOT NULL THEN log_break END AS log_break
    ),
    lag(happened_at) OVER timeline AS changed_before_at
  FROM items
  WINDOW timeline AS (PARTITION BY host_id, incarnation, package, architecture ORDER BY happened_at, place, version NULLS LAST, log_break NULLS FIRST, not_before NULLS FIRST, evidence)
  QUALIFY CASE WHEN row_number() OVER timeline = 1 THEN version IS NOT NULL ELSE version IS DISTINCT FROM lag(version) OVER timeline END
),
bounded AS (
  SELECT
    host_id, incarnation, package, architecture, version, evidence, not_after, log_break,
    -- Between the change before and this one, and not before the last complete reading without it.
    CASE
      WHEN place = 0 OR coalesce(not_before, changed_before_at) IS NULL THEN not_before
      ELSE least(greatest(not_before, changed_before_at), not_after)
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
  log_break,
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
COMMENT ON COLUMN package_timeline.log_break IS 'How the log does not fit: skipped (lines before it are missing) or unconfirmed (the next scan saw what was there before); else null.';
COMMENT ON COLUMN package_timeline.current IS 'Whether no later change is known.';
