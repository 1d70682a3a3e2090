-- Two hosts of the inventory that are one machine: one of them is named twice, or was copied with its identity.
-- Their figures count twice.
CREATE OR REPLACE TABLE shared_machines AS
WITH identified AS (
  SELECT hosts.host_id, scan.machine_id
  FROM hosts JOIN scans scan ON scan.host_id = hosts.host_id AND scan.was_read
  WHERE hosts.listed_now AND scan.machine_id IS NOT NULL
  QUALIFY row_number() OVER (PARTITION BY hosts.host_id ORDER BY scan.happened_at DESC, scan.recorded_at DESC) = 1
)
SELECT machine_id, host_id, count(*) OVER (PARTITION BY machine_id) AS hosts
FROM identified
QUALIFY count(*) OVER (PARTITION BY machine_id) > 1
ORDER BY machine_id, host_id;

COMMENT ON TABLE shared_machines IS 'Hosts of the inventory that answer as one machine.';
COMMENT ON COLUMN shared_machines.machine_id IS 'Hash of the machine-id that they share.';
COMMENT ON COLUMN shared_machines.hosts IS 'How many hosts share it.';
