/** Files that lie where people keep them, under the paths that they write: on the disk, or as the record keeps them. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface ListedName {
  name: string;
  isFolder: boolean;
}

/** Paths are as people write them: relative to the workspace, below `~/`, or absolute. */
export interface SourceFiles {
  /** The content; undefined where there is no such file. Throws what the file system throws for all else. */
  read: (path: string) => Uint8Array | undefined;
  /** What a folder holds, by name; undefined where there is no such folder. */
  list: (path: string) => ListedName[] | undefined;
}

/** What a source is read with, and what comes of reading it. */
export interface SourceReading {
  files: SourceFiles;
  /** By path: what the record is to keep of each file that was read. */
  kept: Map<string, string>;
}

const largestBytes = 16 * 1024 * 1024;

/** A file that is not taken for what it is; the message continues a sentence that begins with it. */
class SourceFileError extends Error {
  override name = 'SourceFileError';
}

export function diskFiles(root: string, home: string = homedir()): SourceFiles {
  const place = (path: string): string =>
    path.startsWith('~/') ? join(home, path.slice(2)) : resolve(root, path);
  return {
    read: (path) =>
      unlessMissing(() => {
        const { size } = statSync(place(path));
        if (size > largestBytes)
          throw new SourceFileError(`is larger than ${largestBytes / 1024 / 1024} MiB`);
        return readFileSync(place(path));
      }),
    list: (path) =>
      unlessMissing(() =>
        readdirSync(place(path))
          .sort()
          .flatMap((name) => {
            // A link that leads nowhere is nothing.
            const found = statSync(join(place(path), name), { throwIfNoEntry: false });
            return found === undefined ? [] : [{ name, isFolder: found.isDirectory() }];
          }),
      ),
  };
}

/** @param recorded every file of an entry, those of the workspace among them */
export function recordedFiles(recorded: readonly { path: string; content: Uint8Array }[]): SourceFiles {
  const contents = new Map(recorded.map(({ path, content }) => [path, content]));
  return {
    read: (path) => contents.get(path),
    list: (path) => {
      const start = path === '.' ? '' : `${path}/`;
      const names = new Map<string, boolean>();
      for (const file of contents.keys()) {
        if (!file.startsWith(start)) continue;
        const [name = '', ...below] = file.slice(start.length).split('/');
        names.set(name, below.length > 0);
      }
      if (names.size === 0) return undefined;
      return [...names].sort().map(([name, isFolder]) => ({ name, isFolder }));
    },
  };
}

/** Text, or a `SourceFileError`. */
export function decodeText(content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new SourceFileError('is not UTF-8 text');
  }
}

/** In the words of a problem: what keeps a file from being read. */
export function readingTrouble(error: unknown): string {
  if (error instanceof SourceFileError) return error.message;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return code === 'EACCES' ? 'may not be read by this account' : `cannot be read (${code})`;
}

function unlessMissing<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A folder has no content, and a file is no folder: the other question will be asked.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}
