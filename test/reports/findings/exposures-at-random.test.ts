/** The models of exposures against the slow reference, over random histories. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findExposures } from './exposure-reference.ts';
import type { KnownFix } from './exposure-reference.ts';
import { advisoryRows, writeFeed } from './feed-story.ts';
import { tell } from './story.ts';
import type { Found, RunStory } from './story.ts';

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
  'host_id, incarnation, fix_id, spell, status, pre_empted, opened_not_before, opened_not_after, installed_not_before, installed_not_after, effective_not_before, effective_not_after, exited_not_before, exited_not_after';

const version = fc.integer({ min: 1, max: 4 }).map(String);
const state: fc.Arbitrary<Found> = fc.record({
  machine: fc.constantFrom('m1', 'm1', 'm1', 'm1', 'm1', 'm1', 'm2'),
  packages: fc.dictionary(fc.constantFrom('a', 'b'), version, { noNullPrototype: true }),
  mapped: fc.subarray(['a', 'b']),
  readings: fc.record({ mappings: fc.constantFrom('complete', 'partial') }) as fc.Arbitrary<{
    mappings: 'complete';
  }>,
});
const found: fc.Arbitrary<Found> = fc.oneof(
  { weight: 8, arbitrary: state },
  { weight: 1, arbitrary: fc.constant('unreachable' as const) },
);

// Hosts do not touch each other: one story holds thousands of them, each with two packages and so two histories.
const hosts = 1000;
const stories = 50;
const days = 7;

test(`they agree on ${hosts * stories * 2} random histories`, { timeout: 1_200_000 }, async () => {
  let tried = 0;
  for (let seed = 1; seed <= stories; seed++) {
    const states = fc.sample(found, { numRuns: hosts * days, seed });
    const story: RunStory[] = Array.from({ length: days }, (_, day) => ({
      at: `2026-09-0${day + 1}T03:00:00.000Z`,
      hosts: Object.fromEntries(
        Array.from({ length: hosts }, (__, host) => [
          `h${String(host).padStart(4, '0')}`,
          states[day * hosts + host] ?? null,
        ]),
      ),
    }));
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
      `SELECT ${columns} FROM exposures ORDER BY host_id, incarnation, fix_id, spell`,
    );
    const expected = findExposures(story, fixes);
    expect(derived.length, `seed ${seed}`).toBe(expected.length);
    for (const [index, row] of derived.entries()) expect(row, `seed ${seed}`).toEqual(expected[index]);
    tried += hosts * fixes.length;
  }
  expect(tried).toBe(100_000);
});
