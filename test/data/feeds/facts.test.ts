/** The facts that Patchledger ships: whole, without prose, and the same bytes when made again. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeFacts, encodeFacts, readFacts, shippedFeeds } from '#data/feeds/facts/facts.ts';

/** Rows by table, as counted in the feeds' own files. */
const counts = {
  'debian-dsa': { advisories: 5513 },
  'debian-dla': { advisories: 3534 },
  'debian-elts': { advisories: 804 },
  'debian-changelogs': { security_uploads: 598 },
  kev: { exploited_cves: 1662 },
  lifecycle: { releases: 67 },
};

test('there are facts of every feed that has them', () => {
  expect(shippedFeeds().sort()).toEqual(Object.keys(counts).sort());
});

describe.each(Object.entries(counts))('%s', (id, expected) => {
  const feed = id as keyof typeof counts;
  const { content } = readFacts(feed);

  test('holds every record of the feed that it was made from', () => {
    for (const [table, rows] of Object.entries(expected))
      expect(content.rows[table as keyof typeof content.rows]).toHaveLength(rows);
  });

  test('the same facts make the same bytes', () => {
    const bytes = readFileSync(new URL(`../../../data/feeds/facts/${feed}.json.gz`, import.meta.url));
    expect(encodeFacts(decodeFacts(bytes)).equals(bytes)).toBe(true);
  });

  test('holds ids, dates and versions, but no prose', () => {
    const bytes = readFileSync(new URL(`../../../data/feeds/facts/${feed}.json.gz`, import.meta.url));
    const texts =
      gunzipSync(bytes)
        .toString()
        .match(/"[^"]*"/g) ?? [];
    expect(texts.filter((text) => /\s/.test(text))).toEqual([]);
  });
});

test('a hole in a list is no coverage', () => {
  expect(readFacts('debian-dsa').content.rows.feed_coverage).toEqual([
    { from_at: '2002-07-02T00:00:00.000Z', to_at: '2023-03-29T23:59:59.999Z' },
    { from_at: '2025-09-21T00:00:00.000Z', to_at: '2025-11-27T23:59:59.999Z' },
    { from_at: '2026-07-31T00:00:00.000Z', to_at: '2026-08-20T23:59:59.999Z' },
  ]);
});
