/**
 * What runs unattended: feeds, then hosts, then pages, in one command. A step that fails does not stop the
 * next one where that still makes sense, and one lock is held over all of them.
 */
import process from 'node:process';
import { Command } from 'commander';
import { withWriterLock } from '#data/ledger/lock.ts';
import { markFailedRun } from '#site/status.ts';
import { build } from './build.ts';
import { describeLoad, loadConfiguredFeeds, loadShippedFacts } from './feeds.ts';
import { writeReport } from './nightly/report.ts';
import type { NightlyReport, Step, StepReport } from './nightly/report.ts';
import { printJson, say, sayFailure } from './output.ts';
import { runScan } from './run.ts';
import { describeRun } from './scan.ts';
import { programVersion } from './version.ts';
import { waitOption } from './wait.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';
import type { Places } from './workspace.ts';

/** A scan by hand may still be at work when the night begins. */
const usualWaitSeconds = 3600;
const somethingUnread = 3;

/** Exit codes from the least to the worst; the worst of the steps is that of the whole. */
const byWeight = [0, somethingUnread, 5, 1, 2, 4];

/** What a step did: its exit code, and what it says of it. */
interface Done {
  exitCode: number;
  lines: string[];
}

export function nightlyCommand(): Command {
  return new Command('nightly')
    .description(
      'what runs unattended: load feeds, scan every host (package lists refreshed where allowed), build the site',
    )
    .addOption(workspaceOption())
    .addOption(waitOption(usualWaitSeconds))
    .option('--json', 'the result as JSON')
    .addHelpText(
      'before',
      'Example: patchledger nightly\n         patchledger schedule --install    # runs it every night\n',
    )
    .action(async (flags: { workspace?: string; wait: number; json?: boolean }) => {
      const report = await nightly(places(findWorkspace(flags.workspace)), flags.wait);
      if (flags.json) printJson(report);
      process.exitCode = report.exit_code ?? 1;
    });
}

/**
 * Runs the steps and writes `out/nightly.json`: before the first one, and when all is done.
 *
 * @param waitSeconds how long each step waits for another writer; another nightly run is not waited for
 * @throws Failure 'busy' when another nightly run is under way
 */
async function nightly(where: Places, waitSeconds: number): Promise<NightlyReport> {
  return withWriterLock(where.out, { waitSeconds: 0, doing: 'at the nightly run' }, async () => {
    const report: NightlyReport = {
      program_version: programVersion,
      started_at: new Date().toISOString(),
      ended_at: null,
      exit_code: null,
      steps: [],
    };
    writeReport(where, report);
    for (const step of Object.keys(steps) as Step[])
      report.steps.push(await runStep(step, () => steps[step](where, waitSeconds)));
    report.ended_at = new Date().toISOString();
    report.exit_code = worst(report.steps.map(({ exit_code }) => exit_code));
    const failed = report.steps.filter(({ failed: hasFailed }) => hasFailed).map(({ step }) => step);
    if (failed.length > 0) markFailedRun(where.site, { at: report.started_at, steps: failed });
    writeReport(where, report);
    return report;
  });
}

const steps: { [step in Step]: (where: Places, waitSeconds: number) => Promise<Done> } = {
  async feeds(where, waitSeconds) {
    const loads = await loadConfiguredFeeds(where, waitSeconds);
    const someFailed = loads.some(({ outcome }) => outcome === 'failed');
    return { exitCode: someFailed ? somethingUnread : 0, lines: loads.map(describeLoad) };
  },
  async scan(where, waitSeconds) {
    const run = await runScan({ places: where, refresh: true, waitSeconds });
    await loadShippedFacts(where, waitSeconds);
    const complete = run.scans.every(({ status }) => status === 'ok');
    return { exitCode: complete ? 0 : somethingUnread, lines: describeRun(run) };
  },
  async build(where, waitSeconds) {
    const { pages, site } = await build(where, waitSeconds);
    return { exitCode: 0, lines: [`site: ${pages} pages in ${site}`] };
  },
};

/** A step that fails is part of the report: the next one has its turn. */
async function runStep(step: Step, work: () => Promise<Done>): Promise<StepReport> {
  try {
    const { exitCode, lines } = await work();
    for (const line of lines) say(line);
    return { step, exit_code: exitCode, failed: false, message: lines[0] ?? null };
  } catch (error) {
    const exitCode = sayFailure(error);
    const message = error instanceof Error ? error.message : String(error);
    return { step, exit_code: exitCode, failed: true, message };
  }
}

/** The exit code that says most: see docs/command-line.md. */
export function worst(codes: readonly number[]): number {
  const weight = (code: number): number => (byWeight.includes(code) ? byWeight.indexOf(code) : 3);
  return codes.reduce((heaviest, code) => (weight(code) > weight(heaviest) ? code : heaviest), 0);
}
