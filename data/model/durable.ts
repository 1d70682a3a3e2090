/** File operations that survive a power cut: what is named has reached the disk before the next step. */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from './failure.ts';

/** Flushes a file to the disk. */
export function syncFile(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Flushes a folder's names to the disk. */
export function syncFolder(path: string): void {
  syncFile(path);
}

/** Renames, then flushes both folders. The target must not exist, or be a file or link that may be replaced. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  syncFolder(dirname(to));
  if (dirname(from) !== dirname(to)) syncFolder(dirname(from));
}

/** Makes a folder, and flushes every folder that is new or got a new name in it. */
export function makeFolderDurably(path: string): void {
  const first = makeFolder(path);
  if (first === undefined) return;
  const last = dirname(first);
  for (let folder = path; folder !== last; folder = dirname(folder)) syncFolder(folder);
  syncFolder(last);
}

/** Node says ENOENT where a read-only file system refuses a new folder; this tells the true reason. */
function makeFolder(path: string): string | undefined {
  try {
    return mkdirSync(path, { recursive: true });
  } catch (error) {
    let above = dirname(path);
    while (!existsSync(above)) above = dirname(above);
    accessSync(above, constants.W_OK);
    throw error;
  }
}

/**
 * The failure a person can act on when a file operation or DuckDB says the disk is full or may not be
 * written; any other error unchanged.
 *
 * @param folder where the writing was tried
 * @param consequence what that means, in a few words, e.g. 'nothing was recorded'
 */
export function explainWriteError(error: unknown, folder: string, consequence: string): unknown {
  if (error instanceof Failure) return error;
  const text =
    error instanceof Error ? `${error.message} ${'code' in error ? String(error.code) : ''}` : String(error);
  if (
    /ENOSPC|EDQUOT|No space left on device|Disk quota exceeded|out of disk space|failed to offload data block/i.test(
      text,
    )
  ) {
    return new Failure('disk-full', `the disk that holds ${folder} is full; ${consequence}`, {
      nextStep: `free some space there and run the command again (df -h ${folder})`,
      cause: error,
    });
  }
  if (/EROFS|EACCES|EPERM|Read-only file system|Permission denied|readonly database/i.test(text)) {
    return new Failure('not-writable', `${folder} cannot be written; ${consequence}`, {
      nextStep: 'check its owner and mode, and whether the file system is mounted read-only',
      cause: error,
    });
  }
  return error;
}
