-- A scan is one host in one run. A changed machine-id under the same name begins another
-- incarnation: what was known of the old machine does not continue on the new one.
CREATE OR REPLACE TABLE scans AS
WITH dated AS (
  SELECT
    *,
    coalesce(observed_at, started_at) AS happened_at,
    last_value(machine_id IGNORE NULLS) OVER (
      PARTITION BY host_id ORDER BY coalesce(observed_at, started_at), recorded_at, collector, sequence
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS machine_id_before
  FROM fact_scans
)
SELECT
  * EXCLUDE (machine_id_before),
  status IN ('ok', 'partial') AS was_read,
  -- The kernel and the boot that a container shows are those of the machine around it (systemd-detect-virt(1)).
  coalesce(virtualization, 'none') NOT IN ('docker', 'podman', 'lxc', 'lxc-libvirt', 'systemd-nspawn', 'openvz', 'wsl', 'container-other', 'proot', 'rkt') AS own_kernel,
  1 + count(*) FILTER (WHERE machine_id IS NOT NULL AND machine_id_before IS NOT NULL AND machine_id <> machine_id_before)
    OVER (PARTITION BY host_id ORDER BY happened_at, recorded_at, collector, sequence) AS incarnation
FROM dated
ORDER BY host_id, happened_at, recorded_at, collector, sequence;

COMMENT ON TABLE scans IS 'One host in one run: how it ended and who the host said it was.';
COMMENT ON COLUMN scans.collector IS 'Chain of the run.';
COMMENT ON COLUMN scans.sequence IS 'Number of the run in that chain.';
COMMENT ON COLUMN scans.recorded_at IS 'When the record learned it (UTC).';
COMMENT ON COLUMN scans.happened_at IS 'When the host was read; when the attempt began where nothing was read (UTC).';
COMMENT ON COLUMN scans.was_read IS 'Whether anything was read.';
COMMENT ON COLUMN scans.own_kernel IS 'Whether the kernel is the host''s own: not in a container.';
COMMENT ON COLUMN scans.incarnation IS 'Counts machines under the same name: a new machine-id begins the next one.';
