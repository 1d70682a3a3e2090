-- Patch latency: one row for each first spell of a security fix on a host, in days since publication. It is
-- followed from `entry_days` on; `installed` and `effective` carry bounds; where a spell was not over, or ended
-- otherwise than by the fix, it was followed until `followed_days`.
CREATE OR REPLACE TABLE followed AS
WITH dated AS (
  SELECT
    exposures.host_id, exposures.incarnation, exposures.fix_id, fixes.release, fixes.source, exposures.status, exposures.pre_empted,
    coalesce(exploited.known_exploited, false) AS known_exploited,
    fixes.published_not_before, fixes.published_not_after, exposures.entered_at,
    exposures.installed_not_before, exposures.installed_not_after, exposures.effective_not_before, exposures.effective_not_after,
    coalesce(exposures.exited_not_before, exposures.last_confirmed_at) AS followed_at
  FROM exposures
  JOIN fixes USING (fix_id)
  LEFT JOIN (SELECT fix_id, bool_or(known_exploited) AS known_exploited FROM fix_cves GROUP BY fix_id) exploited USING (fix_id)
  WHERE exposures.spell = 1 AND fixes.kind IN ('security', 'security-unlisted')
)
SELECT
  host_id, incarnation, fix_id, release, source, known_exploited, status, pre_empted,
  published_not_before,
  greatest(0, epoch(entered_at) - epoch(published_not_before)) / 86400 AS entry_days,
  greatest(0, epoch(coalesce(installed_not_before, published_not_before)) - epoch(published_not_after)) / 86400 AS installed_not_before_days,
  CASE WHEN installed_not_after IS NOT NULL THEN greatest(0, epoch(installed_not_after) - epoch(published_not_before)) / 86400 END AS installed_not_after_days,
  greatest(0, epoch(coalesce(effective_not_before, published_not_before)) - epoch(published_not_after)) / 86400 AS effective_not_before_days,
  CASE WHEN effective_not_after IS NOT NULL THEN greatest(0, epoch(effective_not_after) - epoch(published_not_before)) / 86400 END AS effective_not_after_days,
  greatest(0, epoch(followed_at) - epoch(published_not_before)) / 86400 AS followed_days
FROM dated
ORDER BY host_id, incarnation, fix_id;

COMMENT ON TABLE followed IS 'First spells of security fixes in days since publication, as latency statistics take them.';
COMMENT ON COLUMN followed.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN followed.fix_id IS 'Release, source package and fixed version.';
COMMENT ON COLUMN followed.source IS 'Source package.';
COMMENT ON COLUMN followed.status IS 'Status of the exposure.';
COMMENT ON COLUMN followed.known_exploited IS 'Whether a CVE that the fix closes is known to be exploited.';
COMMENT ON COLUMN followed.pre_empted IS 'Whether the fix was installed before or while it was published.';
COMMENT ON COLUMN followed.published_not_before IS 'Earliest instant of publication: day 0. Null when nothing bounds it; such rows enter no curve.';
COMMENT ON COLUMN followed.entry_days IS 'Days since publication from which the host is followed (late entry).';
COMMENT ON COLUMN followed.installed_not_before_days IS 'Fewest days to the install.';
COMMENT ON COLUMN followed.installed_not_after_days IS 'Most days to the install; null when not installed.';
COMMENT ON COLUMN followed.effective_not_before_days IS 'Fewest days until it was effective.';
COMMENT ON COLUMN followed.effective_not_after_days IS 'Most days until it was effective; null when not proven.';
COMMENT ON COLUMN followed.followed_days IS 'Days until the last confirmation or the exit.';
