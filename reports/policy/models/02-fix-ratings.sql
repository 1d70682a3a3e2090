-- How each fix was rated over time, CVE by CVE: a row from the start, and one for each later change. A CVE is
-- known to be exploited from the day on which the catalogue lists it; its severity is the tracker's word, and what
-- the first load says is taken to have held from the start. A fix that names no CVE has one row without one.
CREATE OR REPLACE TABLE fix_ratings AS
WITH named AS (
  SELECT fix_id, cve, CASE WHEN known_exploited THEN listed_not_before END AS listed_not_before, CASE WHEN known_exploited THEN listed_not_after END AS listed_not_after
  FROM fix_cves
  UNION ALL
  SELECT fix_id, NULL, NULL, NULL FROM fixes WHERE fix_id NOT IN (SELECT fix_id FROM fix_cves)
),
loads AS (
  SELECT
    named.fix_id, named.cve, status.changed_at, min(status.changed_at) OVER (PARTITION BY named.fix_id, named.cve) AS first_at,
    -- A star marks what the tracker has taken from elsewhere; 'not yet assigned' is no rating.
    CASE rtrim(status.urgency, '*') WHEN 'high' THEN 'high' WHEN 'medium' THEN 'medium' WHEN 'low' THEN 'low' WHEN 'unimportant' THEN 'low' END AS severity
  FROM named JOIN fixes USING (fix_id)
  JOIN feed_cve_statuses status ON status.release = fixes.release AND status.source_package = fixes.source AND status.cve = named.cve
  WHERE status.present
  UNION ALL
  SELECT named.fix_id, named.cve, advised.known_at, min(advised.known_at) OVER (PARTITION BY named.fix_id, named.cve),
    CASE WHEN advised.severity IN ('critical', 'urgent', 'important', 'high') THEN 'high' WHEN advised.severity IN ('moderate', 'medium') THEN 'medium' WHEN advised.severity = 'low' THEN 'low' END
  FROM named JOIN fixes USING (fix_id) JOIN host_advised advised USING (ecosystem, release, source, fixed_version)
  WHERE advised.kind = 'security'
),
said AS (
  SELECT fix_id, cve, CASE WHEN changed_at > first_at THEN changed_at ELSE TIMESTAMP '0001-01-01' END AS from_at, 
    arg_min(severity, CASE severity WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END) AS severity
  FROM loads GROUP BY ALL
),
points AS (
  SELECT fix_id, cve, TIMESTAMP '0001-01-01' AS from_not_before, TIMESTAMP '0001-01-01' AS from_not_after FROM named
  UNION SELECT fix_id, cve, listed_not_before, listed_not_after FROM named WHERE listed_not_before IS NOT NULL
  UNION SELECT fix_id, cve, from_at, from_at FROM said
),
rated AS (
  SELECT
    points.fix_id, points.cve, points.from_not_before, points.from_not_after,
    coalesce(points.from_not_before >= named.listed_not_before, false) AS known_exploited, coalesce(said.severity, 'unrated') AS severity,
    lead(points.from_not_after) OVER (PARTITION BY points.fix_id, points.cve ORDER BY points.from_not_before) AS next_at
  FROM points
  JOIN named ON named.fix_id = points.fix_id AND named.cve IS NOT DISTINCT FROM points.cve
  ASOF LEFT JOIN said ON said.fix_id = points.fix_id AND said.cve = points.cve AND said.from_at <= points.from_not_before
)
SELECT
  row_number() OVER (ORDER BY rated.fix_id, rated.cve, rated.from_not_before) AS rating,
  rated.fix_id, rated.cve, rated.known_exploited, rated.severity,
  CASE WHEN rated.from_not_before > TIMESTAMP '0001-01-01' THEN rated.from_not_before END AS from_not_before,
  CASE WHEN rated.from_not_after > TIMESTAMP '0001-01-01' THEN rated.from_not_after END AS from_not_after
FROM rated JOIN fixes USING (fix_id)
-- What was over before the fix was out never held for it.
WHERE rated.next_at IS NULL OR fixes.published_not_before IS NULL OR rated.next_at > fixes.published_not_before
ORDER BY rating;

COMMENT ON TABLE fix_ratings IS 'How each fix was rated, CVE by CVE, from when on.';
COMMENT ON COLUMN fix_ratings.rating IS 'Number of the row.';
COMMENT ON COLUMN fix_ratings.fix_id IS 'Release, source package and fixed version.';
COMMENT ON COLUMN fix_ratings.cve IS 'CVE id; null where the fix names none.';
COMMENT ON COLUMN fix_ratings.known_exploited IS 'Whether the KEV catalogue listed it then.';
COMMENT ON COLUMN fix_ratings.severity IS 'high, medium, low or unrated.';
COMMENT ON COLUMN fix_ratings.from_not_before IS 'From when on, earliest; null for what held from the start.';
COMMENT ON COLUMN fix_ratings.from_not_after IS 'The same, latest.';
