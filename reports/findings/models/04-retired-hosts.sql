-- A host that was in an earlier inventory of a collector and is not in its latest one has left it: between the last
-- run that listed it and the first that did not. With which files, the record knows; who changed them, the version
-- control of the workspace.
CREATE OR REPLACE TABLE retired_hosts AS
WITH latest AS (
  SELECT collector, max(sequence) AS sequence FROM fact_entries WHERE kind IN ('scan', 'import') GROUP BY collector
),
present AS (
  SELECT DISTINCT member.host_id FROM fact_population member JOIN latest USING (collector, sequence)
),
last_listed AS (
  SELECT host_id, collector, max(sequence) AS sequence, max(recorded_at) AS recorded_at
  FROM fact_population
  GROUP BY host_id, collector
  QUALIFY row_number() OVER (PARTITION BY host_id ORDER BY max(recorded_at) DESC, collector) = 1
),
gone AS (
  SELECT
    last_listed.host_id, last_listed.collector, last_listed.sequence AS listed_sequence, last_listed.recorded_at AS gone_not_before,
    min(entry.recorded_at) AS gone_after_at, min(entry.sequence) AS gone_sequence
  FROM last_listed
  JOIN fact_entries entry ON entry.kind IN ('scan', 'import') AND entry.collector = last_listed.collector AND entry.sequence > last_listed.sequence
  WHERE last_listed.host_id NOT IN (SELECT host_id FROM present)
  GROUP BY ALL
),
-- Files of the inventory that are not the same at both ends.
changes AS (
  SELECT step.collector, step.listed_sequence, step.gone_sequence, path, any_value(sha256) FILTER (WHERE sequence = listed_sequence) AS before,
    any_value(sha256) FILTER (WHERE sequence = gone_sequence) AS after
  FROM (SELECT DISTINCT collector, listed_sequence, gone_sequence FROM gone) step
  JOIN fact_files files ON files.collector = step.collector AND files.sequence IN (step.listed_sequence, step.gone_sequence)
  -- Inventories of others (Ansible's, ssh's) are named as people write their paths.
  WHERE path LIKE 'inventory/%' OR path LIKE '../%' OR path LIKE '~/%' OR path LIKE '/%'
  GROUP BY ALL
)
SELECT
  gone.host_id, gone.gone_not_before, gone.gone_after_at, gone.collector AS gone_collector, gone.gone_sequence,
  list(
    changes.path || ' (' || coalesce(changes.before[:12], 'new') || ' → ' || coalesce(changes.after[:12], 'deleted') || ')' ORDER BY changes.path
  ) FILTER (WHERE changes.before IS DISTINCT FROM changes.after) AS gone_with
FROM gone
LEFT JOIN changes USING (collector, listed_sequence, gone_sequence)
GROUP BY ALL
ORDER BY host_id;

COMMENT ON TABLE retired_hosts IS 'Hosts that left the inventory.';
COMMENT ON COLUMN retired_hosts.gone_not_before IS 'Last run that listed the host.';
COMMENT ON COLUMN retired_hosts.gone_after_at IS 'First run that did not.';
COMMENT ON COLUMN retired_hosts.gone_collector IS 'Chain of that run.';
COMMENT ON COLUMN retired_hosts.gone_sequence IS 'Number of that run in its chain.';
COMMENT ON COLUMN retired_hosts.gone_with IS 'Files of the inventory that changed in between, with the beginnings of their SHA-256; null when the record holds none.';
