/** What `scan` and `start` share: one run over the inventory, written as one entry of the record. */
import { snapshotOfFailure } from '#collector/contact.ts';
import { scanPopulation } from '#collector/scan.ts';
import type { Scanned, ScanOptions } from '#collector/scan.ts';
import { appendEntry } from '#data/ledger/append.ts';
import type { Appended } from '#data/ledger/append.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { readHistory } from '#data/ledger/history.ts';
import type { History } from '#data/ledger/history.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { Failure } from '#data/model/failure.ts';
import { scanTables } from '#data/model/tables.ts';
import type { RowOf, ScanTableName, Snapshot } from '#data/model/tables.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import type { Workspace } from '#data/workspace/load.ts';
import { placeText } from '#data/workspace/problems.ts';
import { say, showProgress } from './output.ts';
import { limitsOf, usualTransports } from './transports.ts';
import { programVersion } from './version.ts';
import type { Places } from './workspace.ts';

export interface RunOptions {
  places: Places;
  /** Only these hosts are tried; the population is recorded whole all the same. */
  only?: string[];
  /** Whether hosts whose inventory allows it are to refresh their package lists first. */
  refresh?: boolean;
  /** How long to wait for another writer, in seconds. */
  waitSeconds: number;
  /** Ways to reach hosts, in the place of the usual ones. */
  transports?: ScanOptions['transports'];
  /** Milliseconds since 1970. */
  clock?: () => number;
}

export interface RunResult {
  workspace: Workspace;
  entry: Appended;
  scans: RowOf<'scans'>[];
  /** Per subject of a host: what was not read completely, and why. */
  gaps: RowOf<'readings'>[];
}

/** Scans, and appends what was read. Hosts that fail are part of the result, not an error. */
export async function runScan({
  places,
  only = [],
  refresh = false,
  waitSeconds,
  transports,
  clock = Date.now,
}: RunOptions): Promise<RunResult> {
  const workspace = await loadWorkspace(places.root);
  const hosts = chooseHosts(workspace, only);
  const lock = { waitSeconds, onWait: (holder: string) => say(`waiting for ${holder}…`) };
  return withWriterLock(places.ledger, lock, async () => {
    const history = await readHistory(listEntries(places.ledger));
    const scanOptions = {
      ...scanOptionsOf(workspace, history, transports),
      refresh: (id: string) => refresh && workspace.refreshable.has(id),
      clock,
    };
    const progress = showProgress('scanning', hosts.length);
    const scans: RowOf<'scans'>[] = [];
    const gaps: RowOf<'readings'>[] = [];
    try {
      const entry = await appendEntry(
        places.ledger,
        {
          collector: workspace.config.collector,
          kind: 'scan',
          startedAt: new Date(clock()),
          recordedAt: () => new Date(clock()),
          workspaceFiles: workspace.files,
          programVersion,
        },
        async (tables) => {
          tables.add('population', workspace.hosts);
          for await (const { host, snapshot } of scanHosts(workspace, hosts, scanOptions)) {
            const events = history.newEvents(host.host_id, snapshot.events);
            for (const [name, rows] of snapshotTables({ ...snapshot, events })) tables.add(name, rows);
            scans.push(...snapshot.scans);
            gaps.push(...snapshot.readings.filter(({ status }) => status !== 'complete'));
            progress.step(scans.length, host.host_id);
          }
          return summarise(workspace, scans);
        },
      );
      return { workspace, entry, scans, gaps };
    } finally {
      progress.end();
    }
  });
}

/** Hosts whose inventory is not understood are not contacted: they are unread, and say why. */
async function* scanHosts(
  { population }: Workspace,
  hosts: RowOf<'population'>[],
  options: ScanOptions & { clock: () => number },
): AsyncGenerator<Scanned> {
  const doubts = new Map(
    population.notices.filter((one) => one.preventsContact).map((one) => [one.hostId, one]),
  );
  for (const host of hosts) {
    const doubt = doubts.get(host.host_id);
    if (doubt === undefined) continue;
    const end = {
      ...({ outcome: 'unreachable', stage: 'connect', exitStatus: null } as const),
      message: `${placeText(doubt)}: ${doubt.message}.`,
      nextStep: `Say it in plain words in inventory/*.yaml: hosts: { ${host.host_id}: { … } }`,
    };
    yield {
      host,
      snapshot: snapshotOfFailure({ host, attempt: 1, startedAtMs: options.clock() }, end, options.clock),
    };
  }
  yield* scanPopulation(
    hosts.filter(({ host_id }) => !doubts.has(host_id)),
    options,
  );
}

function scanOptionsOf(
  workspace: Workspace,
  history: History,
  transports: ScanOptions['transports'],
): ScanOptions {
  const { concurrency, connecting, attempts } = workspace.config.scan;
  return {
    concurrency,
    connecting,
    attempts,
    limits: limitsOf(workspace),
    known: (id) => history.knownOf(id) ?? { positions: {}, machineId: null },
    transports: transports ?? usualTransports(workspace),
  };
}

/** @throws Failure 'unknown-host' */
export function chooseHosts(workspace: Workspace, only: string[]): RowOf<'population'>[] {
  const unknown = only.find((id) => !workspace.hosts.some(({ host_id }) => host_id === id));
  if (unknown !== undefined) throw unknownHost(unknown);
  const byHand = workspace.hosts.find(
    ({ host_id, transport }) => transport === 'bundle' && only.includes(host_id),
  );
  if (byHand !== undefined) {
    throw new Failure('by-hand', `${byHand.host_id} cannot be reached from here (transport: bundle)`, {
      nextStep: `patchledger probe ${byHand.host_id} makes the script that is run on it; patchledger import takes its answer in`,
      exitCode: 2,
    });
  }
  const reached = workspace.hosts.filter(({ transport }) => transport !== 'bundle');
  return only.length === 0 ? reached : reached.filter(({ host_id }) => only.includes(host_id));
}

export function unknownHost(id: string): Failure {
  return new Failure('unknown-host', `the inventory has no host ${JSON.stringify(id)}`, {
    nextStep: 'name hosts by their id in inventory/*.yaml',
    exitCode: 2,
  });
}

/** Everything that a snapshot holds, by table. */
export function snapshotTables(snapshot: Snapshot): [ScanTableName, Snapshot[keyof Snapshot]][] {
  const names = Object.keys(scanTables).filter((name) => name !== 'population') as (keyof Snapshot)[];
  return names.map((name) => [name, snapshot[name]]);
}

export function summarise(workspace: Workspace, scans: RowOf<'scans'>[]): Record<string, number> {
  return {
    population: workspace.hosts.length,
    tried: scans.length,
    ok: scans.filter(({ status }) => status === 'ok').length,
    partial: scans.filter(({ status }) => status === 'partial').length,
  };
}
