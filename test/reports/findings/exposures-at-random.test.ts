/** The models of exposures against the slow reference, over random histories. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findExposures } from './exposure-reference.ts';
import type { KnownFix } from './exposure-reference.ts';
import { advisoryRows, writeFeed } from './feed-story.ts';
import { days, life, storyOf } from './random-estate.ts';
import { tell } from './story.ts';

const fixes: KnownFix[] = [
  {
    source: 'a',
    version: 3,
    publishedNotBefore: '2026-09-03T00:00:00.000Z',
    publishedNotAfter: '2026-09-03T23:59:59.999Z',
  },
  {
    source: 'b',
    version: 2,
    publishedNotBefore: '2026-09-05T00:00:00.000Z',
    publishedNotAfter: '2026-09-05T23:59:59.999Z',
  },
];
const columns =
  'host_id, incarnation, fix_id, spell, status, reason, pre_empted, opened_not_before, opened_not_after, installed_not_before, installed_not_after, effective_not_before, effective_not_after, exited_not_before, exited_not_after';

// Hosts do not touch each other: one story holds thousands of them, each with two packages and so two histories.
const hosts = 1000;
const stories = 50;

test(
  `they agree on ${hosts * stories * 2} random histories of ${days} days`,
  { timeout: 1_200_000 },
  async () => {
    const seen = new Map<string, number>();
    for (let seed = 1; seed <= stories; seed++) {
      const lives = fc.sample(life, { numRuns: hosts, seed });
      const story = storyOf(
        Object.fromEntries(lives.map((one, host) => [`h${String(host).padStart(4, '0')}`, one])),
      );
      const world = await tell(story);
      await writeFeed(world.ledgerRoot, {
        at: '2026-09-29T00:00:00.000Z',
        feed: 'debian-dsa',
        rows: advisoryRows([
          ['DSA-1-1', '2026-09-03', 'a', '3'],
          ['DSA-2-1', '2026-09-05', 'b', '2'],
        ]),
      });
      const derived = await world.rows(
        `SELECT ${columns} FROM exposures WHERE fix_id IN ('bookworm/a/3', 'bookworm/b/2') ORDER BY host_id, incarnation, fix_id, spell`,
      );
      const expected = findExposures(story, fixes);
      for (const [index, row] of expected.entries())
        expect(
          derived[index],
          `seed ${seed}, ${JSON.stringify(story.map((run) => run.hosts[row.host_id]))}`,
        ).toEqual(row);
      expect(derived.length, `seed ${seed}`).toBe(expected.length);
      for (const { status } of expected) seen.set(status, (seen.get(status) ?? 0) + 1);
    }
    // Every way in which an exposure can stand has been there, often.
    expect([...seen.keys()].sort()).toEqual([
      'closed',
      'host-rebuilt',
      'host-retired',
      'installed-effect-unknown',
      'installed-not-effective',
      'open',
      'package-removed',
    ]);
    expect(Math.min(...seen.values())).toBeGreaterThan(500);
  },
);
