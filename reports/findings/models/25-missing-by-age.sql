-- What is missing now, by how long ago its fix was published.
CREATE OR REPLACE TABLE missing_by_age AS
WITH ages AS (
  SELECT latest.*, hosts.listed_now, date_diff('day', coalesce(latest.published_not_before, latest.published_not_after), as_of.instant) AS days
  FROM latest_exposures latest JOIN hosts USING (host_id) CROSS JOIN as_of
  WHERE latest.status = 'open' AND hosts.listed_now
),
bands AS (
  SELECT * FROM (VALUES (1, 0, 7), (2, 8, 30), (3, 31, 90), (4, 91, 180), (5, 181, NULL)) AS band(place, from_days, to_days)
)
SELECT
  bands.place, bands.from_days, bands.to_days,
  count(ages.fix_id) AS missing,
  count(ages.fix_id) FILTER (WHERE ages.known_exploited) AS missing_exploited,
  count(DISTINCT ages.fix_id) AS fixes,
  count(DISTINCT ages.host_id) AS hosts
FROM bands LEFT JOIN ages ON ages.days >= bands.from_days AND ages.days <= coalesce(bands.to_days, ages.days)
GROUP BY ALL
ORDER BY bands.place;

COMMENT ON TABLE missing_by_age IS 'Missing security fixes by days since publication.';
COMMENT ON COLUMN missing_by_age.place IS 'Order of the bands.';
COMMENT ON COLUMN missing_by_age.from_days IS 'Least days since publication.';
COMMENT ON COLUMN missing_by_age.to_days IS 'Most days; null for no limit.';
COMMENT ON COLUMN missing_by_age.missing IS 'Pairs of host and fix.';
COMMENT ON COLUMN missing_by_age.missing_exploited IS 'Of them, to fixes of CVEs that are known to be exploited.';
COMMENT ON COLUMN missing_by_age.fixes IS 'Distinct fixes.';
COMMENT ON COLUMN missing_by_age.hosts IS 'Distinct hosts.';
