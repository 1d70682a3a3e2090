/**
 * Histories for tests, told in few words: what each run found on each host. A story is written into a
 * real record and folded like any other.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendEntry } from '#data/ledger/append.ts';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import { listEntries } from '#data/ledger/entries.ts';
import type { Entry } from '#data/ledger/entries.ts';
import { subjects } from '#data/model/words.ts';
import type { ReadingStatus, ScanStatus, Subject } from '#data/model/words.ts';
import { scanTables, subjectTables } from '#data/model/tables.ts';
import type { RowOf, ScanTableName, Snapshot } from '#data/model/tables.ts';
import { foldLedger } from '#reports/findings/fold.ts';

/** What a run found on a host: null when it was not in the inventory, a word when it was not read. */
export type Found = HostState | ScanStatus | null;

export interface HostState {
  machine?: string;
  /** Installed versions by package; of kernels beside each other several, with a space between them. */
  packages: { [name: string]: string };
  /** Newest version on offer by package. */
  offers?: { [name: string]: string | Partial<RowOf<'updates'>> };
  /** Which log the lines are of, where its name is not the family's. */
  logName?: string;
  /** [UTC instant, action, package, old, new] as the log of the host's package manager dates them. */
  log?: [string, RowOf<'events'>['action'], string, string | null, string | null][];
  /** What else the host said of itself. */
  scan?: Partial<RowOf<'scans'>>;
  /** Packages whose old files some process still maps. */
  mapped?: string[];
  /** When the oldest process started. */
  oldestProcess?: string;
  /** Package lists that the host uses. */
  repositories?: Partial<RowOf<'repositories'>>[];
  /** Source package and its version, where they are not those of the binary; '' for the binary's own version. */
  sources?: { [name: string]: [source: string, version: string] };
  /** Results of remediation scripts that lay on the host. */
  results?: Partial<RowOf<'results'>>[];
  /** What the host's own package manager knows of advisories. */
  advisories?: (Pick<RowOf<'host_advisories'>, 'advisory' | 'package' | 'version'> &
    Partial<RowOf<'host_advisories'>>)[];
  /** Subjects that were not read completely; the rows given are what was read of them. */
  readings?: { [subject in Subject]?: ReadingStatus };
  /** Which build of ours wrote it down: another one may give the same state another digest. */
  build?: number;
}

export interface RunStory {
  /** When the record learned it. */
  at: string;
  /** When the hosts were read, where that is not when the record learned it: answers brought by hand. */
  readAt?: string;
  hosts: { [hostId: string]: Found };
}

export interface World {
  ledgerRoot: string;
  cacheRoot: string;
  entries: () => Entry[];
  fold: (entries?: Entry[]) => Promise<string>;
  /** Folds all entries and reads rows of the findings. */
  rows: (sql: string, entries?: Entry[]) => Promise<{ [column: string]: unknown }[]>;
}

/** Writes the story into a record in a new temporary folder. */
export async function tell(runs: RunStory[], collector = 'main'): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), 'patchledger-story-'));
  const ledgerRoot = join(root, 'ledger');
  const cacheRoot = join(root, 'cache');
  for (const run of runs) await writeRun(ledgerRoot, collector, run);
  const entries = (): Entry[] => listEntries(ledgerRoot);
  const fold = async (only: Entry[] = entries()): Promise<string> =>
    (await foldLedger({ cacheRoot, entries: only })).path;
  const rows: World['rows'] = async (sql, only) =>
    withDatabase(await fold(only), { readOnly: true }, (connection) => readRows(connection, sql));
  return { ledgerRoot, cacheRoot, entries, fold, rows };
}

/** Appends one more run to the record of a story. */
export async function writeRun(
  ledgerRoot: string,
  collector: string,
  { at, hosts, readAt }: RunStory,
): Promise<void> {
  const instant = new Date(at);
  await appendEntry(
    ledgerRoot,
    {
      collector,
      kind: readAt === undefined ? 'scan' : 'import',
      startedAt: instant,
      recordedAt: () => instant,
      programVersion: 'test',
      workspaceFiles: [],
    },
    async (tables) => {
      for (const [hostId, found] of Object.entries(hosts)) {
        if (found === null) continue;
        tables.add('population', [member(hostId)]);
        for (const [name, rows] of Object.entries(
          snapshotOf(hostId, found, readAt ?? instant.toISOString()),
        )) {
          tables.add(name as ScanTableName, rows);
        }
      }
      return {};
    },
  );
}

export function member(hostId: string): RowOf<'population'> {
  return {
    host_id: hostId,
    address: `${hostId}.example`,
    port: 22,
    login: 'audit',
    transport: 'ssh',
    owner: 'team',
    groups: [],
    environment: null,
    ring: null,
    criticality: null,
    internet_exposed: null,
    tags: [],
    command: null,
  };
}

export function snapshotOf(hostId: string, found: HostState | ScanStatus, at: string): Snapshot {
  const snapshot = Object.fromEntries(
    Object.keys(scanTables)
      .filter((name) => name !== 'population')
      .map((name) => [name, []]),
  ) as unknown as Snapshot;
  if (typeof found === 'string') {
    snapshot.scans = [scanRow(hostId, found, at)];
    return snapshot;
  }
  snapshot.scans = [
    {
      ...scanRow(hostId, 'ok', at),
      machine_id: found.machine ?? `machine of ${hostId}`,
      observed_at: at,
      ecosystem: 'apt',
      os_id: 'debian',
      os_codename: 'bookworm',
      ...found.scan,
    },
  ];
  snapshot.mappings = (found.mapped ?? []).map((name, index) => ({
    host_id: hostId,
    pid: index + 2,
    process: name,
    path: `/usr/lib/${name}`,
    package: name,
  }));
  if (found.oldestProcess !== undefined)
    snapshot.processes = [
      { host_id: hostId, pid: 1, name: 'init', started_at: found.oldestProcess, maps_read: true },
    ];
  snapshot.packages = Object.entries(found.packages).flatMap(([name, versions]) =>
    versions.split(' ').map((version) => packageRow(hostId, name, version, found.sources?.[name])),
  );
  snapshot.updates = Object.entries(found.offers ?? {}).map(([name, offer]) =>
    updateRow(hostId, name, found.packages[name] ?? null, offer),
  );
  snapshot.repositories = (found.repositories ?? []).map((repository) => ({
    ...repositoryRow(hostId),
    ...repository,
  }));
  snapshot.results = (found.results ?? []).map((result, index) => ({
    ...resultRow(hostId, found, index),
    ...result,
  }));
  snapshot.events = (found.log ?? []).map((event) => ({
    ...eventRow(hostId, event),
    log: found.logName ?? found.scan?.ecosystem ?? 'dpkg',
  }));
  snapshot.host_advisories = (found.advisories ?? []).map((advisory) => ({
    ...advisoryRow(hostId),
    ...advisory,
  }));
  snapshot.readings = subjects
    .filter((subject) => subject !== 'advisories' || found.advisories !== undefined)
    .map((subject) => readingRow(hostId, subject, found, snapshot));
  return snapshot;
}

function readingRow(
  hostId: string,
  subject: Subject,
  { readings, build = 1 }: HostState,
  snapshot: Snapshot,
): RowOf<'readings'> {
  const status: ReadingStatus = readings?.[subject] ?? 'complete';
  const table = subjectTables[subject] as keyof Snapshot | undefined;
  const rows = table === undefined ? [] : snapshot[table];
  const digest = createHash('sha256')
    .update(JSON.stringify([build, rows]))
    .digest('hex');
  return {
    host_id: hostId,
    subject,
    status,
    reason: status === 'complete' ? null : 'the story says so',
    needs_root: false,
    row_count: rows.length,
    digest: status === 'unread' ? null : digest,
  };
}

function scanRow(hostId: string, status: ScanStatus, at: string): RowOf<'scans'> {
  const empty = Object.fromEntries(Object.keys(scanTables.scans.columns).map((column) => [column, null]));
  return {
    ...(empty as unknown as RowOf<'scans'>),
    host_id: hostId,
    status,
    started_at: at,
    ended_at: at,
    reboot_packages: [],
  };
}

function packageRow(
  hostId: string,
  name: string,
  version: string,
  [source, sourceVersion]: [string, string] = [name, version],
): RowOf<'packages'> {
  return {
    host_id: hostId,
    package: name,
    architecture: 'amd64',
    version,
    source_package: source,
    source_version: sourceVersion === '' ? version : sourceVersion,
    wanted: 'install',
    state: 'installed',
    origin: 'Debian',
    suite: 'stable',
    installed_at: null,
    built_at: null,
    module: null,
  };
}

function updateRow(
  hostId: string,
  name: string,
  installed: string | null,
  offer: string | Partial<RowOf<'updates'>>,
): RowOf<'updates'> {
  const target =
    typeof offer === 'string' ? offer : (offer.newest_version ?? offer.candidate_version ?? null);
  return {
    host_id: hostId,
    package: name,
    architecture: 'amd64',
    installed_version: installed,
    candidate_version: target,
    newest_version: target,
    action: 'upgrade',
    in_upgrade: true,
    in_upgrade_with_new: true,
    in_full_upgrade: true,
    security: false,
    security_version: null,
    origin: 'Debian',
    suite: 'stable',
    reason: 'none-yet-tried',
    phased_percent: null,
    candidate_built_at: null,
    ...(typeof offer === 'string' ? {} : offer),
  };
}

function advisoryRow(hostId: string): Omit<RowOf<'host_advisories'>, 'advisory' | 'package' | 'version'> {
  return {
    host_id: hostId,
    architecture: 'amd64',
    kind: 'security',
    severity: 'important',
    published_not_before: '2026-09-02T10:00:00.000Z',
    published_not_after: '2026-09-02T10:00:00.000Z',
    cves: [],
    title: null,
    repository: 'updates',
  };
}

function repositoryRow(hostId: string): RowOf<'repositories'> {
  return {
    host_id: hostId,
    uri: 'https://mirror.example/debian',
    suite: 'bookworm',
    component: 'main',
    architecture: 'amd64',
    present: true,
    origin: 'Debian',
    label: 'Debian',
    archive: 'stable',
    codename: 'bookworm',
    security: false,
    priority: 500,
    released_at: null,
    valid_until: null,
    fetched_at: null,
  };
}

function resultRow(hostId: string, { machine }: HostState, index: number): RowOf<'results'> {
  return {
    host_id: hostId,
    file: `result-${index}.json`,
    plan: 'plan-1',
    machine_id: machine ?? `machine of ${hostId}`,
    state: 'finished',
    reason: 'done',
    exit_status: 0,
    started_at: '2026-09-05T20:00:00.000Z',
    ended_at: '2026-09-05T20:05:00.000Z',
    reboot_needed: false,
  };
}

function eventRow(
  hostId: string,
  [at, action, name, before, after]: NonNullable<HostState['log']>[number],
): RowOf<'events'> {
  return {
    host_id: hostId,
    log: 'dpkg',
    local_time: at.slice(0, 19),
    not_before: at,
    not_after: at,
    action,
    package: name,
    architecture: 'amd64',
    old_version: before,
    new_version: after,
    completed: true,
    command: null,
  };
}
