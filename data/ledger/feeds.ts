/** What the record holds of advisory feeds, for the next load. */
import type { FeedRow } from '#data/model/feed-tables.ts';
import type { FeedId } from '#data/model/words.ts';
import { readRows, withDatabase } from './database.ts';
import type { Entry } from './entries.ts';
import { createRecordViews } from './read.ts';

/** The newest load of each feed that did not fail; the content it names is in force. */
export async function lastGoodLoads(entries: Entry[]): Promise<Map<FeedId, FeedRow<'feed_loads'>>> {
  const feedEntries = entries.filter(({ manifest }) => manifest.kind === 'feed');
  if (feedEntries.length === 0) return new Map();
  return withDatabase(':memory:', {}, async (connection) => {
    await createRecordViews(connection, feedEntries);
    const rows = await readRows(
      connection,
      `SELECT * EXCLUDE (collector, sequence, recorded_at) FROM record_feed_loads WHERE outcome <> 'failed'
       QUALIFY row_number() OVER (PARTITION BY feed ORDER BY recorded_at DESC, collector, sequence DESC) = 1`,
    );
    return new Map(rows.map((row) => [row['feed'] as FeedId, row as unknown as FeedRow<'feed_loads'>]));
  });
}
