-- What happened to exposures week by week (Monday to Sunday, UTC), and what they added up to. Every event
-- counts at the latest instant at which it can have happened, so that the columns sum:
-- opening + arrived + found + reopened - fixed - exited = closing. Told with what is known now.
CREATE OR REPLACE TABLE exposure_weeks AS
WITH weeks AS (
  SELECT unnest(generate_series(date_trunc('week', instant) - INTERVAL 25 WEEK, date_trunc('week', instant)::TIMESTAMP, INTERVAL 1 WEEK)) AS week
  FROM as_of
),
bounded AS (
  SELECT weeks.week, least(weeks.week + INTERVAL 7 DAY, as_of.instant) AS until FROM weeks CROSS JOIN as_of
),
spells AS (
  SELECT
    exposures.host_id, coalesce(exploited.known_exploited, false) AS known_exploited, exposures.reopened, exposures.opened_evidence = 'late-entry' AS was_there,
    exposures.opened_not_after AS opened_at,
    coalesce(exposures.effective_not_after, exposures.exited_not_after) AS ended_at,
    exposures.effective_not_after IS NOT NULL AND exposures.exited_not_after IS NULL AS fixed,
    -- From here on nobody saw it: after the last reading that confirmed it, or between the bounds of its end.
    least(coalesce(exposures.effective_not_before, exposures.exited_not_before, exposures.last_confirmed_at), exposures.last_confirmed_at) AS confirmed_until
  FROM exposures
  JOIN fixes USING (fix_id)
  LEFT JOIN (SELECT fix_id, bool_or(known_exploited) AS known_exploited FROM fix_cves GROUP BY fix_id) exploited USING (fix_id)
  WHERE fixes.kind IN ('security', 'security-unlisted') AND NOT exposures.pre_empted AND exposures.opened_not_after IS NOT NULL
),
lasting AS (
  FROM spells WHERE ended_at IS NULL OR ended_at > opened_at
),
counted AS (
  SELECT
    bounded.week, any_value(bounded.until) AS until,
    count(*) FILTER (WHERE opened_at < bounded.week) AS opening,
    count(*) FILTER (WHERE opened_at >= bounded.week AND NOT reopened AND NOT was_there) AS arrived,
    count(*) FILTER (WHERE opened_at >= bounded.week AND NOT reopened AND was_there) AS found,
    count(*) FILTER (WHERE opened_at >= bounded.week AND reopened) AS reopened,
    count(*) FILTER (WHERE ended_at < bounded.until AND fixed) AS fixed,
    count(*) FILTER (WHERE ended_at < bounded.until AND NOT fixed) AS exited,
    count(*) FILTER (WHERE ended_at IS NULL OR ended_at >= bounded.until) AS closing,
    count(*) FILTER (WHERE (ended_at IS NULL OR ended_at >= bounded.until) AND known_exploited) AS closing_exploited,
    sum(greatest(0, epoch(least(bounded.until, coalesce(ended_at, bounded.until))) - epoch(greatest(bounded.week, opened_at)))) / 86400 AS host_days,
    sum(greatest(0, epoch(least(bounded.until, coalesce(confirmed_until, bounded.week))) - epoch(greatest(bounded.week, opened_at)))) / 86400 AS host_days_confirmed
  FROM bounded JOIN lasting ON lasting.opened_at < bounded.until AND (lasting.ended_at IS NULL OR lasting.ended_at >= bounded.week)
  GROUP BY bounded.week
),
first_run AS (
  SELECT min(happened_at) AS first_at FROM scans WHERE was_read
)
SELECT
  bounded.week, bounded.until,
  bounded.until <= first_run.first_at AS retrospective,
  coalesce(opening, 0) AS opening, coalesce(arrived, 0) AS arrived, coalesce(found, 0) AS found, coalesce(reopened, 0) AS reopened,
  coalesce(fixed, 0) AS fixed, coalesce(exited, 0) AS exited, coalesce(closing, 0) AS closing, coalesce(closing_exploited, 0) AS closing_exploited,
  coalesce(host_days, 0) AS host_days, coalesce(least(host_days_confirmed, host_days), 0) AS host_days_confirmed
FROM bounded CROSS JOIN first_run LEFT JOIN counted USING (week)
ORDER BY week;

COMMENT ON TABLE exposure_weeks IS 'Exposures to security fixes by week: what came, what went, and how many host-days they lasted.';
COMMENT ON COLUMN exposure_weeks.week IS 'Monday (UTC).';
COMMENT ON COLUMN exposure_weeks.until IS 'End of the week, or the instant of these findings (UTC).';
COMMENT ON COLUMN exposure_weeks.retrospective IS 'Whether the week was over before the first reading: told by the hosts'' own logs.';
COMMENT ON COLUMN exposure_weeks.opening IS 'Exposures at its beginning.';
COMMENT ON COLUMN exposure_weeks.arrived IS 'Exposures that began.';
COMMENT ON COLUMN exposure_weeks.found IS 'Exposures that were there at the first reading: how long before it they began is not known.';
COMMENT ON COLUMN exposure_weeks.reopened IS 'Of hosts that had the fix before.';
COMMENT ON COLUMN exposure_weeks.fixed IS 'Exposures that ended because the fix was effective.';
COMMENT ON COLUMN exposure_weeks.exited IS 'Exposures that ended otherwise.';
COMMENT ON COLUMN exposure_weeks.closing IS 'Exposures at its end.';
COMMENT ON COLUMN exposure_weeks.closing_exploited IS 'Of them, to fixes of CVEs that are known to be exploited.';
COMMENT ON COLUMN exposure_weeks.host_days IS 'Days of exposure in that week, summed over hosts and fixes.';
COMMENT ON COLUMN exposure_weeks.host_days_confirmed IS 'Of them, those between readings that saw it.';
