-- What became of each planned fix, from the state of the host and never from exit codes alone: the first that holds.
-- A plan is superseded only when it was replaced before anyone ran it.
CREATE OR REPLACE TABLE outcomes AS
WITH observed AS (
  SELECT plans.host_id, plans.plan, max(scan.happened_at) AS observed_at
  FROM plans JOIN scans scan ON scan.host_id = plans.host_id AND scan.happened_at > plans.simulated_at
  JOIN fact_readings reading ON reading.host_id = scan.host_id AND reading.collector = scan.collector AND reading.sequence = scan.sequence
  WHERE reading.subject = 'packages' AND reading.status = 'complete'
  GROUP BY ALL
),
last_spell AS (
  FROM exposures QUALIFY row_number() OVER (PARTITION BY host_id, fix_id ORDER BY incarnation DESC, spell DESC) = 1
),
last_run AS (
  FROM script_results WHERE of_a_plan QUALIFY row_number() OVER (PARTITION BY host_id, plan ORDER BY started_at DESC, file DESC) = 1
),
-- The log of the host says to the second when a package came in; a script says when it ran.
by_plan AS (
  SELECT DISTINCT spell.host_id, spell.fix_id, result.plan
  FROM last_spell spell JOIN script_results result ON result.host_id = spell.host_id AND result.of_a_plan
  WHERE spell.installed_not_after >= result.started_at - INTERVAL 2 SECOND AND spell.installed_not_before <= result.ended_at + INTERVAL 2 SECOND
),
-- Whether every planned package of the fix's source is at or above what was planned: then the plan did its part.
as_planned AS (
  SELECT fix.host_id, fix.plan, fix.fix_id, bool_and(coalesce(now_ranks.rank >= planned_ranks.rank, false)) AS as_planned
  FROM plan_fixes fix
  JOIN plans USING (host_id, plan)
  JOIN plan_changes change ON change.host_id = fix.host_id AND change.plan = fix.plan AND change.wanted
  LEFT JOIN current_packages now ON now.host_id = change.host_id AND now.package = change.package AND now.architecture = change.architecture AND now.state = 'installed'
  LEFT JOIN version_ranks now_ranks ON now_ranks.ecosystem = plans.ecosystem AND now_ranks.version = now.version
  LEFT JOIN version_ranks planned_ranks ON planned_ranks.ecosystem = plans.ecosystem AND planned_ranks.version = change.new_version
  WHERE EXISTS (FROM judged_packages judged WHERE judged.ecosystem = plans.ecosystem AND judged.package = change.package AND judged.source = fix.source)
  GROUP BY ALL
),
judged AS (
  SELECT
    fix.host_id, fix.plan, fix.fix_id, plans.planned_at, plans.replaced_at, observed.observed_at,
    spell.incarnation, spell.spell, spell.status, coalesce(as_planned.as_planned, false) AS as_planned, by_plan.plan IS NOT NULL AS by_plan,
    last_run.file, last_run.state AS result_state, last_run.reason AS result_reason, last_run.exit_status, last_run.started_at AS run_started_at,
    CASE
      WHEN observed.observed_at IS NULL THEN 'not-observed'
      WHEN spell.status = 'open' AND spell.reopened AND spell.opened_not_after > plans.simulated_at THEN 'regressed'
      WHEN spell.status = 'closed' THEN 'verified'
      WHEN spell.status IN ('installed-not-effective', 'installed-effect-unknown') THEN spell.status
      WHEN spell.status <> 'open' THEN 'exited'
      WHEN last_run.file IS NOT NULL AND (last_run.state <> 'finished' OR coalesce(last_run.exit_status NOT IN (0, 3), true)) THEN 'failed'
      ELSE 'still-missing'
    END AS outcome
  FROM plan_fixes fix
  JOIN plans USING (host_id, plan)
  LEFT JOIN observed USING (host_id, plan)
  LEFT JOIN last_spell spell USING (host_id, fix_id)
  LEFT JOIN last_run ON last_run.host_id = fix.host_id AND last_run.plan = fix.plan
  LEFT JOIN as_planned ON as_planned.host_id = fix.host_id AND as_planned.plan = fix.plan AND as_planned.fix_id = fix.fix_id
  LEFT JOIN by_plan ON by_plan.host_id = fix.host_id AND by_plan.fix_id = fix.fix_id AND by_plan.plan = fix.plan
)
SELECT
  host_id, plan, fix_id, outcome,
  CASE
    WHEN outcome IN ('verified', 'installed-not-effective', 'installed-effect-unknown') THEN CASE WHEN by_plan THEN 'by-plan' ELSE 'by-other-means' END
    WHEN outcome = 'exited' THEN status
    WHEN outcome = 'failed' THEN result_reason
    WHEN outcome = 'still-missing' THEN CASE WHEN file IS NULL THEN 'never-run' WHEN as_planned THEN 'partly-installed' ELSE 'claim-contradicted' END
  END AS detail,
  planned_at, replaced_at, observed_at, file AS result_file, result_state, exit_status, run_started_at, incarnation, spell
FROM judged
ORDER BY host_id, planned_at, plan, fix_id;

CREATE OR REPLACE TABLE plan_outcomes AS
SELECT
  plans.host_id, plans.plan, plans.planned_at, plans.expires_at, plans.replaced_at,
  CASE
    WHEN plans.replaced_at IS NOT NULL AND count(outcome.result_file) = 0 THEN 'superseded'
    WHEN count(DISTINCT outcome.outcome) > 1 THEN 'partly-applied'
    ELSE max(outcome.outcome)
  END AS outcome,
  count(*) AS fixes,
  count(*) FILTER (WHERE outcome.outcome = 'verified') AS verified,
  max(outcome.result_state) AS result_state, max(outcome.exit_status) AS exit_status, max(outcome.run_started_at) AS run_started_at
FROM plans JOIN outcomes outcome USING (host_id, plan)
GROUP BY plans.host_id, plans.plan, plans.planned_at, plans.expires_at, plans.replaced_at
ORDER BY plans.host_id, plans.planned_at, plans.plan;

COMMENT ON TABLE outcomes IS 'What became of each planned fix, as the state of the host shows.';
COMMENT ON COLUMN outcomes.outcome IS 'not-observed, regressed, verified, installed-not-effective, installed-effect-unknown, exited, failed or still-missing.';
COMMENT ON COLUMN outcomes.detail IS 'by-plan or by-other-means; the exit; the reason of the result; never-run, claim-contradicted, or partly-installed: what was planned is there, and another package of the source still lacks the fix.';
COMMENT ON COLUMN outcomes.planned_at IS 'When the plan was recorded (UTC).';
COMMENT ON COLUMN outcomes.replaced_at IS 'When the next plan for the host was recorded.';
COMMENT ON COLUMN outcomes.observed_at IS 'Last complete reading of the packages since the plan was made; null when there is none.';
COMMENT ON COLUMN outcomes.result_file IS 'Last result of the plan''s script; null when none came back.';
COMMENT ON COLUMN outcomes.result_state IS 'How far that run came, by its own word.';
COMMENT ON COLUMN outcomes.exit_status IS 'Exit status, by its own word.';
COMMENT ON COLUMN outcomes.run_started_at IS 'When that run began.';
COMMENT ON COLUMN outcomes.incarnation IS 'Machine under that name whose exposure it is.';
COMMENT ON COLUMN outcomes.spell IS 'Number of the spell.';
COMMENT ON TABLE plan_outcomes IS 'What became of each plan: that of its fixes, partly-applied where they differ, or superseded.';
COMMENT ON COLUMN plan_outcomes.outcome IS 'One of the outcomes, partly-applied, or superseded: replaced before it was run.';
COMMENT ON COLUMN plan_outcomes.fixes IS 'Fixes in the plan.';
COMMENT ON COLUMN plan_outcomes.verified IS 'Of them, verified.';
COMMENT ON COLUMN plan_outcomes.planned_at IS 'When the plan was recorded (UTC).';
COMMENT ON COLUMN plan_outcomes.replaced_at IS 'When the next plan for the host was recorded.';
COMMENT ON COLUMN plan_outcomes.result_state IS 'How far its last run came, by its own word.';
COMMENT ON COLUMN plan_outcomes.exit_status IS 'Exit status of that run.';
COMMENT ON COLUMN plan_outcomes.run_started_at IS 'When that run began.';
