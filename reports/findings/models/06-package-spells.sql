-- Kernels of rpm hosts stand beside each other in several versions: the newest is what the host has of the package.
CREATE OR REPLACE TABLE newest_packages AS
SELECT state_packages.*, families.ecosystem, ranks.rank
FROM state_packages
JOIN (SELECT host_id, max(ecosystem) AS ecosystem FROM scans GROUP BY host_id) families USING (host_id)
LEFT JOIN version_ranks ranks ON ranks.ecosystem = families.ecosystem AND ranks.version = state_packages.version
QUALIFY row_number() OVER (PARTITION BY host_id, digest, package, architecture ORDER BY ranks.rank DESC NULLS LAST, state_packages.version DESC) = 1
ORDER BY host_id, digest, package, architecture;

-- A package spell is the time during which a host had one version of a package in one state.
-- It begins between the last complete reading without it and the first reading with it; with no
-- reading before, the beginning is not known (late entry). The package manager's own log narrows
-- both ends. A reading that was not complete never ends a spell.
CREATE OR REPLACE TABLE package_spells AS
WITH present AS (
  SELECT
    seen.host_id, seen.incarnation, package, architecture, version, state, source_package, source_version,
    seen.stretch, seen.first_at, seen.last_at, seen.complete_before, seen.complete_through,
    min(installed_at) OVER (PARTITION BY seen.host_id, seen.incarnation, package, architecture, version, state) AS installed_at
  FROM observations seen
  JOIN newest_packages USING (host_id, digest)
  WHERE seen.subject = 'packages'
),
islands AS (
  SELECT *, coalesce(complete_before > lag(complete_through) OVER timeline, true) AS begins
  FROM present
  WINDOW timeline AS (PARTITION BY host_id, incarnation, package, architecture, version, state ORDER BY stretch)
),
numbered AS (
  SELECT *, count(*) FILTER (WHERE begins)
    OVER (PARTITION BY host_id, incarnation, package, architecture, version, state ORDER BY stretch) AS island
  FROM islands
),
spells AS (
  SELECT
    host_id, incarnation, package, architecture, version, state, island,
    any_value(source_package) AS source_package, any_value(source_version) AS source_version,
    min(first_at) AS first_seen_at, max(last_at) AS last_seen_at, min(installed_at) AS installed_at,
    min(stretch) AS first_stretch, max(stretch) AS last_stretch
  FROM numbered
  GROUP BY host_id, incarnation, package, architecture, version, state, island
),
bounded AS (
  SELECT
    spells.*,
    before.last_at AS absent_before_at,
    after.first_at AS absent_after_at
  FROM spells
  ASOF LEFT JOIN (SELECT * FROM observations WHERE subject = 'packages' AND status = 'complete') before
    ON before.host_id = spells.host_id AND before.incarnation = spells.incarnation AND before.stretch < spells.first_stretch
  ASOF LEFT JOIN (SELECT * FROM observations WHERE subject = 'packages' AND status = 'complete') after
    ON after.host_id = spells.host_id AND after.incarnation = spells.incarnation AND after.stretch > spells.last_stretch
)
SELECT
  bounded.host_id, bounded.incarnation, bounded.package, bounded.architecture, version, source_package, source_version, state,
  first_seen_at, last_seen_at,
  coalesce(logged.not_before, absent_before_at, CASE WHEN state = 'installed' THEN installed_at END) AS began_not_before,
  coalesce(logged.not_after, CASE WHEN absent_before_at IS NULL AND state = 'installed' THEN installed_at END, first_seen_at) AS began_not_after,
  CASE
    WHEN logged.not_before IS NOT NULL THEN 'package-manager-log'
    WHEN absent_before_at IS NOT NULL THEN 'between-scans'
    WHEN state = 'installed' AND installed_at IS NOT NULL THEN 'package-database'
    ELSE 'late-entry'
  END AS began_evidence,
  absent_after_at IS NULL AS current,
  CASE WHEN absent_after_at IS NOT NULL THEN last_seen_at END AS ended_not_before,
  absent_after_at AS ended_not_after
FROM bounded
-- The last line of the log before it was first seen dates its beginning, if that line is what brought it.
ASOF LEFT JOIN (
  FROM install_events WHERE action <> 'purge'
  QUALIFY row_number() OVER (PARTITION BY host_id, incarnation, package, architecture, not_before ORDER BY local_time DESC, new_version NULLS LAST) = 1
) event
  ON event.host_id = bounded.host_id AND event.incarnation = bounded.incarnation AND event.package = bounded.package
  AND event.architecture = bounded.architecture AND event.not_before <= bounded.first_seen_at
LEFT JOIN LATERAL (
  SELECT event.not_before, event.not_after
  WHERE bounded.state = 'installed' AND event.new_version = bounded.version
    AND event.not_after >= coalesce(bounded.absent_before_at, event.not_after)
) logged ON true
ORDER BY ALL;

COMMENT ON TABLE package_spells IS 'Packages over time: one row for each version a host had, with bounds and evidence.';
COMMENT ON COLUMN package_spells.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN package_spells.state IS 'State in the package database.';
COMMENT ON COLUMN package_spells.first_seen_at IS 'First scan that saw it (UTC).';
COMMENT ON COLUMN package_spells.last_seen_at IS 'Last scan that saw it (UTC).';
COMMENT ON COLUMN package_spells.began_not_before IS 'Earliest instant at which it can have begun; null when nothing bounds it.';
COMMENT ON COLUMN package_spells.began_not_after IS 'Latest instant at which it can have begun.';
COMMENT ON COLUMN package_spells.began_evidence IS 'package-manager-log, package-database, between-scans or late-entry.';
COMMENT ON COLUMN package_spells.current IS 'Whether no later complete reading was without it.';
COMMENT ON COLUMN package_spells.ended_not_before IS 'Last scan that saw it, once it ended.';
COMMENT ON COLUMN package_spells.ended_not_after IS 'First complete reading without it.';
