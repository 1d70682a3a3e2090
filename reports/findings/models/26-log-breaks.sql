-- Where the package manager's own log cannot be the whole story, other than by the rotation of its oldest part:
-- the machine or its log was restored, lines were lost, or somebody altered them. Of the packages named here
-- dates rest on scans. 'skipped': a line speaks of a version that nothing brought; 'unconfirmed': the next scan
-- saw what was there before the line; 'silent': two scans saw a change that the log, which reaches back farther
-- and was read to its end, does not tell.
CREATE OR REPLACE TABLE log_breaks AS
WITH reach AS (
  SELECT host_id, incarnation, min(not_before) AS log_from_at FROM install_events GROUP BY ALL
),
read_logs AS (
  SELECT scans.host_id, scans.incarnation, scans.happened_at
  FROM scans JOIN fact_readings reading USING (host_id, collector, sequence)
  WHERE reading.subject = 'history' AND reading.status = 'complete'
)
SELECT
  host_id, incarnation, package, architecture, log_break AS kind, version,
  began_not_before AS not_before, began_not_after AS not_after
FROM package_timeline
WHERE log_break IS NOT NULL
UNION ALL
SELECT
  line.host_id, line.incarnation, line.package, line.architecture, 'silent', line.version, line.began_not_before, line.began_not_after
FROM package_timeline line
JOIN reach USING (host_id, incarnation)
JOIN read_logs ON read_logs.host_id = line.host_id AND read_logs.incarnation = line.incarnation AND read_logs.happened_at = line.began_not_after
WHERE line.log_break IS NULL AND line.began_evidence = 'between-scans' AND line.began_not_before > reach.log_from_at
ORDER BY ALL;

COMMENT ON TABLE log_breaks IS 'Changes of packages with which a host''s own log does not fit.';
COMMENT ON COLUMN log_breaks.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN log_breaks.kind IS 'skipped, unconfirmed or silent.';
COMMENT ON COLUMN log_breaks.version IS 'Version after the change; null where the package went.';
COMMENT ON COLUMN log_breaks.not_before IS 'Earliest instant of the change.';
COMMENT ON COLUMN log_breaks.not_after IS 'Latest instant of the change.';
