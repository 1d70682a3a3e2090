/** The frame around the lines of a log: one header a file, its times at the end (see `logCommand`). */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { toInstant } from './linux/identity.ts';
import { linesOf, sectionProblem } from './sections.ts';
import { quote } from './shell.ts';
import type { ParseContext, Rejection } from './ecosystem.ts';

/** Days that a log is read again before the position reached, so that a changed clock loses nothing. */
const overlapDays = 2;

export interface LogLine {
  text: string;
  /** Line of the section, from 1. */
  line: number;
}

/** What the logs of a package manager give. */
export interface History {
  /** The same second may hold the same line several times: the record keeps one a key (`completedFirst`). */
  events: RowOf<'events'>[];
  logs: RowOf<'logs'>[];
  rejections: Rejection[];
  problems: (string | null)[];
}

export interface LogFiles {
  rows: RowOf<'logs'>[];
  /** All lines, oldest file first, so that what follows in time follows in order. */
  lines: LogLine[];
  problems: (string | null)[];
}

export function parseLogFiles(context: ParseContext, log: string, section: string): LogFiles {
  const output = context.sections.get(section);
  const files: { row: RowOf<'logs'>; lines: LogLine[] }[] = [];
  const unreadable: string[] = [];
  for (const [index, text] of linesOf(output?.text ?? '').entries()) {
    const header = /^#file\t([^\t]+)\t(\d{1,15})\t(\d{1,12})\t([0-9a-f]{64})$/.exec(text);
    const times = /^#times\t([^\t]*)\t([^\t]*)$/.exec(text);
    const refused = /^#unreadable (.*)$/.exec(text);
    const current = files.at(-1);
    if (header !== null) files.push({ row: fileRow(context, log, header), lines: [] });
    else if (refused !== null) unreadable.push(clean(refused[1]!, 120));
    else if (times !== null && current !== undefined) {
      const [first_time, last_time] = [localTime(times[1]!), localTime(times[2]!)];
      current.row = { ...current.row, first_time, last_time };
    } else if (current !== undefined) current.lines.push({ text, line: index + 1 });
  }
  files.sort((a, b) => rotation(b.row.path) - rotation(a.row.path));
  const cannot = unreadable.length > 0 ? `${unreadable.join(', ')} cannot be read by this account.` : null;
  return {
    rows: files.map((file) => file.row),
    lines: files.flatMap((file) => file.lines),
    problems: [sectionProblem(section, output), cannot],
  };
}

/** A local time as logs print it, with 'T' between date and time. */
export function localTime(text: string): string | null {
  const match = /^(\d{4}-\d\d-\d\d)[T ]{1,2}(\d\d:\d\d:\d\d)$/.exec(text);
  return match === null ? null : `${match[1]}T${match[2]}`;
}

function fileRow(context: ParseContext, log: string, header: RegExpExecArray): RowOf<'logs'> {
  return {
    host_id: context.hostId,
    log,
    path: clean(header[1]!, 200),
    bytes: Number(header[2]),
    modified_at: toInstant(Number(header[3]) * 1000 - context.clock.offsetMs),
    sha256: header[4]!,
    first_time: null,
    last_time: null,
  };
}

/** `dpkg.log` is 0, `dpkg.log.1` 1, `dpkg.log.2.gz` 2. */
function rotation(path: string): number {
  return Number(/\.log\.(\d{1,6})(?:\.|$)/.exec(path)?.[1] ?? 0);
}

/** One header a file, then the lines wanted, oldest file last; `from` is the first local time wanted. */
export function logCommand(pattern: string, from: string, reader: string): string {
  return `
from=${positionWord(from)}
for file in ${pattern}; do
  [ -e "$file" ] || continue
  if [ ! -r "$file" ]; then printf '#unreadable %s\\n' "$file"; continue; fi
  printf '#file\\t%s\\t%s\\t%s\\n' "$file" "$(stat -c '%s	%Y' "$file")" "$(sha256sum <"$file" | cut -d ' ' -f 1)"
  case $file in
  *.gz) gzip -dc "$file" ;;
  *.xz) xz -dc "$file" ;;
  *.zst) zstd -dc "$file" ;;
  *.bz2) bzip2 -dc "$file" ;;
  *) cat "$file" ;;
  esac | ${reader}
done
`;
}

/**
 * In the place of a position, where only the program on the host knows it: an installed probe is the same for every
 * contact, and is told with each one from where every log is wanted. It is the variable that holds the answer of
 * `readFrom` then.
 */
export function positionOnHost(log: string): string {
  return `$from_${log.replaceAll('-', '_')}`;
}

/** What `readFrom` gives, as one word of a command. */
export function positionWord(from: string): string {
  return isOnHost(from) ? `"${from}"` : quote(from);
}

function isOnHost(position: string): boolean {
  return /^\$from_[a-z0-9_]{1,30}$/.test(position);
}

/** A position that is no local time reads the log from its start. */
export function readFrom(position: string | undefined): string {
  if (position !== undefined && isOnHost(position)) return position;
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/.test(position ?? '') ? Date.parse(`${position}Z`) : NaN;
  if (Number.isNaN(time)) return '0000-00-00T00:00:00';
  return new Date(time - overlapDays * 86_400_000).toISOString().slice(0, 19);
}
