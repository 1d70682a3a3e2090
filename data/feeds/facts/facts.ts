/**
 * The facts that Patchledger ships, so that a first start without a network already names advisories: ids,
 * dates, source packages, fixed versions, CVE ids; no prose. One `<feed>.json.gz` for each feed, made from
 * the feed's own files by `npm run facts` (README.md).
 */
import { readFileSync, readdirSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { FeedContent, FeedRows } from '#data/feeds/feed.ts';
import { feedContentTables, feedTables } from '#data/model/feed-tables.ts';
import { feedIds } from '#data/model/words.ts';
import type { FeedId } from '#data/model/words.ts';

export interface Facts {
  feed: FeedId;
  /** SHA-256 of the upstream's content that they were made from. */
  sha256: string;
  content: FeedContent;
}

const shape = z.strictObject({
  feed: z.enum(feedIds),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  currentAt: z.iso.datetime().nullable(),
  tables: z.partialRecord(
    z.enum(feedContentTables),
    z.strictObject({
      columns: z.array(z.string()),
      rows: z.array(z.array(z.union([z.string(), z.boolean(), z.null()]))),
    }),
  ),
});

const folder = new URL('./', import.meta.url);

/** Feeds of which facts are shipped. */
export function shippedFeeds(): FeedId[] {
  const names = new Set(readdirSync(folder));
  return feedIds.filter((id) => names.has(`${id}.json.gz`));
}

export function readFacts(feed: FeedId): Facts {
  return decodeFacts(readFileSync(new URL(`${feed}.json.gz`, folder)));
}

/** The same content makes the same bytes. */
export function encodeFacts({ feed, sha256, content }: Facts): Buffer {
  const tables = Object.fromEntries(
    feedContentTables.flatMap((name) => {
      const rows = content.rows[name] as { [column: string]: string | boolean | null }[] | undefined;
      if (rows === undefined || rows.length === 0) return [];
      const columns = columnsOf(name);
      return [[name, { columns, rows: rows.map((row) => columns.map((column) => row[column] ?? null)) }]];
    }),
  );
  return gzipSync(JSON.stringify({ feed, sha256, currentAt: content.currentAt, tables }), { level: 9 });
}

export function decodeFacts(bytes: Uint8Array): Facts {
  const { feed, sha256, currentAt, tables } = shape.parse(JSON.parse(gunzipSync(bytes).toString('utf8')));
  const rows = Object.fromEntries(
    Object.entries(tables).map(([name, table]) => [
      name,
      table.rows.map((values) =>
        Object.fromEntries(table.columns.map((column, index) => [column, values[index]])),
      ),
    ]),
  ) as FeedRows;
  return { feed, sha256, content: { rows, rejections: [], currentAt } };
}

function columnsOf(name: (typeof feedContentTables)[number]): string[] {
  return Object.keys(feedTables[name].columns).filter((column) => column !== 'feed');
}
