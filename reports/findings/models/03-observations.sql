-- An observation is one subject of one host as one scan read it. Unread ones are not in here.
-- Runs of observations in which the state did not change are one row, so that the fold's work
-- grows with change and not with the number of scans. 'complete_before' counts the complete
-- observations before a row: between two rows with equal counts nothing was proven absent. What rests on package
-- lists proves nothing about the time after these were refreshed (`lists_at`), however late they were read.
CREATE OR REPLACE TABLE observations AS
WITH read AS (
  SELECT
    reading.host_id, scan.incarnation, reading.subject, reading.status, reading.digest, scan.ecosystem,
    scan.happened_at AS observed_at, CASE WHEN scan.lists_checked_at IS NOT NULL THEN least(scan.lists_checked_at, scan.happened_at) END AS lists_at, scan.recorded_at, scan.collector, scan.sequence
  FROM fact_readings reading
  JOIN scans scan USING (host_id, collector, sequence)
  WHERE reading.status <> 'unread' AND reading.digest IS NOT NULL
),
marked AS (
  SELECT *, coalesce(digest <> lag(digest) OVER timeline OR status <> lag(status) OVER timeline, true) AS changed
  FROM read
  WINDOW timeline AS (PARTITION BY host_id, incarnation, subject ORDER BY observed_at, recorded_at, collector, sequence)
),
numbered AS (
  SELECT *, count(*) FILTER (WHERE changed)
    OVER (PARTITION BY host_id, incarnation, subject ORDER BY observed_at, recorded_at, collector, sequence) AS stretch
  FROM marked
),
stretches AS (
  SELECT
    host_id, incarnation, subject, stretch, any_value(status) AS status, any_value(digest) AS digest,
    max(ecosystem) AS ecosystem, min(observed_at) AS first_at, max(observed_at) AS last_at, max(lists_at) AS lists_at, count(*) AS scans
  FROM numbered
  GROUP BY host_id, incarnation, subject, stretch
)
SELECT
  *,
  count(*) FILTER (WHERE status = 'complete')
    OVER (PARTITION BY host_id, incarnation, subject ORDER BY stretch ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    AS complete_before,
  count(*) FILTER (WHERE status = 'complete') OVER (PARTITION BY host_id, incarnation, subject ORDER BY stretch) AS complete_through
FROM stretches
ORDER BY host_id, incarnation, subject, stretch;

COMMENT ON TABLE observations IS 'Stretches of scans in which a subject of a host was read with the same result.';
COMMENT ON COLUMN observations.stretch IS 'Number of the stretch for that host, incarnation and subject.';
COMMENT ON COLUMN observations.digest IS 'SHA-256 of the rows read.';
COMMENT ON COLUMN observations.first_at IS 'First scan of the stretch (UTC).';
COMMENT ON COLUMN observations.last_at IS 'Last scan of the stretch (UTC).';
COMMENT ON COLUMN observations.lists_at IS 'Latest refresh of the package lists that its scans know of (UTC); null when none does.';
COMMENT ON COLUMN observations.scans IS 'Number of scans in it.';
COMMENT ON COLUMN observations.complete_before IS 'Stretches before this one that were read completely.';
COMMENT ON COLUMN observations.complete_through IS 'The same, this one included.';
