/** Lines and whole stories of hosts. */
import type { RowOf } from '#data/model/tables.ts';
import type { EvidenceKind, ReadingStatus, ScanStatus } from '#data/model/words.ts';
import { eventOrder, hostSql, mappingsSql, spellOrder, unreadSql, updateOrder } from './host-sql.ts';
import { sqlTexts, worstFirst } from './open.ts';
import type { Ask } from './open.ts';

export type Standing = 'read' | 'partly-read' | 'stale' | 'never-read' | 'retired';
export type Verdict =
  | 'security-pending'
  | 'updates-unread'
  | 'stale'
  | 'partly-read'
  | 'unclear-pending'
  | 'updates-pending'
  | 'lists-old'
  | 'none-on-offer';

/** One line of the list. Numbers of updates are null where updates were not read. */
export interface HostLine {
  host_id: string;
  listed_now: boolean;
  standing: Standing;
  verdict: Verdict;
  owner: string | null;
  environment: string | null;
  os_name: string | null;
  os_id: string | null;
  os_version: string | null;
  hostname: string | null;
  last_read_at: string | null;
  last_attempt_at: string | null;
  last_status: ScanStatus | null;
  reboot_required: boolean | null;
  lists_checked_at: string | null;
  lists_fresh: boolean;
  updates_reading: ReadingStatus;
  updates: number | null;
  security_updates: number | null;
  unclear_updates: number | null;
  oldest_seen_at: string | null;
  oldest_security_seen_at: string | null;
}

type Identity = Pick<
  RowOf<'scans'>,
  | 'architecture'
  | 'virtualization'
  | 'kernel_release'
  | 'booted_at'
  | 'time_zone'
  | 'clock_offset_ms'
  | 'clock_uncertainty_ms'
  | 'scan_user'
  | 'is_root'
  | 'processes_total'
  | 'processes_read'
  | 'reboot_packages'
  | 'package_cache'
  | 'ecosystem'
> &
  Pick<
    RowOf<'population'>,
    | 'address'
    | 'port'
    | 'login'
    | 'transport'
    | 'groups'
    | 'ring'
    | 'criticality'
    | 'internet_exposed'
    | 'tags'
  >;

/** Everything that a host's page shows. */
export interface HostStory {
  host: HostLine & Identity & Provenance;
  unknowns: Unknown[];
  updates: OfferedUpdate[];
  kernels: RowOf<'kernels'>[];
  mappings: Cut<RowOf<'mappings'> & { started_at: string | null }>;
  unread_processes: Cut<{ host_id: string; name: string; processes: number }>;
  events: Cut<InstallEvent>;
  ended_spells: Cut<EndedSpell>;
  repositories: RowOf<'repositories'>[];
  software: Cut<RowOf<'software'>>;
  rejections: Cut<RowOf<'rejections'>>;
  sections: RowOf<'sections'>[];
}

interface Provenance {
  last_reason: string | null;
  last_next_step: string | null;
  incarnation: number | null;
  first_read_at: string | null;
  reads: number;
  run_collector: string | null;
  run_sequence: number | null;
  run_hash: string | null;
  run_program_version: string | null;
  gone_not_before: string | null;
  gone_after_at: string | null;
}

export interface Unknown {
  host_id: string;
  subject: string;
  status: 'partial' | 'unread' | 'never-tried';
  reason: string | null;
  needs_root: boolean;
  last_complete_at: string | null;
  since: string | null;
}

export type OfferedUpdate = RowOf<'updates'> & {
  /** False for what would only come along: new packages, removals. */
  on_offer: boolean;
  available_not_before: string | null;
  available_not_after: string | null;
  available_evidence: EvidenceKind | null;
};

export interface InstallEvent {
  host_id: string;
  not_before: string;
  not_after: string;
  action: string;
  package: string;
  architecture: string;
  old_version: string | null;
  new_version: string | null;
  completed: boolean | null;
  confirmed: boolean;
  command: string | null;
}

export interface EndedSpell {
  host_id: string;
  package: string;
  architecture: string;
  installed_version: string;
  first_target_version: string;
  security: boolean | null;
  status: string;
  opened_not_before: string | null;
  opened_not_after: string;
  opened_evidence: EvidenceKind;
  closed_not_before: string;
  closed_not_after: string;
  closed_evidence: EvidenceKind;
  closed_version: string | null;
}

/** The first rows of a list that may be too long for a page, and how long it is. */
export interface Cut<T> {
  total: number;
  rows: T[];
}

/** Every host of the latest inventory, worst first. */
export async function askHostLines(ask: Ask): Promise<HostLine[]> {
  return ask<HostLine>(`SELECT * FROM host_lines WHERE listed_now ORDER BY ${worstFirst}`);
}

/** Ids of every host that has a page, retired ones included, in the order in which batches are read. */
export async function askHostIds(ask: Ask): Promise<string[]> {
  const rows = await ask<{ host_id: string }>('SELECT host_id FROM hosts ORDER BY host_id');
  return rows.map(({ host_id }) => host_id);
}

const pageRows = { events: 200, spells: 200, mappings: 200, processes: 60, software: 200, rejections: 50 };

/** The stories of some hosts, read together: one query a subject, never one a host. */
export async function askHostStories(ask: Ask, ids: readonly string[]): Promise<Map<string, HostStory>> {
  if (ids.length === 0) return new Map();
  const only = `host_id IN (${sqlTexts(ids)})`;
  const all = <T extends { host_id: string }>(table: string, order: string): Promise<Map<string, T[]>> =>
    askGrouped<T>(ask, `SELECT * FROM ${table} WHERE ${only} ORDER BY host_id, ${order}`);
  const cut = <T extends { host_id: string }>(
    table: string,
    order: string,
    most: number,
  ): Promise<Map<string, Counted<T>[]>> =>
    askGrouped<Counted<T>>(
      ask,
      `SELECT *, count(*) OVER (PARTITION BY host_id) AS total_rows FROM ${table} WHERE ${only}
       QUALIFY row_number() OVER (PARTITION BY host_id ORDER BY ${order}) <= ${most} ORDER BY host_id, ${order}`,
    );
  const hosts = await ask<HostStory['host']>(`${hostSql} WHERE line.${only} ORDER BY line.host_id`);
  const unknowns = await all<Unknown>('unknowns', 'subject');
  const updates = await all<OfferedUpdate>('offers', updateOrder);
  const kernels = await all<RowOf<'kernels'>>(
    'current_kernels',
    'running DESC, same_flavour DESC, release DESC, package',
  );
  const repositories = await all<RowOf<'repositories'>>(
    'current_repositories',
    'uri, suite, component, architecture',
  );
  const sections = await all<RowOf<'sections'>>('current_sections', 'section');
  const mappings = await cut<HostStory['mappings']['rows'][number]>(
    mappingsSql,
    'pid, path',
    pageRows.mappings,
  );
  const unread = await cut<HostStory['unread_processes']['rows'][number]>(
    unreadSql,
    'processes DESC, name',
    pageRows.processes,
  );
  const events = await cut<InstallEvent>('install_events', `not_before DESC, ${eventOrder}`, pageRows.events);
  const spells = await cut<EndedSpell>(
    `(FROM update_spells WHERE status <> 'open')`,
    spellOrder,
    pageRows.spells,
  );
  const software = await cut<RowOf<'software'>>('current_software', 'kind, name, version', pageRows.software);
  const rejections = await cut<RowOf<'rejections'>>(
    'current_rejections',
    'section, line',
    pageRows.rejections,
  );
  return new Map(
    hosts.map((host) => {
      const id = host.host_id;
      const story: HostStory = {
        host,
        unknowns: unknowns.get(id) ?? [],
        updates: updates.get(id) ?? [],
        kernels: kernels.get(id) ?? [],
        repositories: repositories.get(id) ?? [],
        sections: sections.get(id) ?? [],
        mappings: asCut(mappings.get(id)),
        unread_processes: asCut(unread.get(id)),
        events: asCut(events.get(id)),
        ended_spells: asCut(spells.get(id)),
        software: asCut(software.get(id)),
        rejections: asCut(rejections.get(id)),
      };
      return [id, story];
    }),
  );
}

type Counted<T> = T & { total_rows: number };

async function askGrouped<T extends { host_id: string }>(ask: Ask, sql: string): Promise<Map<string, T[]>> {
  return Map.groupBy(await ask<T>(sql), (row) => row.host_id);
}

function asCut<T>(rows: Counted<T>[] = []): Cut<T> {
  return { total: rows[0]?.total_rows ?? 0, rows };
}
