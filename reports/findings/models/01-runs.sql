-- A run is one pass of one collector, or one import of answers that were brought by hand: one entry of the record. It
-- is a whole one when it tried every host that the collector can reach; hosts whose answers are brought by hand
-- (transport bundle) are tried by nobody.
CREATE OR REPLACE TABLE runs AS
WITH members AS (
  SELECT collector, sequence, count(*) AS population, count(*) FILTER (WHERE transport <> 'bundle') AS reachable
  FROM fact_population GROUP BY ALL
),
counted AS (
  SELECT
    entry.collector, entry.sequence, entry.hash, entry.kind, entry.started_at, entry.recorded_at, entry.program_version,
    count(scan.host_id) AS hosts_tried,
    count(scan.host_id) FILTER (WHERE scan.status = 'ok') AS hosts_read,
    count(scan.host_id) FILTER (WHERE scan.status = 'partial') AS hosts_partly_read,
    count(scan.host_id) FILTER (WHERE scan.status NOT IN ('ok', 'partial')) AS hosts_unread
  FROM fact_entries entry
  LEFT JOIN fact_scans scan ON scan.collector = entry.collector AND scan.sequence = entry.sequence
  WHERE entry.kind IN ('scan', 'import')
  GROUP BY ALL
)
SELECT
  collector, sequence, hash, kind, started_at, recorded_at, program_version,
  coalesce(population, 0) AS population,
  hosts_tried, hosts_read, hosts_partly_read, hosts_unread,
  kind = 'scan' AND hosts_tried >= coalesce(reachable, 0) AS whole
FROM counted LEFT JOIN members USING (collector, sequence)
ORDER BY recorded_at, collector, sequence;

COMMENT ON TABLE runs IS 'One pass of one collector over the population, or one import of answers brought by hand.';
COMMENT ON COLUMN runs.collector IS 'Chain the run belongs to.';
COMMENT ON COLUMN runs.sequence IS 'Number of the entry in that chain.';
COMMENT ON COLUMN runs.hash IS 'Hash of the entry''s manifest: proves the run and all before it.';
COMMENT ON COLUMN runs.kind IS 'scan, or import for answers brought by hand.';
COMMENT ON COLUMN runs.started_at IS 'When the run began (UTC).';
COMMENT ON COLUMN runs.recorded_at IS 'When the record learned it (UTC).';
COMMENT ON COLUMN runs.program_version IS 'Version of Patchledger that wrote it.';
COMMENT ON COLUMN runs.population IS 'Hosts in the inventory at that time.';
COMMENT ON COLUMN runs.hosts_tried IS 'Hosts the run tried to scan.';
COMMENT ON COLUMN runs.hosts_read IS 'Of them, read completely.';
COMMENT ON COLUMN runs.hosts_partly_read IS 'Of them, read partly.';
COMMENT ON COLUMN runs.hosts_unread IS 'Of them, not read at all.';
COMMENT ON COLUMN runs.whole IS 'Whether every host was tried that the collector can reach.';
