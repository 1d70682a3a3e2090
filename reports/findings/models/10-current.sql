-- The state of each host at the last scan that read it: what is installed, what is on offer and why it
-- is not applied. A host that was not read since keeps its last known state; `hosts.standing` says so.
CREATE OR REPLACE TABLE current_packages AS
SELECT state.* EXCLUDE (digest)
FROM hosts
JOIN fact_readings reading ON reading.host_id = hosts.host_id AND reading.collector = last_read_collector AND reading.sequence = last_read_sequence
JOIN state_packages state ON state.host_id = hosts.host_id AND state.digest = reading.digest
WHERE reading.subject = 'packages'
ORDER BY host_id, package, architecture;

CREATE OR REPLACE TABLE current_updates AS
SELECT state.* EXCLUDE (digest), spell.opened_not_before AS available_not_before, spell.opened_not_after AS available_not_after, spell.opened_evidence AS available_evidence
FROM hosts
JOIN fact_readings reading ON reading.host_id = hosts.host_id AND reading.collector = last_read_collector AND reading.sequence = last_read_sequence
JOIN state_updates state ON state.host_id = hosts.host_id AND state.digest = reading.digest
LEFT JOIN update_spells spell
  ON spell.host_id = state.host_id AND spell.package = state.package AND spell.architecture = state.architecture
  AND spell.status = 'open' AND spell.incarnation = hosts.incarnation
WHERE reading.subject = 'updates'
ORDER BY host_id, package, architecture;

CREATE OR REPLACE TABLE current_repositories AS
SELECT state.* EXCLUDE (digest)
FROM hosts
JOIN fact_readings reading ON reading.host_id = hosts.host_id AND reading.collector = last_read_collector AND reading.sequence = last_read_sequence
JOIN state_repositories state ON state.host_id = hosts.host_id AND state.digest = reading.digest
WHERE reading.subject = 'repositories'
ORDER BY host_id, uri, suite, component, architecture;

CREATE OR REPLACE TABLE current_kernels AS
SELECT state.* EXCLUDE (digest)
FROM hosts
JOIN fact_readings reading ON reading.host_id = hosts.host_id AND reading.collector = last_read_collector AND reading.sequence = last_read_sequence
JOIN state_kernels state ON state.host_id = hosts.host_id AND state.digest = reading.digest
WHERE reading.subject = 'kernels'
ORDER BY host_id, package, architecture;

CREATE OR REPLACE TABLE current_software AS
SELECT state.* EXCLUDE (digest)
FROM hosts
JOIN fact_readings reading ON reading.host_id = hosts.host_id AND reading.collector = last_read_collector AND reading.sequence = last_read_sequence
JOIN state_software state ON state.host_id = hosts.host_id AND state.digest = reading.digest
WHERE reading.subject = 'software'
ORDER BY host_id, kind, name, version;

-- Too many and too short-lived to keep for every scan: taken from the record for the last one only.
CREATE OR REPLACE TABLE current_processes AS
SELECT fact.* EXCLUDE (collector, sequence, recorded_at)
FROM record_processes fact
JOIN hosts ON hosts.host_id = fact.host_id AND fact.collector = last_read_collector AND fact.sequence = last_read_sequence
ORDER BY fact.host_id, pid;

CREATE OR REPLACE TABLE current_mappings AS
SELECT fact.* EXCLUDE (collector, sequence, recorded_at)
FROM record_mappings fact
JOIN hosts ON hosts.host_id = fact.host_id AND fact.collector = last_read_collector AND fact.sequence = last_read_sequence
ORDER BY fact.host_id, pid, path;

CREATE OR REPLACE TABLE current_sections AS
SELECT fact.* EXCLUDE (recorded_at)
FROM record_sections fact
JOIN hosts ON hosts.host_id = fact.host_id AND fact.collector = last_read_collector AND fact.sequence = last_read_sequence
ORDER BY fact.host_id, section;

CREATE OR REPLACE TABLE current_rejections AS
SELECT fact.* EXCLUDE (recorded_at)
FROM record_rejections fact
JOIN hosts ON hosts.host_id = fact.host_id AND fact.collector = last_read_collector AND fact.sequence = last_read_sequence
ORDER BY fact.host_id, section, line;

CREATE OR REPLACE TABLE current_logs AS
SELECT fact.* EXCLUDE (recorded_at)
FROM record_logs fact
JOIN hosts ON hosts.host_id = fact.host_id AND fact.collector = last_read_collector AND fact.sequence = last_read_sequence
ORDER BY fact.host_id, log, path;

COMMENT ON TABLE current_packages IS 'Packages at the last scan that read the host.';
COMMENT ON TABLE current_updates IS 'Updates on offer at the last scan that read the host, with since when they have been.';
COMMENT ON COLUMN current_updates.available_not_before IS 'Last complete reading without it; null when it was there at the first one.';
COMMENT ON COLUMN current_updates.available_not_after IS 'First reading with it.';
COMMENT ON COLUMN current_updates.available_evidence IS 'between-scans or late-entry.';
COMMENT ON TABLE current_repositories IS 'Package lists at the last scan that read the host.';
COMMENT ON TABLE current_kernels IS 'Kernel images at the last scan that read the host.';
COMMENT ON TABLE current_software IS 'Software seen at that scan that Patchledger does not judge.';
COMMENT ON TABLE current_processes IS 'User-space processes at that scan.';
COMMENT ON TABLE current_mappings IS 'Processes that mapped deleted files at that scan.';
COMMENT ON TABLE current_sections IS 'Commands that the probe ran at that scan.';
COMMENT ON TABLE current_rejections IS 'Lines of that scan that could not be what they claimed to be.';
COMMENT ON TABLE current_logs IS 'Log files read at that scan.';
