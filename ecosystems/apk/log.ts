/** Dated events from the log of apk 3. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import type { EventAction } from '#data/model/words.ts';
import { instantBounds } from '../linux/local-time.ts';
import { parseLogFiles } from '../log-files.ts';
import { rejecter } from '../rejections.ts';
import { sectionProblem } from '../sections.ts';
import { parseChangeLine } from './simulation.ts';
import type { ChangeLine } from './simulation.ts';
import type { Packages } from './installed.ts';
import type { History, LogFiles } from '../log-files.ts';
import type { Bounds } from '../linux/local-time.ts';
import type { ParseContext } from '../ecosystem.ts';
import type { Rejecter } from '../rejections.ts';

type EventRow = RowOf<'events'>;

const actions: { [verb: string]: EventAction } = {
  Installing: 'install',
  Upgrading: 'upgrade',
  Downgrading: 'downgrade',
  Replacing: 'reinstall',
  Reinstalling: 'reinstall',
  Purging: 'remove',
};

/** One command, from its line to the next one's. */
interface Run {
  /** As printed, in UTC. */
  time: string;
  command: string;
  changes: ChangeLine[];
  /** `name-version` of what an error names. */
  failed: Set<string>;
  /** Whether it says at its end that nothing went wrong. */
  succeeded: boolean;
}

/** Reads the section `apk-log`. */
export function parseLog(context: ParseContext, packages: Packages): History {
  const files = parseLogFiles(context, 'apk', 'apk-log');
  const rejecting = rejecter(context.hostId, 'apk-log');
  const runs = runsOf(files, rejecting);
  const writtenMs = files.rows
    .map((row) => Date.parse(row.modified_at ?? '') + context.clock.offsetMs)
    .reduce((latest, time) => (time > latest ? time : latest), 0);
  const events = runs.flatMap((run, index) => {
    const nextMs = runs.slice(index + 1).find((next) => next.time > run.time)?.time;
    const endMs = nextMs === undefined ? writtenMs : Date.parse(`${nextMs}Z`);
    return eventsOf(context, run, { endMs, packages });
  });
  const bad =
    rejecting.rows.length > 0 ? `${rejecting.rows.length} lines of the log could not be read.` : null;
  const unknown = sectionProblem('apk-packages', context.sections.get('apk-packages'));
  const none = files.rows.length === 0 && unknown === null ? whyNone(packages) : unknown;
  return {
    events,
    logs: files.rows,
    rejections: rejecting.rows,
    problems: [...files.problems, bad, none],
  };
}

function whyNone({ generation }: Packages): string {
  if (generation !== null && generation < 3) {
    return 'apk keeps no log before its version 3, and no time of installation: changes are dated by scans alone.';
  }
  return 'No log of the package manager was found.';
}

function runsOf({ lines }: LogFiles, { reject }: Rejecter): Run[] {
  const runs: Run[] = [];
  for (const { text, line } of lines) {
    const start = /^Running `(.*)` at (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.exec(text);
    const run = runs.at(-1);
    const change = parseChangeLine(text);
    if (start !== null && !Number.isNaN(Date.parse(`${start[2]}T${start[3]}Z`))) {
      const [, command, day, time] = start;
      runs.push({
        time: `${day}T${time}`,
        command: clean(command!, 500),
        changes: [],
        failed: new Set(),
        succeeded: false,
      });
    } else if (run !== undefined && change !== null) run.changes.push(change);
    else if (run !== undefined && text.startsWith('OK: ')) run.succeeded = true;
    else if (run !== undefined && text.startsWith('ERROR: '))
      run.failed.add(/^ERROR: ([^ :]+)/.exec(text)?.[1] ?? '');
    else if (!/^\d+ errors?; /.test(text)) reject(line, "A line of apk's log.", text);
  }
  return runs;
}

/**
 * apk writes no time beside a change: it happened after its command began and before the next one did, which waits
 * for the same lock, or before the log was written last.
 */
function eventsOf(
  context: ParseContext,
  run: Run,
  { endMs, packages }: { endMs: number; packages: Packages },
): EventRow[] {
  const startMs = Date.parse(`${run.time}Z`);
  const bounds = instantBounds(startMs, Math.max(endMs, startMs) + 999, context.clock);
  return run.changes.flatMap((change) => {
    const action = actions[change.verb];
    return action === undefined ? [] : [eventRow(context, { run, change, action, bounds }, packages)];
  });
}

function eventRow(
  context: ParseContext,
  { run, change, action, bounds }: { run: Run; change: ChangeLine; action: EventAction; bounds: Bounds },
  packages: Packages,
): EventRow {
  const [oldVersion, newVersion] =
    action === 'install'
      ? [null, change.first]
      : [change.first, action === 'remove' ? null : (change.second ?? change.first)];
  return {
    host_id: context.hostId,
    log: 'apk',
    local_time: run.time,
    ...bounds,
    action,
    package: change.name,
    architecture: packages.byName.get(change.name)?.architecture ?? packages.architecture ?? 'noarch',
    old_version: oldVersion,
    new_version: newVersion,
    completed: action === 'remove' ? null : completion(run, `${change.name}-${newVersion}`),
    command: run.command,
  };
}

/** An error may name the package that failed; of the others in a run that did not end well nothing is certain. */
function completion(run: Run, fullName: string): boolean | null {
  if (run.failed.has(fullName)) return false;
  return run.succeeded ? true : null;
}
