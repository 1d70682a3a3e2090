/** Lines and whole stories of hosts. */
import type { RowOf } from '#data/model/tables.ts';
import type { EvidenceKind, ReadingStatus, ScanStatus } from '#data/model/words.ts';
import { endedOrder, judgedSql, missingOrder, missingStatuses, securitySql } from './exposures.ts';
import { hostPoliciesSql } from './policies.ts';
import type { HostPolicy } from './policies.ts';
import { hostChangesSql, hostOutcomesSql, outcomeOrder, planLinesSql } from './plans.ts';
import type { OutcomeLine, PlanLine, PlannedChange } from './plans.ts';
import type { Exposure, JudgedExposure } from './exposures.ts';
import { eventOrder, hostSql, mappingsSql, spellOrder, unreadSql, updateOrder } from './host-sql.ts';
import { sqlTexts, worstFirst } from './open.ts';
import type { Ask } from './open.ts';

export type Standing = 'read' | 'partly-read' | 'stale' | 'never-read' | 'retired';
export type Verdict =
  | 'unsupported'
  | 'security-pending'
  | 'not-effective'
  | 'updates-unread'
  | 'stale'
  | 'partly-read'
  | 'unclear-pending'
  | 'updates-pending'
  | 'lists-old'
  | 'effect-unknown'
  | 'fixes-unseen'
  | 'advisories-old'
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
  // Security fixes by what is known of them; null where packages were not read.
  missing_fixes: number | null;
  /** Of the missing ones, those that close a CVE that is known to be exploited. */
  exploited_fixes: number | null;
  not_effective_fixes: number | null;
  effect_unknown_fixes: number | null;
  /** When the oldest missing one was published. */
  oldest_missing_at: string | null;
  /** Fixes published since it was last read, of what it was behind then. */
  unseen_fixes: number;
  /** End of its release's support; null while supported, or not known. */
  unsupported_since: string | null;
  /** Whether the advisories for its release are known until now, or nearly. */
  advisories_current: boolean;
}

type Identity = Pick<
  RowOf<'scans'>,
  | 'architecture'
  | 'release'
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
  /** What each policy says of it, the primary one first. */
  policies: HostPolicy[];
  /** Its last plan, if it has one. */
  plans: PlanLine[];
  planned_changes: Cut<PlannedChange & { host_id: string }>;
  planned_fixes: Cut<OutcomeLine>;
  unknowns: Unknown[];
  updates: OfferedUpdate[];
  kernels: RowOf<'kernels'>[];
  mappings: Cut<RowOf<'mappings'> & { started_at: string | null }>;
  unread_processes: Cut<{ host_id: string; name: string; processes: number }>;
  events: Cut<InstallEvent>;
  ended_spells: Cut<EndedSpell>;
  /** Fixes that it lacks, or that it cannot prove to have in effect. */
  missing_fixes: Cut<JudgedExposure>;
  ended_exposures: Cut<Exposure>;
  /** CVEs in its packages that nothing fixes yet. */
  unfixed: Cut<Unfixed>;
  /** Source packages whose support has ended on its own. */
  unsupported_packages: Cut<UnsupportedPackage>;
  repositories: RowOf<'repositories'>[];
  /** Changes with which its own log does not fit. */
  log_breaks: Cut<LogBreak>;
  software: Cut<RowOf<'software'>>;
  rejections: Cut<RowOf<'rejections'>>;
  sections: RowOf<'sections'>[];
}

interface Provenance {
  last_reason: string | null;
  last_next_step: string | null;
  incarnation: number | null;
  /** How the last answer came. */
  last_read_transport: RowOf<'scans'>['transport'];
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

export interface Unfixed {
  host_id: string;
  source: string;
  cve: string;
  began_not_after: string;
  urgency: string | null;
  no_advisory_reason: string | null;
  known_exploited: boolean;
}

export interface UnsupportedPackage {
  host_id: string;
  source: string;
  began_not_after: string;
}

export interface LogBreak {
  host_id: string;
  package: string;
  architecture: string;
  kind: 'skipped' | 'unconfirmed' | 'silent';
  /** Version after the change; null where the package went. */
  version: string | null;
  not_before: string | null;
  not_after: string;
}

/** The first rows of a list that may be too long for a page, and how long it is. */
export interface Cut<T> {
  total: number;
  rows: T[];
}

export const hostLinesSql = `SELECT * FROM host_lines WHERE listed_now ORDER BY ${worstFirst}`;

/** Every host of the latest inventory, worst first. */
export async function askHostLines(ask: Ask): Promise<HostLine[]> {
  return ask<HostLine>(hostLinesSql);
}

/** Ids of every host that has a page, retired ones included, in the order in which batches are read. */
export async function askHostIds(ask: Ask): Promise<string[]> {
  const rows = await ask<{ host_id: string }>('SELECT host_id FROM hosts ORDER BY host_id');
  return rows.map(({ host_id }) => host_id);
}

/** Lists that a page shows whole: where the rows are and in which order. */
export const wholeLists = {
  policies: [hostPoliciesSql, 'is_primary DESC, policy'],
  plans: [planLinesSql, 'plan'],
  unknowns: ['unknowns', 'subject'],
  updates: ['offers', updateOrder],
  kernels: ['current_kernels', 'running DESC, same_flavour DESC, release DESC, package, architecture'],
  repositories: ['current_repositories', 'uri, suite, component, architecture'],
  sections: ['current_sections', 'section'],
} as const;

/** Lists that may be too long for a page: the same, and how many rows a page shows. */
export const cutLists = {
  planned_changes: [hostChangesSql, 'wanted DESC, package, architecture', 100],
  planned_fixes: [hostOutcomesSql, outcomeOrder, 100],
  mappings: [mappingsSql, 'pid, path', 200],
  unread_processes: [unreadSql, 'processes DESC, name', 60],
  events: ['install_events', eventOrder, 120],
  ended_spells: [`(FROM update_spells WHERE status <> 'open')`, spellOrder, 100],
  missing_fixes: [`(FROM ${judgedSql} WHERE status IN (${missingStatuses}))`, missingOrder, 200],
  ended_exposures: [`(FROM ${securitySql} WHERE status NOT IN (${missingStatuses}))`, endedOrder, 60],
  unfixed: [
    `(FROM unfixed WHERE status = 'open')`,
    "NOT known_exploited, urgency = 'unimportant', source, cve DESC",
    100,
  ],
  unsupported_packages: [
    `(FROM unsupported WHERE status = 'open' AND source IS NOT NULL)`,
    'began_not_after, source',
    100,
  ],
  log_breaks: ['log_breaks', 'not_after DESC, package, architecture', 30],
  software: ['current_software', 'kind, name, version', 200],
  rejections: ['current_rejections', 'section, line', 50],
} as const;

/** The stories of some hosts, read together: one query a list, never one a host. */
export async function askHostStories(ask: Ask, ids: readonly string[]): Promise<Map<string, HostStory>> {
  if (ids.length === 0) return new Map();
  const only = `host_id IN (${sqlTexts(ids)})`;
  const hosts = await ask<HostStory['host']>(`${hostSql} WHERE line.${only}`);
  const stories = new Map(hosts.map((host) => [host.host_id, emptyStory(host)]));
  for (const [list, [table, order]] of Object.entries(wholeLists)) {
    const rows = await ask<OfHost>(`SELECT * FROM ${table} WHERE ${only} ORDER BY host_id, ${order}`);
    for (const row of rows) rowsOf(stories, row.host_id, list as keyof typeof wholeLists).push(row);
  }
  for (const [list, [table, order, most]] of Object.entries(cutLists)) {
    const rows = await ask<OfHost & { total_rows: number }>(
      `SELECT *, count(*) OVER (PARTITION BY host_id) AS total_rows FROM ${table} WHERE ${only}
       QUALIFY row_number() OVER (PARTITION BY host_id ORDER BY ${order}) <= ${most} ORDER BY host_id, ${order}`,
    );
    for (const row of rows) {
      const cut = stories.get(row.host_id)?.[list as keyof typeof cutLists] as Cut<OfHost> | undefined;
      cut?.rows.push(row);
      if (cut !== undefined) cut.total = row.total_rows;
    }
  }
  return stories;
}

interface OfHost {
  host_id: string;
}

function rowsOf(stories: Map<string, HostStory>, hostId: string, list: keyof typeof wholeLists): OfHost[] {
  return stories.get(hostId)?.[list] ?? [];
}

function emptyStory(host: HostStory['host']): HostStory {
  const whole = {
    policies: [],
    plans: [],
    unknowns: [],
    updates: [],
    kernels: [],
    repositories: [],
    sections: [],
  };
  const none = <T>(): Cut<T> => ({ total: 0, rows: [] });
  return {
    host,
    ...whole,
    planned_changes: none(),
    planned_fixes: none(),
    mappings: none(),
    unread_processes: none(),
    events: none(),
    ended_spells: none(),
    missing_fixes: none(),
    ended_exposures: none(),
    unfixed: none(),
    unsupported_packages: none(),
    log_breaks: none(),
    software: none(),
    rejections: none(),
  };
}
