-- An exposure is one host that lacked one fix, as one or more spells. A spell begins at the later of the fix's
-- publication and the arrival of a vulnerable version; it is over when the fix is effective. Every date has
-- bounds. What ended before the fix was published is kept as pre-empted: the host was ahead of it.
CREATE OR REPLACE TABLE kernel_sources AS
SELECT DISTINCT ecosystem, source FROM judged_packages WHERE flavour IS NOT NULL AND source IS NOT NULL
UNION SELECT ecosystem, source FROM running_kernels WHERE source IS NOT NULL
ORDER BY ALL;

CREATE OR REPLACE TABLE vulnerable AS
SELECT
  spans.host_id, spans.incarnation, fixes.fix_id, spans.kind, spans.part, spans.version,
  greatest(spans.began_not_before, releases.from_not_before) AS began_not_before,
  greatest(spans.began_not_after, releases.from_not_after) AS began_not_after,
  spans.began_evidence, spans.ended_not_before, spans.ended_not_after, spans.ended_evidence, spans.removed
FROM spans
JOIN host_releases releases USING (host_id, incarnation)
JOIN fixes ON fixes.ecosystem = spans.ecosystem AND fixes.release = releases.release AND fixes.source = spans.source
WHERE spans.rank < fixes.rank
  AND (spans.ended_not_after IS NULL OR releases.from_not_after IS NULL OR spans.ended_not_after > releases.from_not_after);

CREATE OR REPLACE TABLE vulnerable_spells AS
WITH ordered AS (
  SELECT *,
    max(coalesce(ended_not_after, TIMESTAMP '9999-01-01')) OVER earlier AS reached_at,
    arg_max(ended_not_before, (coalesce(ended_not_after, TIMESTAMP '9999-01-01'), ended_not_before, part, version)) OVER earlier AS reached_not_before
  FROM vulnerable
  WINDOW earlier AS (PARTITION BY host_id, incarnation, fix_id ORDER BY coalesce(began_not_before, TIMESTAMP '0001-01-01'), began_not_after, part, version ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
marked AS (
  SELECT *,
    -- Two versions of one part follow each other in one change: the same bounds end the one and begin the other.
    coalesce(began_not_before >= reached_at AND NOT (began_not_before = reached_not_before AND began_not_after = reached_at), reached_at IS NULL) AS begins
  FROM ordered
),
numbered AS (
  SELECT *, count(*) FILTER (WHERE begins) OVER (PARTITION BY host_id, incarnation, fix_id ORDER BY coalesce(began_not_before, TIMESTAMP '0001-01-01'), began_not_after, part, version) AS spell
  FROM marked
),
-- How a part ended is how its last version in the spell ended.
lasting AS (
  SELECT *, lead(part) OVER (PARTITION BY host_id, incarnation, fix_id, spell, part ORDER BY began_not_after, coalesce(ended_not_after, TIMESTAMP '9999-01-01'), version) IS NULL AS last_of_part
  FROM numbered
)
SELECT
  host_id, incarnation, fix_id, spell,
  CASE WHEN count(*) FILTER (WHERE began_not_before IS NULL) = 0 THEN min(began_not_before) END AS began_not_before,
  min(began_not_after) AS began_not_after,
  arg_min(began_evidence, (began_not_after, part)) AS began_evidence,
  count(*) FILTER (WHERE kind <> 'running') > 0 AS lacked_install,
  count(*) FILTER (WHERE kind <> 'running' AND ended_not_after IS NULL) AS lacking_parts,
  max(ended_not_before) FILTER (WHERE kind <> 'running') AS installed_not_before,
  max(ended_not_after) FILTER (WHERE kind <> 'running') AS installed_not_after,
  arg_max(ended_evidence, (ended_not_after, part)) FILTER (WHERE kind <> 'running') AS installed_evidence,
  bool_and(removed) FILTER (WHERE kind <> 'running' AND last_of_part) AS removed,
  count(*) FILTER (WHERE kind = 'running') > 0 AS ran,
  count(*) FILTER (WHERE kind = 'running' AND ended_not_after IS NULL) > 0 AS runs,
  max(ended_not_before) FILTER (WHERE kind = 'running') AS rebooted_not_before,
  max(ended_not_after) FILTER (WHERE kind = 'running') AS rebooted_not_after,
  arg_min(version, (began_not_after, part)) AS first_version,
  list(DISTINCT part ORDER BY part) FILTER (WHERE ended_not_after IS NULL) AS lacking
FROM lasting
GROUP BY host_id, incarnation, fix_id, spell;

-- What proves that nothing old is in use any more: everything in userland started after an instant, or a
-- scan that could look into every process.
CREATE OR REPLACE TABLE renewals AS
SELECT DISTINCT host_id, incarnation, renewed_at
FROM (
  SELECT scan.host_id, scan.incarnation, scan.booted_at AS renewed_at FROM scans scan
  WHERE scan.was_read AND scan.own_kernel AND scan.booted_at IS NOT NULL
  UNION ALL
  SELECT scan.host_id, scan.incarnation, oldest.started_at
  FROM fact_oldest_process oldest JOIN scans scan USING (host_id, collector, sequence)
  JOIN fact_readings reading ON reading.host_id = oldest.host_id AND reading.collector = oldest.collector AND reading.sequence = oldest.sequence
  WHERE reading.subject = 'processes' AND reading.status = 'complete'
)
ORDER BY ALL;

CREATE OR REPLACE TABLE whole_looks AS
SELECT DISTINCT scan.host_id, scan.incarnation, scan.happened_at
FROM scans scan JOIN fact_readings reading USING (host_id, collector, sequence)
WHERE reading.subject = 'mappings' AND reading.status = 'complete'
ORDER BY ALL;

-- Scans that saw an old copy of a source's files still in use.
CREATE OR REPLACE TABLE old_copies AS
SELECT DISTINCT scan.host_id, scan.incarnation, packages.source, scan.happened_at
FROM fact_mapped mapped
JOIN scans scan USING (host_id, collector, sequence)
JOIN (SELECT DISTINCT ecosystem, package, source FROM judged_packages WHERE source IS NOT NULL) packages ON packages.ecosystem = scan.ecosystem AND packages.package = mapped.package
ORDER BY ALL;

-- Silence: what was published after the last whole reading of a host may be on it by now. It is no exposure, it
-- is unknown (semantics 4), and is listed apart.
CREATE OR REPLACE TABLE unseen_fixes AS
SELECT hosts.host_id, hosts.incarnation, spell.fix_id, fixes.published_not_before, max(observations.last_at) AS last_read_at
FROM vulnerable_spells spell
JOIN fixes USING (fix_id)
JOIN hosts USING (host_id, incarnation)
JOIN observations USING (host_id, incarnation)
WHERE hosts.listed_now AND spell.lacking_parts > 0 AND observations.subject = 'packages' AND observations.status = 'complete'
GROUP BY ALL
HAVING fixes.published_not_before > max(observations.last_at)
ORDER BY hosts.host_id, spell.fix_id;

CREATE OR REPLACE TABLE exposure_spells AS
WITH horizons AS (
  SELECT host_id, incarnation, min(seen_at) AS horizon_at
  FROM (
    SELECT host_id, incarnation, happened_at AS seen_at FROM scans WHERE was_read
    UNION ALL
    SELECT host_id, incarnation, not_before FROM install_events WHERE NOT of_image
  )
  GROUP BY ALL
),
lives AS (
  SELECT host_id, incarnation, min(happened_at) AS first_read_at, max(happened_at) AS last_read_at, max(born_at) AS born_at
  FROM scans WHERE was_read GROUP BY ALL
),
package_reads AS (
  SELECT host_id, incarnation, min(first_at) AS first_at, max(last_at) AS last_at FROM observations WHERE subject = 'packages' AND status = 'complete' GROUP BY ALL
),
-- One that was over before the fix was out counts only where the fix came in, not where the package went.
relevant AS (
  SELECT spell.*, fixes.source, (fixes.ecosystem, fixes.source) IN (FROM kernel_sources) AS of_kernel, fixes.published_not_before, fixes.published_not_after, fixes.withdrawn_at,
    spell.installed_not_after <= fixes.published_not_after AND spell.lacking_parts = 0 AS pre_empted
  FROM vulnerable_spells spell JOIN fixes USING (fix_id)
  JOIN lives USING (host_id, incarnation)
  LEFT JOIN package_reads USING (host_id, incarnation)
  WHERE (spell.installed_not_after IS NULL OR spell.lacking_parts > 0 OR spell.runs OR NOT (spell.removed AND spell.installed_not_after <= coalesce(fixes.published_not_before, spell.installed_not_after)))
    AND NOT (spell.lacking_parts > 0 AND coalesce(fixes.published_not_before > package_reads.last_at, false))
    -- What happened to the image before the machine was born is not this machine's.
    AND (spell.lacking_parts > 0 OR spell.runs OR lives.born_at IS NULL OR greatest(spell.installed_not_after, spell.rebooted_not_after) >= lives.born_at)
),
looked AS (
  SELECT relevant.*, renewal.renewed_at, look.happened_at AS looked_at
  FROM relevant
  ASOF LEFT JOIN renewals renewal
    ON renewal.host_id = relevant.host_id AND renewal.incarnation = relevant.incarnation AND renewal.renewed_at >= relevant.installed_not_after
  ASOF LEFT JOIN whole_looks look
    ON look.host_id = relevant.host_id AND look.incarnation = relevant.incarnation AND look.happened_at >= relevant.installed_not_after
),
-- Where that scan saw an old copy, the first later one that saw none.
clean_looks AS (
  SELECT sources.host_id, sources.incarnation, sources.source, look.happened_at
  FROM (SELECT DISTINCT host_id, incarnation, source FROM old_copies) sources
  JOIN whole_looks look USING (host_id, incarnation)
  ANTI JOIN old_copies copy
    ON copy.host_id = sources.host_id AND copy.incarnation = sources.incarnation AND copy.source = sources.source AND copy.happened_at = look.happened_at
),
proven AS (
  SELECT looked.* EXCLUDE (looked_at),
    CASE WHEN copy.happened_at IS NULL THEN looked.looked_at ELSE clean.happened_at END AS clean_at
  FROM looked
  LEFT JOIN old_copies copy
    ON copy.host_id = looked.host_id AND copy.incarnation = looked.incarnation AND copy.source = looked.source AND copy.happened_at = looked.looked_at
  ASOF LEFT JOIN clean_looks clean
    ON clean.host_id = looked.host_id AND clean.incarnation = looked.incarnation AND clean.source = looked.source AND clean.happened_at > looked.looked_at
),
-- The last scan before that which saw an old copy.
copies AS (
  SELECT proven.host_id, proven.incarnation, proven.fix_id, proven.spell, max(copy.happened_at) AS copy_seen_at
  FROM proven JOIN old_copies copy USING (host_id, incarnation, source)
  WHERE copy.happened_at >= proven.installed_not_after
    AND copy.happened_at < coalesce(least(proven.renewed_at, proven.clean_at), TIMESTAMP '9999-01-01')
  GROUP BY ALL
),
-- The first kernel known to run that has the fix.
kernels AS (
  SELECT ran.host_id, ran.incarnation, fixes.fix_id, min(ran.began_not_after) FILTER (WHERE ran.rank >= fixes.rank) AS fixed_runs_not_after
  FROM spans ran JOIN fixes USING (ecosystem, source)
  WHERE ran.kind = 'running'
  GROUP BY ALL
),
-- When the fix was in effect: for kernels by what ran, for all else by what was still in use.
effected AS (
  SELECT proven.*, copies.copy_seen_at,
    CASE
      WHEN lacking_parts > 0 OR runs THEN NULL
      WHEN of_kernel AND ran THEN greatest(installed_not_before, rebooted_not_before)
      WHEN of_kernel AND fixed_runs_not_after IS NOT NULL THEN installed_not_before
      WHEN of_kernel THEN NULL
      WHEN least(renewed_at, clean_at) IS NOT NULL THEN greatest(installed_not_before, copy_seen_at)
    END AS effective_not_before,
    CASE
      WHEN lacking_parts > 0 OR runs THEN NULL
      WHEN of_kernel AND ran THEN greatest(installed_not_after, rebooted_not_after)
      WHEN of_kernel THEN CASE WHEN fixed_runs_not_after IS NOT NULL THEN greatest(installed_not_after, fixed_runs_not_after) END
      ELSE least(renewed_at, clean_at)
    END AS effective_not_after,
    CASE
      WHEN lacking_parts > 0 OR runs THEN NULL
      WHEN of_kernel THEN CASE WHEN ran OR fixed_runs_not_after IS NOT NULL THEN 'boot' END
      WHEN renewed_at <= coalesce(clean_at, renewed_at) THEN 'everything-restarted'
      WHEN clean_at IS NOT NULL THEN 'process-maps'
    END AS effective_evidence
  FROM proven
  LEFT JOIN copies USING (host_id, incarnation, fix_id, spell)
  LEFT JOIN kernels USING (host_id, incarnation, fix_id)
)
SELECT
  effected.host_id, effected.incarnation, effected.fix_id, effected.spell,
  CASE
    WHEN effected.lacking_parts > 0 AND later.first_read_at IS NOT NULL THEN 'host-rebuilt'
    WHEN effected.lacking_parts > 0 AND gone.gone_after_at IS NOT NULL THEN 'host-retired'
    WHEN effected.lacking_parts > 0 AND effected.withdrawn_at IS NOT NULL THEN 'advisory-withdrawn'
    WHEN effected.lacking_parts > 0 THEN 'open'
    WHEN effected.removed THEN 'package-removed'
    WHEN effected.effective_not_after IS NOT NULL THEN 'closed'
    WHEN later.first_read_at IS NOT NULL THEN 'host-rebuilt'
    WHEN gone.gone_after_at IS NOT NULL THEN 'host-retired'
    WHEN effected.withdrawn_at IS NOT NULL THEN 'advisory-withdrawn'
    WHEN effected.runs OR effected.copy_seen_at IS NOT NULL THEN 'installed-not-effective'
    ELSE 'installed-effect-unknown'
  END AS status,
  effected.spell > 1 AS reopened,
  coalesce(effected.pre_empted, false) AS pre_empted,
  coalesce(effected.began_not_before > effected.published_not_after, false) AS introduced_late,
  effected.first_version AS vulnerable_version,
  effected.lacking AS lacking,
  greatest(effected.published_not_before, coalesce(effected.began_not_before, effected.published_not_before)) AS opened_not_before,
  greatest(effected.published_not_after, effected.began_not_after) AS opened_not_after,
  CASE WHEN effected.began_not_after > effected.published_not_after THEN effected.began_evidence ELSE 'published' END AS opened_evidence,
  greatest(effected.published_not_before, effected.began_not_before, horizons.horizon_at) AS entered_at,
  CASE WHEN effected.lacking_parts = 0 AND effected.lacked_install AND NOT effected.removed THEN effected.installed_not_before END AS installed_not_before,
  CASE WHEN effected.lacking_parts = 0 AND effected.lacked_install AND NOT effected.removed THEN effected.installed_not_after END AS installed_not_after,
  CASE WHEN effected.lacking_parts = 0 AND effected.lacked_install AND NOT effected.removed THEN effected.installed_evidence END AS installed_evidence,
  CASE WHEN NOT effected.removed OR effected.removed IS NULL THEN effected.effective_not_before END AS effective_not_before,
  CASE WHEN NOT effected.removed OR effected.removed IS NULL THEN effected.effective_not_after END AS effective_not_after,
  CASE WHEN NOT effected.removed OR effected.removed IS NULL THEN effected.effective_evidence END AS effective_evidence,
  CASE WHEN effected.removed AND effected.lacking_parts = 0 THEN effected.installed_not_before
    WHEN effected.lacking_parts > 0 OR effected.effective_not_after IS NULL THEN coalesce(later.before_at, gone.gone_not_before, effected.withdrawn_at) END AS exited_not_before,
  CASE WHEN effected.removed AND effected.lacking_parts = 0 THEN effected.installed_not_after
    WHEN effected.lacking_parts > 0 OR effected.effective_not_after IS NULL THEN coalesce(later.first_read_at, gone.gone_after_at, effected.withdrawn_at) END AS exited_not_after,
  first_look.happened_at AS first_observed_at,
  CASE WHEN effected.lacking_parts > 0 THEN package_reads.last_at ELSE own.last_read_at END AS last_confirmed_at,
  horizons.horizon_at
FROM effected
JOIN horizons USING (host_id, incarnation)
JOIN lives own USING (host_id, incarnation)
LEFT JOIN package_reads USING (host_id, incarnation)
LEFT JOIN (
  SELECT lives.host_id, lives.incarnation - 1 AS incarnation, lives.first_read_at, before.last_read_at AS before_at
  FROM lives JOIN lives before ON before.host_id = lives.host_id AND before.incarnation = lives.incarnation - 1
) later USING (host_id, incarnation)
LEFT JOIN retired_hosts gone ON gone.host_id = effected.host_id
ASOF LEFT JOIN (SELECT host_id, incarnation, happened_at FROM scans WHERE was_read) first_look
  ON first_look.host_id = effected.host_id AND first_look.incarnation = effected.incarnation
  AND first_look.happened_at >= greatest(effected.published_not_before, effected.began_not_before, effected.began_not_after)
ORDER BY effected.host_id, effected.incarnation, effected.fix_id, effected.spell;

COMMENT ON TABLE unseen_fixes IS 'Fixes that were published since a host was last read whole, of what it was behind then: whether it lacks them is unknown.';
COMMENT ON COLUMN unseen_fixes.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN unseen_fixes.fix_id IS 'Release, source package and fixed version.';
COMMENT ON COLUMN unseen_fixes.published_not_before IS 'Earliest instant of publication.';
COMMENT ON COLUMN unseen_fixes.last_read_at IS 'Last whole reading of its packages.';
