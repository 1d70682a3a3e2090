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

CREATE OR REPLACE TABLE host_releases AS
WITH seen AS (
  SELECT host_id, incarnation, happened_at, ecosystem, os_id, coalesce(release, os_codename) AS release, lag(happened_at) OVER timeline AS before_at,
    coalesce(release, os_codename) IS DISTINCT FROM lag(coalesce(release, os_codename)) OVER timeline AS changed
  FROM scans WHERE was_read AND coalesce(release, os_codename) IS NOT NULL
  WINDOW timeline AS (PARTITION BY host_id, incarnation ORDER BY happened_at, recorded_at, collector, sequence)
)
-- The log of a host is taken to be that of the release that it was first seen with.
SELECT host_id, incarnation, ecosystem, os_id AS distribution, release, before_at AS from_not_before, CASE WHEN before_at IS NOT NULL THEN happened_at END AS from_not_after
FROM seen WHERE changed
ORDER BY host_id, incarnation, happened_at;

COMMENT ON TABLE scans IS 'One host in one run: how it ended and who the host said it was.';
COMMENT ON COLUMN scans.collector IS 'Chain of the run.';
COMMENT ON COLUMN scans.sequence IS 'Number of the run in that chain.';
COMMENT ON COLUMN scans.recorded_at IS 'When the record learned it (UTC).';
COMMENT ON COLUMN scans.happened_at IS 'When the host was read; when the attempt began where nothing was read (UTC).';
COMMENT ON COLUMN scans.was_read IS 'Whether anything was read.';
COMMENT ON COLUMN scans.own_kernel IS 'Whether the kernel is the host''s own: not in a container.';
COMMENT ON COLUMN scans.incarnation IS 'Counts machines under the same name: a new machine-id begins the next one.';
COMMENT ON TABLE host_releases IS 'Releases that each host was seen with over time.';
COMMENT ON COLUMN host_releases.from_not_before IS 'Last scan that saw the release before; null for the first.';
COMMENT ON COLUMN host_releases.from_not_after IS 'First scan that saw this one; null for the first.';
