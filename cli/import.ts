/** Answers of carried probes, brought by hand: checked, told whose they are, and appended to the record. */
import process from 'node:process';
import { Command } from 'commander';
import { takeAnswer } from '#collector/bundle/take.ts';
import type { TakeContext, Taken } from '#collector/bundle/take.ts';
import { appendEntry } from '#data/ledger/append.ts';
import type { Appended } from '#data/ledger/append.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { readHistory } from '#data/ledger/history.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { readMachines } from '#data/ledger/machines.ts';
import { clean } from '#data/model/clean.ts';
import { Failure } from '#data/model/failure.ts';
import type { RowOf } from '#data/model/tables.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import type { Workspace } from '#data/workspace/load.ts';
import { loadShippedFacts } from './feeds.ts';
import { printJson, say, showProgress } from './output.ts';
import { snapshotTables, summarise } from './run.ts';
import { programVersion } from './version.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';
import type { Places } from './workspace.ts';

/** Exit code when some answers were taken in and others were not, or not completely. */
const someNotTaken = 3;

interface Options {
  workspace?: string;
  host?: string;
  rebuilt?: boolean;
  wait: number;
  json?: boolean;
}

export function importCommand(): Command {
  return new Command('import')
    .description('take in answers that were brought by hand from hosts that cannot be reached')
    .argument('<answers...>', 'files that the script of `patchledger probe` wrote')
    .addOption(workspaceOption())
    .option('--host <id>', 'whose answer it is, where the script was made for any host')
    .option('--rebuilt', 'the host was rebuilt: another machine answers under its name now')
    .option('--wait <seconds>', 'how long to wait for another writer', Number, 60)
    .option('--json', 'the result as JSON')
    .addHelpText(
      'before',
      'Example: patchledger import web1-20261101T101500Z.answer\n         patchledger import /media/usb/*.answer --json\n',
    )
    .action(async (files: string[], options: Options) => {
      const where = places(findWorkspace(options.workspace));
      const result = await importAnswers(where, files, options);
      if (result.taken.length > 0) await loadShippedFacts(where, options.wait);
      if (options.json) printJson(asJson(result));
      else describe(result);
      process.exitCode = exitCodeOf(result);
    });
}

interface Refused {
  file: string;
  failure: Failure;
}

interface Result {
  entries: Appended[];
  taken: Taken[];
  refused: Refused[];
}

async function importAnswers(where: Places, files: string[], options: Options): Promise<Result> {
  const workspace = await loadWorkspace(where.root);
  const lock = { waitSeconds: options.wait, onWait: (holder: string) => say(`waiting for ${holder}…`) };
  return withWriterLock(where.ledger, lock, async () => {
    const { byHost, bundles } = await readMachines(listEntries(where.ledger));
    const { taken, refused } = takeAnswers(files, {
      hosts: workspace.hosts,
      machines: byHost,
      known: bundles,
      named: options.host ?? null,
      isRebuilt: options.rebuilt === true,
      now: Date.now(),
    });
    return { entries: await append(where, workspace, taken), taken, refused };
  });
}

/** One that cannot be taken in does not keep the others out. */
function takeAnswers(files: string[], context: TakeContext): Omit<Result, 'entries'> {
  const progress = showProgress('reading', files.length);
  const taken: Taken[] = [];
  const refused: Refused[] = [];
  for (const [index, file] of files.entries()) {
    try {
      taken.push(takeAnswer(file, context));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      refused.push({ file, failure: error });
    }
    progress.step(index + 1, file);
  }
  progress.end();
  return { taken, refused };
}

/** An entry holds a host once: of several answers of one host the oldest goes into the first entry. */
async function append(where: Places, workspace: Workspace, taken: Taken[]): Promise<Appended[]> {
  const byHost = Map.groupBy(
    taken.toSorted((a, b) => a.observedAtMs - b.observedAtMs),
    ({ hostId }) => hostId,
  );
  const most = Math.max(0, ...[...byHost.values()].map((list) => list.length));
  const entries: Appended[] = [];
  for (let round = 0; round < most; round++) {
    const answers = [...byHost.values()].flatMap((list) => list[round] ?? []);
    entries.push(await appendRound(where, workspace, answers));
  }
  return entries;
}

async function appendRound(where: Places, workspace: Workspace, answers: Taken[]): Promise<Appended> {
  const hostIds = answers.map(({ hostId }) => hostId);
  const history = await readHistory(listEntries(where.ledger), hostIds);
  return appendEntry(
    where.ledger,
    {
      collector: workspace.config.collector,
      kind: 'import',
      startedAt: new Date(),
      workspaceFiles: workspace.files,
      programVersion,
    },
    (tables) => {
      tables.add('population', workspace.hosts);
      const scans: RowOf<'scans'>[] = [];
      for (const { hostId, snapshot } of answers) {
        const events = history.newEvents(hostId, snapshot.events);
        for (const [name, rows] of snapshotTables({ ...snapshot, events })) tables.add(name, rows);
        scans.push(...snapshot.scans);
      }
      return Promise.resolve(summarise(workspace, scans));
    },
  );
}

function exitCodeOf({ taken, refused }: Result): number {
  if (taken.length === 0) return refused[0]?.failure.exitCode ?? 1;
  const complete = taken.every(({ snapshot }) => snapshot.scans[0]?.status === 'ok');
  return refused.length === 0 && complete ? 0 : someNotTaken;
}

function describe({ entries, taken, refused }: Result): void {
  for (const entry of entries) say(`import ${entry.sequence}: head ${entry.hash.slice(0, 12)}`);
  for (const { file, hostId, snapshot } of taken) {
    const [scan] = snapshot.scans;
    say(`  ${hostId}: ${scan?.status}, as of ${scan?.observed_at} by its own clock (${shown(file)})`);
    if (scan?.reason) say(`    ${scan.reason}`);
    if (scan?.next_step) say(`    next: ${scan.next_step}`);
  }
  for (const { file, failure } of refused) {
    say(`patchledger: ${shown(file)} ${failure.message}`);
    if (failure.nextStep !== undefined) say(`  next: ${failure.nextStep}`);
  }
}

function shown(file: string): string {
  return clean(file, 200);
}

function asJson({ entries, taken, refused }: Result): object {
  return {
    entries: entries.map(({ collector, sequence, hash }) => ({ collector, sequence, hash })),
    taken: taken.map(({ file, hostId, sha256, snapshot }) => ({
      file,
      host_id: hostId,
      sha256,
      status: snapshot.scans[0]?.status,
      reason: snapshot.scans[0]?.reason,
      next_step: snapshot.scans[0]?.next_step,
      observed_at: snapshot.scans[0]?.observed_at,
    })),
    refused: refused.map(({ file, failure }) => ({
      file,
      code: failure.code,
      message: failure.message,
      next_step: failure.nextStep ?? null,
    })),
  };
}
