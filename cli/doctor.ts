/** One line and one next step for each problem of the set-up, before it costs a night's run. */
import process from 'node:process';
import { Command } from 'commander';
import { listEntries } from '#data/ledger/entries.ts';
import type { Entry } from '#data/ledger/entries.ts';
import { Failure } from '#data/model/failure.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import type { Workspace } from '#data/workspace/load.ts';
import { ok, problem } from './doctor/check.ts';
import type { Finding } from './doctor/check.ts';
import { checkLastRun, readLastRun } from './doctor/last-run.ts';
import { checkClock, checkDisk, checkPermissions } from './doctor/place.ts';
import { checkPopulation } from './doctor/population.ts';
import { checkNightly, checkPinnedNode, checkSchedule } from './doctor/schedule.ts';
import { checkKeys, checkKnownHosts } from './doctor/ssh.ts';
import { print, printJson } from './output.ts';
import { allSchedulers, settingOf } from './schedule/schedulers.ts';
import { sshSetUpOf } from './transports.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';
import type { Places } from './workspace.ts';

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'look for what is wrong with the set-up: keys, known hosts, clock, disk, permissions, last run, schedule',
    )
    .addOption(workspaceOption())
    .option('--json', 'the result as JSON')
    .addHelpText('before', 'Example: patchledger doctor\n')
    .action(async (options: { workspace?: string; json?: boolean }) => {
      const findings = await examine(places(findWorkspace(options.workspace)));
      if (options.json) printJson(findings);
      else for (const line of findings.flatMap(describe)) print(line);
      if (findings.some(({ state }) => state === 'problem')) process.exitCode = 1;
    });
}

function describe({ check, state, message, next_step: nextStep }: Finding): string[] {
  const line = `${state === 'ok' ? 'ok     ' : 'PROBLEM'} ${check}: ${message}`;
  return nextStep === null ? [line] : [line, `        next: ${nextStep}`];
}

async function examine(where: Places): Promise<Finding[]> {
  const workspace = await attempt('workspace', () => loadWorkspace(where.root));
  const entries = await attempt('record', () => Promise.resolve(listEntries(where.ledger)));
  const known = 'value' in entries ? entries.value : [];
  const findings = [
    'finding' in workspace
      ? workspace.finding
      : ok('workspace', `${workspace.value.hosts.length} hosts in the inventory`),
    ...('value' in workspace ? checkPopulation(workspace.value) : []),
    'finding' in entries ? entries.finding : ok('record', `${known.length} entries`),
    ...checkPermissions(where),
    checkDisk(where, known),
  ];
  if ('value' in workspace) {
    findings.push(...(await examineRuns(workspace.value, known)));
    findings.push(...(await examineSchedule(where, workspace.value)));
  }
  return findings;
}

async function examineRuns(workspace: Workspace, entries: Entry[]): Promise<Finding[]> {
  const { config, hosts } = workspace;
  const last = await readLastRun(entries, config.collector);
  const offsets = last.scans.flatMap(({ clock_offset_ms: offset }) =>
    offset === null ? [] : [Number(offset)],
  );
  const overSsh = hosts.filter(({ transport, address }) => transport === 'ssh' && address !== null);
  const setUp = sshSetUpOf(workspace);
  return [
    ...checkClock(entries, offsets),
    ...(overSsh.length === 0 ? [] : await checkKeys(setUp)),
    ...(overSsh.length === 0 ? [] : checkKnownHosts(overSsh, setUp)),
    ...checkLastRun(last, config.scan.maxAgeHours),
  ];
}

async function examineSchedule(where: Places, workspace: Workspace): Promise<Finding[]> {
  const found = await attempt('schedule', async () => {
    const setting = settingOf(workspace);
    const isScheduled = allSchedulers(setting).some(
      ({ kind, installed }) => ['systemd', 'cron'].includes(kind) && installed().length > 0,
    );
    const { everyHours } = setting;
    return [
      ...checkSchedule(setting),
      ...(isScheduled ? checkPinnedNode(setting, process.arch) : []),
      ...(await checkNightly(where, { isScheduled, everyHours })),
    ];
  });
  return 'finding' in found ? [found.finding] : found.value;
}

/** A failure is what `doctor` is for: it becomes a finding, and the other checks go on. */
async function attempt<T>(
  check: string,
  work: () => Promise<T>,
): Promise<{ value: T } | { finding: Finding }> {
  try {
    return { value: await work() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { finding: problem(check, error.message, error.nextStep ?? 'see docs/command-line.md') };
  }
}
