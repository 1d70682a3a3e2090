-- A host is a member of the population: in the latest inventory of its collector, or retired from it.
-- Its standing says what its figures are worth: 'read' when the last attempt read packages and updates
-- completely, and they are fresh; 'partly-read' when something that the figures rest on was read only in
-- part; 'stale' when the last attempt failed or the last reading is older than max_scan_age_hours;
-- 'never-read' when no attempt has ever read it; 'retired' when it is no longer in the inventory.
-- Package lists are fresh when the host is known to have refreshed them within that age: lists of unknown age are
-- not, and neither are those of the future, which nobody can have (an hour is left for a refresh during the scan).
CREATE OR REPLACE TABLE hosts AS
WITH latest_run AS (
  SELECT collector, max(sequence) AS sequence FROM fact_entries WHERE kind IN ('scan', 'import') GROUP BY collector
),
listed AS (
  SELECT member.*, member.sequence = latest_run.sequence AS listed_now
  FROM fact_population member
  JOIN latest_run USING (collector)
  QUALIFY row_number() OVER (PARTITION BY host_id ORDER BY member.sequence = latest_run.sequence DESC, recorded_at DESC, collector) = 1
),
first_listed AS (
  SELECT host_id, min(recorded_at) AS listed_since FROM fact_population GROUP BY host_id
),
last_attempt AS (
  SELECT * FROM scans QUALIFY row_number() OVER (PARTITION BY host_id ORDER BY started_at DESC, recorded_at DESC, collector) = 1
),
last_read AS (
  SELECT * FROM scans WHERE was_read
  QUALIFY row_number() OVER (PARTITION BY host_id ORDER BY happened_at DESC, recorded_at DESC, collector) = 1
),
-- The first of the attempts that have all failed since the host was last read.
failing AS (
  SELECT scan.host_id, min(scan.started_at) AS failing_since, count(*) AS failed_scans
  FROM scans scan LEFT JOIN last_read ON last_read.host_id = scan.host_id
  WHERE NOT scan.was_read AND (last_read.host_id IS NULL OR scan.started_at > last_read.started_at)
  GROUP BY scan.host_id
),
judging AS (
  SELECT
    last_read.host_id,
    bool_and(reading.status = 'complete') FILTER (WHERE reading.subject IN ('packages', 'updates')) AS complete,
    max(reading.status) FILTER (WHERE reading.subject = 'packages') AS packages_reading,
    max(reading.status) FILTER (WHERE reading.subject = 'updates') AS updates_reading
  FROM last_read JOIN fact_readings reading USING (host_id, collector, sequence)
  GROUP BY last_read.host_id
)
SELECT
  listed.host_id, listed.listed_now, listed.address, listed.port, listed.login, listed.transport, listed.owner, listed.groups,
  listed.environment, listed.ring, listed.criticality, listed.internet_exposed, listed.tags, listed.command,
  CASE
    WHEN NOT listed.listed_now THEN 'retired'
    WHEN last_read.host_id IS NULL THEN 'never-read'
    WHEN NOT last_attempt.was_read OR last_read.happened_at < as_of.instant - to_hours(as_of.max_scan_age_hours) THEN 'stale'
    WHEN NOT coalesce(judging.complete, false) THEN 'partly-read'
    ELSE 'read'
  END AS standing,
  first_listed.listed_since,
  last_attempt.started_at AS last_attempt_at,
  last_attempt.status AS last_status,
  last_attempt.stage AS last_stage,
  last_attempt.attempts AS last_attempts,
  last_attempt.reason AS last_reason,
  last_attempt.next_step AS last_next_step,
  failing.failing_since,
  coalesce(failing.failed_scans, 0) AS failed_scans,
  last_read.happened_at AS last_read_at,
  last_read.transport AS last_read_transport,
  last_read.collector AS last_read_collector,
  last_read.sequence AS last_read_sequence,
  last_read.incarnation, last_read.ecosystem, last_read.hostname, last_read.os_id, last_read.os_version, last_read.os_codename, last_read.os_name, coalesce(last_read.release, last_read.os_codename) AS release,
  last_read.architecture, last_read.virtualization, last_read.kernel_release, last_read.booted_at, last_read.time_zone,
  last_read.clock_offset_ms, last_read.clock_uncertainty_ms, last_read.scan_user, last_read.is_root,
  last_read.processes_total, last_read.processes_read, last_read.reboot_required, last_read.reboot_packages,
  last_read.package_cache, last_read.lists_checked_at,
  coalesce(last_read.lists_checked_at BETWEEN as_of.instant - to_hours(as_of.max_scan_age_hours) AND last_read.happened_at + INTERVAL 1 HOUR, false) AS lists_fresh,
  coalesce(judging.packages_reading, 'unread') AS packages_reading,
  coalesce(judging.updates_reading, 'unread') AS updates_reading
FROM listed
CROSS JOIN as_of
JOIN first_listed USING (host_id)
LEFT JOIN last_attempt USING (host_id)
LEFT JOIN last_read USING (host_id)
LEFT JOIN failing USING (host_id)
LEFT JOIN judging USING (host_id)
ORDER BY host_id;

COMMENT ON TABLE hosts IS 'Every host of the population with what was last known of it, and what that is worth.';
COMMENT ON COLUMN hosts.listed_now IS 'Whether it is in the latest inventory.';
COMMENT ON COLUMN hosts.standing IS 'read, partly-read, stale, never-read or retired.';
COMMENT ON COLUMN hosts.last_attempt_at IS 'When a run last tried it (UTC).';
COMMENT ON COLUMN hosts.last_status IS 'How that ended.';
COMMENT ON COLUMN hosts.last_stage IS 'How far it came: connect, banner, key-exchange, login, session or probe.';
COMMENT ON COLUMN hosts.last_attempts IS 'Attempts at the host in that run.';
COMMENT ON COLUMN hosts.failing_since IS 'First run since the last reading that could not read it (UTC); null when the last attempt read it.';
COMMENT ON COLUMN hosts.failed_scans IS 'Runs since then that could not read it.';
COMMENT ON COLUMN hosts.last_reason IS 'Why it was not ok.';
COMMENT ON COLUMN hosts.last_next_step IS 'What to do about it.';
COMMENT ON COLUMN hosts.last_read_at IS 'When it was last read, wholly or partly (UTC).';
COMMENT ON COLUMN hosts.last_read_transport IS 'How that answer came: bundle for one that was brought by hand.';
COMMENT ON COLUMN hosts.last_read_collector IS 'Chain of the run that last read it.';
COMMENT ON COLUMN hosts.last_read_sequence IS 'Number of that run in its chain.';
COMMENT ON COLUMN hosts.release IS 'Release as advisories speak of it.';
COMMENT ON COLUMN hosts.listed_since IS 'First run whose inventory named it (UTC).';
COMMENT ON COLUMN hosts.lists_fresh IS 'Whether its package lists were refreshed within the greatest age of a scan: only then do they prove what is not on offer.';
COMMENT ON COLUMN hosts.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN hosts.packages_reading IS 'How completely packages were read then.';
COMMENT ON COLUMN hosts.updates_reading IS 'How completely updates were read then.';
