-- A host that was in an earlier inventory of a collector and is not in its latest one has left it.
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
)
SELECT
  last_listed.host_id,
  last_listed.recorded_at AS gone_not_before,
  min(entry.recorded_at) AS gone_after_at
FROM last_listed
JOIN fact_entries entry ON entry.kind IN ('scan', 'import') AND entry.collector = last_listed.collector AND entry.sequence > last_listed.sequence
WHERE last_listed.host_id NOT IN (SELECT host_id FROM present)
GROUP BY ALL
ORDER BY host_id;

COMMENT ON TABLE retired_hosts IS 'Hosts that left the inventory.';
COMMENT ON COLUMN retired_hosts.gone_not_before IS 'Last run that listed the host.';
COMMENT ON COLUMN retired_hosts.gone_after_at IS 'First run that did not.';
