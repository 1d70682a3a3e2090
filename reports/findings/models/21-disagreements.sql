-- The two sources, reconciled: what advisories say, and what the hosts' own repositories offer. Where they
-- disagree one of them is behind, and that is a finding in itself.
CREATE OR REPLACE TABLE disagreements AS
WITH security_repositories AS (
  SELECT host_id, bool_or(coalesce(security, false) AND present) AS has_security FROM current_repositories GROUP BY host_id
)
SELECT
  exposures.host_id, 'fixed-but-not-offered' AS kind, exposures.fix_id, fixes.source,
  CASE
    WHEN exposures.reason = 'end-of-life' THEN 'end-of-life'
    WHEN hosts.updates_reading <> 'complete' THEN 'updates-not-read'
    WHEN exposures.reason IS NULL THEN 'old-package-lists'
    WHEN NOT coalesce(repositories.has_security, false) THEN 'no-security-repository'
    ELSE 'not-in-its-repositories'
  END AS cause
FROM exposures
JOIN fixes USING (fix_id) JOIN hosts USING (host_id)
LEFT JOIN security_repositories repositories USING (host_id)
WHERE hosts.listed_now AND exposures.status = 'open' AND fixes.kind IN ('security', 'security-unlisted') AND fixes.published_evidence <> 'first-offered'
  AND (exposures.reason IS NULL OR exposures.reason IN ('repository-missing-it', 'end-of-life'))
UNION ALL
SELECT
  exposures.host_id, 'offered-but-in-no-feed', exposures.fix_id, fixes.source,
  CASE
    WHEN NOT EXISTS (FROM covered WHERE covered.release = fixes.release) THEN 'release-not-covered'
    WHEN NOT EXISTS (FROM covered WHERE covered.release = fixes.release AND fixes.published_not_after BETWEEN covered.from_at AND covered.to_at) THEN 'feed-not-current'
    ELSE 'no-advisory-in-feed'
  END
FROM exposures JOIN fixes USING (fix_id) JOIN hosts USING (host_id)
WHERE hosts.listed_now AND exposures.status = 'open' AND fixes.kind = 'security-unlisted' AND fixes.published_evidence = 'first-offered'
ORDER BY ALL;

COMMENT ON TABLE disagreements IS 'Where advisories and the offers of the hosts'' own repositories disagree.';
COMMENT ON COLUMN disagreements.kind IS 'fixed-but-not-offered: advisories know a fix that the host does not offer; offered-but-in-no-feed: a security update that no loaded feed explains.';
COMMENT ON COLUMN disagreements.fix_id IS 'Release, source package and fixed version.';
COMMENT ON COLUMN disagreements.source IS 'Source package.';
COMMENT ON COLUMN disagreements.cause IS 'What is behind: end-of-life, updates-not-read, old-package-lists, no-security-repository, not-in-its-repositories; release-not-covered, feed-not-current, no-advisory-in-feed.';
