-- A fix is a version of a source package in a release that takes a weakness away. Only fixes of sources that
-- some host of such a release has, or had, are here.
CREATE OR REPLACE TABLE fixes AS
WITH wanted AS (
  SELECT DISTINCT releases.release, spans.ecosystem, spans.source
  FROM spans JOIN host_releases releases USING (host_id, incarnation)
),
-- What advisories say, those that were withdrawn included.
stated AS (
  SELECT feed, advisory, release, source_package, fixed_version, min(changed_at) FILTER (WHERE present) AS known_at,
    CASE WHEN NOT arg_max(present, (changed_at, present)) THEN max(changed_at) FILTER (WHERE NOT present) END AS withdrawn_at
  FROM feed_advisory_fixes
  WHERE status = 'fixed'
  GROUP BY ALL
),
dated AS (
  SELECT feed, advisory, arg_max(published_not_before, changed_at) AS published_not_before, arg_max(published_not_after, changed_at) AS published_not_after
  FROM feed_advisories WHERE present GROUP BY ALL
),
uploads AS (
  SELECT release, source_package, version, min(uploaded_at) AS uploaded_at, min(changed_at) AS known_at FROM feed_security_uploads WHERE present GROUP BY ALL
),
-- The first proof that a build was public: somebody had it, or the changelogs at hand are of that day.
proven AS (
  SELECT release, source, version, min(seen_at) AS seen_at
  FROM (
    SELECT releases.release, spans.source, spans.version, spans.began_not_after AS seen_at
    FROM spans JOIN host_releases releases USING (host_id, incarnation)
    UNION ALL
    SELECT uploads.release, uploads.source_package, uploads.version, feeds.current_at
    FROM uploads CROSS JOIN feeds WHERE feeds.feed = 'debian-changelogs'
  )
  GROUP BY ALL
),
-- One row for each fix and for each way in which it is known; the best way dates it.
ways AS (
  SELECT release, source_package, fixed_version, 1 AS place, 'security' AS kind, 'advisory' AS published_evidence,
    published_not_before, published_not_after, known_at, withdrawn_at
  FROM stated LEFT JOIN dated USING (feed, advisory)
  UNION ALL
  SELECT release, source, fixed_version, 1, 'security', 'advisory', published_not_before, published_not_after, known_at, NULL
  FROM host_advised WHERE kind = 'security'
  UNION ALL
  SELECT status.release, status.source_package, status.fixed_version, 2, 'security', CASE WHEN uploads.uploaded_at IS NULL THEN 'first-proof' ELSE 'changelog' END,
    uploads.uploaded_at, least(min(status.changed_at), any_value(proven.seen_at)), min(status.changed_at), NULL
  FROM feed_cve_statuses status
  LEFT JOIN uploads ON uploads.release = status.release AND uploads.source_package = status.source_package AND uploads.version = status.fixed_version
  LEFT JOIN proven ON proven.release = status.release AND proven.source = status.source_package AND proven.version = status.fixed_version
  WHERE status.present AND status.status = 'resolved' AND status.fixed_version <> '0'
  GROUP BY ALL
  UNION ALL
  SELECT uploads.release, uploads.source_package, uploads.version, 3, 'security-unlisted', 'changelog', uploads.uploaded_at, proven.seen_at, uploads.known_at, NULL
  FROM uploads LEFT JOIN proven ON proven.release = uploads.release AND proven.source = uploads.source_package AND proven.version = uploads.version
),
-- What hosts were offered and nothing of the above explains.
unexplained AS (
  SELECT offer.release, offer.source, offer.version, offer.kind, offer.first_at
  FROM offered_sources offer
  WHERE NOT EXISTS (
    SELECT 1 FROM ways JOIN version_ranks ranks ON ranks.version = ways.fixed_version
    WHERE ways.release = offer.release AND ways.source_package = offer.source AND ranks.ecosystem = offer.ecosystem
      AND ranks.rank > offer.installed_rank AND ranks.rank <= offer.rank
  )
),
all_ways AS (
  FROM ways
  UNION ALL
  SELECT offer.release, offer.source, offer.version, CASE offer.kind WHEN 'security-unlisted' THEN 4 WHEN 'bugfix' THEN 5 ELSE 6 END, offer.kind, CASE WHEN count(advised.advisory) > 0 THEN 'advisory' ELSE 'first-offered' END,
    min(advised.published_not_before), coalesce(min(advised.published_not_after), least(min(offer.first_at), any_value(proven.seen_at))), min(offer.first_at), NULL
  FROM unexplained offer
  LEFT JOIN host_advised advised ON advised.release = offer.release AND advised.source = offer.source AND advised.fixed_version = offer.version
  LEFT JOIN proven ON proven.release = offer.release AND proven.source = offer.source AND proven.version = offer.version
  GROUP BY ALL
),
chosen AS (
  SELECT
    wanted.ecosystem, ways.release, ways.source_package AS source, ways.fixed_version,
    min(ways.place) AS place,
    arg_min(ways.kind, ways.place) AS kind,
    arg_min(ways.published_evidence, (ways.place, coalesce(ways.published_not_before, TIMESTAMP '9999-01-01'))) AS published_evidence,
    arg_min(ways.published_not_before, (ways.place, coalesce(ways.published_not_before, TIMESTAMP '9999-01-01'))) AS published_not_before,
    arg_min(ways.published_not_after, (ways.place, coalesce(ways.published_not_before, TIMESTAMP '9999-01-01'))) AS published_not_after,
    min(ways.known_at) AS known_at,
    CASE WHEN count(*) FILTER (WHERE ways.withdrawn_at IS NULL) = 0 THEN max(ways.withdrawn_at) END AS withdrawn_at
  FROM all_ways ways JOIN wanted ON wanted.release = ways.release AND wanted.source = ways.source_package
  GROUP BY ALL
)
SELECT
  chosen.release || '/' || chosen.source || '/' || chosen.fixed_version AS fix_id,
  chosen.ecosystem, chosen.release, chosen.source, chosen.fixed_version, ranks.rank, chosen.kind,
  chosen.published_evidence,
  chosen.published_not_before,
  greatest(chosen.published_not_after, chosen.published_not_before) AS published_not_after,
  chosen.known_at, chosen.withdrawn_at,
  coalesce((
    SELECT list(DISTINCT advisory ORDER BY advisory)
    FROM (SELECT release, source_package, fixed_version, advisory FROM stated UNION ALL SELECT release, source, fixed_version, advisory FROM host_advised) named
    WHERE named.release = chosen.release AND named.source_package = chosen.source AND named.fixed_version = chosen.fixed_version
  ), []) AS advisories
FROM chosen JOIN version_ranks ranks ON ranks.ecosystem = chosen.ecosystem AND ranks.version = chosen.fixed_version
ORDER BY fix_id;

CREATE OR REPLACE TABLE fix_cves AS
WITH named AS (
  SELECT fixes.fix_id, cves.cve
  FROM fixes CROSS JOIN unnest(fixes.advisories) AS one(advisory)
  JOIN (FROM feed_advisory_cves QUALIFY row_number() OVER (PARTITION BY feed, advisory, cve ORDER BY changed_at DESC) = 1 AND present) cves ON cves.advisory = one.advisory
  UNION
  SELECT fixes.fix_id, status.cve
  FROM fixes JOIN feed_cve_statuses status ON status.release = fixes.release AND status.source_package = fixes.source AND status.fixed_version = fixes.fixed_version
  WHERE status.present AND status.status = 'resolved'
  UNION
  SELECT fixes.fix_id, cves.cve
  FROM fixes JOIN feed_security_upload_cves cves ON cves.release = fixes.release AND cves.source_package = fixes.source AND cves.version = fixes.fixed_version
  WHERE cves.present
  UNION
  SELECT fixes.fix_id, unnest(advised.cves)
  FROM fixes JOIN host_advised advised USING (ecosystem, release, source, fixed_version)
),
exploited AS (
  FROM feed_exploited_cves QUALIFY row_number() OVER (PARTITION BY cve ORDER BY changed_at DESC, present DESC) = 1 AND present
)
SELECT named.fix_id, named.cve, exploited.cve IS NOT NULL AS known_exploited, exploited.listed_not_before, exploited.listed_not_after, exploited.due_at, coalesce(exploited.ransomware, false) AS ransomware
FROM named LEFT JOIN exploited USING (cve)
ORDER BY fix_id, cve;

COMMENT ON TABLE fixes IS 'Fixes of source packages that hosts have or had, with when they were published and how that is known.';
COMMENT ON COLUMN fixes.fix_id IS 'Release, source package and fixed version.';
COMMENT ON COLUMN fixes.source IS 'Source package.';
COMMENT ON COLUMN fixes.fixed_version IS 'First source version with the fix.';
COMMENT ON COLUMN fixes.rank IS 'Place of the fixed version in the family''s order.';
COMMENT ON COLUMN fixes.kind IS 'security where an advisory or the tracker names it; security-unlisted where only a changelog does, or a security origin offers it; bugfix where only the vendor''s ordinary origin offers it; else unclassified.';
COMMENT ON COLUMN fixes.published_evidence IS 'advisory, changelog (between upload and first proof that the build was public), first-proof, or first-offered to a host.';
COMMENT ON COLUMN fixes.published_not_before IS 'Earliest instant of publication; null when nothing bounds it.';
COMMENT ON COLUMN fixes.published_not_after IS 'Latest instant of publication.';
COMMENT ON COLUMN fixes.known_at IS 'When the record learned of the fix.';
COMMENT ON COLUMN fixes.withdrawn_at IS 'When the record learned that every advisory of it was withdrawn.';
COMMENT ON COLUMN fixes.advisories IS 'Advisories that name it.';
COMMENT ON TABLE fix_cves IS 'CVEs that each fix closes, and which of them are known to be exploited.';
COMMENT ON COLUMN fix_cves.fix_id IS 'Release, source package and fixed version.';
COMMENT ON COLUMN fix_cves.known_exploited IS 'Whether the KEV catalogue in force lists it.';
