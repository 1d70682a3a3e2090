-- Policies and exceptions in force, as the record holds people's files, and the calendar that deadlines follow.
-- N days after a day end at 24:00 of the Nth day after it, in the policy's zone; months end at 24:00 of the same
-- day of the month, or of its last day; hours are hours.
CREATE OR REPLACE MACRO due_day(day, allowed, unit, zone) AS
  timezone('UTC', timezone(zone, (CASE unit WHEN 'days' THEN day + to_days(allowed::INTEGER) ELSE day + to_months(allowed::INTEGER) END)::DATE::TIMESTAMP + INTERVAL 1 DAY));
CREATE OR REPLACE MACRO due(instant, allowed, unit, zone) AS
  CASE unit WHEN 'hours' THEN instant + to_hours(allowed) ELSE due_day(timezone(zone, timezone('UTC', instant))::DATE, allowed, unit, zone) END;
-- Known to the day, as advisories are: the bounds are those of one day in UTC, whose date is that day wherever the
-- policy's zone is.
CREATE OR REPLACE MACRO is_day(earliest, latest) AS
  coalesce(earliest = date_trunc('day', earliest) AND latest - earliest >= INTERVAL 86399 SECOND AND latest - earliest < INTERVAL 1 DAY, false);

CREATE OR REPLACE TABLE policies AS FROM said_policies ORDER BY policy;
CREATE OR REPLACE TABLE policy_rules AS FROM said_rules ORDER BY policy, place;

-- An exception counts from the later of its beginning and its first recording, until it expires or is taken out. One
-- that was changed is another version.
CREATE OR REPLACE TABLE exceptions AS
WITH dated AS (
  SELECT said.*,
    CASE WHEN length(from_text) = 10 THEN timezone('UTC', timezone(zone, from_text::DATE::TIMESTAMP)) ELSE from_text::TIMESTAMPTZ AT TIME ZONE 'UTC' END AS from_at,
    -- A day is over at its end.
    CASE WHEN length(from_text) = 10 THEN due_day(from_text::DATE, 0, 'days', zone) ELSE from_text::TIMESTAMPTZ AT TIME ZONE 'UTC' END AS from_over_at,
    CASE WHEN length(until_text) = 10 THEN due_day(until_text::DATE, 0, 'days', zone) ELSE until_text::TIMESTAMPTZ AT TIME ZONE 'UTC' END AS until_at
  FROM said_exceptions said
)
SELECT
  version, exception, from_at, until_at, recorded_at, gone_at,
  greatest(from_at, recorded_at) AS counts_from, least(until_at, gone_at) AS counts_until,
  from_over_at < recorded_at AS back_dated, lower(trim(requested_by)) = lower(trim(approver)) AS self_approved,
  CASE WHEN as_of.instant < greatest(from_at, recorded_at) THEN 'to-come' WHEN as_of.instant <= least(until_at, gone_at) THEN 'in-force' WHEN gone_at < until_at THEN 'taken-out' ELSE 'expired' END AS standing,
  reason, compensating_control, requested_by, approver, evidence
FROM dated CROSS JOIN as_of
ORDER BY version;

-- Who decided what about which fixes, and when. A day is known to the day.
CREATE OR REPLACE TABLE evaluations AS
SELECT
  place, evaluation, evaluator, decision, evidence,
  CASE WHEN length(decided_text) = 10 THEN decided_text::DATE::TIMESTAMP ELSE decided_text::TIMESTAMPTZ AT TIME ZONE 'UTC' END AS decided_not_before,
  CASE WHEN length(decided_text) = 10 THEN decided_text::DATE::TIMESTAMP + INTERVAL 1 DAY - INTERVAL 1 MILLISECOND ELSE decided_text::TIMESTAMPTZ AT TIME ZONE 'UTC' END AS decided_not_after
FROM said_evaluations ORDER BY place;

COMMENT ON TABLE evaluations IS 'Evaluations from evaluations/*.yaml; they start the clock of policies that ask for it.';
COMMENT ON COLUMN evaluations.place IS 'Number among them.';
COMMENT ON COLUMN evaluations.evaluation IS 'Its id.';
COMMENT ON COLUMN evaluations.evaluator IS 'Who decided.';
COMMENT ON COLUMN evaluations.decision IS 'What was decided.';
COMMENT ON COLUMN evaluations.evidence IS 'Where that is written.';
COMMENT ON COLUMN evaluations.decided_not_before IS 'When, earliest (UTC).';
COMMENT ON COLUMN evaluations.decided_not_after IS 'When, latest.';
COMMENT ON TABLE policies IS 'Policies in force, from policies/*.yaml.';
COMMENT ON COLUMN policies.policy IS 'Id of the policy.';
COMMENT ON COLUMN policies.title IS 'What it is called.';
COMMENT ON COLUMN policies.source_text IS 'Where the rule is written.';
COMMENT ON COLUMN policies.source_url IS 'The same, as an address.';
COMMENT ON COLUMN policies.clock IS 'What starts the clock: published, available, first-observed, evaluated or from-introduction.';
COMMENT ON COLUMN policies.evaluation_count IS 'Time allowed for the evaluation that starts the clock; null where it does not.';
COMMENT ON COLUMN policies.evaluation_unit IS 'hours, days or months.';
COMMENT ON COLUMN policies.detection_hours IS 'Hours after publication at which detection is taken to be at the latest.';
COMMENT ON COLUMN policies.effectiveness IS 'What counts as done: effective, effective-or-unknown or installed.';
COMMENT ON COLUMN policies.unrated IS 'How a fix without severity is judged.';
COMMENT ON COLUMN policies.reopened IS 'Whether a reopened exposure keeps its deadline, or its clock restarts.';
COMMENT ON COLUMN policies.zone IS 'Zone of its days.';
COMMENT ON COLUMN policies.is_primary IS 'Whether the headline is judged by it.';
COMMENT ON TABLE policy_rules IS 'Rules of the policies; the first one that matches decides.';
COMMENT ON COLUMN policy_rules.policy IS 'Id of the policy.';
COMMENT ON COLUMN policy_rules.place IS 'Place in the policy, from 1.';
COMMENT ON COLUMN policy_rules.rule IS 'What it is called.';
COMMENT ON COLUMN policy_rules.fixes IS 'Fixes that it judges, as it was written; null for all.';
COMMENT ON COLUMN policy_rules.hosts IS 'Hosts that it judges, as it was written; null for all.';
COMMENT ON COLUMN policy_rules.allowed_count IS 'Time allowed.';
COMMENT ON COLUMN policy_rules.allowed_unit IS 'hours, days or months.';
COMMENT ON TABLE exceptions IS 'Exceptions that the record knows, those that are over included.';
COMMENT ON COLUMN exceptions.version IS 'Number of the row: an exception that was changed has several.';
COMMENT ON COLUMN exceptions.exception IS 'Id of the exception.';
COMMENT ON COLUMN exceptions.from_at IS 'Its beginning, as it was written (UTC).';
COMMENT ON COLUMN exceptions.until_at IS 'Its end, as it was written (UTC).';
COMMENT ON COLUMN exceptions.recorded_at IS 'When the record learned of it (UTC).';
COMMENT ON COLUMN exceptions.gone_at IS 'When the record learned that it was taken out or changed (UTC); null while it stands.';
COMMENT ON COLUMN exceptions.counts_from IS 'From when on it counts.';
COMMENT ON COLUMN exceptions.counts_until IS 'Until when it counts.';
COMMENT ON COLUMN exceptions.back_dated IS 'Whether it was to begin on a day before the record learned of it.';
COMMENT ON COLUMN exceptions.self_approved IS 'Whether one and the same asked for it and approved it.';
COMMENT ON COLUMN exceptions.standing IS 'to-come, in-force, expired or taken-out.';
COMMENT ON COLUMN exceptions.reason IS 'Why the fix may be missing.';
COMMENT ON COLUMN exceptions.compensating_control IS 'What protects meanwhile.';
COMMENT ON COLUMN exceptions.requested_by IS 'Who asked for it.';
COMMENT ON COLUMN exceptions.approver IS 'Who approved it.';
COMMENT ON COLUMN exceptions.evidence IS 'Where more is written.';
