/**
 * Is the record intact? Recomputes everything and names the first thing in each chain that does not
 * fit. Nothing is trusted but the hashes, and nothing but the file system is needed: the same can be
 * done with `sha256sum` by hand (docs/record.md).
 */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hashFile, incomingFolder } from './append.ts';
import { readRows, sqlText, withDatabase } from './database.ts';
import { chainName, entryName } from './entries.ts';
import type { Head } from './entries.ts';
import { lockFile } from './lock.ts';
import { Manifest, sha256, sidecarOf } from './manifest.ts';

export interface Problem {
  /** File or folder, relative to the ledger. */
  path: string;
  what: string;
  expected: string | null;
  found: string | null;
}

export interface VerifyReport {
  ok: boolean;
  entries: number;
  bytes: number;
  heads: Head[];
  /** The first thing of each chain that does not fit, then what does not belong in the ledger. */
  problems: Problem[];
  notes: string[];
}

export interface VerifyOptions {
  /** Hashes of earlier heads (whole, or their first 12 or more digits) that the record must extend. */
  against?: string[];
  /** Told after each entry. */
  onEntry?: (done: number, total: number) => void;
}

/** Verifies every chain of the ledger. Never throws for what it finds; the report says it. */
export async function verifyLedger(ledgerRoot: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const report: VerifyReport = { ok: true, entries: 0, bytes: 0, heads: [], problems: [], notes: [] };
  if (!existsSync(ledgerRoot)) report.notes.push('there is no ledger yet');
  const names = existsSync(ledgerRoot) ? readdirSync(ledgerRoot).sort() : [];
  const hashes = new Set<string>();
  const chains = names.filter((name) => chainName.test(name) && isFolder(join(ledgerRoot, name)));
  const total = chains.reduce((sum, chain) => sum + readdirSync(join(ledgerRoot, chain)).length, 0);
  for (const chain of chains) {
    const checked = await verifyChain(ledgerRoot, chain, () => options.onEntry?.(++report.entries, total));
    for (const entry of checked.entries) hashes.add(entry.hash);
    report.bytes += checked.bytes;
    const last = checked.entries.at(-1);
    if (last !== undefined)
      report.heads.push({ collector: chain, sequence: last.manifest.sequence, hash: last.hash });
    if (checked.problem !== undefined) report.problems.push(checked.problem);
  }
  report.entries = hashes.size;
  for (const name of names) checkTopLevel(ledgerRoot, name, report);
  for (const hash of options.against ?? []) checkAgainst(hash, hashes, report);
  report.ok = report.problems.length === 0;
  return report;
}

interface Checked {
  hash: string;
  manifest: Manifest;
}

interface CheckedChain {
  entries: Checked[];
  bytes: number;
  problem?: Problem;
}

/** Stops at the first problem: what comes after it cannot be trusted anyway. */
async function verifyChain(ledgerRoot: string, chain: string, onEntry: () => void): Promise<CheckedChain> {
  const result: CheckedChain = { entries: [], bytes: 0 };
  const names = readdirSync(join(ledgerRoot, chain)).sort();
  for (const name of names) {
    const relative = `${chain}/${name}`;
    try {
      const before = result.entries.at(-1);
      const entry = checkManifest(ledgerRoot, relative, before);
      result.bytes += await checkFiles(ledgerRoot, relative, entry.manifest);
      checkStored(relative, entry.manifest, result.entries);
      result.entries.push(entry);
      onEntry();
    } catch (error) {
      if (!(error instanceof Misfit)) throw error;
      result.problem = error.problem;
      return result;
    }
  }
  return result;
}

function checkManifest(ledgerRoot: string, entry: string, before: Checked | undefined): Checked {
  const folder = join(ledgerRoot, entry);
  const sequence = (before?.manifest.sequence ?? 0) + 1;
  const name = entryName.exec(entry.split('/')[1] ?? '');
  if (name === null || !isFolder(folder)) throw misfit(entry, 'does not belong in a chain');
  if (Number(name[1]) !== sequence) {
    throw misfit(entry, 'an entry is missing before this one', {
      expected: `entry ${sequence}`,
      found: `entry ${Number(name[1])}`,
    });
  }
  const bytes = readPlainFile(ledgerRoot, `${entry}/manifest.json`);
  const sidecar = readPlainFile(ledgerRoot, `${entry}/manifest.sha256`).toString('utf8');
  const hash = sha256(bytes);
  if (sidecar !== sidecarOf(hash)) {
    throw misfit(`${entry}/manifest.json`, 'does not have the hash that its sidecar states', {
      expected: sidecar.slice(0, 64),
      found: hash,
    });
  }
  const manifest = parseManifest(`${entry}/manifest.json`, bytes);
  const previous = before?.hash ?? null;
  if (manifest.previous !== previous) {
    throw misfit(`${entry}/manifest.json`, 'does not follow the entry before it', {
      expected: String(previous),
      found: String(manifest.previous),
    });
  }
  if (
    manifest.collector !== entry.split('/')[0] ||
    manifest.sequence !== sequence ||
    manifest.kind !== name[2]
  ) {
    throw misfit(entry, 'is not the entry that its manifest describes', {
      expected: `${manifest.collector}/${manifest.sequence}-${manifest.kind}`,
      found: entry,
    });
  }
  if (before !== undefined && manifest.recorded_at <= before.manifest.recorded_at) {
    throw misfit(`${entry}/manifest.json`, 'was recorded before the entry before it', {
      expected: `after ${before.manifest.recorded_at}`,
      found: manifest.recorded_at,
    });
  }
  return { hash, manifest };
}

function parseManifest(path: string, bytes: Uint8Array): Manifest {
  try {
    return Manifest.parse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)));
  } catch (error) {
    throw misfit(path, 'is not a manifest', {
      expected: 'schema version 1',
      found: String(error).slice(0, 200),
    });
  }
}

/** Every file with its hash, size and rows; none missing, none too many. Returns the bytes read. */
async function checkFiles(ledgerRoot: string, entry: string, manifest: Manifest): Promise<number> {
  const folder = join(ledgerRoot, entry);
  const expected = new Map(manifest.files.map((file) => [file.path, file]));
  const allowed = new Set(['manifest.json', 'manifest.sha256', ...expected.keys()]);
  const folders = new Set(manifest.files.some(({ path }) => path.startsWith('files/')) ? ['files'] : []);
  for (const found of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!allowed.has(found) && !(folders.has(found) && isFolder(join(folder, found)))) {
      throw misfit(`${entry}/${found}`, 'is not named in the manifest');
    }
  }
  let bytes = 0;
  for (const [path, file] of expected) {
    checkPlainFile(ledgerRoot, `${entry}/${path}`);
    const hash = await hashFile(join(folder, path));
    if (hash !== file.sha256)
      throw misfit(`${entry}/${path}`, 'was changed', { expected: file.sha256, found: hash });
    bytes += file.bytes;
  }
  await checkRows(folder, entry, manifest);
  return bytes;
}

async function checkRows(folder: string, entry: string, manifest: Manifest): Promise<void> {
  const tables = manifest.files.filter(({ rows }) => rows !== null);
  if (tables.length === 0) return;
  const counts = tables.map(
    ({ path }) => `(SELECT count(*) FROM read_parquet(${sqlText(join(folder, path))})) AS "${path}"`,
  );
  const [row] = await withDatabase(':memory:', { threads: 1 }, (connection) =>
    readRows(connection, `SELECT ${counts.join(', ')}`),
  );
  for (const { path, rows } of tables) {
    if (row?.[path] !== rows)
      throw misfit(`${entry}/${path}`, 'has another number of rows', {
        expected: String(rows),
        found: String(row?.[path]),
      });
  }
}

/** People's files must lie where the manifest says: here, or in an earlier entry of the chain. */
function checkStored(entry: string, manifest: Manifest, earlier: Checked[]): void {
  for (const file of manifest.workspace_files) {
    const holder = file.stored_in === manifest.sequence ? manifest : earlier[file.stored_in - 1]?.manifest;
    const stored = holder?.files.find(({ path }) => path === `files/${file.sha256}`);
    if (stored === undefined || stored.sha256 !== file.sha256 || stored.bytes !== file.bytes) {
      throw misfit(`${entry}/manifest.json`, `names ${file.path}, whose content is not in the record`, {
        expected: `files/${file.sha256} in entry ${file.stored_in}`,
        found: null,
      });
    }
  }
}

function checkTopLevel(ledgerRoot: string, name: string, report: VerifyReport): void {
  const path = join(ledgerRoot, name);
  if (chainName.test(name) && isFolder(path)) return;
  if (name === lockFile && lstatSync(path).isFile()) return;
  if (name === incomingFolder && isFolder(path)) {
    const left = readdirSync(path).length;
    if (left > 0)
      report.notes.push('a writer was interrupted; the next one clears what it left in .incoming');
    return;
  }
  report.problems.push({ path: name, what: 'does not belong in the ledger', expected: null, found: null });
}

function checkAgainst(hash: string, hashes: Set<string>, report: VerifyReport): void {
  const matches = /^[0-9a-f]{12,64}$/.test(hash) ? [...hashes].filter((known) => known.startsWith(hash)) : [];
  if (matches.length === 1) return;
  report.problems.push({
    path: '.',
    what:
      matches.length === 0
        ? `the record does not extend ${hash}: its end was cut off, or it was rewritten`
        : `${hash} is too short to tell entries apart`,
    expected: hash,
    found:
      report.heads.map((head) => `${head.collector} ${head.sequence} ${head.hash}`).join(', ') ||
      'an empty record',
  });
}

function readPlainFile(ledgerRoot: string, path: string): Buffer {
  checkPlainFile(ledgerRoot, path);
  return readFileSync(join(ledgerRoot, path));
}

function checkPlainFile(ledgerRoot: string, path: string): void {
  const found = lstatSync(join(ledgerRoot, path), { throwIfNoEntry: false });
  if (found === undefined) throw misfit(path, 'is missing');
  if (!found.isFile()) throw misfit(path, 'is not a plain file');
}

/** Links are never followed: what they point at is not part of the record. */
function isFolder(path: string): boolean {
  return lstatSync(path).isDirectory();
}

class Misfit extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.what);
    this.problem = problem;
  }
}

function misfit(
  path: string,
  what: string,
  details: Pick<Problem, 'expected' | 'found'> = { expected: null, found: null },
): Misfit {
  return new Misfit({ path, what, ...details });
}
