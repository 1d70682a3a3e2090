/** A feed that lies on this machine: one file (plain, gzip or zip), or a folder of them. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { crc32, gunzipSync } from 'node:zlib';
import { fromBufferPromise } from 'yauzl';
import { clean } from '#data/model/clean.ts';
import { FeedDamaged } from '#data/feeds/feed.ts';
import type { FeedFile } from '#data/feeds/feed.ts';

/** What was got of a feed, before anybody looked into it. */
export interface Gathered {
  files: FeedFile[];
  /** SHA-256 of the file as it came; of names and hashes for a folder. */
  sha256: string;
  bytes: number;
  /** When the place says that the content was last changed (UTC); null when it does not say. */
  changedAt: string | null;
}

// A zip of many small records, a changelog of each package: far below this.
const mostFiles = 200_000;

/**
 * @param path a file or a folder
 * @param maxBytes beyond this, unpacked, it cannot be the feed
 * @throws FeedDamaged
 */
export async function gatherPath(path: string, maxBytes: number): Promise<Gathered> {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new FeedDamaged(`is not there: ${clean(path)}`);
  if (!found.isDirectory()) {
    if (found.size > maxBytes) throw tooLarge(maxBytes);
    return gatherBytes(basename(path), readFileSync(path), {
      maxBytes,
      changedAt: found.mtime.toISOString(),
    });
  }
  return gatherFolder(path, maxBytes);
}

/** One file as it came, from a disk or a server. @throws FeedDamaged */
export async function gatherBytes(
  name: string,
  content: Buffer,
  { maxBytes, changedAt }: { maxBytes: number; changedAt: string | null },
): Promise<Gathered> {
  const sha256 = createHash('sha256').update(content).digest('hex');
  const files = isZip(content) ? await unzip(content, maxBytes) : [unpack(name, content, maxBytes)];
  return { files, sha256, bytes: content.byteLength, changedAt };
}

function gatherFolder(folder: string, maxBytes: number): Gathered {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
  if (names.length > mostFiles) throw new FeedDamaged(`has ${names.length} files`);
  const hash = createHash('sha256');
  const files: FeedFile[] = [];
  let bytes = 0;
  let changedMs = 0;
  for (const name of names) {
    const content = readFileSync(join(folder, name));
    hash.update(`${createHash('sha256').update(content).digest('hex')}  ${name}\n`);
    const file = unpack(name, content, maxBytes);
    bytes += file.content.byteLength;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    changedMs = Math.max(changedMs, statSync(join(folder, name)).mtimeMs);
    files.push(file);
  }
  return { files, sha256: hash.digest('hex'), bytes, changedAt: new Date(changedMs).toISOString() };
}

/** Gzip by its first bytes, whatever the name says. */
function unpack(name: string, content: Buffer, maxBytes: number): FeedFile {
  if (content[0] !== 0x1f || content[1] !== 0x8b) return { name, content };
  try {
    return {
      name: name.replace(/\.gz$/, ''),
      content: gunzipSync(content, { maxOutputLength: maxBytes }),
    };
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(maxBytes);
    throw new FeedDamaged(`is no whole gzip file: ${clean(name)}`);
  }
}

function isZip(content: Buffer): boolean {
  return content.subarray(0, 4).equals(Buffer.of(0x50, 0x4b, 3, 4));
}

async function unzip(content: Buffer, maxBytes: number): Promise<FeedFile[]> {
  const files: FeedFile[] = [];
  let bytes = 0;
  try {
    const zip = await fromBufferPromise(content, { lazyEntries: true });
    if (zip.entryCount > mostFiles) throw new FeedDamaged(`has ${zip.entryCount} files`);
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue;
      bytes += entry.uncompressedSize;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      const unpacked = await buffer(await zip.openReadStreamPromise(entry));
      // The library leaves the check sum to its callers.
      if (crc32(unpacked) !== entry.crc32) throw new Error(`check sum of ${entry.fileName}`);
      files.push({ name: entry.fileName, content: unpacked });
    }
  } catch (error) {
    if (error instanceof FeedDamaged) throw error;
    throw new FeedDamaged(`is no whole zip file: ${clean(error instanceof Error ? error.message : '', 120)}`);
  }
  return files;
}

function tooLarge(maxBytes: number): FeedDamaged {
  return new FeedDamaged(`is larger than ${Math.round(maxBytes / 1024 / 1024)} MiB`);
}
