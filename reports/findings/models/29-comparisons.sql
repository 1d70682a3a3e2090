-- The population is what the inventory says of itself, unless it was compared with a list that others keep. The last
-- comparison with each list is in force; one whose list is older than 90 days is old, and says little of today.
CREATE OR REPLACE TABLE comparisons AS
SELECT
  compared.source, compared.collector, compared.sequence, compared.recorded_at AS compared_at, compared.dated, compared.dated_by, compared.dated_at,
  row_number() OVER (PARTITION BY compared.source ORDER BY compared.recorded_at DESC, compared.collector, compared.sequence DESC) = 1 AS in_force,
  compared.dated_at < as_of.instant - INTERVAL 90 DAY AS is_old,
  compared.file, compared.content_sha256, compared.columns_used, compared.rows, compared.retired_rows, compared.unusable_rows, compared.hosts,
  compared.in_both, compared.only_here, compared.retired_there, compared.ambiguous_hosts, compared.only_there, compared.ambiguous_rows,
  (SELECT coalesce(list(DISTINCT line.host_id ORDER BY line.host_id), []) FROM record_comparison_rows line
   WHERE line.collector = compared.collector AND line.sequence = compared.sequence AND line.matched_by = 'reported-name' AND line.host_id IS NOT NULL)
    AS by_own_word,
  (SELECT count(*) FROM hosts WHERE hosts.listed_now AND NOT EXISTS (
    FROM record_comparison_hosts host
    WHERE host.collector = compared.collector AND host.sequence = compared.sequence AND host.host_id = hosts.host_id)) AS listed_since
FROM record_comparisons compared CROSS JOIN as_of
ORDER BY compared_at, compared.collector, compared.sequence;

-- Machines of lists in force that the inventory did not name. A host that was added since under one of their names, or
-- with one of their addresses, is told.
CREATE OR REPLACE TABLE only_there AS
WITH differing AS (
  SELECT comparisons.source, line.*
  FROM record_comparison_rows line JOIN comparisons USING (collector, sequence)
  WHERE comparisons.in_force AND line.outcome IN ('only-there', 'ambiguous')
),
keys AS (
  SELECT source, line, unnest(list_distinct(list_concat(ids, names, addresses))) AS key FROM differing
),
added AS (
  SELECT keys.source, keys.line, min(hosts.host_id) AS host_id
  FROM keys JOIN hosts ON hosts.listed_now AND (hosts.host_id = keys.key OR lower(hosts.address) = keys.key)
  GROUP BY ALL
)
SELECT
  differing.source, differing.line, differing.name, differing.ids, differing.names, differing.addresses, differing.status, differing.outcome,
  differing.candidates, CASE WHEN differing.outcome = 'only-there' THEN added.host_id END AS listed_since
FROM differing LEFT JOIN added USING (source, line)
ORDER BY source, line;

CREATE OR REPLACE TABLE only_here AS
SELECT
  comparisons.source, host.host_id, host.address, host.outcome, member.owner, member.listed_now
FROM record_comparison_hosts host
JOIN comparisons USING (collector, sequence)
LEFT JOIN hosts member ON member.host_id = host.host_id
WHERE comparisons.in_force AND host.outcome <> 'both'
ORDER BY source, host_id;

COMMENT ON TABLE comparisons IS 'Comparisons of the population with lists that others keep.';
COMMENT ON COLUMN comparisons.collector IS 'Chain of the entry.';
COMMENT ON COLUMN comparisons.sequence IS 'Number of the entry in that chain.';
COMMENT ON COLUMN comparisons.compared_at IS 'When the record learned of it (UTC).';
COMMENT ON COLUMN comparisons.in_force IS 'Whether it is the last one with that list.';
COMMENT ON COLUMN comparisons.is_old IS 'Whether the list is older than 90 days.';
COMMENT ON COLUMN comparisons.by_own_word IS 'Hosts that are told to be a machine of the list by nothing but what they call themselves.';
COMMENT ON COLUMN comparisons.listed_since IS 'Hosts of the latest inventory that were not in it at the comparison.';
COMMENT ON TABLE only_there IS 'Machines of the lists in force that the inventory did not name, or that fit several of its hosts.';
COMMENT ON COLUMN only_there.source IS 'What the list is called.';
COMMENT ON COLUMN only_there.outcome IS 'only-there, or ambiguous where it fits several hosts.';
COMMENT ON COLUMN only_there.listed_since IS 'Host of the latest inventory that has its name or address; null for none.';
COMMENT ON TABLE only_here IS 'Hosts of the inventory that the lists in force do not name, or not for certain.';
COMMENT ON COLUMN only_here.source IS 'What the list is called.';
COMMENT ON COLUMN only_here.outcome IS 'only-here, retired-there where the list calls it retired, or ambiguous.';
COMMENT ON COLUMN only_here.owner IS 'Who answers for it, as the latest inventory says.';
COMMENT ON COLUMN only_here.listed_now IS 'Whether it is in the latest inventory that a run recorded; null when none ever named it.';
