/** Loads of advisory feeds for stories, told in few words. */
import { createHash } from 'node:crypto';
import { appendEntry } from '#data/ledger/append.ts';
import { feedTables } from '#data/model/feed-tables.ts';
import type { FeedRow, FeedTableName } from '#data/model/feed-tables.ts';
import type { FeedId } from '#data/model/words.ts';

type Rows = { [N in FeedTableName]?: Omit<FeedRow<N>, 'feed'>[] };

export interface FeedStory {
  /** When it was loaded. */
  at: string;
  feed: FeedId;
  rows?: Rows;
  load?: Partial<FeedRow<'feed_loads'>>;
}

/** Appends a load of a feed to the record of a story. */
export async function writeFeed(
  ledgerRoot: string,
  { at, feed, rows = {}, load = {} }: FeedStory,
  collector = 'feeds',
): Promise<void> {
  const instant = new Date(at);
  await appendEntry(
    ledgerRoot,
    {
      collector,
      kind: 'feed',
      startedAt: instant,
      recordedAt: () => instant,
      programVersion: 'test',
      workspaceFiles: [],
    },
    async (tables) => {
      tables.add('feed_loads', [
        {
          feed,
          outcome: 'loaded',
          reason: null,
          source: 'url',
          location: 'https://mirror.example/list',
          content_sha256: createHash('sha256').update(JSON.stringify(rows)).digest('hex'),
          bytes: 1,
          current_at: instant.toISOString(),
          etag: null,
          last_modified: null,
          advisories: rows.advisories?.length ?? 0,
          rejected: 0,
          ...load,
        },
      ]);
      for (const name of Object.keys(feedTables) as FeedTableName[])
        tables.add(name, (rows[name] ?? []).map((row) => ({ ...row, feed })) as never);
      return {};
    },
  );
}

/** An advisory: [id, day, source, fixed version, CVEs]. */
export type Advisory = [id: string, day: string, source: string, version: string, ...cves: string[]];

/** Rows of a list of advisories for one release, complete for the year. */
export function advisoryRows(list: Advisory[], release = 'bookworm'): Rows {
  return {
    feed_coverage: [{ from_at: '2026-01-01T00:00:00.000Z', to_at: '2026-12-31T23:59:59.999Z' }],
    advisories: list.map(([advisory, day]) => ({
      advisory,
      published_not_before: `${day}T00:00:00.000Z`,
      published_not_after: `${day}T23:59:59.999Z`,
    })),
    advisory_fixes: list.map(([advisory, , source_package, fixed_version]) => ({
      advisory,
      release,
      source_package,
      status: 'fixed',
      fixed_version,
    })),
    advisory_cves: list.flatMap(([advisory, , , , ...cves]) => cves.map((cve) => ({ advisory, cve }))),
  };
}

/** What the lifecycle feed says of the release of every host of a story: supported, for years to come. */
export const supported: Rows = {
  releases: [
    {
      distribution: 'debian',
      version: '12',
      release: 'bookworm',
      released_at: '2023-06-10T00:00:00.000Z',
      support_ends_at: '2028-06-30T23:59:59.999Z',
      lts_ends_at: null,
      elts_ends_at: null,
    },
  ],
};
