/**
 * Appending to the record. An entry is written under `.incoming`, flushed file by file, then folder by
 * folder, and gets its name by one rename: it is there whole or not at all.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { version as duckdbVersion } from '@duckdb/node-api';
import { tableNamesOf } from '#data/model/entry-tables.ts';
import type { EntryKind } from '#data/model/entry-tables.ts';
import { schemaVersion } from '#data/model/tables.ts';
import { withDatabase } from './database.ts';
import {
  explainWriteError,
  makeFolderDurably,
  renameDurably,
  syncFile,
  syncFolder,
} from '#data/model/durable.ts';
import { chainName, listChain } from './entries.ts';
import type { Entry } from './entries.ts';
import { encodeManifest, entryFolderName, Manifest, sha256, sidecarOf } from './manifest.ts';
import { openTables } from './table-writer.ts';
import type { TableWriter } from './table-writer.ts';

/** A file that people wrote and that was in force: the record keeps its content. */
export interface WorkspaceFile {
  /** Relative to the workspace, with '/'. */
  path: string;
  sha256: string;
  content: Uint8Array;
}

export interface EntryToAppend {
  collector: string;
  kind: EntryKind;
  startedAt: Date;
  workspaceFiles: WorkspaceFile[];
  programVersion: string;
  /** Asked once, when the rows are complete. */
  recordedAt?: () => Date;
  /** Cores DuckDB may use. */
  threads?: number;
}

export interface Appended {
  collector: string;
  sequence: number;
  hash: string;
  path: string;
}

export const incomingFolder = '.incoming';
const memoryLimit = '256MB';

/**
 * Appends one entry to its collector's chain. The caller holds the writer's lock.
 *
 * @param write gives the rows; returns small counts for the manifest's summary
 * @throws Failure 'disk-full' or 'not-writable'; the record is then as it was before
 */
export async function appendEntry(
  ledgerRoot: string,
  entry: EntryToAppend,
  write: (tables: TableWriter) => Promise<Record<string, number>>,
): Promise<Appended> {
  if (!chainName.test(entry.collector)) throw new TypeError(`not a collector's name: ${entry.collector}`);
  const incoming = join(ledgerRoot, incomingFolder);
  const draft = join(incoming, randomBytes(8).toString('hex'));
  try {
    makeFolderDurably(incoming);
    removeLeftovers(incoming);
    const chain = listChain(join(ledgerRoot, entry.collector));
    const folder = join(draft, 'entry');
    makeFolderDurably(folder);
    const rows = await writeTables({ draft, folder, kind: entry.kind, threads: entry.threads ?? 2 }, write);
    const manifest = await describeEntry({ entry, chain, folder, ...rows });
    return commit(ledgerRoot, folder, manifest);
  } catch (error) {
    throw explainWriteError(error, ledgerRoot, 'nothing was recorded');
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

interface Written {
  counts: Map<string, number>;
  summary: Record<string, number>;
}

async function writeTables(
  place: { draft: string; folder: string; kind: EntryKind; threads: number },
  write: (tables: TableWriter) => Promise<Record<string, number>>,
): Promise<Written> {
  const options = { threads: place.threads, memoryLimit, spillFolder: join(place.draft, 'spill') };
  return withDatabase(':memory:', options, async (connection) => {
    const tables = await openTables(connection, tableNamesOf(place.kind));
    const summary = await write(tables.writer);
    return { summary, counts: await tables.finish(place.folder) };
  });
}

interface Description extends Written {
  entry: EntryToAppend;
  chain: Entry[];
  folder: string;
}

async function describeEntry({ entry, chain, folder, counts, summary }: Description): Promise<Manifest> {
  const last = chain.at(-1);
  const sequence = chain.length + 1;
  const recorded = (entry.recordedAt ?? (() => new Date()))();
  const earliest = last === undefined ? 0 : Date.parse(last.manifest.recorded_at) + 1;
  const workspaceFiles = storeFiles(folder, entry.workspaceFiles, { chain, sequence });
  return Manifest.parse({
    schema: schemaVersion,
    collector: entry.collector,
    sequence,
    kind: entry.kind,
    previous: last?.hash ?? null,
    started_at: entry.startedAt.toISOString(),
    recorded_at: new Date(Math.max(recorded.getTime(), earliest)).toISOString(),
    clock_behind: recorded.getTime() < earliest,
    program: { version: entry.programVersion, duckdb: duckdbVersion() },
    files: await listFiles(folder, counts),
    workspace_files: workspaceFiles,
    summary,
  });
}

/** Stores contents that no earlier entry of the chain holds. */
function storeFiles(
  folder: string,
  files: WorkspaceFile[],
  { chain, sequence }: { chain: Entry[]; sequence: number },
): Manifest['workspace_files'] {
  const stored = new Map<string, number>();
  for (const { manifest } of chain) {
    for (const file of manifest.workspace_files) stored.set(file.sha256, file.stored_in);
  }
  for (const file of files) {
    if (stored.has(file.sha256)) continue;
    if (sha256(file.content) !== file.sha256)
      throw new TypeError(`${file.path} does not have the hash it was given with`);
    makeFolderDurably(join(folder, 'files'));
    writeFileSync(join(folder, 'files', file.sha256), file.content);
    stored.set(file.sha256, sequence);
  }
  return files
    .map((file) => ({
      path: file.path,
      bytes: file.content.byteLength,
      sha256: file.sha256,
      stored_in: stored.get(file.sha256) ?? sequence,
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function listFiles(folder: string, counts: Map<string, number>): Promise<Manifest['files']> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map((found) => join(found.parentPath, found.name).slice(folder.length + 1))
    .sort();
  const files: Manifest['files'] = [];
  for (const path of names) {
    const full = join(folder, path);
    files.push({
      path,
      bytes: statSync(full).size,
      sha256: await hashFile(full),
      rows: counts.get(path) ?? null,
    });
  }
  return files;
}

/** SHA-256 of a file of any size. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

function commit(ledgerRoot: string, folder: string, manifest: Manifest): Appended {
  const bytes = encodeManifest(manifest);
  const hash = sha256(bytes);
  writeFileSync(join(folder, 'manifest.json'), bytes);
  writeFileSync(join(folder, 'manifest.sha256'), sidecarOf(hash));
  for (const name of ['manifest.json', 'manifest.sha256', ...manifest.files.map(({ path }) => path)])
    syncFile(join(folder, name));
  if (existsSync(join(folder, 'files'))) syncFolder(join(folder, 'files'));
  syncFolder(folder);
  const chain = join(ledgerRoot, manifest.collector);
  makeFolderDurably(chain);
  const path = join(chain, entryFolderName(manifest));
  renameDurably(folder, path);
  return { collector: manifest.collector, sequence: manifest.sequence, hash, path };
}

/** What a killed writer left. The caller holds the lock, so nobody is writing there. */
function removeLeftovers(incoming: string): void {
  for (const name of readdirSync(incoming)) rmSync(join(incoming, name), { recursive: true, force: true });
}
