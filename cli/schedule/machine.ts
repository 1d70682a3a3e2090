/** The machine as schedules need it: files written at once, tools asked without a shell. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { clean } from '#data/model/clean.ts';
import { explainWriteError } from '#data/model/durable.ts';
import { Failure } from '#data/model/failure.ts';
import type { Piece } from './scheduler.ts';

const toolSeconds = 60;

/** @throws Failure 'not-writable', 'disk-full' */
export function writePiece({ place, content }: Piece): void {
  try {
    mkdirSync(dirname(place), { recursive: true });
    // cron and systemd pass over names that begin with a dot.
    const draft = `${dirname(place)}/.patchledger-new`;
    writeFileSync(draft, content, { mode: 0o644 });
    renameSync(draft, place);
  } catch (error) {
    throw explainWriteError(error, dirname(place), 'nothing was scheduled');
  }
}

export function removePlace(place: string): void {
  try {
    rmSync(place, { force: true });
  } catch (error) {
    throw explainWriteError(error, dirname(place), 'the schedule stands');
  }
}

/** Those of the files that are there, as they are. */
export function readPlaces(places: string[]): Piece[] {
  return places
    .filter((place) => existsSync(place))
    .map((place) => ({ place, content: readFileSync(place, 'utf8') }));
}

export function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

export interface Ran {
  /** Null when there is no such tool. */
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Asks a tool; what it answers is for the caller to judge. */
export function ask(tool: string, words: string[], input = ''): Ran {
  const { status, stdout, stderr } = spawnSync(tool, words, {
    encoding: 'utf8',
    input,
    timeout: toolSeconds * 1000,
    env: { ...process.env, LC_ALL: 'C' },
  });
  return { status, stdout: stdout ?? '', stderr: stderr ?? '' };
}

/** @throws Failure 'schedule' naming the tool and what it said */
export function demand(tool: string, words: string[], input = ''): string {
  const { status, stdout, stderr } = ask(tool, words, input);
  if (status === 0) return stdout;
  const said = clean(stderr.trim() || (status === null ? 'it is not there' : `status ${status}`), 300);
  throw new Failure('schedule', `${tool} ${words.join(' ')} failed: ${said}`, {
    nextStep: 'mend what it names, or choose another --kind',
  });
}
