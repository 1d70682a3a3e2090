/** Dated events from zypp's own log: what it installed and removed. It says nothing of what was there before. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { localBounds } from '../linux/local-time.ts';
import { localTime, parseLogFiles } from '../log-files.ts';
import { rejecter } from '../rejections.ts';
import { isArchitecture, isPackageName, isVersion } from '../rpm/names.ts';
import { reading } from '../sections.ts';
import type { ParseContext, Reading, Rejection } from '../ecosystem.ts';

type EventRow = RowOf<'events'>;

export interface History {
  events: EventRow[];
  logs: RowOf<'logs'>[];
  rejections: Rejection[];
  reading: Reading;
}

const log = 'zypp';

/**
 * Reads the section `zypper-history`: `time|action|…`, where a command goes before what it brings. An upgrade is an
 * `install` of the newer version; the older one is not named. What failed is only a comment.
 */
export function parseHistory(context: ParseContext): History {
  const files = parseLogFiles(context, log, 'zypper-history');
  const rejecting = rejecter(context.hostId, 'zypper-history');
  const events: EventRow[] = [];
  let command: string | null = null;
  for (const { text, line } of files.lines) {
    const fields = text.split('|');
    const [time = '', action = ''] = fields;
    if (action.trim() === 'command') {
      command = clean(fields.slice(3, -1).join('|'), 500);
      continue;
    }
    const event = eventOf(context, { time, action: action.trim(), fields, command });
    if (event === null) rejecting.reject(line, 'A time, an action, a package and its version.', text);
    else events.push(event);
  }
  const problems = [
    ...files.problems,
    files.rows.length === 0 ? 'No log of the package manager was found.' : null,
    rejecting.rows.length > 0 ? `${rejecting.rows.length} lines of zypp's log could not be read.` : null,
  ];
  return {
    events,
    logs: files.rows,
    rejections: rejecting.rows,
    reading: reading('history', problems, files.rows.length > 0),
  };
}

function eventOf(
  context: ParseContext,
  {
    time,
    action,
    fields,
    command,
  }: { time: string; action: string; fields: string[]; command: string | null },
): EventRow | null {
  const [name = '', version = '', architecture = ''] = fields.slice(2);
  const local = localTime(time);
  const bounds = local === null ? null : localBounds(local, context.timeZone, context.clock);
  if (action !== 'install' && action !== 'remove') return null;
  if (local === null || bounds === null) return null;
  if (!isPackageName(name) || !isVersion(version) || !isArchitecture(architecture)) return null;
  const bare = version.replace(/^0+:/, '');
  return {
    host_id: context.hostId,
    log,
    local_time: local,
    ...bounds,
    action,
    package: name,
    architecture,
    old_version: action === 'remove' ? bare : null,
    new_version: action === 'install' ? bare : null,
    completed: true,
    command,
  };
}
