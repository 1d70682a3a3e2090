/** The questions that a host's page asks; each gives rows with a host_id. */

export const hostSql = `
  SELECT
    line.*,
    hosts.architecture, hosts.release, hosts.virtualization, hosts.kernel_release, hosts.booted_at, hosts.time_zone,
    hosts.clock_offset_ms, hosts.clock_uncertainty_ms, hosts.scan_user, hosts.is_root, hosts.processes_total, hosts.processes_read,
    hosts.reboot_packages, hosts.package_cache, hosts.ecosystem, hosts.address, hosts.port, hosts.login, hosts.transport, hosts.groups,
    hosts.ring, hosts.criticality, hosts.internet_exposed, hosts.tags, hosts.last_reason, hosts.last_next_step, hosts.incarnation, hosts.last_read_transport,
    (SELECT min(happened_at) FROM scans WHERE scans.host_id = line.host_id AND was_read) AS first_read_at,
    (SELECT count(*) FROM scans WHERE scans.host_id = line.host_id AND was_read) AS reads,
    run.collector AS run_collector, run.sequence AS run_sequence, run.hash AS run_hash, run.program_version AS run_program_version,
    gone.gone_not_before, gone.gone_after_at
  FROM host_lines line
  JOIN hosts USING (host_id)
  LEFT JOIN runs run ON run.collector = hosts.last_read_collector AND run.sequence = hosts.last_read_sequence
  LEFT JOIN retired_hosts gone ON gone.host_id = line.host_id`;

/** Security first, then what is not known to be none, then by what stands in the way. */
export const updateOrder = `
  NOT on_offer, security IS FALSE, security IS NULL, reason, package, architecture`;

/** The deleted files that processes still map, with when the process started. */
export const mappingsSql = `(
  SELECT mapping.*, process.started_at
  FROM current_mappings mapping LEFT JOIN current_processes process USING (host_id, pid)
)`;

/** Processes whose memory maps could not be read, by name. */
export const unreadSql = `(
  SELECT host_id, name, count(*) AS processes FROM current_processes WHERE NOT maps_read GROUP BY ALL
)`;

/** Newest first. */
export const eventOrder =
  'not_before DESC, package, architecture, action, new_version, old_version, local_time';

export const spellOrder = 'closed_not_after DESC, package, architecture, incarnation, spell';
