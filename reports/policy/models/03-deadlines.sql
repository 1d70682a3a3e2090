-- By when each policy wants each spell of an exposure to be over. The clock starts at one of the four dates, or
-- with the vulnerable version; the time allowed is that of the first rule that matches. A fix has the earliest
-- deadline of its CVEs. A later rating counts from the day of the change, so that it can only bring a deadline
-- forward. Days and months are calendar days and months: they end at 24:00 in the policy's zone, and a month ends
-- with its last day where it has no such day.
CREATE OR REPLACE TABLE clock_starts AS
WITH first_spells AS (
  FROM exposures QUALIFY row_number() OVER (PARTITION BY host_id, incarnation, fix_id ORDER BY spell) = 1
),
-- The first decision about a fix on a host since it was published. It can only come before the end of the time allowed
-- for it: a late one, or none, earns nothing.
decided AS (
  SELECT evaluation_hosts.host_id, evaluation_fixes.fix_id, min(decided_not_before) AS decided_not_before, min(decided_not_after) AS decided_not_after
  FROM evaluations JOIN evaluation_hosts USING (place) JOIN evaluation_fixes USING (place) JOIN fixes USING (fix_id)
  WHERE decided_not_after >= fixes.published_not_before AND EXISTS (FROM policies WHERE clock = 'evaluated')
  GROUP BY ALL
),
dated AS (
  SELECT
    policies.*, spell.host_id, spell.incarnation, spell.fix_id, spell.spell, fixes.published_not_before, fixes.published_not_after,
    CASE WHEN spell.spell > first_spell.spell AND policies.reopened = 'restart' THEN 'reopened' ELSE policies.clock END AS started_by,
    CASE WHEN spell.spell > first_spell.spell AND policies.reopened = 'restart' THEN spell.opened_not_before ELSE first_spell.opened_not_before END AS opened_not_before,
    CASE WHEN spell.spell > first_spell.spell AND policies.reopened = 'restart' THEN spell.opened_not_after ELSE first_spell.opened_not_after END AS opened_not_after,
    greatest(first_spell.available_not_before, fixes.published_not_before) AS available_not_before, first_spell.available_not_after,
    first_spell.first_observed_at, decided.decided_not_before, decided.decided_not_after,
    -- Not scanning earns nothing.
    least(first_spell.first_observed_at, fixes.published_not_after + to_hours(policies.detection_hours)) AS detected_at
  FROM exposures spell
  JOIN first_spells first_spell USING (host_id, incarnation, fix_id)
  JOIN fixes USING (fix_id)
  CROSS JOIN policies
  LEFT JOIN decided ON decided.host_id = spell.host_id AND decided.fix_id = spell.fix_id
)
SELECT
  dated.policy, dated.host_id, dated.incarnation, dated.fix_id, dated.spell, scopes.scope,
  CASE started_by
    WHEN 'published' THEN published_not_before
    WHEN 'available' THEN available_not_before
    WHEN 'first-observed' THEN first_observed_at
    WHEN 'evaluated' THEN least(evaluated_at, decided_not_before)
    ELSE opened_not_before
  END AS start_not_before,
  CASE started_by
    WHEN 'published' THEN published_not_after
    WHEN 'available' THEN available_not_after
    WHEN 'first-observed' THEN first_observed_at
    WHEN 'evaluated' THEN least(evaluated_at, decided_not_after)
    ELSE opened_not_after
  END AS start_not_after
FROM (
  -- 24:00 of a day still belongs to it.
  SELECT *, due(detected_at, evaluation_count, evaluation_unit, zone) - INTERVAL 1 MILLISECOND AS evaluated_at FROM dated
) dated
JOIN policy_scopes scopes ON scopes.policy = dated.policy AND scopes.host_id = dated.host_id;

CREATE OR REPLACE TABLE deadlines AS
WITH cases AS (
  SELECT DISTINCT policy, scope, fix_id, start_not_before, start_not_after FROM clock_starts
),
-- The rule that each rating of the fix falls under, on hosts of that scope.
ruled AS (
  SELECT cases.policy, cases.scope, cases.fix_id, cases.start_not_before, cases.start_not_after, ratings.rating, min(rule_fixes.place) AS place
  FROM cases
  JOIN fix_ratings ratings USING (fix_id)
  JOIN rule_fixes ON rule_fixes.policy = cases.policy AND rule_fixes.rating = ratings.rating
  JOIN rule_scopes ON rule_scopes.policy = cases.policy AND rule_scopes.scope = cases.scope AND rule_scopes.place = rule_fixes.place
  GROUP BY ALL
),
begun AS (
  SELECT ruled.*, ratings.cve, rules.rule, rules.allowed_count, rules.allowed_unit, policies.zone,
    -- greatest() passes over what is null; a start that is not bounded stays so.
    CASE WHEN ruled.start_not_before IS NOT NULL THEN greatest(ruled.start_not_before, ratings.from_not_before) END AS from_not_before,
    CASE WHEN ruled.start_not_after IS NOT NULL THEN greatest(ruled.start_not_after, ratings.from_not_after) END AS from_not_after
  FROM ruled
  JOIN fix_ratings ratings USING (rating)
  JOIN policy_rules rules USING (policy, place)
  JOIN policies USING (policy)
),
timed AS (
  SELECT *,
    CASE WHEN is_day(from_not_before, from_not_after) AND allowed_unit <> 'hours' THEN due_day(from_not_before::DATE, allowed_count, allowed_unit, zone)
      ELSE due(from_not_before, allowed_count, allowed_unit, zone) END AS deadline_not_before,
    CASE WHEN is_day(from_not_before, from_not_after) AND allowed_unit <> 'hours' THEN due_day(from_not_before::DATE, allowed_count, allowed_unit, zone)
      ELSE due(from_not_after, allowed_count, allowed_unit, zone) END AS deadline_not_after
  FROM begun
),
earliest AS (
  SELECT policy, scope, fix_id, start_not_before, start_not_after,
    arg_min(place, (deadline_not_after IS NULL, deadline_not_after, place, coalesce(cve, ''))) AS place,
    arg_min(rule, (deadline_not_after IS NULL, deadline_not_after, place, coalesce(cve, ''))) AS rule,
    arg_min(coalesce(cve, ''), (deadline_not_after IS NULL, deadline_not_after, place, coalesce(cve, ''))) AS deciding_cve,
    CASE WHEN count(*) = count(deadline_not_before) THEN min(deadline_not_before) END AS deadline_not_before,
    min(deadline_not_after) AS deadline_not_after
  FROM timed GROUP BY ALL
)
SELECT starts.policy, starts.host_id, starts.incarnation, starts.fix_id, starts.spell, earliest.place, earliest.rule, nullif(earliest.deciding_cve, '') AS deciding_cve,
  starts.start_not_before, starts.start_not_after, earliest.deadline_not_before, earliest.deadline_not_after
FROM clock_starts starts
JOIN earliest ON earliest.policy = starts.policy AND earliest.scope = starts.scope AND earliest.fix_id = starts.fix_id
  AND earliest.start_not_before IS NOT DISTINCT FROM starts.start_not_before AND earliest.start_not_after IS NOT DISTINCT FROM starts.start_not_after
ORDER BY starts.policy, starts.host_id, starts.incarnation, starts.fix_id, starts.spell;
