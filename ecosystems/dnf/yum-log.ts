/** Dated events from yum 3's own log, which names no year and no offset. */
import type { EventAction } from '#data/model/words.ts';
import { localBounds } from '../linux/local-time.ts';
import { parseLogFiles } from '../log-files.ts';
import { rejecter } from '../rejections.ts';
import { parseNevra } from '../rpm/names.ts';
import type { ParseContext } from '../ecosystem.ts';
import type { History } from '../log-files.ts';
import type { EventRow } from './rpm-log.ts';

const logLine = /^([A-Z][a-z]{2}) ([ \d]\d) (\d\d:\d\d:\d\d) ([A-Z][a-z]+): (\S+)$/;
const actions: { [word: string]: EventAction } = {
  Installed: 'install',
  Updated: 'upgrade',
  Erased: 'remove',
};
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** Reads the section `yum-log`. The last line is not younger than its file; each month that is later than the next is a year back. */
export function parseYumLog(context: ParseContext): History {
  const files = parseLogFiles(context, 'yum', 'yum-log');
  const { rows: rejections, reject } = rejecter(context.hostId, 'yum-log');
  const events: EventRow[] = [];
  let limit = newest(files.rows.map((row) => row.modified_at));
  for (const { text, line } of files.lines.toReversed()) {
    const [, month = '', day = '', time = '', word = '', named = ''] = logLine.exec(text) ?? [];
    const nevra = parseNevra(named);
    const local = limit === null ? null : latestBefore(limit, [month, day.trim(), time]);
    const bounds = local === null ? null : localBounds(local, context.timeZone, context.clock);
    const action = actions[word];
    if (nevra === null || local === null || bounds === null || action === undefined) {
      reject(line, 'What was done to a package.', text);
      continue;
    }
    limit = local;
    const removed = action === 'remove';
    events.push({
      host_id: context.hostId,
      log: 'yum',
      local_time: local,
      ...bounds,
      action,
      package: nevra.name,
      architecture: nevra.architecture,
      old_version: removed ? nevra.version : null,
      new_version: removed ? null : nevra.version,
      completed: removed ? null : true,
      command: null,
    });
  }
  const bad = rejections.length > 0 ? `${rejections.length} lines of the log could not be read.` : null;
  return {
    events: events.reverse(),
    logs: files.rows,
    rejections,
    problems: [...files.problems, bad],
  };
}

/** A day after the file was written: its time is in UTC and the lines are not. */
function newest(instants: (string | null)[]): string | null {
  const times = instants.flatMap((instant) => (instant === null ? [] : Date.parse(instant)));
  return times.length === 0 ? null : new Date(Math.max(...times) + 86_400_000).toISOString().slice(0, 19);
}

/** The local time of that month, day and time in the last year in which it is not after the limit. */
function latestBefore(limit: string, [month = '', day = '', time = '']: string[]): string | null {
  const number = months.indexOf(month) + 1;
  if (number === 0 || !/^\d{1,2}$/.test(day)) return null;
  const rest = `${String(number).padStart(2, '0')}-${day.padStart(2, '0')}T${time}`;
  const year = Number(limit.slice(0, 4));
  return `${year}-${rest}` <= limit ? `${year}-${rest}` : `${year - 1}-${rest}`;
}
