/** One attempt to load a feed: from the shipped facts, a file or an address, to rows of the record. */
import { readFacts } from '#data/feeds/facts/facts.ts';
import { FeedDamaged } from '#data/feeds/feed.ts';
import type { Feed, FeedContent } from '#data/feeds/feed.ts';
import { feeds } from '#data/feeds/registry.ts';
import { clean } from '#data/model/clean.ts';
import { feedContentTables } from '#data/model/feed-tables.ts';
import type { FeedRow, FeedTableName } from '#data/model/feed-tables.ts';
import type { FeedId } from '#data/model/words.ts';
import { download, withoutLogin } from './download.ts';
import { gatherPath } from './files.ts';

/** Where a feed is to come from. */
export type FeedPlace =
  | { source: 'shipped' }
  /** @param path absolute */
  | { source: 'file'; path: string }
  | { source: 'url'; url: URL };

/** The rows of one load, for an entry of the record. */
export type LoadRows = { [N in FeedTableName]: FeedRow<N>[] };

/** The newest good load of a feed, by the record. */
export type GoodLoad = Pick<
  FeedRow<'feed_loads'>,
  'content_sha256' | 'etag' | 'last_modified' | 'location' | 'advisories' | 'bytes' | 'current_at'
>;

export interface LoadOptions {
  place: FeedPlace;
  /** What is in force; undefined before the first good load. */
  last: GoodLoad | undefined;
  /** Take a copy that holds much less than the last good one. */
  allowShrinking?: boolean;
  now: Date;
  timeoutMs?: number;
}

const usualTimeoutMs = 120_000;
/** A copy that lost more than this share of its records is not whole. */
const mostLost = 0.1;
/** A live list that had no news for so long is taken for a copy that no longer moves. */
const mostQuietDays = 14;

/** Never throws: what went wrong is a load that failed, and the last good content stays in force. */
export async function loadFeed(id: FeedId, options: LoadOptions): Promise<LoadRows> {
  const feed = feeds[id];
  try {
    return await load(feed, options);
  } catch (error) {
    if (!(error instanceof FeedDamaged)) throw error;
    return rowsOf(feed, { ...describe(options), outcome: 'failed', reason: clean(error.message, 300) });
  }
}

/** What a load has that got as far as content. */
interface Content {
  sha256: string;
  bytes: number;
  content: FeedContent;
  currentAt: string | null;
  etag: string | null;
  lastModified: string | null;
}

async function load(feed: Feed, options: LoadOptions): Promise<LoadRows> {
  const { last } = options;
  const got = await get(feed, options);
  if (got === null) {
    // The server says that nothing changed: what is in force is as current as this answer.
    const { now } = options;
    return rowsOf(feed, {
      ...describe(options),
      ...kept(last),
      outcome: 'unchanged',
      current_at: now.toISOString(),
    });
  }
  const advisories = countRecords(got.content);
  const row = {
    ...describe(options),
    content_sha256: got.sha256,
    bytes: got.bytes,
    current_at: got.currentAt,
    etag: got.etag,
    last_modified: got.lastModified,
    advisories,
    rejected: got.content.rejections.length,
  };
  if (last?.content_sha256 === got.sha256) return rowsOf(feed, { ...row, outcome: 'unchanged' });
  if (last !== undefined && advisories < last.advisories * (1 - mostLost) && options.allowShrinking !== true)
    throw new FeedDamaged(
      `holds ${advisories} records where the last good copy held ${last.advisories}; --allow-shrinking takes it all the same`,
    );
  return rowsOf(feed, { ...row, outcome: 'loaded' }, got.content);
}

/** Null when a server says that what is in force has not changed. */
async function get(feed: Feed, { place, last, now, timeoutMs }: LoadOptions): Promise<Content | null> {
  if (place.source === 'shipped') {
    const { sha256, content } = readFacts(feed.id);
    return { sha256, content, bytes: 0, currentAt: content.currentAt, etag: null, lastModified: null };
  }
  if (place.source === 'file') {
    const { files, sha256, bytes, changedAt } = await gatherPath(place.path, feed.maxBytes);
    const content = feed.parse(files);
    return {
      sha256,
      bytes,
      content,
      currentAt: content.currentAt ?? changedAt,
      etag: null,
      lastModified: null,
    };
  }
  const sameAddress = last?.location === locationOf(place);
  const { gathered, etag, lastModified } = await download(place.url, {
    maxBytes: feed.maxBytes,
    known: sameAddress && last !== undefined ? { etag: last.etag, lastModified: last.last_modified } : null,
    timeoutMs: timeoutMs ?? usualTimeoutMs,
  });
  if (gathered === null) return null;
  const content = feed.parse(gathered.files);
  const { sha256, bytes } = gathered;
  return { sha256, bytes, content, currentAt: currentAtOfLive(content, now), etag, lastModified };
}

/** An address gives what is current now, unless its news have dried up. */
function currentAtOfLive({ currentAt }: FeedContent, now: Date): string {
  if (currentAt === null) return now.toISOString();
  const quietDays = (now.getTime() - Date.parse(currentAt)) / 86_400_000;
  return quietDays > mostQuietDays ? currentAt : now.toISOString();
}

function describe({ place }: LoadOptions): Omit<FeedRow<'feed_loads'>, 'feed' | 'outcome'> {
  return {
    reason: null,
    source: place.source,
    location: locationOf(place),
    content_sha256: null,
    bytes: null,
    current_at: null,
    etag: null,
    last_modified: null,
    advisories: 0,
    rejected: 0,
  };
}

function kept(last: GoodLoad | undefined): Partial<FeedRow<'feed_loads'>> {
  if (last === undefined) return {};
  const { content_sha256, etag, last_modified, advisories, bytes } = last;
  return { content_sha256, etag, last_modified, advisories, bytes };
}

function locationOf(place: FeedPlace): string {
  if (place.source === 'shipped') return 'shipped with Patchledger';
  return clean(place.source === 'file' ? place.path : withoutLogin(place.url).href, 300);
}

function countRecords({ rows }: FeedContent): number {
  const { advisories, security_uploads, cve_statuses, exploited_cves, releases } = rows;
  return [advisories, security_uploads, cve_statuses, exploited_cves, releases]
    .map((list) => list?.length ?? 0)
    .reduce((sum, length) => sum + length, 0);
}

function rowsOf(feed: Feed, load: Omit<FeedRow<'feed_loads'>, 'feed'>, content?: FeedContent): LoadRows {
  const named = <T extends object>(rows: T[]): (T & { feed: FeedId })[] =>
    rows.map((row) => ({ ...row, feed: feed.id }));
  const tables = Object.fromEntries(
    feedContentTables.map((name) => [name, named<object>(content?.rows[name] ?? [])]),
  ) as unknown as LoadRows;
  return {
    ...tables,
    feed_loads: [{ ...load, feed: feed.id }],
    feed_rejections: named(content?.rejections ?? []),
  };
}
