/** Reading the output of sections in plain words. */
import { clean } from '#data/model/clean.ts';
import type { Reading, SectionOutput, SectionSpec } from './ecosystem.ts';
import type { ReadingStatus, Subject } from '#data/model/words.ts';

/**
 * Why a section's output cannot be trusted to be whole, as a sentence; null when it can.
 * @param accepted exit statuses that are answers, not failures
 */
export function sectionProblem(
  name: string,
  output: SectionOutput | undefined,
  accepted: number[] = [0],
): string | null {
  if (output === undefined) return `The answer ended before '${name}' was reached.`;
  if (output.exitStatus === null) return `The answer ended within '${name}'.`;
  if (output.truncated) return `'${name}' printed more than its limit.`;
  // GNU's timeout says 124; what ends of the signal itself, 128 and its number (TERM, KILL).
  if ([124, 137, 143].includes(output.exitStatus)) return `'${name}' ran out of time.`;
  if (accepted.includes(output.exitStatus)) return null;
  const said = lastLine(output.stderr);
  return `'${name}' ended with status ${output.exitStatus}${said === '' ? '' : `: ${said}`}.`;
}

/** A reading whose status follows from what went wrong and whether anything was read. */
export function reading(subject: Subject, problems: (string | null)[], anythingRead: boolean): Reading {
  const reasons = problems.filter((problem) => problem !== null);
  if (reasons.length === 0) return { subject, status: 'complete', reason: null };
  const status: ReadingStatus = anythingRead ? 'partial' : 'unread';
  return { subject, status, reason: [...new Set(reasons)].join(' ') };
}

/** A section of a family. `root`: root reads more of it; false when not given. */
export function section(
  name: string,
  command: string,
  options: Pick<SectionSpec, 'subjects' | 'timeoutSeconds'> & { megabytes: number; root?: boolean },
): SectionSpec {
  const { subjects, timeoutSeconds, megabytes, root = false } = options;
  return {
    name,
    command: command.trim(),
    timeoutSeconds,
    maxBytes: megabytes * 1_048_576,
    subjects,
    rootReadsMore: root,
  };
}

/** Lines of a text, without the empty one after the last newline. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function lastLine(text: string): string {
  const lines = linesOf(text).filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /^E: |: error: /.test(line));
  return clean((errors.at(-1) ?? lines.at(-1) ?? '').trim().replace(/\.$/, ''), 200);
}
