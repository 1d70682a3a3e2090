-- A spell of "update available" is the time during which a host lacked an update that was on offer.
-- It is keyed by the first version that was on offer, not by the candidate of the day: a newer build
-- that supersedes it does not restart the clock, and an upgrade to something still older does not end
-- it. It ends when the installed version reaches that first target, when the package goes, when nothing
-- newer is offered any more, or when the host is rebuilt or retired. Silence never ends it.
CREATE OR REPLACE TABLE update_spells AS
WITH timeline AS (
  SELECT
    *,
    complete_before > lag(complete_through) OVER w AS interrupted,
    installed_version <> lag(installed_version) OVER w AS moved
  FROM pending
  WINDOW w AS (PARTITION BY host_id, incarnation, package, architecture ORDER BY stretch)
),
-- Stretches between two changes of the installed version, each with the first target it lacked.
islands AS (
  SELECT *, count(*) FILTER (WHERE coalesce(interrupted OR moved, true)) OVER w AS island
  FROM timeline
  WINDOW w AS (PARTITION BY host_id, incarnation, package, architecture ORDER BY stretch)
),
first_targets AS (
  SELECT
    *,
    first_value(target_rank) OVER (PARTITION BY host_id, incarnation, package, architecture, island ORDER BY stretch) AS island_target_rank
  FROM islands
),
-- A new spell begins after an interruption, or when the installed version has reached the target.
steps AS (
  SELECT *, coalesce(interrupted OR (moved AND installed_rank >= lag(island_target_rank) OVER w), true) AS begins
  FROM first_targets
  WINDOW w AS (PARTITION BY host_id, incarnation, package, architecture ORDER BY stretch)
),
numbered AS (
  SELECT *, count(*) FILTER (WHERE begins) OVER w AS spell
  FROM steps
  WINDOW w AS (PARTITION BY host_id, incarnation, package, architecture ORDER BY stretch)
),
spells AS (
  SELECT
    host_id, incarnation, any_value(ecosystem) AS ecosystem, package, architecture, spell,
    arg_min(installed_version, stretch) AS installed_version,
    arg_min(target_version, stretch) AS first_target_version,
    arg_min(target_rank, stretch) AS first_target_rank,
    arg_max(target_version, stretch) AS last_target_version,
    max(target_rank) AS highest_target_rank,
    coalesce(bool_or(security), CASE WHEN count(*) FILTER (WHERE security IS NULL) > 0 THEN NULL ELSE false END) AS security,
    arg_max(reason, stretch) AS reason,
    min(first_at) AS first_seen_at, max(last_at) AS last_confirmed_at,
    min(stretch) AS first_stretch, max(stretch) AS last_stretch
  FROM numbered
  GROUP BY host_id, incarnation, package, architecture, spell
),
complete_readings AS (
  SELECT * FROM observations WHERE subject = 'updates' AND status = 'complete'
),
ends AS (
  SELECT
    spells.*,
    before.last_at AS absent_before_at,
    least(after.first_at, follower.first_seen_at) AS absent_after_at,
    lag(spells.highest_target_rank) OVER (
      PARTITION BY spells.host_id, spells.incarnation, spells.package, spells.architecture ORDER BY spells.spell
    ) AS earlier_target_rank
  FROM spells
  ASOF LEFT JOIN complete_readings before
    ON before.host_id = spells.host_id AND before.incarnation = spells.incarnation AND before.stretch < spells.first_stretch
  ASOF LEFT JOIN complete_readings after
    ON after.host_id = spells.host_id AND after.incarnation = spells.incarnation AND after.stretch > spells.last_stretch
  LEFT JOIN spells follower
    ON follower.host_id = spells.host_id AND follower.incarnation = spells.incarnation
    AND follower.package = spells.package AND follower.architecture = spells.architecture AND follower.spell = spells.spell + 1
),
-- What the package database held of the package at the end.
found AS (
  SELECT ends.*, held.version AS version_after, held.version_rank AS rank_after, held.installed_at AS installed_at_after,
    coalesce(package_reading.first_at IS NOT NULL, false) AS packages_read_after
  FROM ends
  ASOF LEFT JOIN (SELECT * FROM observations WHERE subject = 'packages' AND status = 'complete') package_reading
    ON package_reading.host_id = ends.host_id AND package_reading.incarnation = ends.incarnation
    AND package_reading.first_at <= ends.absent_after_at
  LEFT JOIN (
    SELECT state.host_id, state.digest, state.package, state.architecture, state.version, state.installed_at, state.ecosystem, state.rank AS version_rank
    FROM newest_packages state
    WHERE state.rank IS NOT NULL AND state.state NOT IN ('config-files', 'not-installed')
  ) held
    ON held.host_id = ends.host_id AND held.digest = package_reading.digest AND held.ecosystem = ends.ecosystem
    AND held.package = ends.package AND held.architecture = ends.architecture
),
judged AS (
  SELECT
    found.*,
    CASE
      WHEN absent_after_at IS NOT NULL AND rank_after >= first_target_rank THEN 'installed'
      WHEN absent_after_at IS NOT NULL AND version_after IS NULL AND packages_read_after THEN 'package-removed'
      WHEN absent_after_at IS NOT NULL THEN 'no-longer-offered'
      WHEN later.started_at IS NOT NULL THEN 'host-rebuilt'
      WHEN gone.gone_after_at IS NOT NULL THEN 'host-retired'
      ELSE 'open'
    END AS status,
    coalesce(absent_after_at, later.started_at, gone.gone_after_at) AS end_after_at
  FROM found
  LEFT JOIN (SELECT host_id, incarnation, min(happened_at) AS started_at FROM scans GROUP BY ALL) later
    ON later.host_id = found.host_id AND later.incarnation = found.incarnation + 1
  LEFT JOIN retired_hosts gone ON gone.host_id = found.host_id
)
SELECT
  host_id, incarnation, package, architecture, spell,
  installed_version, first_target_version, last_target_version, security, status,
  CASE WHEN status = 'open' THEN reason END AS reason,
  coalesce(spell > 1 AND first_target_rank <= earlier_target_rank, false) AS reopened,
  absent_before_at AS opened_not_before,
  first_seen_at AS opened_not_after,
  CASE WHEN absent_before_at IS NULL THEN 'late-entry' ELSE 'between-scans' END AS opened_evidence,
  last_confirmed_at,
  CASE WHEN status = 'open' THEN NULL WHEN status = 'installed' THEN coalesce(logged.not_before, dated.at, last_confirmed_at) ELSE last_confirmed_at END AS closed_not_before,
  CASE WHEN status = 'open' THEN NULL WHEN status = 'installed' THEN coalesce(logged.not_after, dated.at, end_after_at) ELSE end_after_at END AS closed_not_after,
  CASE
    WHEN status = 'open' THEN NULL
    WHEN status = 'installed' AND logged.not_before IS NOT NULL THEN 'package-manager-log'
    WHEN status = 'installed' AND dated.at IS NOT NULL THEN 'package-database'
    ELSE 'between-scans'
  END AS closed_evidence,
  CASE WHEN status = 'installed' THEN version_after END AS closed_version
FROM judged
LEFT JOIN LATERAL (
  SELECT min(event.not_before) AS not_before, min_by(event.not_after, event.not_before) AS not_after
  FROM fact_events event
  JOIN version_ranks ranks ON ranks.version = event.new_version AND ranks.ecosystem = judged.ecosystem
  WHERE event.log <> 'apt-history' AND judged.status = 'installed'
    AND event.host_id = judged.host_id AND event.package = judged.package AND event.architecture = judged.architecture
    AND ranks.rank >= judged.first_target_rank
    AND event.not_after >= judged.last_confirmed_at AND event.not_before <= judged.end_after_at
) logged ON true
LEFT JOIN LATERAL (
  SELECT CASE WHEN judged.installed_at_after BETWEEN judged.last_confirmed_at AND judged.end_after_at THEN judged.installed_at_after END AS at
) dated ON true
ORDER BY host_id, incarnation, package, architecture, spell;

COMMENT ON TABLE update_spells IS 'Spells of "update available": which host lacked which update since when, until when, and how that is known.';
COMMENT ON COLUMN update_spells.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN update_spells.spell IS 'Number of the spell for that host and package.';
COMMENT ON COLUMN update_spells.installed_version IS 'Version installed when the spell began.';
COMMENT ON COLUMN update_spells.first_target_version IS 'First version on offer: reaching it ends the spell.';
COMMENT ON COLUMN update_spells.last_target_version IS 'Latest version on offer.';
COMMENT ON COLUMN update_spells.security IS 'Whether a version from a security origin was among those on offer; null when nobody could tell.';
COMMENT ON COLUMN update_spells.status IS 'open, installed, package-removed, no-longer-offered, host-rebuilt or host-retired.';
COMMENT ON COLUMN update_spells.reason IS 'While open: why it is not applied.';
COMMENT ON COLUMN update_spells.reopened IS 'Whether the installed version went back behind a target that had been reached.';
COMMENT ON COLUMN update_spells.opened_not_before IS 'Last complete reading at which it was not on offer; null on late entry.';
COMMENT ON COLUMN update_spells.opened_not_after IS 'First reading at which it was on offer.';
COMMENT ON COLUMN update_spells.opened_evidence IS 'between-scans or late-entry.';
COMMENT ON COLUMN update_spells.last_confirmed_at IS 'Last scan that saw it still missing.';
COMMENT ON COLUMN update_spells.closed_not_before IS 'Earliest instant at which it can have ended.';
COMMENT ON COLUMN update_spells.closed_not_after IS 'Latest instant at which it can have ended.';
COMMENT ON COLUMN update_spells.closed_evidence IS 'package-manager-log, package-database or between-scans.';
COMMENT ON COLUMN update_spells.closed_version IS 'Version found installed after it ended.';
