-- Where security support has ended: of a host's whole release, or of one source package in it. A release is
-- supported for as long as its free long-term support lasts; beyond that only where the host is seen to use
-- the repositories of extended support (Freexian's ELTS), and only until that ends.
CREATE OR REPLACE TABLE unsupported AS
WITH stays AS (
  SELECT *,
    lead(from_not_before) OVER timeline AS until_not_before,
    lead(from_not_after) OVER timeline AS until_not_after
  FROM host_releases
  WINDOW timeline AS (PARTITION BY host_id, incarnation ORDER BY from_not_after NULLS FIRST)
),
ends AS (
  SELECT distribution, release, greatest(support_ends_at, lts_ends_at) AS ended_at, elts_ends_at
  FROM releases WHERE support_ends_at IS NOT NULL
),
-- Readings of the repositories with whether any of them is one of extended support.
extended AS (
  SELECT seen.host_id, seen.incarnation, seen.first_at, seen.last_at,
    coalesce(bool_or(state.present AND (contains(state.uri, '/extended-lts') OR state.origin ILIKE 'freexian%')), false) AS has
  FROM observations seen
  LEFT JOIN state_repositories state ON state.host_id = seen.host_id AND state.digest = seen.digest
  WHERE seen.subject = 'repositories'
  GROUP BY seen.host_id, seen.incarnation, seen.stretch, seen.first_at, seen.last_at
),
-- From when to when a host without support had extended support instead.
relieved AS (
  SELECT host_id, incarnation,
    min(first_at) FILTER (WHERE has) AS relieved_not_after,
    max(last_at) FILTER (WHERE NOT has AND last_at < first_with) AS relieved_not_before,
    bool_or(has AND last_at = newest_at) AS relieved_now
  FROM (SELECT *, min(first_at) FILTER (WHERE has) OVER host AS first_with, max(last_at) OVER host AS newest_at FROM extended WINDOW host AS (PARTITION BY host_id, incarnation))
  GROUP BY ALL
),
of_releases AS (
  SELECT stays.host_id, stays.incarnation, stays.release, NULL::VARCHAR AS source,
    greatest(ends.ended_at, stays.from_not_before) AS began_not_before,
    greatest(ends.ended_at, stays.from_not_after) AS began_not_after,
    CASE WHEN relieved.relieved_now AND as_of.instant <= ends.elts_ends_at THEN relieved.relieved_not_after END AS relieved_not_after,
    CASE WHEN relieved.relieved_now AND as_of.instant <= ends.elts_ends_at THEN relieved.relieved_not_before END AS relieved_not_before,
    stays.until_not_before, stays.until_not_after
  FROM stays JOIN ends USING (distribution, release) CROSS JOIN as_of
  LEFT JOIN relieved USING (host_id, incarnation)
  WHERE ends.ended_at < as_of.instant AND (stays.until_not_after IS NULL OR stays.until_not_after > ends.ended_at)
),
ended_packages AS (
  SELECT release, source_pattern, last_version, ended_at
  FROM (FROM feed_ended_support QUALIFY row_number() OVER (PARTITION BY release, source_pattern ORDER BY changed_at DESC, present DESC) = 1)
  WHERE present
),
had AS (
  SELECT spans.host_id, spans.incarnation, spans.ecosystem, spans.source, min(spans.rank) AS rank,
    min(spans.began_not_before) AS began_not_before, min(spans.began_not_after) AS began_not_after,
    CASE WHEN count(*) FILTER (WHERE spans.ended_not_after IS NULL) = 0 THEN max(spans.ended_not_before) END AS ended_not_before,
    CASE WHEN count(*) FILTER (WHERE spans.ended_not_after IS NULL) = 0 THEN max(spans.ended_not_after) END AS ended_not_after
  FROM spans WHERE spans.kind <> 'running'
  GROUP BY ALL
),
of_packages AS (
  SELECT had.host_id, had.incarnation, stays.release, had.source,
    greatest(ended.ended_at, had.began_not_before), greatest(ended.ended_at, had.began_not_after), NULL::TIMESTAMP, NULL::TIMESTAMP,
    least(had.ended_not_before, stays.until_not_before), least(had.ended_not_after, stays.until_not_after)
  FROM had JOIN stays USING (host_id, incarnation) CROSS JOIN as_of
  JOIN ended_packages ended ON ended.release = stays.release AND regexp_full_match(had.source, ended.source_pattern)
  LEFT JOIN version_ranks ranks ON ranks.ecosystem = had.ecosystem AND ranks.version = ended.last_version
  WHERE ended.ended_at < as_of.instant AND (ended.last_version = '0' OR had.rank <= ranks.rank)
    AND (had.ended_not_after IS NULL OR had.ended_not_after > ended.ended_at)
)
SELECT
  item.host_id, item.incarnation, item.release, item.source,
  CASE
    WHEN item.relieved_not_after IS NOT NULL THEN 'extended'
    WHEN item.until_not_after IS NOT NULL THEN CASE WHEN item.source IS NULL THEN 'upgraded' ELSE 'package-removed' END
    WHEN later.started_at IS NOT NULL THEN 'host-rebuilt'
    WHEN gone.gone_after_at IS NOT NULL THEN 'host-retired'
    ELSE 'open'
  END AS status,
  item.began_not_before, item.began_not_after,
  CASE WHEN item.relieved_not_after IS NOT NULL THEN coalesce(greatest(item.relieved_not_before, item.began_not_before), item.began_not_before)
    ELSE coalesce(item.until_not_before, gone.gone_not_before) END AS ended_not_before,
  CASE WHEN item.relieved_not_after IS NOT NULL THEN greatest(item.relieved_not_after, item.began_not_after)
    ELSE coalesce(item.until_not_after, later.started_at, gone.gone_after_at) END AS ended_not_after
FROM (FROM of_releases UNION ALL FROM of_packages) item
LEFT JOIN (SELECT host_id, incarnation - 1 AS incarnation, min(happened_at) AS started_at FROM scans GROUP BY ALL) later USING (host_id, incarnation)
LEFT JOIN retired_hosts gone USING (host_id)
ORDER BY ALL;

COMMENT ON TABLE unsupported IS 'Hosts, and source packages on them, past the end of their security support.';
COMMENT ON COLUMN unsupported.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN unsupported.release IS 'Release whose support is meant.';
COMMENT ON COLUMN unsupported.source IS 'Source package whose support ended on its own; null for the whole release.';
COMMENT ON COLUMN unsupported.status IS 'open, extended (by repositories of extended support), upgraded, package-removed, host-rebuilt or host-retired.';
COMMENT ON COLUMN unsupported.began_not_before IS 'End of support, or the arrival of what had none, earliest.';
COMMENT ON COLUMN unsupported.began_not_after IS 'The same, latest.';
COMMENT ON COLUMN unsupported.ended_not_before IS 'Earliest instant of its end.';
COMMENT ON COLUMN unsupported.ended_not_after IS 'Latest instant of its end.';
