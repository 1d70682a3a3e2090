-- What is not known, subject by subject, for every host that should exist: unread, read in part, never
-- tried, or known only from too long ago. `since` is the first scan of the present silence.
CREATE OR REPLACE TABLE unknowns AS
WITH latest AS (
  SELECT scans.* FROM scans JOIN hosts USING (host_id) WHERE hosts.listed_now
  QUALIFY row_number() OVER (PARTITION BY host_id ORDER BY scans.started_at DESC, scans.recorded_at DESC, scans.collector) = 1
),
complete AS (
  SELECT reading.host_id, reading.subject, max(scan.happened_at) AS last_complete_at
  FROM fact_readings reading JOIN scans scan USING (host_id, collector, sequence)
  WHERE reading.status = 'complete'
  GROUP BY ALL
),
-- Families whose hosts bring no advisories are not asked for them; of a host that was never read nobody knows.
bringing AS (
  SELECT reading.host_id, bool_or(reading.subject = 'advisories') AS advisories
  FROM fact_readings reading JOIN scans scan USING (host_id, collector, sequence)
  WHERE scan.was_read GROUP BY reading.host_id
),
wanted AS (
  SELECT hosts.host_id, subject.name AS subject FROM hosts CROSS JOIN subjects subject WHERE hosts.listed_now
),
answers AS (
  SELECT
    wanted.host_id, wanted.subject,
    CASE
      WHEN latest.host_id IS NULL THEN 'never-tried'
      -- What was read of a host that nothing could be made of (no package manager, say) is read all the same.
      ELSE coalesce(reading.status, 'unread')
    END AS status,
    CASE
      WHEN latest.host_id IS NULL THEN 'no run has tried this host yet'
      WHEN reading.status = 'complete' THEN NULL
      WHEN NOT latest.was_read THEN coalesce(latest.reason, latest.status)
      ELSE coalesce(reading.reason, 'not read')
    END AS reason,
    coalesce(reading.needs_root, false) AS needs_root,
    coalesce(bringing.advisories, true) AS asked,
    complete.last_complete_at
  FROM wanted
  LEFT JOIN latest ON latest.host_id = wanted.host_id
  LEFT JOIN fact_readings reading
    ON reading.host_id = wanted.host_id AND reading.collector = latest.collector AND reading.sequence = latest.sequence AND reading.subject = wanted.subject
  LEFT JOIN complete ON complete.host_id = wanted.host_id AND complete.subject = wanted.subject
  LEFT JOIN bringing ON bringing.host_id = wanted.host_id
)
SELECT
  answers.host_id, answers.subject, answers.status, answers.reason, answers.needs_root, answers.last_complete_at,
  min(scan.started_at) AS since
FROM answers
LEFT JOIN scans scan ON scan.host_id = answers.host_id AND scan.started_at > coalesce(answers.last_complete_at, TIMESTAMP '0001-01-01')
WHERE answers.status <> 'complete' AND (answers.subject <> 'advisories' OR answers.asked)
GROUP BY ALL
ORDER BY answers.host_id, answers.subject;

COMMENT ON TABLE unknowns IS 'What is not known of which host, why and since when.';
COMMENT ON COLUMN unknowns.status IS 'partial, unread or never-tried.';
COMMENT ON COLUMN unknowns.last_complete_at IS 'When the subject was last read completely; null when never.';
COMMENT ON COLUMN unknowns.since IS 'First scan of the present silence; null when no run has tried.';
