-- The headline of each policy, and what it says of each host. Deadlines of the last 30 days that were met, of those
-- deadlines and everything that is still overdue, not provable or unknown; what is excepted stands beside. Of hosts,
-- those are clean that were read, are supported, and of which nothing is overdue, not provable or unknown; and of
-- whose release it is known until now, or nearly, what was fixed (semantics 4: verdicts stand while the feed is fresh).
CREATE OR REPLACE TABLE policy_hosts AS
SELECT
  scopes.policy, hosts.host_id,
  count(*) FILTER (WHERE verdicts.verdict = 'missed' AND verdicts.lasting) AS overdue,
  count(*) FILTER (WHERE verdicts.verdict = 'not-provable' AND verdicts.lasting) AS not_provable,
  count(*) FILTER (WHERE verdicts.verdict = 'unknown') AS unknown,
  count(*) FILTER (WHERE verdicts.verdict = 'due') AS due,
  count(*) FILTER (WHERE verdicts.verdict = 'excepted' AND verdicts.lasting) AS excepted,
  min(verdicts.deadline_not_before) FILTER (WHERE verdicts.verdict = 'due') AS next_deadline,
  CASE
    WHEN any_value(unsupported.host_id) IS NOT NULL THEN 'unsupported'
    WHEN count(*) FILTER (WHERE verdicts.verdict = 'missed' AND verdicts.lasting) > 0 THEN 'overdue'
    WHEN hosts.standing <> 'read' THEN 'unread'
    WHEN count(*) FILTER (WHERE (verdicts.verdict = 'not-provable' AND verdicts.lasting) OR verdicts.verdict = 'unknown') > 0 THEN 'not-provable'
    WHEN NOT bool_or(lines.advisories_current) THEN 'not-provable'
    ELSE 'clean'
  END AS standing
FROM hosts
JOIN policy_scopes scopes USING (host_id)
JOIN host_lines lines USING (host_id)
LEFT JOIN verdicts ON verdicts.policy = scopes.policy AND verdicts.host_id = hosts.host_id AND verdicts.incarnation = hosts.incarnation
LEFT JOIN (SELECT DISTINCT host_id FROM unsupported WHERE status = 'open' AND source IS NULL) unsupported ON unsupported.host_id = hosts.host_id
WHERE hosts.listed_now
GROUP BY scopes.policy, hosts.host_id, hosts.standing
ORDER BY scopes.policy, hosts.host_id;

CREATE OR REPLACE TABLE policy_figures AS
WITH counted AS (
  SELECT
    policies.policy,
    count(*) FILTER (WHERE verdict = 'met' AND recent) AS met_recently,
    count(*) FILTER (WHERE verdict IN ('met', 'missed', 'not-provable') AND recent) AS due_recently,
    count(*) FILTER (WHERE verdict IN ('missed', 'not-provable') AND lasting AND NOT recent) AS overdue_longer,
    count(*) FILTER (WHERE verdict = 'unknown') AS unknown,
    count(*) FILTER (WHERE verdict = 'missed' AND lasting) AS overdue,
    count(*) FILTER (WHERE verdict = 'not-provable' AND lasting) AS not_provable,
    count(*) FILTER (WHERE verdict = 'due') AS due,
    count(*) FILTER (WHERE verdict = 'excepted' AND lasting) AS excepted
  FROM policies CROSS JOIN as_of
  LEFT JOIN (
    SELECT verdicts.*, coalesce(verdicts.deadline_not_after > as_of.instant - INTERVAL 30 DAY AND verdicts.deadline_not_after <= as_of.instant, false) AS recent
    FROM verdicts CROSS JOIN as_of
  ) verdicts ON verdicts.policy = policies.policy
  GROUP BY policies.policy
),
hosted AS (
  SELECT
    policy, count(*) AS hosts,
    count(*) FILTER (WHERE standing = 'clean') AS hosts_clean,
    count(*) FILTER (WHERE standing = 'overdue') AS hosts_overdue,
    count(*) FILTER (WHERE standing = 'unread') AS hosts_unread,
    count(*) FILTER (WHERE standing = 'not-provable') AS hosts_not_provable,
    count(*) FILTER (WHERE standing = 'unsupported') AS hosts_unsupported
  FROM policy_hosts GROUP BY policy
)
SELECT
  counted.policy, counted.met_recently, counted.due_recently + counted.overdue_longer + counted.unknown AS judged, counted.due_recently, counted.overdue_longer,
  counted.unknown, counted.overdue, counted.not_provable, counted.due, counted.excepted,
  coalesce(hosted.hosts, 0) AS hosts, coalesce(hosted.hosts_clean, 0) AS hosts_clean, coalesce(hosted.hosts_overdue, 0) AS hosts_overdue,
  coalesce(hosted.hosts_unread, 0) AS hosts_unread, coalesce(hosted.hosts_not_provable, 0) AS hosts_not_provable, coalesce(hosted.hosts_unsupported, 0) AS hosts_unsupported
FROM counted LEFT JOIN hosted USING (policy)
ORDER BY policy;

COMMENT ON TABLE policy_hosts IS 'What each policy says of each host of the population.';
COMMENT ON COLUMN policy_hosts.policy IS 'Id of the policy.';
COMMENT ON COLUMN policy_hosts.host_id IS 'Stable id of the host, from the inventory.';
COMMENT ON COLUMN policy_hosts.overdue IS 'Exposures past their deadline, seen open since.';
COMMENT ON COLUMN policy_hosts.not_provable IS 'Exposures past their deadline of which nobody can prove that they are over.';
COMMENT ON COLUMN policy_hosts.unknown IS 'Fixes of which nobody knows whether the host lacks them, or whose clock has not started.';
COMMENT ON COLUMN policy_hosts.due IS 'Exposures within their time.';
COMMENT ON COLUMN policy_hosts.excepted IS 'Overdue exposures under an exception.';
COMMENT ON COLUMN policy_hosts.next_deadline IS 'The nearest deadline that is still to come.';
COMMENT ON COLUMN policy_hosts.standing IS 'unsupported, overdue, unread, not-provable or clean.';
COMMENT ON TABLE policy_figures IS 'The headline of each policy.';
COMMENT ON COLUMN policy_figures.policy IS 'Id of the policy.';
COMMENT ON COLUMN policy_figures.met_recently IS 'Deadlines of the last 30 days that were met.';
COMMENT ON COLUMN policy_figures.judged IS 'What they are of: deadlines of the last 30 days, and all that is still overdue, not provable or unknown.';
COMMENT ON COLUMN policy_figures.due_recently IS 'Deadlines of the last 30 days, without those of exceptions and exits.';
COMMENT ON COLUMN policy_figures.overdue_longer IS 'Exposures whose deadline passed before that and that are not proven to be over.';
COMMENT ON COLUMN policy_figures.unknown IS 'Fixes of which nobody knows whether a host lacks them, or whose clock has not started.';
COMMENT ON COLUMN policy_figures.overdue IS 'Exposures past their deadline, seen open since.';
COMMENT ON COLUMN policy_figures.not_provable IS 'Exposures past their deadline of which nobody can prove that they are over.';
COMMENT ON COLUMN policy_figures.due IS 'Exposures within their time.';
COMMENT ON COLUMN policy_figures.excepted IS 'Overdue exposures under an exception.';
COMMENT ON COLUMN policy_figures.hosts IS 'Hosts of the population.';
COMMENT ON COLUMN policy_figures.hosts_clean IS 'Of them, read and supported, with nothing overdue, not provable or unknown.';
COMMENT ON COLUMN policy_figures.hosts_overdue IS 'Of them, with something overdue.';
COMMENT ON COLUMN policy_figures.hosts_unread IS 'Of the others, not read completely and lately.';
COMMENT ON COLUMN policy_figures.hosts_not_provable IS 'Of the others, with something that nobody can prove.';
COMMENT ON COLUMN policy_figures.hosts_unsupported IS 'Past the end of their release''s support.';
