/** Which of the hosts that should exist were read, and what is not known of the others. */
import type { ScanStatus, Stage, Transport } from '#data/model/words.ts';
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
  /** How the inventory says that it is reached, and how the last answer came. */
  transport: Transport;
  last_read_transport: Transport | null;
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
  kind: 'scan' | 'import';
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

/** A comparison in force, with the first of what differs. */
export interface ComparisonLine {
  source: string;
  collector: string;
  sequence: number;
  compared_at: string;
  dated: string;
  dated_by: 'given' | 'file';
  is_old: boolean;
  file: string;
  content_sha256: string;
  columns_used: string[];
  rows: number;
  retired_rows: number;
  unusable_rows: number;
  hosts: number;
  in_both: number;
  only_here: number;
  retired_there: number;
  ambiguous_hosts: number;
  only_there: number;
  ambiguous_rows: number;
  /** Hosts that are told by nothing but what they call themselves. */
  by_own_word: string[];
  listed_since: number;
  there: OnlyThere[];
  here: OnlyHere[];
}

export interface OnlyThere {
  source: string;
  line: number;
  name: string;
  addresses: string[];
  status: string | null;
  outcome: 'only-there' | 'ambiguous';
  candidates: string[];
  listed_since: string | null;
}

export interface OnlyHere {
  source: string;
  host_id: string;
  outcome: 'only-here' | 'retired-there' | 'ambiguous';
  owner: string | null;
  /** Null for a host that no run listed yet: it has no page. */
  listed_now: boolean | null;
}

/** Comparisons in force, the latest first, each with so many rows of what differs. */
export async function askComparisons(ask: Ask, most: number): Promise<ComparisonLine[]> {
  const lines = await ask<Omit<ComparisonLine, 'there' | 'here'>>(comparisonsSql);
  const first = (sql: string, order: string): string =>
    `SELECT * FROM (${sql}) QUALIFY row_number() OVER (PARTITION BY source ORDER BY ${order}) <= ${most} ORDER BY source, ${order}`;
  const there = await ask<OnlyThere>(first(onlyThereSql, "outcome = 'ambiguous', line"));
  const here = await ask<OnlyHere>(first(onlyHereSql, "outcome = 'ambiguous', host_id"));
  return lines.map((line) => ({
    ...line,
    there: there.filter(({ source }) => source === line.source),
    here: here.filter(({ source }) => source === line.source),
  }));
}

export const comparisonsSql = `
  SELECT * EXCLUDE (in_force, dated_at) FROM comparisons WHERE in_force
  ORDER BY compared_at DESC, collector, sequence DESC`;

export const onlyThereSql =
  'SELECT source, line, name, addresses, status, outcome, candidates, listed_since FROM only_there';

export const onlyHereSql = 'SELECT source, host_id, outcome, owner, listed_now FROM only_here';

/** Software beside the package managers, which no policy judges. */
export interface UnjudgedSoftware {
  kinds: { kind: string; things: number; hosts: number }[];
  /** Hosts of the inventory of which it is not wholly known what there is. */
  hosts_unread: number;
  hosts: number;
}

export async function askUnjudged(ask: Ask): Promise<UnjudgedSoftware> {
  const kinds = await ask<UnjudgedSoftware['kinds'][number]>(unjudgedSql);
  const [read] = await ask<{ hosts: number; hosts_unread: number }>(unjudgedUnreadSql);
  return { kinds, hosts: read?.hosts ?? 0, hosts_unread: read?.hosts_unread ?? 0 };
}

export const unjudgedSql = `
  SELECT kind, count(*) AS things, count(DISTINCT host_id) AS hosts
  FROM current_software JOIN hosts USING (host_id) WHERE listed_now
  GROUP BY kind ORDER BY kind`;

export const unjudgedUnreadSql = `
  SELECT count(*) AS hosts, count(*) FILTER (WHERE last_read_at IS NULL OR EXISTS (
    FROM unknowns WHERE unknowns.host_id = hosts.host_id AND unknowns.subject = 'software')) AS hosts_unread
  FROM hosts WHERE listed_now`;

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
    hosts.transport, hosts.last_read_transport,
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
  SELECT collector, sequence, kind, hash, started_at, population, hosts_tried, hosts_read, hosts_partly_read, hosts_unread, whole
  FROM runs ORDER BY recorded_at DESC, collector, sequence DESC`;
