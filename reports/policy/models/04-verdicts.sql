-- What a policy says of each spell of an exposure, at the instant of these findings: met, missed, not-provable (the
-- bounds straddle the deadline, or nobody saw it since), due, excepted, exited or unknown. A spell that no rule of a
-- policy judges has no row: the policy does not apply to it. What counts as done is the policy's to say.
CREATE OR REPLACE TABLE verdicts AS
WITH spells AS (
  SELECT
    deadlines.*, exposures.status, exposures.pre_empted, exposures.last_confirmed_at, as_of.instant, policies.effectiveness, exposures.opened_not_before,
    exposures.installed_not_before, exposures.exited_not_before, exposures.exited_not_after,
    CASE
      WHEN exposures.status = 'closed' AND policies.effectiveness = 'installed' AND exposures.installed_not_after IS NOT NULL THEN 'installed'
      WHEN exposures.status = 'closed' THEN 'effective'
      WHEN exposures.status = 'installed-effect-unknown' AND policies.effectiveness IN ('installed', 'effective-or-unknown') THEN 'installed'
      WHEN exposures.status = 'installed-not-effective' AND policies.effectiveness = 'installed' AND exposures.installed_not_after IS NOT NULL THEN 'installed'
    END AS done_by,
    exposures.installed_not_after, exposures.effective_not_before, exposures.effective_not_after
  FROM deadlines
  JOIN exposures USING (host_id, incarnation, fix_id, spell)
  JOIN policies USING (policy)
  CROSS JOIN as_of
),
done AS (
  SELECT *,
    -- Nothing is done before it began.
    CASE done_by WHEN 'installed' THEN greatest(installed_not_before, opened_not_before) WHEN 'effective' THEN greatest(effective_not_before, installed_not_before, opened_not_before) END AS done_not_before,
    CASE done_by WHEN 'installed' THEN installed_not_after WHEN 'effective' THEN effective_not_after END AS done_not_after,
    status IN ('package-removed', 'host-retired', 'host-rebuilt', 'advisory-withdrawn') AS left_otherwise
  FROM spells
),
judged AS (
  SELECT *,
    CASE
      WHEN pre_empted AND done_by IS NOT NULL THEN 'met'
      WHEN status = 'advisory-withdrawn' THEN 'exited'
      WHEN deadline_not_after IS NULL THEN 'unknown'
      WHEN done_by IS NOT NULL AND done_not_after <= deadline_not_before THEN 'met'
      WHEN done_by IS NOT NULL AND done_not_before > deadline_not_after THEN 'missed'
      WHEN done_by IS NOT NULL THEN 'not-provable'
      WHEN left_otherwise AND exited_not_after <= deadline_not_before THEN 'exited'
      WHEN left_otherwise AND greatest(exited_not_before, opened_not_before) > deadline_not_after THEN 'missed'
      WHEN left_otherwise THEN 'not-provable'
      WHEN coalesce(instant <= deadline_not_before, instant <= deadline_not_after) THEN 'due'
      WHEN status = 'installed-effect-unknown' AND installed_not_before > deadline_not_after THEN 'missed'
      WHEN status <> 'installed-effect-unknown' AND last_confirmed_at > deadline_not_after THEN 'missed'
      ELSE 'not-provable'
    END AS own_verdict,
    done_by IS NULL AND NOT left_otherwise AS lasting
  FROM done
),
-- The exception that stands over a deadline that was not met: now, or when the fix came in.
excepted AS (
  SELECT judged.policy, judged.host_id, judged.incarnation, judged.fix_id, judged.spell,
    arg_max(exceptions.exception, (exceptions.counts_until, exceptions.exception)) AS exception, max(exceptions.counts_until) AS excepted_until,
    bool_and(exceptions.counts_from > judged.deadline_not_after) AS overdue_before
  FROM judged
  JOIN exception_fixes USING (fix_id)
  JOIN exception_hosts ON exception_hosts.version = exception_fixes.version AND exception_hosts.host_id = judged.host_id
  JOIN exceptions ON exceptions.version = exception_fixes.version
  WHERE judged.own_verdict IN ('missed', 'not-provable')
    AND CASE WHEN judged.lasting THEN judged.instant >= exceptions.counts_from AND judged.instant <= exceptions.counts_until
      ELSE judged.done_not_before >= exceptions.counts_from AND judged.done_not_after <= exceptions.counts_until END
  GROUP BY ALL
)
SELECT
  judged.policy, judged.host_id, judged.incarnation, judged.fix_id, judged.spell,
  CASE WHEN excepted.exception IS NOT NULL THEN 'excepted' ELSE judged.own_verdict END AS verdict,
  CASE
    WHEN excepted.exception IS NOT NULL AND NOT judged.lasting THEN 'fixed-while-excepted'
    WHEN excepted.exception IS NOT NULL AND excepted.overdue_before THEN 'overdue-before-exception'
    WHEN judged.pre_empted AND judged.own_verdict = 'met' THEN 'pre-empted'
    WHEN judged.own_verdict = 'unknown' THEN 'clock-not-started'
    WHEN judged.own_verdict = 'missed' AND judged.opened_not_before > judged.deadline_not_after THEN 'introduced-late'
    WHEN judged.own_verdict = 'missed' AND judged.lasting THEN 'still-open'
    WHEN judged.own_verdict = 'missed' AND judged.left_otherwise THEN 'left-late'
    WHEN judged.own_verdict = 'missed' THEN 'fixed-late'
    WHEN judged.own_verdict = 'not-provable' AND NOT judged.lasting THEN 'bounds-straddle'
    WHEN judged.own_verdict = 'not-provable' AND judged.instant <= judged.deadline_not_after THEN 'deadline-straddles'
    WHEN judged.own_verdict = 'not-provable' AND judged.status = 'installed-effect-unknown' THEN 'effect-unknown'
    WHEN judged.own_verdict = 'not-provable' THEN 'not-seen-since'
  END AS detail,
  judged.rule, judged.deciding_cve, judged.deadline_not_before, judged.deadline_not_after, judged.done_not_before, judged.done_not_after,
  judged.lasting, excepted.exception, judged.last_confirmed_at
FROM judged LEFT JOIN excepted USING (policy, host_id, incarnation, fix_id, spell)
UNION ALL
-- Published since the host was last read: nobody knows whether it is on it.
SELECT scopes.policy, unseen.host_id, unseen.incarnation, unseen.fix_id, 0, 'unknown', 'published-since', NULL, NULL, NULL, NULL, NULL, NULL, true, NULL, unseen.last_read_at
FROM unseen_fixes unseen
JOIN policy_scopes scopes USING (host_id)
WHERE EXISTS (
  FROM fix_ratings ratings
  JOIN rule_fixes ON rule_fixes.rating = ratings.rating
  JOIN rule_scopes ON rule_scopes.policy = rule_fixes.policy AND rule_scopes.place = rule_fixes.place
  WHERE ratings.fix_id = unseen.fix_id AND rule_fixes.policy = scopes.policy AND rule_scopes.scope = scopes.scope
)
ORDER BY policy, host_id, incarnation, fix_id, spell;

COMMENT ON TABLE verdicts IS 'What each policy says of each spell of an exposure that one of its rules judges.';
COMMENT ON COLUMN verdicts.policy IS 'Id of the policy.';
COMMENT ON COLUMN verdicts.host_id IS 'Stable id of the host, from the inventory.';
COMMENT ON COLUMN verdicts.incarnation IS 'Which machine under that name.';
COMMENT ON COLUMN verdicts.fix_id IS 'Release, source package and fixed version.';
COMMENT ON COLUMN verdicts.spell IS 'Number of the spell; 0 for a fix that was published since the host was last read.';
COMMENT ON COLUMN verdicts.verdict IS 'met, missed, not-provable, due, excepted, exited or unknown.';
COMMENT ON COLUMN verdicts.detail IS 'What lies behind it: pre-empted, introduced-late, still-open, fixed-late, left-late, bounds-straddle, deadline-straddles (it may be over by now or not), effect-unknown, not-seen-since, clock-not-started, published-since, fixed-while-excepted or overdue-before-exception.';
COMMENT ON COLUMN verdicts.rule IS 'Rule that gives the deadline.';
COMMENT ON COLUMN verdicts.deciding_cve IS 'CVE that gives it; null where the fix names none.';
COMMENT ON COLUMN verdicts.deadline_not_before IS 'Deadline, earliest; null when nothing bounds the start of the clock.';
COMMENT ON COLUMN verdicts.deadline_not_after IS 'Deadline, latest; null when the clock has not started.';
COMMENT ON COLUMN verdicts.done_not_before IS 'Earliest instant at which the policy''s demand was met; null while it is not.';
COMMENT ON COLUMN verdicts.done_not_after IS 'Latest such instant.';
COMMENT ON COLUMN verdicts.lasting IS 'Whether it is not over yet.';
COMMENT ON COLUMN verdicts.exception IS 'Exception that stands over it.';
COMMENT ON COLUMN verdicts.last_confirmed_at IS 'Last scan that proves the state.';
