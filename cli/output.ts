/**
 * Talking to the person at the terminal: results go to standard output, talk to standard error.
 * Anything a host may have said passes `clean()` before it comes here.
 */
import process from 'node:process';
import { Failure } from '#data/model/failure.ts';

const showProgressAfterMs = 2000;
const redrawMs = 100;
/** Where nobody watches, in a log: a line now and then. */
const plainLineMs = 30_000;
const barWidth = 24;

/** Prints a result. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

// JSON.stringify leaves these as they are, and a terminal would act on them.
const unsafeInJson = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Prints a result as JSON; no value in it can reach a terminal as a control character. */
export function printJson(value: unknown): void {
  const escape = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  print(JSON.stringify(value, null, 2).replace(unsafeInJson, escape));
}

/** Says something beside the result. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Tells of a failure as people read it: what happened, then the next step. */
export function sayFailure(error: unknown): number {
  if (error instanceof Failure) {
    say(`patchledger: ${error.message}`);
    if (error.nextStep !== undefined) say(`  next: ${error.nextStep}`);
    return error.exitCode;
  }
  say(
    `patchledger: unexpected error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  );
  say('  next: this is a bug in Patchledger; please report it with the lines above');
  return 1;
}

export interface Progress {
  /** @param done steps done of the total given at the start */
  step(done: number, note?: string): void;
  /** Removes the bar; what is printed next stands on a clean line. */
  end(): void;
}

type Stream = Pick<NodeJS.WriteStream, 'isTTY' | 'columns' | 'write'>;

/**
 * A progress bar on standard error for work that takes more than two seconds on a terminal. Elsewhere
 * a plain line every half minute.
 */
export function showProgress(
  label: string,
  total: number,
  {
    stream = process.stderr,
    clock = () => performance.now(),
  }: { stream?: Stream; clock?: () => number } = {},
): Progress {
  const startedAt = clock();
  let drawnAt = startedAt;
  let drawn = false;
  const printLine = (done: number, now: number) => {
    if (now - drawnAt < plainLineMs) return;
    drawnAt = now;
    stream.write(`${label} ${done}/${total}\n`);
  };
  return {
    step(done, note = ''): void {
      const now = clock();
      if (!stream.isTTY) return printLine(done, now);
      if (now - startedAt < showProgressAfterMs || now - drawnAt < redrawMs) return;
      drawnAt = now;
      drawn = true;
      stream.write(`\r\u001b[K${bar(label, done, total, note)}`.slice(0, (stream.columns || 80) + 4));
    },
    end(): void {
      if (drawn) stream.write('\r\u001b[K');
      drawn = false;
    },
  };
}

function bar(label: string, done: number, total: number, note: string): string {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * barWidth);
  return `${label} [${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${done}/${total} ${note}`;
}
