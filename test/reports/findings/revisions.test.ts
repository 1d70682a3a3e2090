/** What becomes of exposures when the advisories themselves change. */
import { describe, expect, test } from 'vitest';
import { advisoryRows, writeFeed } from './feed-story.ts';
import type { Advisory } from './feed-story.ts';
import { advisory, at, daily, endOf, fixed, old, startOf } from './september.ts';
import { tell } from './story.ts';
import type { RunStory } from './story.ts';

type Row = { [column: string]: unknown };

/** Loads of the list of advisories one after the other: [day, what it says then]. */
type Loads = [number, Advisory[]][];
const corrected: Advisory = ['DSA-1-1', '2026-09-03', 'ssl', '3', 'CVE-2026-10000'];

const revisions: [string, RunStory[], Loads, Row[]][] = [
  [
    'withdrawn while it is missing: an exit, at the load that no longer names it',
    daily(old, old, old, old, old, old, old),
    [
      [4, [advisory]],
      [6, []],
    ],
    [{ status: 'advisory-withdrawn', installed_not_after: null, exited_not_after: startOf(6) }],
  ],
  [
    'withdrawn after it was in effect: that stays',
    daily(old, old, old, old, fixed, fixed),
    [
      [4, [advisory]],
      [6, []],
    ],
    [{ status: 'closed', installed_not_after: at(5) }],
  ],
  [
    'withdrawn and named again: the same spell goes on',
    daily(old, old, old, old, old, old, old),
    [
      [4, [advisory]],
      [5, []],
      [6, [advisory]],
    ],
    [{ spell: 1, status: 'open', opened_not_before: startOf(3), exited_not_after: null }],
  ],
  [
    'corrected to a later version: what had the first one lacks the second, since publication',
    daily(old, old, old, fixed, fixed, fixed),
    [
      [4, [advisory]],
      [6, [corrected]],
    ],
    [
      { fix_id: 'bookworm/ssl/2', status: 'closed' },
      { fix_id: 'bookworm/ssl/3', status: 'open', opened_not_before: startOf(3), opened_not_after: endOf(3) },
    ],
  ],
  [
    'loaded long after it was published: known late, open since publication all the same',
    daily(old, old, old, old, old, old, old, old, old),
    [[9, [advisory]]],
    [{ status: 'open', opened_not_before: startOf(3), opened_not_after: endOf(3) }],
  ],
];

describe('fixes published after the last reading of a host', () => {
  test.each<[string, RunStory[], object[], object[]]>([
    [
      'are unknown on it',
      daily(old, old, 'unreachable', 'unreachable'),
      [],
      [{ host_id: 'web', fix_id: 'bookworm/ssl/2', last_read_at: at(2) }],
    ],
    [
      'on the day of that reading: missing as far as anybody knows',
      daily(old, old, old, 'unreachable'),
      [{ status: 'open', last_confirmed_at: at(3) }],
      [],
    ],
    [
      'once it is read again, it lacked them since publication',
      daily(old, old, 'unreachable', 'unreachable', old),
      [{ status: 'open', opened_not_before: startOf(3) }],
      [],
    ],
    ['and it has left: neither', daily(old, old, null, null), [], []],
    ['that it had already: neither', daily(fixed, 'unreachable', 'unreachable', 'unreachable'), [], []],
  ])('%s', async (_, runs, exposures, unseen) => {
    const world = await tell(runs);
    await writeFeed(world.ledgerRoot, { at: startOf(9), feed: 'debian-dsa', rows: advisoryRows([advisory]) });
    expect(await world.rows("FROM exposures WHERE host_id = 'web'")).toMatchObject(exposures);
    const rows = await world.rows('FROM unseen_fixes');
    expect(rows).toMatchObject(unseen);
    expect(rows).toHaveLength(unseen.length);
  });
});

describe('advisories that change', () => {
  test.each(revisions)('%s', async (_, runs, loads, expected) => {
    const world = await tell(runs);
    for (const [day, advisories] of loads)
      await writeFeed(world.ledgerRoot, {
        at: startOf(day),
        feed: 'debian-dsa',
        rows: advisoryRows(advisories),
      });
    const found = await world.rows("FROM exposures WHERE host_id = 'web' ORDER BY fix_id, spell");
    expect(found).toMatchObject(expected);
    expect(found).toHaveLength(expected.length);
  });
});
