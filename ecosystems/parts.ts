/** The parts of a section that runs several commands (see `partMark`). */
import { linesOf } from './sections.ts';

/** Marks the parts of a section that runs several commands; no package manager prints such a line. */
export const partMark = '#patchledger-part';

/**
 * `part NAME COMMAND…` prints the command's output between two marks, the second with its exit status.
 * Credentials in addresses never leave the host.
 */
export const partFunction = `
without_credentials() {
  printf '%s\\n' "$1" | sed 's|//[^/@ ]*@|//|g'
  return "$2"
}
part() {
  printf '%s begin %s\\n' '${partMark}' "$1"
  name=$1
  shift
  "$@"
  printf '\\n%s end %s %s\\n' '${partMark}' "$name" "$?"
}
`;

export interface Part {
  lines: string[];
  /** Null when the part never ended. */
  exitStatus: number | null;
  /** Line of the section at which the part starts, from 1. */
  firstLine: number;
}

export interface Parts {
  parts: Map<string, Part>;
  /** Parts that were not run because 'full-upgrade' answers for them. */
  same: Set<string>;
  /** Lines before the first part. */
  head: string[];
}

export function parseParts(text: string): Parts {
  const result: Parts = { parts: new Map(), same: new Set(), head: [] };
  let current: Part | null = null;
  for (const [index, line] of linesOf(text).entries()) {
    const [verb, name = '', status = ''] = line.startsWith(`${partMark} `)
      ? line.slice(partMark.length + 1).split(' ')
      : [];
    if (verb === 'begin' && !result.parts.has(name)) {
      current = { lines: [], exitStatus: null, firstLine: index + 2 };
      result.parts.set(name, current);
    } else if (verb === 'end' && current !== null) {
      current.exitStatus = /^\d{1,3}$/.test(status) ? Number(status) : null;
      current = null;
    } else if (verb === 'same') result.same.add(name);
    else if (current !== null) current.lines.push(line);
    else result.head.push(line);
  }
  return result;
}

export function partText(part: Part | undefined): string {
  return part?.lines.join('\n') ?? '';
}

/** Why a part cannot be trusted to be whole; null when it can. */
export function partProblem(command: string, part: Part | undefined): string | null {
  if (part === undefined || part.exitStatus === null) return `'${command}' did not answer.`;
  return part.exitStatus === 0 ? null : `'${command}' ended with status ${part.exitStatus}.`;
}
