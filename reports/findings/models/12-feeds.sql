-- What the feeds say now: the rows of the content in force. `known_at` is when the record first learned
-- the row. A feed covers a time of publication when its list is complete for it; a list from an address is
-- as current as its last answer.
CREATE OR REPLACE TABLE feeds AS
WITH last_load AS (
  FROM fact_feed_loads QUALIFY row_number() OVER (PARTITION BY feed ORDER BY recorded_at DESC, collector, sequence DESC) = 1
),
in_force AS (
  FROM fact_feed_loads WHERE in_force
  QUALIFY row_number() OVER (PARTITION BY feed ORDER BY coalesce(current_at, recorded_at) DESC, recorded_at DESC, collector, sequence DESC) = 1
)
SELECT
  last_load.feed,
  in_force.source, in_force.location, in_force.content_sha256, in_force.current_at, in_force.advisories, in_force.rejected,
  in_force.recorded_at AS loaded_at,
  last_load.outcome AS last_outcome,
  last_load.reason AS last_reason,
  last_load.recorded_at AS last_tried_at
FROM last_load LEFT JOIN in_force USING (feed)
ORDER BY feed;

CREATE OR REPLACE TABLE releases AS
SELECT * EXCLUDE (present, changed_at, feed)
FROM (FROM feed_releases QUALIFY row_number() OVER (PARTITION BY distribution, release ORDER BY changed_at DESC, present DESC) = 1)
WHERE present
ORDER BY distribution, release;

-- Which feed speaks for a release at a time: DSA while it is supported, DLA in its long-term support, ELA
-- after that. Where these overlap with what the feed holds, it is covered.
CREATE OR REPLACE TABLE covered AS
WITH responsible AS (
  SELECT 'debian-dsa' AS feed, release, released_at AS from_at, support_ends_at AS to_at FROM releases WHERE distribution = 'debian'
  UNION ALL
  SELECT 'debian-dla', release, support_ends_at, lts_ends_at FROM releases WHERE distribution = 'debian'
  UNION ALL
  SELECT 'debian-elts', release, lts_ends_at, elts_ends_at FROM releases WHERE distribution = 'debian'
),
held AS (
  SELECT feed, from_at, to_at
  FROM (FROM feed_coverage QUALIFY row_number() OVER (PARTITION BY feed, from_at, to_at ORDER BY changed_at DESC, present DESC) = 1)
  WHERE present
),
extended AS (
  SELECT
    held.feed, held.from_at,
    CASE
      WHEN row_number() OVER (PARTITION BY held.feed ORDER BY held.to_at DESC) = 1 AND feeds.source = 'url' THEN greatest(held.to_at, feeds.current_at)
      ELSE held.to_at
    END AS to_at
  FROM held JOIN feeds USING (feed)
)
SELECT release, feed, greatest(responsible.from_at, extended.from_at) AS from_at, least(responsible.to_at, extended.to_at) AS to_at
FROM responsible JOIN extended USING (feed)
WHERE greatest(responsible.from_at, extended.from_at) < least(responsible.to_at, extended.to_at)
UNION ALL
-- Hosts whose package manager brings the advisories itself: from the first that it still names to the last refresh
-- of the lists that they came with, or to the newest of them where no refresh is known.
SELECT releases.release, 'updateinfo', min(advisory.published_not_before), greatest(max(seen.lists_at), max(advisory.published_not_after))
FROM observations seen JOIN host_releases releases USING (host_id, incarnation) JOIN state_host_advisories advisory USING (host_id, digest)
WHERE seen.subject = 'advisories' AND seen.status = 'complete' AND advisory.published_not_before IS NOT NULL
GROUP BY releases.release
ORDER BY release, from_at;

COMMENT ON TABLE feeds IS 'Advisory feeds: what is in force, how current it is, and how the last load ended.';
COMMENT ON COLUMN feeds.loaded_at IS 'When the record learned that it is current until then (UTC).';
COMMENT ON COLUMN feeds.last_outcome IS 'loaded, unchanged or failed.';
COMMENT ON COLUMN feeds.last_reason IS 'Why the last load failed; the content in force is then an earlier one.';
COMMENT ON COLUMN feeds.last_tried_at IS 'When it was last tried (UTC).';
COMMENT ON TABLE releases IS 'Releases and the ends of their support, by the lifecycle feed.';
COMMENT ON TABLE covered IS 'For which releases and times of publication advisories are known. Outside of these "no advisory" means unknown.';
COMMENT ON COLUMN covered.from_at IS 'Beginning (UTC).';
COMMENT ON COLUMN covered.to_at IS 'End (UTC).';
