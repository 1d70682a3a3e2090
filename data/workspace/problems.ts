/** What is wrong in people's files, said with place, expectation and the nearest valid word. */
import { closest, distance } from 'fastest-levenshtein';
import { clean } from '#data/model/clean.ts';
import { Failure } from '#data/model/failure.ts';

export interface Place {
  /** Relative to the workspace, or as people write it where it lies elsewhere. */
  file: string;
  /** From 1. */
  line: number;
  column: number;
}

export interface Problem extends Place {
  message: string;
}

const invalidExitCode = 2;
const mostShown = 20;

/** " (did you mean 'x'?)" when a valid word is near, otherwise the valid words, otherwise nothing. */
export function suggest(word: string, valid: readonly string[]): string {
  if (valid.length === 0) return '';
  const best = closest(word.toLowerCase(), [...valid]);
  if (distance(word.toLowerCase(), best) <= Math.max(best.length < 4 ? 1 : 2, Math.floor(best.length / 3)))
    return ` (did you mean '${best}'?)`;
  return ` (expected ${valid.length === 1 ? '' : 'one of '}${valid.join(', ')})`;
}

/** A word as it stands in a message. */
export function quoted(value: unknown): string {
  return clean(typeof value === 'string' ? `'${value}'` : (JSON.stringify(value) ?? String(value)), 80);
}

/** 'file:line:column'. */
export function placeText({ file, line, column }: Place): string {
  return `${clean(file)}:${line}:${column}`;
}

/** @throws Failure 'workspace-invalid' naming every problem, in the order of files and lines */
export function throwProblems(problems: Problem[]): void {
  if (problems.length === 0) return;
  const sorted = problems.toSorted(
    (a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
  const lines = sorted
    .slice(0, mostShown)
    .map((problem) => `${placeText(problem)}: ${problem.message}`);
  if (sorted.length > mostShown) lines.push(`… and ${sorted.length - mostShown} more`);
  throw new Failure('workspace-invalid', lines.join('\n'), {
    nextStep: 'mend the lines above; docs/workspace.md explains every key',
    exitCode: invalidExitCode,
  });
}
