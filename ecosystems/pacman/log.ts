/** Dated events from pacman's own log. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import type { EventAction } from '#data/model/words.ts';
import { instantBounds, localBounds } from '../linux/local-time.ts';
import { parseLogFiles } from '../log-files.ts';
import { rejecter } from '../rejections.ts';
import { isPackageName, isVersion } from './names.ts';
import type { Bounds } from '../linux/local-time.ts';
import type { ParseContext } from '../ecosystem.ts';
import type { Packages } from './local-database.ts';
import type { History } from '../log-files.ts';

type EventRow = RowOf<'events'>;

const actions: { [verb: string]: EventAction } = {
  installed: 'install',
  upgraded: 'upgrade',
  downgraded: 'downgrade',
  reinstalled: 'reinstall',
  removed: 'remove',
};

/** Date, minute, from pacman 5.2 on also second and offset; who speaks, from 4.1 on; what. */
const logLine =
  /^\[(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(?:(:\d\d)([+-]\d\d)(\d\d))?\] (?:\[(PACMAN|ALPM)\] )?(.*)$/;

/** Reads the section `pacman-log`. */
export function parseLog(context: ParseContext, packages: Packages): History {
  const files = parseLogFiles(context, 'pacman', 'pacman-log');
  const { rows: rejections, reject } = rejecter(context.hostId, 'pacman-log');
  const events: EventRow[] = [];
  let command: string | null = null;
  for (const { text, line } of files.lines) {
    const match = logLine.exec(text);
    const message = match?.[7] ?? '';
    const running = match?.[6] === 'PACMAN' ? /^Running '(.*)'$/.exec(message)?.[1] : undefined;
    // Programs on libalpm that are not pacman do not name their command: it must not be taken for the last one's.
    if (/^transaction (?:completed|failed|interrupted)/.test(message)) command = null;
    else if (running !== undefined) command = clean(running, 500);
    else {
      const change = changeOf(message);
      const bounds = match === null ? null : boundsOf(match, context);
      if (change === null || bounds === null) reject(line, "A line of pacman's log.", text);
      else events.push(eventRow(context, { change, bounds, match: match!, command }, packages));
    }
  }
  const bad = rejections.length > 0 ? `${rejections.length} lines of the log could not be read.` : null;
  const none = files.rows.length === 0 ? 'No log of the package manager was found.' : null;
  return {
    events,
    logs: files.rows,
    rejections,
    problems: [...files.problems, bad, none],
  };
}

type Change = Pick<EventRow, 'action' | 'package' | 'old_version' | 'new_version'>;

/** `upgraded name (old -> new)`, `installed name (new)`; null for what is neither. */
function changeOf(message: string): Change | null {
  const match = /^(installed|upgraded|downgraded|reinstalled|removed) (\S+) \((\S+)(?: -> (\S+))?\)$/.exec(
    message,
  );
  if (match === null) return null;
  const [, verb, name, first, second] = match as unknown as [string, string, string, string, string?];
  const versions = second === undefined ? [first] : [first, second];
  if (!isPackageName(name) || !versions.every(isVersion)) return null;
  const action = actions[verb]!;
  const replaces = action === 'upgrade' || action === 'downgrade';
  if (replaces !== (second !== undefined)) return null;
  if (action === 'install') return { action, package: name, old_version: null, new_version: first };
  if (action === 'remove') return { action, package: name, old_version: first, new_version: null };
  return { action, package: name, old_version: first, new_version: second ?? first };
}

/** A time with its offset is that second; one without is some second of that minute, in the host's zone. */
function boundsOf(match: RegExpExecArray, { timeZone, clock }: ParseContext): Bounds | null {
  const [, day, minute, second, hours, minutes] = match;
  if (second !== undefined) {
    const instant = Date.parse(`${day}T${minute}${second}${hours}:${minutes}`);
    return Number.isNaN(instant) ? null : instantBounds(instant, instant + 999, clock);
  }
  const first = localBounds(`${day}T${minute}:00`, timeZone, clock);
  const last = localBounds(`${day}T${minute}:59`, timeZone, clock);
  return first === null || last === null ? null : { not_before: first.not_before, not_after: last.not_after };
}

/** The log names no architecture: a package has that of its installed version, or the host's own. */
function eventRow(
  context: ParseContext,
  found: { change: Change; bounds: Bounds; match: RegExpExecArray; command: string | null },
  packages: Packages,
): EventRow {
  const { change, bounds, match, command } = found;
  return {
    host_id: context.hostId,
    log: 'pacman',
    local_time: `${match[1]}T${match[2]}${match[3] ?? ':00'}`,
    ...bounds,
    ...change,
    architecture: packages.byName.get(change.package)?.architecture ?? packages.architecture ?? 'any',
    // pacman writes the line once the files and the database are written.
    completed: change.action === 'remove' ? null : true,
    command,
  };
}
