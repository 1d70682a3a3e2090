-- Dated events from the package manager's own log, cross-checked with the other log where a family
-- has two. The bounds come from the host's zone and the measured clock, not from the scans.
-- apt's history writes one time for a whole transaction, so it confirms an event when its
-- transaction started at most a day before and names the same package and version.
CREATE OR REPLACE TABLE install_events AS
SELECT
  event.host_id, coalesce(scan.incarnation, 1) AS incarnation, event.log, event.local_time, event.not_before, event.not_after, event.action,
  event.package, event.architecture, event.old_version, event.new_version, event.completed,
  event.recorded_at,
  coalesce(event.not_after < scan.born_at, false) AS of_image,
  confirmed.host_id IS NOT NULL AS confirmed,
  coalesce(confirmed.command, event.command) AS command
FROM fact_events event
LEFT JOIN scans scan USING (host_id, collector, sequence)
LEFT JOIN (
  SELECT host_id, package, architecture, coalesce(new_version, old_version) AS version, min(not_before) AS not_before, max(not_after) AS not_after,
    max(command) AS command, local_time
  FROM fact_events
  WHERE log = 'apt-history'
  GROUP BY ALL
) confirmed
  ON confirmed.host_id = event.host_id AND confirmed.package = event.package
  -- apt's history names a package for every architecture by the host's own one.
  AND (confirmed.architecture = event.architecture OR event.architecture = 'all')
  AND confirmed.version = coalesce(event.new_version, event.old_version)
  AND event.not_before BETWEEN confirmed.not_before - INTERVAL 1 SECOND AND confirmed.not_after + INTERVAL 1 DAY
-- apt's own history only confirms what dpkg's log says; every other family has one log.
WHERE event.log <> 'apt-history'
QUALIFY row_number() OVER (
  PARTITION BY event.host_id, event.local_time, event.package, event.architecture, event.action, event.old_version, event.new_version
  ORDER BY event.completed DESC NULLS LAST, confirmed.local_time DESC NULLS LAST
) = 1
ORDER BY event.host_id, event.not_before, event.package, event.architecture, event.action, event.new_version, event.old_version;

COMMENT ON TABLE install_events IS 'Installs, upgrades and removals that the host''s own log dates.';
COMMENT ON COLUMN install_events.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN install_events.of_image IS 'Whether it is older than the machine: it happened to the image that the machine was made from.';
COMMENT ON COLUMN install_events.recorded_at IS 'When the record first learned of it (UTC).';
COMMENT ON COLUMN install_events.confirmed IS 'Whether apt''s history names the same change.';
COMMENT ON COLUMN install_events.command IS 'Command line, where a log of the package manager names it.';
