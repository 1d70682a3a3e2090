/**
 * The fold: from the entries of the record to a database of findings.
 *
 * The findings are a cache: `cache/<heads>-<models>.duckdb`, named by what it was made from, so a file
 * that is there is right and can be opened read-only by anyone. It is never changed in place. A fold
 * copies the newest cache that is a beginning of the same history, adds the facts of the entries it
 * lacks, derives everything else anew, and renames the result into place.
 */
import { createHash, randomBytes } from 'node:crypto';
import { constants, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { withDatabase, readRows } from '#data/ledger/database.ts';
import type { DatabaseOptions } from '#data/ledger/database.ts';
import { syncFolder, syncFile, renameDurably } from '#data/model/durable.ts';
import { heads } from '#data/ledger/entries.ts';
import type { Entry } from '#data/ledger/entries.ts';
import { createRecordViews } from '#data/ledger/read.ts';
import { inheritComments } from './comments.ts';
import { addFacts, createFacts } from './facts.ts';
import { addFeedFacts, createFeedFacts } from './feed-facts.ts';
import { judge } from './judgement.ts';
import { hashModels, keepModels, keepPublicTables, publicTables, readModels } from './models.ts';
import type { Model } from './models.ts';

export interface Findings {
  /** The database file; open it read-only. */
  path: string;
  /** Whether it had to be made. */
  folded: 'reused' | 'extended' | 'rebuilt';
}

/** What later rooms derive from the findings, in the same file. */
export interface Stage {
  models: Model[];
  /** Whatever else decides what it makes. */
  settings: string[];
  /** Makes its tables; those of the findings and of the stages before it are there. */
  derive: (connection: DuckDBConnection, entries: Entry[]) => Promise<void>;
  /** Those of its tables that people may query and download. */
  publicTables: readonly string[];
}

export interface FoldOptions {
  /** The `cache` folder; made when missing. */
  cacheRoot: string;
  /** Entries to fold: all of them, or those known at an earlier instant. */
  entries: Entry[];
  /** Age in hours beyond which a scan proves nothing about today (semantics 4; default 72). */
  maxScanAgeHours?: number;
  /** Hours after a run at which the next one is expected (24). */
  runEveryHours?: number;
  /** Cores DuckDB may use. */
  threads?: number;
  stages?: Stage[];
}

const schema = 'findings 4';
const usualMaxScanAgeHours = 72;
const usualRunEveryHours = 24;

/** Where the findings of the given entries are, or would be. */
export function findingsPath(options: FoldOptions): string {
  const settings = [
    schema,
    String(options.maxScanAgeHours ?? usualMaxScanAgeHours),
    String(options.runEveryHours ?? usualRunEveryHours),
    ...createFacts(),
    ...addFacts(),
    ...createFeedFacts(),
    ...stagesOf(options).flatMap((stage) => stage.settings),
  ];
  const modelsHash = hashModels(allModels(options), ...settings);
  return join(options.cacheRoot, `${hashHeads(options.entries)}-${modelsHash}.duckdb`);
}

/** Makes, or finds, the findings of the given entries. */
export async function foldLedger(options: FoldOptions): Promise<Findings> {
  const maxScanAgeHours = options.maxScanAgeHours ?? usualMaxScanAgeHours;
  const path = findingsPath(options);
  if (existsSync(path)) return { path, folded: 'reused' };

  mkdirSync(options.cacheRoot, { recursive: true });
  removeLeftovers(options.cacheRoot);
  const draft = join(options.cacheRoot, `.incoming-${randomBytes(6).toString('hex')}.duckdb`);
  try {
    const base = await findBase(options, path);
    if (base !== undefined) copyFileSync(base, draft, constants.COPYFILE_FICLONE);
    await withDatabase(draft, databaseOptions(options), (connection) =>
      extend(connection, { ...options, maxScanAgeHours }),
    );
    syncFile(draft);
    renameDurably(draft, path);
    removeOthers(options.cacheRoot, path);
    return { path, folded: base === undefined ? 'rebuilt' : 'extended' };
  } finally {
    for (const leftover of [draft, `${draft}.wal`]) rmSync(leftover, { force: true });
  }
}

interface ExtendOptions extends FoldOptions {
  maxScanAgeHours: number;
}

function stagesOf({ stages }: FoldOptions): Stage[] {
  return stages ?? [];
}

/** Those of the findings, then those of the stages. */
function allModels(options: FoldOptions): Model[] {
  return [...readModels(), ...stagesOf(options).flatMap(({ models }) => models)];
}

/**
 * Not one transaction: nobody sees the draft before it is whole, and DuckDB plans joins of tables that are not
 * committed without knowing how large they are, which costs a fold of 1,000 hosts eight times the time.
 */
async function extend(connection: DuckDBConnection, options: ExtendOptions): Promise<void> {
  const [table] = await readRows(
    connection,
    "SELECT 1 FROM duckdb_tables() WHERE table_name = 'fact_entries'",
  );
  if (table === undefined) await runAll(connection, [...createFacts(), ...createFeedFacts()]);
  const added = await addEntries(connection, options.entries);
  await createRecordViews(connection, added);
  await runAll(connection, addFacts());
  await addFeedFacts(connection, options.entries);
  await createRecordViews(connection, [
    ...(await entriesOfLastReads(connection, options.entries)),
    ...options.entries.filter(({ manifest }) => manifest.kind === 'comparison'),
  ]);
  await judge(connection);
  await runAll(connection, [asOf(options)]);
  for (const { tables } of readModels()) await connection.run(tables);
  for (const stage of stagesOf(options)) await stage.derive(connection, options.entries);
  await connection.run('BEGIN TRANSACTION');
  const models = allModels(options);
  for (const { comments } of models) if (comments !== '') await connection.run(comments);
  await inheritComments(connection);
  await connection.run(keepModels(models));
  await connection.run(
    keepPublicTables([...publicTables, ...stagesOf(options).flatMap((stage) => stage.publicTables)]),
  );
  await connection.run('COMMIT');
  await connection.run('CHECKPOINT');
}

/** Returns the entries that the facts did not hold yet. */
async function addEntries(connection: DuckDBConnection, entries: Entry[]): Promise<Entry[]> {
  await connection.run('CREATE TEMP TABLE all_entries AS FROM fact_entries LIMIT 0');
  const insert = await connection.prepare(
    'INSERT INTO all_entries VALUES ($1, $2, $3, $4, $5, $6::TIMESTAMP, $7::TIMESTAMP, $8)',
  );
  for (const { manifest, hash } of entries) {
    insert.bind([
      manifest.collector,
      BigInt(manifest.sequence),
      manifest.kind,
      hash,
      manifest.previous,
      manifest.started_at,
      manifest.recorded_at,
      manifest.program.version,
    ]);
    await insert.run();
  }
  await runAll(connection, [
    'CREATE TEMP TABLE new_entries AS SELECT collector, sequence FROM all_entries WHERE hash NOT IN (SELECT hash FROM fact_entries)',
    'INSERT INTO fact_entries SELECT all_entries.* FROM all_entries JOIN new_entries USING (collector, sequence) ORDER BY recorded_at, collector, sequence',
  ]);
  const added = pickEntries(entries, await readRows(connection, 'FROM new_entries'));
  await addFiles(connection, added);
  return added;
}

/** Which of people's files were in force, by their hash; what they say is read elsewhere. */
async function addFiles(connection: DuckDBConnection, added: Entry[]): Promise<void> {
  const appender = await connection.createAppender('fact_files');
  for (const { manifest } of added) {
    for (const { path, sha256 } of manifest.workspace_files) {
      appender.appendVarchar(manifest.collector);
      appender.appendBigInt(BigInt(manifest.sequence));
      appender.appendVarchar(path);
      appender.appendVarchar(sha256);
      appender.endRow();
    }
  }
  appender.closeSync();
}

/** What models take from the record itself lies in the entries that last read some host. */
async function entriesOfLastReads(connection: DuckDBConnection, entries: Entry[]): Promise<Entry[]> {
  const rows = await readRows(
    connection,
    `SELECT DISTINCT collector, sequence FROM (
       FROM fact_scans WHERE status IN ('ok', 'partial')
       QUALIFY row_number() OVER (PARTITION BY host_id ORDER BY coalesce(observed_at, started_at) DESC, recorded_at DESC, collector) = 1)`,
  );
  return pickEntries(entries, rows);
}

function pickEntries(entries: Entry[], rows: { [column: string]: unknown }[]): Entry[] {
  const wanted = new Set(rows.map((row) => `${String(row['collector'])}/${String(row['sequence'])}`));
  return entries.filter(({ manifest }) => wanted.has(`${manifest.collector}/${manifest.sequence}`));
}

/** The instant for which the findings hold: when the record last learned something. */
function asOf({ maxScanAgeHours, runEveryHours = usualRunEveryHours }: ExtendOptions): string {
  return `CREATE OR REPLACE TABLE as_of AS
    SELECT max(recorded_at) AS instant, ${Math.trunc(maxScanAgeHours)}::BIGINT AS max_scan_age_hours, ${Math.trunc(runEveryHours)}::BIGINT AS run_every_hours
    FROM fact_entries`;
}

/** The newest cache of the same models whose entries are all among the wanted ones. */
async function findBase(options: FoldOptions, wantedPath: string): Promise<string | undefined> {
  const wanted = new Set(options.entries.map(({ hash }) => hash));
  const ending = wantedPath.slice(wantedPath.lastIndexOf('-'));
  let best: { path: string; size: number } | undefined;
  for (const name of readdirSync(options.cacheRoot)) {
    if (!name.endsWith(ending) || name.startsWith('.')) continue;
    const path = join(options.cacheRoot, name);
    const known = await readEntryHashes(path);
    if (known === undefined || !known.every((hash) => wanted.has(hash))) continue;
    if (best === undefined || known.length > best.size) best = { path, size: known.length };
  }
  return best?.path;
}

/** Undefined when the file cannot be read: it is only a cache, and will be made again. */
async function readEntryHashes(path: string): Promise<string[] | undefined> {
  try {
    return await withDatabase(path, { readOnly: true }, async (connection) =>
      (await readRows(connection, 'SELECT hash FROM fact_entries')).map((row) => String(row['hash'])),
    );
  } catch {
    return undefined;
  }
}

/** One name for a set of chains: the hash over every chain's last entry. */
function hashHeads(entries: Entry[]): string {
  const lines = heads(entries).map(({ collector, hash }) => `${collector} ${hash}\n`);
  return createHash('sha256').update(lines.sort().join('')).digest('hex').slice(0, 16);
}

function databaseOptions({ threads }: FoldOptions): DatabaseOptions {
  return threads === undefined ? {} : { threads };
}

/** Drafts of folds that were killed. A fold runs under the writer's lock, so none of them is in use. */
function removeLeftovers(cacheRoot: string): void {
  for (const name of readdirSync(cacheRoot)) {
    if (name.startsWith('.incoming-')) rmSync(join(cacheRoot, name), { recursive: true, force: true });
  }
}

/** Other caches answer no question any more; readers that have one open keep their file. */
function removeOthers(cacheRoot: string, path: string): void {
  for (const name of readdirSync(cacheRoot)) {
    const other = join(cacheRoot, name);
    if (name.endsWith('.duckdb') && other !== path) rmSync(other, { force: true });
  }
  syncFolder(cacheRoot);
}

async function runAll(connection: DuckDBConnection, statements: string[]): Promise<void> {
  for (const statement of statements) await connection.run(statement);
}
