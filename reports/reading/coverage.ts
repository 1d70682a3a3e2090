/** Which of the hosts that should exist were read, and what is not known of the others. */
import type { ScanStatus, Stage } from '#data/model/words.ts';
import type { Standing, Unknown } from './hosts.ts';
import type { Ask } from './open.ts';

export interface CoverageLine {
  host_id: string;
  standing: Standing;
  last_attempt_at: string | null;
  last_status: ScanStatus | null;
  last_stage: Stage | null;
  last_attempts: number | null;
  failing_since: string | null;
  failed_scans: number;
  last_reason: string | null;
  last_next_step: string | null;
  last_read_at: string | null;
  lists_checked_at: string | null;
  lists_fresh: boolean;
  /** First run whose inventory named it. */
  listed_since: string;
  clock_offset_ms: number | null;
  clock_uncertainty_ms: number | null;
  unknowns: Unknown[];
}

/** How the last attempts ended, the ones that read something among them. */
export interface EndingLine {
  last_status: ScanStatus | null;
  last_stage: Stage | null;
  hosts: number;
  oldest_since: string | null;
}

export interface RetiredHost {
  host_id: string;
  gone_not_before: string;
  gone_after_at: string;
  gone_collector: string;
  gone_sequence: number;
  /** Files of the inventory that changed with it; null when the record holds none. */
  gone_with: string[] | null;
  owner: string | null;
  security_updates: number | null;
}

export interface RunLine {
  collector: string;
  sequence: number;
  hash: string;
  started_at: string;
  population: number;
  hosts_tried: number;
  hosts_read: number;
  hosts_partly_read: number;
  hosts_unread: number;
  /** Whether every host was tried that the collector can reach. */
  whole: boolean;
}

/** Hosts that answer as one machine. */
export interface SharedMachine {
  hosts: string[];
}

export async function askSharedMachines(ask: Ask): Promise<SharedMachine[]> {
  return ask<SharedMachine>(sharedMachinesSql);
}

export const sharedMachinesSql = `
  SELECT list(host_id ORDER BY host_id) AS hosts FROM shared_machines GROUP BY machine_id ORDER BY hosts`;

/** Every host of the latest inventory; those of which least is known come first. */
export async function askCoverage(ask: Ask): Promise<CoverageLine[]> {
  const lines = await ask<Omit<CoverageLine, 'unknowns'>>(coverageSql);
  const unknowns = Map.groupBy(await ask<Unknown>(unknownsSql), (unknown) => unknown.host_id);
  return lines.map((line) => ({ ...line, unknowns: unknowns.get(line.host_id) ?? [] }));
}

/** Hosts of the latest inventory by how the last attempt at them ended; most first. */
export async function askEndings(ask: Ask): Promise<EndingLine[]> {
  return ask<EndingLine>(endingsSql);
}

export async function askRetiredHosts(ask: Ask): Promise<RetiredHost[]> {
  return ask<RetiredHost>(retiredSql);
}

/** The latest runs, newest first. */
export async function askRuns(ask: Ask, most: number): Promise<RunLine[]> {
  return ask<RunLine>(`${runsSql} LIMIT ${most}`);
}

export const coverageSql = `
  SELECT host_id, line.standing, line.last_attempt_at, line.last_status, hosts.last_stage, hosts.last_attempts,
    hosts.failing_since, hosts.failed_scans, hosts.last_reason, hosts.last_next_step, line.last_read_at,
    line.lists_checked_at, line.lists_fresh, hosts.listed_since, hosts.clock_offset_ms, hosts.clock_uncertainty_ms
  FROM host_lines line JOIN hosts USING (host_id)
  WHERE line.listed_now
  ORDER BY list_position(['never-read', 'stale', 'partly-read', 'read'], line.standing), line.last_read_at NULLS FIRST, host_id`;

export const unknownsSql = 'SELECT * FROM unknowns ORDER BY host_id, subject';

export const endingsSql = `
  SELECT last_status, CASE WHEN last_status IN ('timed-out', 'cut-off') THEN last_stage END AS last_stage,
    count(*) AS hosts, min(failing_since) AS oldest_since
  FROM hosts WHERE listed_now GROUP BY ALL ORDER BY hosts DESC, last_status, last_stage`;

export const retiredSql = `
  SELECT host_id, gone_not_before, gone_after_at, gone_collector, gone_sequence, gone_with, owner, security_updates
  FROM retired_hosts JOIN host_lines USING (host_id) ORDER BY gone_after_at DESC, host_id`;

export const runsSql = `
  SELECT collector, sequence, hash, started_at, population, hosts_tried, hosts_read, hosts_partly_read, hosts_unread, whole
  FROM runs ORDER BY recorded_at DESC, collector, sequence DESC`;
