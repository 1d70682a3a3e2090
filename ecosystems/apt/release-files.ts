/** What lies in apt's folder of lists: the files, the heads of the Release files, the stamps. */
import { toInstant } from '../linux/identity.ts';
import type { Clock } from '../ecosystem.ts';
import type { Parts } from '../parts.ts';

export interface ListFile {
  modifiedSeconds: number;
  changedSeconds: number;
  readable: boolean;
}

export interface Release {
  fields: Map<string, string>;
  /** Size of each package list that the Release file names, by its path. */
  sizes: Map<string, number>;
}

export interface Held {
  files: Map<string, ListFile>;
  /** By the name of the Release file. */
  releases: Map<string, Release>;
}

export function parseHeld(parts: Parts): Held {
  return { files: parseFiles(parts), releases: parseReleases(parts) };
}

/** apt keeps a list as it is or compressed. */
export function findList(files: Held['files'], name: string): ListFile | undefined {
  const endings = ['', '.lz4', '.gz', '.xz', '.zst', '.bz2', '.lzma'];
  return endings.map((ending) => files.get(`${name}${ending}`)).find((file) => file !== undefined);
}

/**
 * Latest evidence of a refresh. One that brought anything new gives a Release file a new change time
 * and touches the folder `partial`; one that failed touches the folder alone, and copying an image gives
 * the files new change times but keeps the folder's. So the earlier of the two is evidence; the stamp
 * that update-notifier leaves is, too. A refresh that found nothing new leaves no trace of its own.
 */
export function checkedAt(parts: Parts, files: Held['files'], clock: Clock): string | null {
  const stamps = new Map<string, number>();
  for (const line of parts.parts.get('stamps')?.lines ?? []) {
    const match = /^(partial|success) (\d{1,12})$/.exec(line);
    if (match !== null) stamps.set(match[1]!, Number(match[2]));
  }
  const releases = [...files].filter(([name]) => /(?:_InRelease|_Release)$/.test(name));
  const newest = releases.reduce((latest, [, file]) => Math.max(latest, file.changedSeconds), 0);
  const written = newest === 0 ? 0 : Math.min(newest, stamps.get('partial') ?? 0);
  const seconds = Math.max(written, stamps.get('success') ?? 0);
  return seconds === 0 ? null : toInstant(seconds * 1000 - clock.offsetMs);
}

function parseFiles(parts: Parts): Held['files'] {
  const files = new Map<string, ListFile>();
  for (const line of parts.parts.get('files')?.lines ?? []) {
    const match = /^([^\t]+)\t\d+\t(\d{1,12})[.\d]*\t(\d{1,12})[.\d]*\t(readable|unreadable)$/.exec(line);
    if (match === null) continue;
    files.set(match[1]!, {
      modifiedSeconds: Number(match[2]),
      changedSeconds: Number(match[3]),
      readable: match[4] === 'readable',
    });
  }
  return files;
}

function parseReleases(parts: Parts): Held['releases'] {
  const releases = new Map<string, Release>();
  let current: Release | null = null;
  for (const line of parts.parts.get('releases')?.lines ?? []) {
    const field = /^([A-Za-z][A-Za-z0-9-]{0,60}): (.*)$/.exec(line);
    const index = /^Index: (\d{1,12}) (\S+)$/.exec(line);
    if (field?.[1] === 'File') releases.set(field[2]!, (current = { fields: new Map(), sizes: new Map() }));
    else if (index !== null) current?.sizes.set(index[2]!, Number(index[1]));
    else if (field !== null && current?.fields.has(field[1]!) === false)
      current.fields.set(field[1]!, field[2]!);
  }
  return releases;
}
