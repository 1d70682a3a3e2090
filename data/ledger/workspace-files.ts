/** People's files as the record keeps them: what was in force at an entry. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Entry } from './entries.ts';
import { entryFolderName, sha256 as hashOf } from './manifest.ts';
import { Failure } from '#data/model/failure.ts';

export interface RecordedFile {
  /** Relative to the workspace, with '/'. */
  path: string;
  sha256: string;
  content: Uint8Array;
}

/** In the order in which the record learned of them; chains that learned at one instant by name. */
export function byRecording(entries: readonly Entry[]): Entry[] {
  return entries.toSorted(({ manifest: a }, { manifest: b }) =>
    a.recorded_at === b.recorded_at
      ? a.collector === b.collector
        ? a.sequence - b.sequence
        : a.collector < b.collector
          ? -1
          : 1
      : a.recorded_at < b.recorded_at
        ? -1
        : 1,
  );
}

/**
 * The files that an entry names; each lies in the entry of the same chain that first held it.
 *
 * @param entries all entries of the chain, at least up to this one
 * @throws Failure 'record-damaged' when a copy is missing or is not what its hash says
 */
export function recordedFiles(entry: Entry, entries: readonly Entry[]): RecordedFile[] {
  return entry.manifest.workspace_files.map(({ path, sha256, stored_in: sequence }) => {
    const holder = entries.find(
      ({ manifest }) => manifest.collector === entry.manifest.collector && manifest.sequence === sequence,
    );
    if (holder === undefined) throw new TypeError(`entry ${sequence} of the chain is not among the entries`);
    const copy = join(dirname(entry.path), entryFolderName(holder.manifest), 'files', sha256);
    return { path, sha256, content: readCopy(copy, sha256) };
  });
}

/** These few bytes decide what is judged, and how: they are checked each time. */
function readCopy(copy: string, sha256: string): Uint8Array {
  const content = existsSync(copy) ? readFileSync(copy) : undefined;
  if (content !== undefined && hashOf(content) === sha256) return content;
  const what = content === undefined ? 'is missing' : 'is not what its hash says';
  throw new Failure('record-damaged', `${copy} ${what}`, {
    nextStep: 'patchledger verify names everything that does not fit; restore the ledger from a backup',
    exitCode: 4,
  });
}
