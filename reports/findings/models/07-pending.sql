-- A pending update is a package for which a version newer than the installed one is on offer on that
-- host, whether or not its package manager would take it (held, phased, kept back, pinned).
-- The target is the candidate; where a pin hides every newer version, it is the newest on offer.
-- One row for each stretch of observations in which it was pending. Ranks come from
-- `version_ranks`: Debian's order of versions, computed by the ecosystem, not by SQL.
CREATE OR REPLACE TABLE pending AS
WITH offered AS (
  SELECT
    seen.host_id, seen.incarnation, seen.ecosystem, seen.stretch, seen.first_at, seen.last_at, seen.complete_before, seen.complete_through,
    offer.* EXCLUDE (host_id, digest)
  FROM observations seen
  JOIN state_updates offer USING (host_id, digest)
  WHERE seen.subject = 'updates' AND offer.installed_version IS NOT NULL
),
ranked AS (
  SELECT
    offered.*,
    installed.rank AS installed_rank,
    CASE WHEN candidate.rank > installed.rank THEN candidate_version ELSE newest_version END AS target_version,
    CASE WHEN candidate.rank > installed.rank THEN candidate.rank ELSE newest.rank END AS target_rank
  FROM offered
  JOIN version_ranks installed ON installed.ecosystem = offered.ecosystem AND installed.version = installed_version
  LEFT JOIN version_ranks candidate ON candidate.ecosystem = offered.ecosystem AND candidate.version = candidate_version
  LEFT JOIN version_ranks newest ON newest.ecosystem = offered.ecosystem AND newest.version = newest_version
)
SELECT * FROM ranked WHERE target_rank > installed_rank
ORDER BY host_id, incarnation, package, architecture, stretch;

COMMENT ON TABLE pending IS 'Updates on offer beyond what is installed, for each stretch of observations.';
COMMENT ON COLUMN pending.stretch IS 'Stretch of `observations` (subject updates).';
COMMENT ON COLUMN pending.target_version IS 'What would be installed; where a pin hides it, the newest version on offer.';
COMMENT ON COLUMN pending.target_rank IS 'Place of the target in the order of versions.';
COMMENT ON COLUMN pending.installed_rank IS 'Place of the installed version in that order.';
