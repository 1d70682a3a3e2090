/** One entry of a chain against its own manifest and the entry before it. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { tableNamesOf } from '#data/model/entry-tables.ts';
import { schemaVersion } from '#data/model/tables.ts';
import { hashFile } from './append.ts';
import { readRows, sqlFile } from './database.ts';
import { entryName } from './entries.ts';
import { decodeManifest, entryFolderName, ManifestError, sha256, sidecarOf } from './manifest.ts';
import type { Manifest } from './manifest.ts';

export interface Problem {
  /** File or folder, relative to the ledger. */
  path: string;
  what: string;
  expected: string | null;
  found: string | null;
}

/** An entry that was found intact. */
export interface Checked {
  hash: string;
  manifest: Manifest;
  /** Bytes of the files that its manifest names. */
  bytes: number;
}

export interface EntryToCheck {
  ledgerRoot: string;
  /** `<collector>/<folder>` */
  entry: string;
  /** The intact entries before it in the chain, in order. */
  earlier: Checked[];
  /** Any open database, to count rows with. */
  connection: DuckDBConnection;
}

/** The first thing of an entry that does not fit. */
export class Misfit extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.what);
    this.problem = problem;
  }
}

// More than any inventory needs; a file that pretends to be a manifest must not fill the memory.
const mostManifestBytes = 64 * 1024 * 1024;
const sidecarBytes = sidecarOf(sha256('')).length;

/** @throws Misfit */
export async function checkEntry(check: EntryToCheck): Promise<Checked> {
  const { hash, manifest } = checkManifest(check);
  checkTables(check.entry, manifest);
  const bytes = await checkFiles(check, manifest);
  checkStored(check, manifest);
  return { hash, manifest, bytes };
}

/** Links are never followed: what they point at is not part of the record. */
export function isFolder(path: string): boolean {
  return lstatSync(path).isDirectory();
}

function checkManifest({ ledgerRoot, entry, earlier }: EntryToCheck): { hash: string; manifest: Manifest } {
  const sequence = earlier.length + 1;
  const name = entryName.exec(entry.split('/')[1] ?? '');
  if (name === null || !isFolder(join(ledgerRoot, entry))) throw misfit(entry, 'does not belong in a chain');
  if (Number(name[1]) !== sequence) {
    throw misfit(entry, 'an entry is missing before this one', {
      expected: `entry ${sequence}`,
      found: `entry ${Number(name[1])}`,
    });
  }
  const path = `${entry}/manifest.json`;
  const bytes = readPlainFile(ledgerRoot, path, mostManifestBytes);
  const sidecar = readPlainFile(ledgerRoot, `${entry}/manifest.sha256`, sidecarBytes).toString('utf8');
  const hash = sha256(bytes);
  if (sidecar !== sidecarOf(hash)) {
    throw misfit(path, 'does not have the hash that its sidecar states', {
      expected: sidecar.slice(0, 64),
      found: hash,
    });
  }
  const manifest = parseManifest(path, bytes);
  checkPlace(entry, manifest, earlier.at(-1));
  return { hash, manifest };
}

function parseManifest(path: string, bytes: Uint8Array): Manifest {
  try {
    return decodeManifest(bytes);
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw misfit(path, error.message, {
      expected: `schema version ${schemaVersion}`,
      found: error.detail.slice(0, 200),
    });
  }
}

/** The manifest against the name of its folder and the entry before it. */
function checkPlace(entry: string, manifest: Manifest, before: Checked | undefined): void {
  const previous = before?.hash ?? null;
  if (manifest.previous !== previous) {
    throw misfit(`${entry}/manifest.json`, 'does not follow the entry before it', {
      expected: String(previous),
      found: String(manifest.previous),
    });
  }
  const described = `${manifest.collector}/${entryFolderName(manifest)}`;
  if (described !== entry) {
    throw misfit(entry, 'is not the entry that its manifest describes', {
      expected: described,
      found: entry,
    });
  }
  if (before !== undefined && manifest.recorded_at <= before.manifest.recorded_at) {
    throw misfit(`${entry}/manifest.json`, 'was recorded before the entry before it', {
      expected: `after ${before.manifest.recorded_at}`,
      found: manifest.recorded_at,
    });
  }
}

/**
 * An entry has every table that its kind had in its schema version: one that is left out would read as "no rows".
 */
function checkTables(entry: string, manifest: Manifest): void {
  const named = new Set(manifest.files.map(({ path }) => path));
  for (const table of tableNamesOf(manifest.kind, manifest.schema)) {
    if (!named.has(`${table}.parquet`))
      throw misfit(`${entry}/manifest.json`, `does not name ${table}.parquet`);
  }
}

/** Every file with its size, hash and rows; none missing, none too many. Returns the bytes read. */
async function checkFiles(
  { ledgerRoot, entry, connection }: EntryToCheck,
  manifest: Manifest,
): Promise<number> {
  const folder = join(ledgerRoot, entry);
  const allowed = new Set(['manifest.json', 'manifest.sha256', ...manifest.files.map(({ path }) => path)]);
  const holdsFiles = manifest.files.some(({ path }) => path.startsWith('files/'));
  for (const found of namesIn(folder, holdsFiles)) {
    if (!allowed.has(found)) throw misfit(`${entry}/${found}`, 'is not named in the manifest');
  }
  let bytes = 0;
  for (const file of manifest.files) {
    const path = `${entry}/${file.path}`;
    const size = plainFileSize(ledgerRoot, path);
    const hash = await hashFile(join(folder, file.path));
    if (hash !== file.sha256) throw misfit(path, 'was changed', { expected: file.sha256, found: hash });
    expectNumber(path, 'has another size', file.bytes, size);
    if (file.rows !== null)
      expectNumber(
        path,
        'has another number of rows',
        file.rows,
        await countRows(connection, folder, file.path),
      );
    bytes += size;
  }
  return bytes;
}

/** What lies in an entry, with what lies in `files/`; no other folder and no link is looked into. */
function namesIn(folder: string, holdsFiles: boolean): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((found) =>
      holdsFiles && found.name === 'files' && found.isDirectory()
        ? readdirSync(join(folder, 'files')).map((name) => `files/${name}`)
        : [found.name],
    )
    .sort();
}

/** Null when the file, though it has the right hash, is not Parquet. */
async function countRows(connection: DuckDBConnection, folder: string, name: string): Promise<number | null> {
  try {
    const [row] = await readRows(
      connection,
      `SELECT count(*) AS rows FROM read_parquet(${sqlFile(join(folder, name))}, hive_partitioning = false)`,
    );
    return Number(row?.['rows']);
  } catch {
    return null;
  }
}

/** People's files must lie where the manifest says: here, or in an earlier entry of the chain. */
function checkStored({ entry, earlier }: EntryToCheck, manifest: Manifest): void {
  for (const file of manifest.workspace_files) {
    const holder = file.stored_in === manifest.sequence ? manifest : earlier[file.stored_in - 1]?.manifest;
    const stored = holder?.files.find(({ path }) => path === `files/${file.sha256}`);
    if (stored === undefined || stored.bytes !== file.bytes) {
      throw misfit(`${entry}/manifest.json`, `names ${file.path}, whose content is not in the record`, {
        expected: `files/${file.sha256} in entry ${file.stored_in}`,
        found: null,
      });
    }
  }
}

function readPlainFile(ledgerRoot: string, path: string, most: number): Buffer {
  const size = plainFileSize(ledgerRoot, path);
  if (size > most)
    throw misfit(path, 'is too large', { expected: `${most} bytes at most`, found: `${size} bytes` });
  return readFileSync(join(ledgerRoot, path));
}

function plainFileSize(ledgerRoot: string, path: string): number {
  const found = lstatSync(join(ledgerRoot, path), { throwIfNoEntry: false });
  if (found === undefined) throw misfit(path, 'is missing');
  if (!found.isFile()) throw misfit(path, 'is not a plain file');
  return found.size;
}

function expectNumber(path: string, what: string, expected: number, found: number | null): void {
  if (found === expected) return;
  throw misfit(path, what, {
    expected: String(expected),
    found: found === null ? 'not a table' : String(found),
  });
}

function misfit(
  path: string,
  what: string,
  details: Pick<Problem, 'expected' | 'found'> = { expected: null, found: null },
): Misfit {
  return new Misfit({ path, what, ...details });
}
