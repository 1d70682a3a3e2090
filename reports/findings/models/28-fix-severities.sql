-- How severe a fix is, and who says so: the vendor's own word, the highest of the CVEs that it closes, or that of
-- the advisory that a host's package manager brings (critical and important are high here, moderate is medium). Where no
-- feed that is loaded rates it, it is unrated; policies judge that as high unless they say otherwise.
CREATE OR REPLACE TABLE fix_severities AS
WITH words AS (
  FROM feed_cve_statuses
  QUALIFY row_number() OVER (PARTITION BY release, source_package, cve ORDER BY changed_at DESC, present DESC) = 1 AND present
),
rated AS (
  SELECT
    fix_cves.fix_id,
    -- A star marks what the tracker has taken from elsewhere; 'not yet assigned' is no rating.
    max(CASE rtrim(words.urgency, '*') WHEN 'high' THEN 4 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 WHEN 'unimportant' THEN 1 END) AS weight
  FROM fix_cves
  JOIN fixes USING (fix_id)
  JOIN words ON words.release = fixes.release AND words.source_package = fixes.source AND words.cve = fix_cves.cve
  GROUP BY ALL
),
advised AS (
  SELECT fixes.fix_id, max(CASE advised.severity WHEN 'critical' THEN 4 WHEN 'urgent' THEN 4 WHEN 'important' THEN 4 WHEN 'high' THEN 4 WHEN 'moderate' THEN 3 WHEN 'medium' THEN 3 WHEN 'low' THEN 2 END) AS weight
  FROM fixes JOIN host_advised advised USING (ecosystem, release, source, fixed_version)
  WHERE advised.kind = 'security'
  GROUP BY ALL
)
SELECT
  fixes.fix_id,
  CASE coalesce(rated.weight, advised.weight) WHEN 4 THEN 'high' WHEN 3 THEN 'medium' WHEN 2 THEN 'low' WHEN 1 THEN 'unimportant' ELSE 'unrated' END AS severity,
  CASE WHEN rated.weight IS NOT NULL THEN 'debian-tracker' WHEN advised.weight IS NOT NULL THEN 'updateinfo' END AS severity_source
FROM fixes LEFT JOIN rated USING (fix_id) LEFT JOIN advised USING (fix_id)
ORDER BY fix_id;

COMMENT ON TABLE fix_severities IS 'Severity of each fix, with its source.';
COMMENT ON COLUMN fix_severities.fix_id IS 'Release, source package and fixed version.';
COMMENT ON COLUMN fix_severities.severity IS 'high, medium, low, unimportant or unrated.';
COMMENT ON COLUMN fix_severities.severity_source IS 'Feed that rates it; null where none does.';
