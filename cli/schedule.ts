/** `patchledger schedule`: shows what would start the nightly run here; writes it, or takes it away, when told. */
import { Command, Option } from 'commander';
import { Failure } from '#data/model/failure.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import { print, printJson, say } from './output.ts';
import { kinds } from './schedule/scheduler.ts';
import type { Kind, Scheduler, Setting } from './schedule/scheduler.ts';
import { allSchedulers, schedulerOf, settingOf, usualKind } from './schedule/schedulers.ts';
import { formatTime, readJitter, readTime } from './schedule/when.ts';
import type { When } from './schedule/when.ts';
import { findWorkspace, workspaceOption } from './workspace.ts';

interface Flags {
  workspace?: string;
  kind?: Kind;
  at: Pick<When, 'hour' | 'minute'>;
  jitter: number;
  install?: boolean;
  remove?: boolean;
  json?: boolean;
}

const usualTime = { hour: 3, minute: 17 };
const usualJitterMinutes = 30;

export function scheduleCommand(): Command {
  return new Command('schedule')
    .description('show what would start `patchledger nightly` every night; --install writes it')
    .addOption(workspaceOption())
    .addOption(new Option('--kind <kind>', 'what starts it: systemd where it runs, else cron').choices(kinds))
    .addOption(
      new Option('--at <time>', 'when, in local time (UTC for github and gitlab)')
        .argParser(readTime)
        .default(usualTime, formatTime(usualTime)),
    )
    .addOption(
      new Option('--jitter <time>', 'begin up to so much later, so that collectors do not begin together')
        .argParser(readJitter)
        .default(usualJitterMinutes, `${usualJitterMinutes}m`),
    )
    .addOption(new Option('--install', 'write it and have it obeyed').conflicts('remove'))
    .option('--remove', 'take away what is installed for this workspace')
    .option('--json', 'the result as JSON')
    .addHelpText(
      'before',
      `Example: patchledger schedule                        # what would be written, and where
         patchledger schedule --install              # every night at 03:17, up to 30 minutes later
         patchledger schedule --kind cron --at 01:05 --jitter 0 --install
         patchledger schedule --remove
`,
    )
    .action(async (flags: Flags) => {
      const setting = settingOf(await loadWorkspace(findWorkspace(flags.workspace)));
      if (flags.remove) return remove(setting, flags);
      const when = { ...flags.at, jitterMinutes: flags.jitter };
      const scheduler = schedulerOf(flags.kind ?? usualKind(setting), setting);
      if (flags.install) install(setting, scheduler, when);
      show(scheduler, when, flags);
    });
}

/** @throws Failure 'schedule' where another kind starts the same run already */
function install(setting: Setting, scheduler: Scheduler, when: When): void {
  // What cannot be rendered must not take anything away first.
  scheduler.pieces(when);
  const other = allSchedulers(setting).find(
    ({ kind, installed }) => kind !== scheduler.kind && installed().length > 0,
  );
  if (other !== undefined) {
    throw new Failure('schedule', `${other.kind} starts the run already: ${placesOf(other)}`, {
      nextStep: 'patchledger schedule --remove, then install again',
    });
  }
  scheduler.install(when);
}

function show(scheduler: Scheduler, when: When, { install: isInstalled = false, json = false }: Flags): void {
  const pieces = scheduler.pieces(when);
  const notes = scheduler.notes();
  const begins = scheduler.describe(when);
  if (json) return printJson({ kind: scheduler.kind, begins, installed: isInstalled, files: pieces, notes });
  for (const { place, content } of isInstalled ? [] : pieces) print(`# --- ${place}\n${content}`);
  for (const { place } of isInstalled ? pieces : []) print(`wrote ${place}`);
  say(`it begins: ${begins}`);
  for (const note of notes) say(`note: ${note}`);
  const fault = isInstalled ? scheduler.fault() : null;
  if (fault !== null) say(`but ${fault.message}\n  next: ${fault.nextStep}`);
  if (!isInstalled) say('nothing was written: add --install');
}

function remove(setting: Setting, { kind, json = false }: Flags): void {
  const found = allSchedulers(setting)
    .filter((scheduler) => kind === undefined || scheduler.kind === kind)
    .flatMap((scheduler) => {
      const places = scheduler.installed().map(({ place }) => place);
      if (places.length > 0) scheduler.remove();
      return places;
    });
  if (json) return printJson({ removed: found });
  for (const place of found) print(`removed ${place}`);
  if (found.length === 0) say('nothing was installed for this workspace');
}

function placesOf(scheduler: Scheduler): string {
  return scheduler
    .installed()
    .map(({ place }) => place)
    .join(', ');
}
