/** `population compare`: the inventory beside a list that others keep, remembered with its source and date. */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import process from 'node:process';
import { Command } from 'commander';
import { appendEntry } from '#data/ledger/append.ts';
import type { Appended } from '#data/ledger/append.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { reportedNames } from '#data/ledger/reported-names.ts';
import { clean } from '#data/model/clean.ts';
import type { ComparisonRow } from '#data/model/comparison-tables.ts';
import { Failure } from '#data/model/failure.ts';
import { chooseColumns, describeColumns, retiredWords } from '#data/population/columns.ts';
import { comparePopulation, countOutcomes } from '#data/population/compare.ts';
import type { Comparison } from '#data/population/compare.ts';
import { readCsv } from '#data/population/csv.ts';
import { listMachines } from '#data/population/listed.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import type { Workspace } from '#data/workspace/load.ts';
import { asJson, describe, listDate } from './comparison.ts';
import type { Compared } from './comparison.ts';
import { printJson, say, showProgress } from './output.ts';
import { programVersion } from './version.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';

/** Exit code when the comparison is recorded and the two do not name the same machines. */
const theyDiffer = 3;
const longestSource = 120;
const rowsAtOnce = 2000;

interface Flags {
  workspace?: string;
  source: string;
  date?: string;
  idColumn?: string[];
  nameColumn?: string[];
  addressColumn?: string[];
  statusColumn?: string[];
  retired?: string[];
  wait: number;
  json?: boolean;
}

export function compareCommand(): Command {
  return new Command('compare')
    .description(
      'compare the inventory with a list of machines that others keep, and remember what came of it',
    )
    .argument('<file.csv>', 'an export of a CMDB or a cloud account, with names of columns in the first line')
    .requiredOption(
      '--source <name>',
      'what the list is, as pages will call it; a newer one of the same name replaces it',
    )
    .addOption(workspaceOption())
    .option('--date <when>', 'day or instant of which the list is (default: when the file was last changed)')
    .option('--name-column <names...>', 'columns that hold host names')
    .option('--address-column <names...>', 'columns that hold IP addresses')
    .option('--id-column <names...>', 'columns that hold ids')
    .option('--status-column <names...>', 'columns that say whether a machine is still there')
    .option(
      '--retired <words...>',
      `values of these that mean it is gone (default: ${retiredWords.join(', ')})`,
    )
    .option('--wait <seconds>', 'how long to wait for another writer', Number, 60)
    .option('--json', 'the result as JSON')
    .addHelpText(
      'before',
      'Example: patchledger population compare cmdb.csv --source "ServiceNow export" --date 2026-11-20\n' +
        '         patchledger population compare ec2.csv --source "AWS account 1234" --address-column "Private IP"\n',
    )
    .action(async (file: string, flags: Flags) => {
      const compared = await compare(file, flags);
      if (flags.json) printJson(asJson(compared));
      else describe(compared);
      const { only_there, only_here, retired_there, ambiguous_rows } = compared.summary;
      if (only_there + only_here + retired_there + ambiguous_rows > 0) process.exitCode = theyDiffer;
    });
}

async function compare(path: string, flags: Flags): Promise<Compared> {
  const startedAt = new Date();
  const where = places(findWorkspace(flags.workspace));
  const workspace = await loadWorkspace(where.root);
  const source = checkSource(flags.source);
  const { content, changedAt } = readList(path);
  const dates = listDate(flags.date, { changedAt, now: startedAt, zone: workspace.config.zone });
  const csv = readCsv(content);
  const columns = chooseColumns(csv.header, {
    ...(flags.idColumn && { id: flags.idColumn }),
    ...(flags.nameColumn && { name: flags.nameColumn }),
    ...(flags.addressColumn && { address: flags.addressColumn }),
    ...(flags.statusColumn && { status: flags.statusColumn }),
  });
  const machines = listMachines(csv, columns, flags.retired ?? retiredWords);
  const onWait = (holder: string): void => say(`waiting for ${holder}…`);
  return withWriterLock(where.ledger, { waitSeconds: flags.wait, onWait }, async () => {
    const names = await reportedNames(listEntries(where.ledger));
    const hosts = workspace.hosts.map(({ host_id, address }) => ({
      host_id,
      address,
      hostname: names.get(host_id) ?? null,
    }));
    const compared = comparePopulation(machines, hosts);
    const summary = {
      source,
      ...dates,
      file: clean(basename(path), 200),
      bytes: content.byteLength,
      content_sha256: createHash('sha256').update(content).digest('hex'),
      columns_used: describeColumns(csv.header, columns),
      ...countOutcomes(compared),
    };
    const entry = await record(where.ledger, { workspace, startedAt, compared, summary });
    return { ...compared, entry, summary };
  });
}

async function record(
  ledger: string,
  {
    workspace,
    startedAt,
    compared,
    summary,
  }: { workspace: Workspace; startedAt: Date; compared: Comparison; summary: ComparisonRow<'comparisons'> },
): Promise<Appended> {
  const entry = {
    collector: workspace.config.collector,
    kind: 'comparison' as const,
    startedAt,
    workspaceFiles: workspace.files,
    programVersion,
  };
  const progress = showProgress('recording', compared.rows.length);
  try {
    return await appendEntry(ledger, entry, (tables) => {
      tables.add('comparisons', [summary]);
      for (let done = 0; done < compared.rows.length; done += rowsAtOnce) {
        tables.add('comparison_rows', compared.rows.slice(done, done + rowsAtOnce));
        progress.step(done, 'rows');
      }
      tables.add('comparison_hosts', compared.hosts);
      const { rows, hosts, in_both, only_here, only_there } = summary;
      return Promise.resolve({ rows, hosts, in_both, only_here, only_there });
    });
  } finally {
    progress.end();
  }
}

function checkSource(source: string): string {
  const name = clean(source.trim(), longestSource);
  if (name !== '' && name === source.trim()) return name;
  throw new Failure('usage', `--source: expected 1 to ${longestSource} characters on one line`, {
    nextStep: '--source "ServiceNow export"',
    exitCode: 2,
  });
}

function readList(path: string): { content: Uint8Array; changedAt: Date } {
  try {
    const { mtime, size } = statSync(path);
    // What is larger is refused by its size, without being read.
    return { content: size > 2 ** 30 ? new Uint8Array(2 ** 27) : readFileSync(path), changedAt: mtime };
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new Failure('no-file', `${path} cannot be read (${code})`, {
      nextStep: 'name a CSV file that this account can read',
      exitCode: 2,
      cause: error,
    });
  }
}
