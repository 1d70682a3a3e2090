/**
 * What happened since the pages were made. Pages are never changed after a build; beside them lies one small
 * script that says nothing, until a nightly run that could not bring them up to date replaces it
 * (docs/decisions.md 37).
 */
import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renameDurably, syncFile } from '#data/model/durable.ts';

export interface FailedRun {
  /** When it began, UTC. */
  at: string;
  /** Steps that did not come to their end: words, never what an error said of this machine. */
  steps: readonly ('feeds' | 'scan' | 'build')[];
}

const statusFile = join('assets', 'status.js');

/** Says on a standing site that a later run failed; without a site there is nobody to tell. */
export function markFailedRun(siteLink: string, run: FailedRun): void {
  if (!existsSync(join(siteLink, statusFile))) return;
  const path = join(realpathSync(siteLink), statusFile);
  writeFileSync(`${path}.new`, `globalThis.patchledgerFailedRun = ${JSON.stringify(run)};\n`);
  syncFile(`${path}.new`);
  renameDurably(`${path}.new`, path);
}
