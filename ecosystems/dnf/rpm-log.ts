/** Dated events from dnf 4's own log of rpm's work, `/var/log/dnf.rpm.log` and its rotations. */
import type { RowOf } from '#data/model/tables.ts';
import type { EventAction } from '#data/model/words.ts';
import { localBounds } from '../linux/local-time.ts';
import { parseLogFiles } from '../log-files.ts';
import { rejecter } from '../rejections.ts';
import { parseNevra } from '../rpm/names.ts';
import type { Bounds } from '../linux/local-time.ts';
import type { Nevra } from '../rpm/names.ts';
import type { History, LogFiles } from '../log-files.ts';
import type { Clock, ParseContext, Rejection } from '../ecosystem.ts';

export type EventRow = RowOf<'events'>;

/** What a word of the log says of the package it names: that it came, or that it was what the other replaced. */
const comes: { [word: string]: EventAction } = {
  Installed: 'install',
  Install: 'install',
  Upgrade: 'upgrade',
  Downgrade: 'downgrade',
  Reinstall: 'reinstall',
};
const goes: { [word: string]: EventAction } = {
  Erase: 'remove',
  Erased: 'remove',
  Removed: 'remove',
  Obsoleted: 'disappear',
};
const replaced: { [word: string]: EventAction } = {
  Upgraded: 'upgrade',
  Downgraded: 'downgrade',
  Reinstalled: 'reinstall',
};

const logLine = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(Z|[+-]\d{4}) (\S+) (.*)$/;

/** Reads the section `dnf-log`. */
export function parseRpmLog(context: ParseContext): History {
  const files = parseLogFiles(context, 'dnf', 'dnf-log');
  const { rows: rejections, reject } = rejecter(context.hostId, 'dnf-log');
  const events: EventRow[] = [];
  /** What came in the transaction and whose older build is not named yet. */
  let open = new Map<string, EventRow>();
  for (const { text, line } of files.lines) {
    const match = logLine.exec(text);
    const [, local = '', offset = '', level = '', message = ''] = match ?? [];
    if (match !== null && level === 'INFO') {
      open = new Map();
      continue;
    }
    const [, word = '', named = ''] = /^([A-Z][a-z]+): (.+)$/.exec(message) ?? [];
    const nevra = parseNevra(named);
    const bounds = match === null ? null : boundsOf(local, offset, context.clock);
    if (nevra === null || bounds === null) reject(line, 'What was done to a package.', text);
    else addEvent({ events, open }, word, eventOf(context, { nevra, local, bounds }));
  }
  return historyOf(events, files, rejections);
}

function historyOf(events: EventRow[], files: LogFiles, rejections: Rejection[]): History {
  const bad = rejections.length > 0 ? `${rejections.length} lines of the log could not be read.` : null;
  return { events, logs: files.rows, rejections, problems: [...files.problems, bad] };
}

/** The line names its offset, so that only the clock is uncertain; before dnf 4.4 it was in UTC. */
function boundsOf(local: string, offset: string, clock: Clock): Bounds | null {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d)(\d\d)$/.exec(offset) ?? [];
  const east = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
  return localBounds(local, 'UTC', { ...clock, offsetMs: clock.offsetMs + east });
}

function eventOf(context: ParseContext, input: { nevra: Nevra; local: string; bounds: Bounds }): EventRow {
  return {
    host_id: context.hostId,
    log: 'dnf',
    local_time: input.local,
    ...input.bounds,
    action: 'install',
    package: input.nevra.name,
    architecture: input.nevra.architecture,
    old_version: null,
    new_version: input.nevra.version,
    // The line is written when rpm is done with the package.
    completed: true,
    command: null,
  };
}

/** `Upgrade:` names the new build, and `Upgraded:`, later in the same transaction, the old one. Other words are talk. */
function addEvent(
  { events, open }: { events: EventRow[]; open: Map<string, EventRow> },
  word: string,
  event: EventRow,
): void {
  const key = `${event.package} ${event.architecture}`;
  const [came, went, old] = [comes[word], goes[word], replaced[word]];
  if (came !== undefined) {
    const row = { ...event, action: came };
    events.push(row);
    open.set(key, row);
  } else if (went !== undefined) {
    events.push({
      ...event,
      action: went,
      old_version: event.new_version,
      new_version: null,
      completed: null,
    });
  } else if (old !== undefined) {
    const row = open.get(key);
    if (row !== undefined && row.action === old)
      events[events.indexOf(row)] = { ...row, old_version: event.new_version };
    open.delete(key);
  }
}
