import process from 'node:process';
import { Command } from 'commander';
import { loadShippedFacts } from './feeds.ts';
import { printJson, say } from './output.ts';
import { runScan } from './run.ts';
import type { RunResult } from './run.ts';
import { waitOption } from './wait.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';

/** Exit code when the run is recorded but some hosts were not read. */
const someHostsFailed = 3;

export function scanCommand(): Command {
  return new Command('scan')
    .description('read every host of the inventory and append what was read to the record')
    .argument('[hosts...]', 'only these host ids')
    .addOption(workspaceOption())
    .option(
      '--refresh',
      'have hosts refresh their package lists first, where the inventory says refresh: true',
    )
    .addOption(waitOption())
    .option('--json', 'the result as JSON')
    .addHelpText(
      'before',
      'Example: patchledger scan\n         patchledger scan web1 web2 --json\n         patchledger scan --refresh\n',
    )
    .action(async (only: string[], options: ScanFlags) => {
      const where = places(findWorkspace(options.workspace));
      const run = await runScan({
        places: where,
        only,
        refresh: options.refresh === true,
        waitSeconds: options.wait,
      });
      if (options.refresh && run.scans.every(({ host_id: id }) => !run.workspace.refreshable.has(id)))
        say('no host was asked to refresh: none of them has refresh: true in the inventory');
      await loadShippedFacts(where, options.wait);
      if (options.json) printJson(asJson(run));
      else for (const line of describeRun(run)) say(line);
      if (run.scans.some(({ status }) => status !== 'ok')) process.exitCode = someHostsFailed;
    });
}

interface ScanFlags {
  workspace?: string;
  refresh?: boolean;
  wait: number;
  json?: boolean;
}

/** Hosts named one by one at most. */
const mostNamed = 20;

/** A run in lines: what was read, then what was not and why. */
export function describeRun({ entry, scans, gaps }: Omit<RunResult, 'workspace'>): string[] {
  const read = scans.filter(({ status }) => status === 'ok').length;
  const lines = [
    `run ${entry.sequence}: ${read} of ${scans.length} hosts read · head ${entry.hash.slice(0, 12)}`,
  ];
  const failed = scans.filter(({ status }) => status !== 'ok');
  if (failed.length > 1) lines.push(`  not read completely: ${countStatuses(failed)}`);
  for (const scan of failed.slice(0, mostNamed)) {
    lines.push(`  ${scan.host_id}: ${scan.status}${scan.reason === null ? '' : `, ${scan.reason}`}`);
    if (scan.next_step !== null) lines.push(`    next: ${scan.next_step}`);
  }
  if (failed.length > mostNamed)
    lines.push(`  … and ${failed.length - mostNamed} more: --json has all, so has /coverage/ of the site`);
  for (const [subject, rows] of Map.groupBy(gapsOfReadHosts(scans, gaps), (gap) => gap.subject)) {
    const hosts = rows.length === 1 ? (rows[0]?.host_id ?? '') : `${rows.length} hosts`;
    const how = rows.some((gap) => gap.needs_root) ? 'not read without root' : 'not completely read';
    lines.push(`  ${hosts}: ${subject} ${how}: ${rows[0]?.reason ?? 'no reason given'}`);
  }
  return [...lines, ...notesOf(scans)];
}

/** What is to be done although a host was read, such as a new probe that it should get. */
function notesOf(scans: RunResult['scans']): string[] {
  const noted = scans.filter(({ status, next_step }) => status === 'ok' && next_step !== null);
  return [...Map.groupBy(noted, ({ reason }) => reason)].flatMap(([reason, rows]) => [
    `  ${rows.length === 1 ? rows[0]?.host_id : `${rows.length} hosts`}: ${reason}`,
    `    next: ${rows[0]?.next_step}`,
  ]);
}

function countStatuses(scans: RunResult['scans']): string {
  const counts = [...Map.groupBy(scans, ({ status }) => status)].map(
    ([status, rows]) => `${rows.length} ${status}`,
  );
  return counts.join(', ');
}

/** What was not complete on hosts that were otherwise read; the others have said why already. */
function gapsOfReadHosts(scans: RunResult['scans'], gaps: RunResult['gaps']): RunResult['gaps'] {
  const ok = new Set(scans.filter(({ status }) => status === 'ok').map(({ host_id }) => host_id));
  return gaps.filter(({ host_id }) => ok.has(host_id));
}

function asJson({ entry, scans, gaps }: RunResult): object {
  return {
    collector: entry.collector,
    sequence: entry.sequence,
    hash: entry.hash,
    hosts: scans.map(({ host_id, status, reason, next_step, observed_at }) => ({
      host_id,
      status,
      reason,
      next_step,
      observed_at,
      not_complete: gaps
        .filter((gap) => gap.host_id === host_id)
        .map(({ subject, status: reading, reason: why, needs_root }) => ({
          subject,
          status: reading,
          reason: why,
          needs_root,
        })),
    })),
  };
}
