-- The headline week by week. What was known then comes from the record as it was at the end of the week, and never
-- moves; what is known now is the same question asked of today's verdicts, in which a date that was learned later counts.
-- Today's verdicts leave out what is unknown or excepted today. Weeks before the first run are told by logs alone.
CREATE OR REPLACE TABLE policy_trend AS
WITH weeks AS (
  SELECT week, least(week + INTERVAL 7 DAY, instant) AS ends_at
  FROM (SELECT unnest(generate_series(date_trunc('week', instant) - INTERVAL 25 WEEK, date_trunc('week', instant)::TIMESTAMP, INTERVAL 1 WEEK)) AS week, instant FROM as_of)
),
first_run AS (
  SELECT min(started_at) AS first_at FROM fact_entries WHERE kind IN ('scan', 'import')
),
spells AS (
  SELECT verdicts.policy, verdicts.verdict, verdicts.deadline_not_after AS deadline, coalesce(verdicts.done_not_after, exposures.exited_not_after) AS over_at
  FROM verdicts LEFT JOIN exposures USING (host_id, incarnation, fix_id, spell)
  WHERE verdicts.verdict IN ('met', 'missed', 'not-provable')
),
known_now AS (
  SELECT
    spells.policy, weeks.week,
    count(*) FILTER (WHERE verdict = 'met' AND deadline > ends_at - INTERVAL 30 DAY) AS met,
    count(*) FILTER (WHERE deadline > ends_at - INTERVAL 30 DAY OR (verdict <> 'met' AND (over_at IS NULL OR over_at > ends_at))) AS judged
  FROM weeks JOIN spells ON spells.deadline <= weeks.ends_at
  GROUP BY ALL
),
known_then AS (
  SELECT policy, week, point_at, met_recently, judged, hosts, hosts_clean FROM said_points
  UNION ALL
  SELECT policy, date_trunc('week', instant), instant, met_recently, judged, hosts, hosts_clean FROM policy_figures CROSS JOIN as_of
)
SELECT
  policies.policy, weeks.week, known_then.point_at, known_then.met_recently AS then_met, known_then.judged AS then_judged,
  known_then.hosts AS then_hosts, known_then.hosts_clean AS then_hosts_clean,
  coalesce(known_now.met, 0) AS now_met, coalesce(known_now.judged, 0) AS now_judged,
  coalesce(weeks.ends_at <= first_at, true) AS retrospective
FROM policies CROSS JOIN weeks CROSS JOIN first_run
LEFT JOIN known_then ON known_then.policy = policies.policy AND known_then.week = weeks.week
LEFT JOIN known_now ON known_now.policy = policies.policy AND known_now.week = weeks.week
ORDER BY policies.policy, weeks.week;

COMMENT ON TABLE policy_trend IS 'The headline of each policy in each of the last 26 weeks, as it was known then and as it is known now.';
COMMENT ON COLUMN policy_trend.policy IS 'Id of the policy.';
COMMENT ON COLUMN policy_trend.week IS 'Monday of the week (UTC).';
COMMENT ON COLUMN policy_trend.point_at IS 'When the record last learned something in that week; null where nothing was recorded.';
COMMENT ON COLUMN policy_trend.then_met IS 'Deadlines of the 30 days before that were met, as known then.';
COMMENT ON COLUMN policy_trend.then_judged IS 'What they are of, as known then.';
COMMENT ON COLUMN policy_trend.then_hosts IS 'Hosts of the population of then.';
COMMENT ON COLUMN policy_trend.then_hosts_clean IS 'Of them, read and supported, with nothing overdue, not provable or unknown.';
COMMENT ON COLUMN policy_trend.now_met IS 'Deadlines of the 30 days before the end of the week that were met, as known now.';
COMMENT ON COLUMN policy_trend.now_judged IS 'What they are of, without what is unknown or excepted today.';
COMMENT ON COLUMN policy_trend.retrospective IS 'Whether the week ended before the first run.';
