/**
 * Facts of advisory feeds. `feed_<table>` holds every row that a load of the feed brought (`present`) or no
 * longer had (not `present`), with the entry's instant: what was known when, without a copy for each load.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows, sqlText } from '#data/ledger/database.ts';
import type { Entry } from '#data/ledger/entries.ts';
import { createRecordViews } from '#data/ledger/read.ts';
import { feedContentTables, feedTables } from '#data/model/feed-tables.ts';
import type { FeedContentTable, FeedTableName } from '#data/model/feed-tables.ts';

export function createFeedFacts(): string[] {
  return [
    `CREATE TABLE fact_feed_loads (collector VARCHAR, sequence BIGINT, recorded_at TIMESTAMP, ${columnList('feed_loads')}, in_force BOOLEAN)`,
    ...feedContentTables.map(
      (name) =>
        `CREATE TABLE feed_${bare(name)} (changed_at TIMESTAMP, present BOOLEAN, ${columnList(name)})`,
    ),
  ];
}

interface Load {
  collector: string;
  sequence: number;
  recorded_at: string;
  feed: string;
  outcome: string;
  content_sha256: string | null;
  current_at: string | null;
}

/**
 * Adds the loads that are not in the facts yet. Of two contents the one that is current for longer is in
 * force, whoever loaded it: an old copy never takes the place of a newer one.
 *
 * @param entries all entries of the record
 */
export async function addFeedFacts(connection: DuckDBConnection, entries: Entry[]): Promise<void> {
  const feedEntries = entries.filter(({ manifest }) => manifest.kind === 'feed');
  if (feedEntries.length === 0) return;
  await createRecordViews(connection, feedEntries);
  for (const feed of await readRows(connection, 'SELECT DISTINCT feed FROM record_feed_loads ORDER BY feed'))
    await addFeed(connection, String(feed['feed']));
}

async function addFeed(connection: DuckDBConnection, feed: string): Promise<void> {
  const order = 'ORDER BY recorded_at, collector, sequence';
  const all = (await readRows(
    connection,
    `FROM record_feed_loads WHERE feed = ${sqlText(feed)} ${order}`,
  )) as unknown as Load[];
  let done = (await readRows(
    connection,
    `SELECT collector, sequence FROM fact_feed_loads WHERE feed = ${sqlText(feed)} ${order}`,
  )) as unknown as Load[];
  if (
    done.some(
      (load, index) => load.collector !== all[index]?.collector || load.sequence !== all[index].sequence,
    )
  ) {
    // Another collector's load was learned of late: the story is told anew.
    for (const name of ['fact_feed_loads', ...feedContentTables.map((table) => `feed_${bare(table)}`)])
      await connection.run(`DELETE FROM ${name} WHERE feed = ${sqlText(feed)}`);
    done = [];
  }
  let currentAt = await inForceAt(connection, feed);
  for (const load of all.slice(done.length)) {
    const loadedAt = load.current_at ?? load.recorded_at;
    const inForce = load.outcome !== 'failed' && (currentAt === null || loadedAt >= currentAt);
    if (inForce) currentAt = loadedAt;
    if (inForce && load.outcome === 'loaded')
      for (const name of feedContentTables) await addChanges(connection, name, load);
    await connection.run(
      `INSERT INTO fact_feed_loads SELECT *, ${inForce} FROM record_feed_loads WHERE ${isOf(load)}`,
    );
  }
}

/** Until when the content in force is known to be current. */
async function inForceAt(connection: DuckDBConnection, feed: string): Promise<string | null> {
  const [row] = await readRows(
    connection,
    `SELECT max(coalesce(current_at, recorded_at)) AS at FROM fact_feed_loads WHERE in_force AND feed = ${sqlText(feed)}`,
  );
  return (row?.['at'] as string | null | undefined) ?? null;
}

async function addChanges(connection: DuckDBConnection, name: FeedContentTable, load: Load): Promise<void> {
  const columns = Object.keys(feedTables[name].columns).join(', ');
  const table = `feed_${bare(name)}`;
  await connection.run(`
    CREATE OR REPLACE TEMP TABLE now_present AS
    SELECT ${columns} FROM ${table} WHERE feed = ${sqlText(load.feed)}
    QUALIFY row_number() OVER (PARTITION BY ${columns} ORDER BY changed_at DESC) = 1 AND present`);
  const brought = `SELECT ${columns} FROM record_${name} WHERE ${isOf(load)}`;
  const at = `TIMESTAMP ${sqlText(load.recorded_at.replace('T', ' ').replace('Z', ''))}`;
  await connection.run(`
    INSERT INTO ${table}
    SELECT ${at}, true, * FROM (${brought} EXCEPT FROM now_present)
    UNION ALL
    SELECT ${at}, false, * FROM (FROM now_present EXCEPT ${brought})
    ORDER BY ALL`);
}

function isOf({ collector, sequence, feed }: Load): string {
  return `collector = ${sqlText(collector)} AND sequence = ${sequence} AND feed = ${sqlText(feed)}`;
}

/** `feed_coverage` stays so; `advisories` becomes `feed_advisories`. */
function bare(name: FeedContentTable): string {
  return name.replace(/^feed_/, '');
}

function columnList(name: FeedTableName): string {
  return Object.entries(feedTables[name].columns)
    .map(([column, { sqlType }]) => `${column} ${sqlType}`)
    .join(', ');
}
