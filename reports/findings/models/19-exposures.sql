-- Exposures with what stands beside their dates: since when the host's own repositories have the fix, and why
-- one that is missing is not applied. What old package lists do not offer is unknown, not missing.
CREATE OR REPLACE TABLE exposures AS
WITH offered AS (
  SELECT spell.host_id, spell.incarnation, spell.fix_id, spell.spell, min(offer.first_at) AS first_at, min(offer.stretch) AS stretch
  FROM exposure_spells spell
  JOIN fixes USING (fix_id)
  JOIN offered_sources offer
    ON offer.host_id = spell.host_id AND offer.incarnation = spell.incarnation AND offer.source = fixes.source
    AND offer.installed_rank < fixes.rank AND offer.rank >= fixes.rank
  GROUP BY ALL
),
available AS (
  -- Not on offer in lists that were old by then says nothing of the days since these were refreshed.
  SELECT offered.*, CASE WHEN before.lists_at IS NOT NULL THEN least(before.last_at, before.lists_at) END AS absent_at
  FROM offered
  ASOF LEFT JOIN (FROM observations WHERE subject = 'updates' AND status = 'complete') before
    ON before.host_id = offered.host_id AND before.incarnation = offered.incarnation AND before.stretch < offered.stretch
),
-- What is on offer now: the reason that weighs most, over the packages of the source.
now_offered AS (
  SELECT updates.host_id, judged.source, ranks.rank,
    arg_max(updates.reason, CASE updates.reason WHEN 'held' THEN 5 WHEN 'pinned' THEN 4 WHEN 'kept-back' THEN 3 WHEN 'phased' THEN 2 ELSE 1 END) AS reason
  FROM current_updates updates
  JOIN hosts USING (host_id)
  JOIN judged_packages judged
    ON judged.ecosystem = hosts.ecosystem AND judged.package = updates.package AND judged.version IN (updates.candidate_version, updates.newest_version, updates.security_version)
  JOIN version_ranks ranks ON ranks.ecosystem = hosts.ecosystem AND ranks.version = judged.source_version
  WHERE updates.installed_version IS NOT NULL
  GROUP BY updates.host_id, judged.source, ranks.rank
),
now_covering AS (
  SELECT spell.host_id, spell.fix_id, arg_max(offer.reason, offer.rank) AS reason
  FROM exposure_spells spell JOIN fixes USING (fix_id)
  JOIN now_offered offer ON offer.host_id = spell.host_id AND offer.source = fixes.source AND offer.rank >= fixes.rank
  WHERE spell.status = 'open'
  GROUP BY ALL
),
partly AS (
  SELECT DISTINCT spell.host_id, spell.incarnation, spell.fix_id
  FROM exposure_spells spell JOIN fixes USING (fix_id)
  JOIN spans ON spans.host_id = spell.host_id AND spans.incarnation = spell.incarnation AND spans.source = fixes.source
  WHERE spell.status = 'open' AND spans.kind = 'package' AND spans.ended_not_after IS NULL AND spans.rank >= fixes.rank
),
past_support AS (
  SELECT host_id, incarnation, source FROM unsupported WHERE status = 'open'
)
SELECT
  spell.* EXCLUDE (last_confirmed_at, horizon_at, first_observed_at),
  available.absent_at AS available_not_before,
  available.first_at AS available_not_after,
  CASE WHEN available.first_at IS NOT NULL THEN CASE WHEN available.absent_at IS NULL THEN 'late-entry' ELSE 'between-scans' END END AS available_evidence,
  CASE
    WHEN spell.status <> 'open' THEN NULL
    WHEN NOT last_attempt.was_read THEN 'host-unreachable'
    WHEN now_covering.reason = 'none-yet-tried' AND partly.fix_id IS NOT NULL THEN 'partly-installed'
    WHEN now_covering.reason IS NOT NULL THEN now_covering.reason
    WHEN EXISTS (FROM past_support WHERE past_support.host_id = spell.host_id AND past_support.incarnation = spell.incarnation AND (past_support.source IS NULL OR past_support.source = fixes.source)) THEN 'end-of-life'
    WHEN hosts.updates_reading = 'complete' AND hosts.lists_fresh THEN 'repository-missing-it'
  END AS reason,
  spell.first_observed_at, spell.last_confirmed_at, spell.horizon_at
FROM exposure_spells spell
JOIN fixes USING (fix_id)
CROSS JOIN as_of
JOIN hosts USING (host_id)
LEFT JOIN (SELECT host_id, was_read FROM scans QUALIFY row_number() OVER (PARTITION BY host_id ORDER BY started_at DESC, recorded_at DESC, collector) = 1) last_attempt USING (host_id)
LEFT JOIN available ON available.host_id = spell.host_id AND available.incarnation = spell.incarnation AND available.fix_id = spell.fix_id AND available.spell = spell.spell
LEFT JOIN now_covering ON now_covering.host_id = spell.host_id AND now_covering.fix_id = spell.fix_id
LEFT JOIN partly ON partly.host_id = spell.host_id AND partly.incarnation = spell.incarnation AND partly.fix_id = spell.fix_id
ORDER BY spell.host_id, spell.incarnation, spell.fix_id, spell.spell;

COMMENT ON TABLE exposures IS 'Which host lacked which fix, in spells, with bounds and evidence of every date.';
COMMENT ON COLUMN exposures.fix_id IS 'Release, source package and fixed version.';
COMMENT ON COLUMN exposures.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN exposures.spell IS 'Number of the spell; later ones were reopened.';
COMMENT ON COLUMN exposures.status IS 'open, installed-not-effective, installed-effect-unknown, closed, or an exit: package-removed, host-retired, host-rebuilt, advisory-withdrawn.';
COMMENT ON COLUMN exposures.reopened IS 'Whether the host had the fix before and went back behind it.';
COMMENT ON COLUMN exposures.pre_empted IS 'Whether the fix was installed before or while it was published.';
COMMENT ON COLUMN exposures.introduced_late IS 'Whether the vulnerable version came after the fix was out.';
COMMENT ON COLUMN exposures.vulnerable_version IS 'Source version that was vulnerable first.';
COMMENT ON COLUMN exposures.lacking IS 'Parts that lack the fix now.';
COMMENT ON COLUMN exposures.opened_not_before IS 'Later of publication and arrival, earliest.';
COMMENT ON COLUMN exposures.opened_not_after IS 'The same, latest.';
COMMENT ON COLUMN exposures.opened_evidence IS 'published, or how the arrival is known.';
COMMENT ON COLUMN exposures.entered_at IS 'From when the host can be followed for this spell: latency counts it from then (late entry).';
COMMENT ON COLUMN exposures.installed_not_before IS 'Earliest instant of the install.';
COMMENT ON COLUMN exposures.installed_not_after IS 'Latest instant of the install.';
COMMENT ON COLUMN exposures.installed_evidence IS 'package-manager-log, package-database or between-scans.';
COMMENT ON COLUMN exposures.effective_not_before IS 'Earliest instant at which nothing old was in use.';
COMMENT ON COLUMN exposures.effective_not_after IS 'Latest such instant.';
COMMENT ON COLUMN exposures.effective_evidence IS 'boot, everything-restarted or process-maps.';
COMMENT ON COLUMN exposures.exited_not_before IS 'Earliest instant of an exit.';
COMMENT ON COLUMN exposures.exited_not_after IS 'Latest instant of an exit.';
COMMENT ON COLUMN exposures.first_observed_at IS 'First scan that saw it.';
COMMENT ON COLUMN exposures.last_confirmed_at IS 'Last scan that proves the state.';
COMMENT ON COLUMN exposures.horizon_at IS 'Since when anything is known of the host.';
COMMENT ON COLUMN exposures.available_not_before IS 'Last refresh of the host''s package lists after which a complete reading did not find the fix on offer; null on late entry, and where no refresh is known.';
COMMENT ON COLUMN exposures.available_not_after IS 'First reading at which they did; null when no scan saw it on offer.';
COMMENT ON COLUMN exposures.available_evidence IS 'between-scans or late-entry.';
COMMENT ON COLUMN exposures.reason IS 'While open, why it is not applied: that of the update on offer, partly-installed, repository-missing-it, end-of-life or host-unreachable; null when that is not known.';
