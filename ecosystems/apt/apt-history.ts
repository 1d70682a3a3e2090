/** Dated events from apt's history, a cross-check of dpkg's own log. */
import { clean } from '#data/model/clean.ts';
import type { EventAction } from '#data/model/words.ts';
import { localBounds } from '../linux/local-time.ts';
import { isVersion, parseFullName } from '#data/model/debian-names.ts';
import { localTime, parseLogFiles } from '../log-files.ts';
import { rejecter } from '../rejections.ts';
import type { LogLine } from '../log-files.ts';
import type { Bounds } from '../linux/local-time.ts';
import type { History } from '../log-files.ts';
import type { EventRow } from './dpkg-log.ts';
import type { Rejecter } from '../rejections.ts';
import type { ParseContext } from '../ecosystem.ts';

const actions: { [field: string]: EventAction } = {
  Install: 'install',
  Reinstall: 'reinstall',
  Upgrade: 'upgrade',
  Downgrade: 'downgrade',
  Remove: 'remove',
  Purge: 'purge',
};

interface Stanza {
  start: string | null;
  end: string | null;
  failed: boolean;
  command: string | null;
  changes: { action: EventAction; list: string; line: number }[];
}

/** Reads the section `apt-history`. */
export function parseAptHistory(context: ParseContext): History {
  const files = parseLogFiles(context, 'apt-history', 'apt-history');
  const rejecting = rejecter(context.hostId, 'apt-history');
  const events = stanzas(files.lines).flatMap((stanza) => eventsOf(context, stanza, rejecting));
  const bad =
    rejecting.rows.length > 0 ? `${rejecting.rows.length} lines of apt's history could not be read.` : null;
  return {
    events,
    logs: files.rows,
    rejections: rejecting.rows,
    problems: [...files.problems, bad],
  };
}

function stanzas(lines: LogLine[]): Stanza[] {
  const result: Stanza[] = [];
  for (const { text, line } of lines) {
    const field = /^([A-Z][A-Za-z-]*): (.*)$/.exec(text);
    if (field === null) continue;
    if (field[1] === 'Start-Date') {
      result.push({ start: localTime(field[2]!), end: null, failed: false, command: null, changes: [] });
    }
    const stanza = result.at(-1);
    if (stanza === undefined) continue;
    const action = actions[field[1]!];
    if (field[1] === 'Commandline') stanza.command = clean(field[2]!, 500);
    else if (field[1] === 'End-Date') stanza.end = localTime(field[2]!);
    else if (field[1] === 'Error') stanza.failed = true;
    else if (action !== undefined) stanza.changes.push({ action, list: field[2]!, line });
  }
  return result;
}

function eventsOf(context: ParseContext, stanza: Stanza, { reject }: Rejecter): EventRow[] {
  const bounds = stanza.start === null ? null : stanzaBounds(context, stanza.start, stanza.end);
  return stanza.changes.flatMap(({ action, list, line }) => {
    if (bounds === null) {
      reject(line, 'A start date.', list);
      return [];
    }
    return splitList(list).flatMap((entry) => {
      const change = parseChange(entry, action);
      if (change === null) {
        reject(line, 'A package, its architecture and its versions.', entry);
        return [];
      }
      const completed = stanza.end === null ? null : !stanza.failed;
      return [
        {
          host_id: context.hostId,
          log: 'apt-history',
          local_time: stanza.start!,
          ...bounds,
          action,
          ...change,
          completed,
          command: stanza.command,
        },
      ];
    });
  });
}

/** apt wrote the line somewhere between start and end. */
function stanzaBounds(context: ParseContext, start: string, end: string | null): Bounds | null {
  const first = localBounds(start, context.timeZone, context.clock);
  const last = end === null ? null : localBounds(end, context.timeZone, context.clock);
  if (first === null) return null;
  const later = last !== null && last.not_after > first.not_after ? last.not_after : first.not_after;
  return { not_before: first.not_before, not_after: later };
}

/** `a:amd64 (1, automatic), b:amd64 (1, 2)`: commas separate both packages and what is in brackets. */
function splitList(list: string): string[] {
  return list.split(/(?<=\)), /);
}

function parseChange(
  entry: string,
  action: EventAction,
): Pick<EventRow, 'package' | 'architecture' | 'old_version' | 'new_version'> | null {
  const match = /^(\S+) \(([^()]*)\)$/.exec(entry);
  const name = match === null ? null : parseFullName(match[1]!);
  if (match === null || name === null || name.architecture === null) return null;
  const versions = match[2]!.split(', ').filter((word) => word !== 'automatic');
  if (versions.length === 0 || versions.length > 2 || !versions.every(isVersion)) return null;
  const [first, second] = versions as [string, string | undefined];
  const named = { package: name.name, architecture: name.architecture };
  if (action === 'remove' || action === 'purge') return { ...named, old_version: first, new_version: null };
  if (second !== undefined) return { ...named, old_version: first, new_version: second };
  return { ...named, old_version: action === 'reinstall' ? first : null, new_version: first };
}
