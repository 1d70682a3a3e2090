/** Comparisons of the population in the findings: which are in force, how old, and what changed since. */
import { describe, expect, test } from 'vitest';
import { verifyLedger } from '#data/ledger/verify.ts';
import { knownAt } from '#reports/derive.ts';
import { writeComparison } from './comparison-story.ts';
import type { ComparisonStory } from './comparison-story.ts';
import { tell, writeRun } from './story.ts';
import type { World } from './story.ts';

const read = { packages: { sh: '1' } };
const at = (day: number): string => `2026-09-${String(day).padStart(2, '0')}T03:00:00.000Z`;
const hosts = { web1: '192.0.2.1', web2: null, db: 'db.example' };

async function world(...stories: Partial<ComparisonStory>[]): Promise<World> {
  const told = await tell([{ at: at(1), hosts: { web1: read, web2: read, db: read } }]);
  for (const [index, story] of stories.entries())
    await writeComparison(told.ledgerRoot, {
      at: at(index + 2),
      source: 'CMDB',
      dated: '2026-09-01',
      csv: 'name,ip,status\nweb1,,\nshop,192.0.2.7,\nold,,retired\nweb2,,retired\n',
      hosts,
      ...story,
    });
  return told;
}

describe('a comparison', () => {
  test('is an entry of the record, with both differences and numbers that sum', async () => {
    const { rows, ledgerRoot } = await world({});
    const [line] = await rows('FROM comparisons');

    expect(await verifyLedger(ledgerRoot)).toMatchObject({ ok: true, entries: 2 });
    expect(line).toMatchObject({
      source: 'CMDB',
      dated: '2026-09-01',
      in_force: true,
      is_old: false,
      columns_used: ['name: name', 'address: ip', 'status: status'],
      rows: 4,
      retired_rows: 2,
      unusable_rows: 0,
      hosts: 3,
      in_both: 1,
      only_here: 1,
      retired_there: 1,
      ambiguous_hosts: 0,
      only_there: 1,
      ambiguous_rows: 0,
      listed_since: 0,
    });
    expect(await rows('SELECT name, addresses, outcome, listed_since FROM only_there')).toEqual([
      { name: 'shop', addresses: ['192.0.2.7'], outcome: 'only-there', listed_since: null },
    ]);
    expect(await rows('SELECT host_id, outcome, owner, listed_now FROM only_here')).toEqual([
      { host_id: 'db', outcome: 'only-here', owner: 'team', listed_now: true },
      { host_id: 'web2', outcome: 'retired-there', owner: 'team', listed_now: true },
    ]);
  });

  test('without one there is none, and nothing differs', async () => {
    const { rows } = await world();

    expect(
      await rows(
        'SELECT (SELECT count(*) FROM comparisons) AS a, (SELECT count(*) FROM only_there) AS b, (SELECT count(*) FROM only_here) AS c',
      ),
    ).toEqual([{ a: 0, b: 0, c: 0 }]);
  });

  test('a newer one with the same list replaces it; one with another list stands beside it', async () => {
    const { rows } = await world(
      {},
      { csv: 'name\nweb1\nweb2\ndb\n' },
      { source: 'AWS', csv: 'name\nweb1\ncloud\n' },
    );

    expect(await rows('SELECT source, sequence, in_force FROM comparisons ORDER BY sequence')).toEqual([
      { source: 'CMDB', sequence: 1, in_force: false },
      { source: 'CMDB', sequence: 2, in_force: true },
      { source: 'AWS', sequence: 3, in_force: true },
    ]);
    expect(await rows('SELECT source, name FROM only_there')).toEqual([{ source: 'AWS', name: 'cloud' }]);
    expect(await rows('SELECT source, host_id FROM only_here')).toEqual([
      { source: 'AWS', host_id: 'db' },
      { source: 'AWS', host_id: 'web2' },
    ]);
  });

  test('as of a past day the one of that day is in force', async () => {
    const { rows, entries } = await world({}, { csv: 'name\nweb1\nweb2\ndb\n' });
    const then = knownAt(entries(), at(2));

    expect(await rows('SELECT sequence, only_there FROM comparisons WHERE in_force', then)).toEqual([
      { sequence: 1, only_there: 1 },
    ]);
    expect(await rows('SELECT sequence, only_there FROM comparisons WHERE in_force')).toEqual([
      { sequence: 2, only_there: 0 },
    ]);
    expect(await rows('SELECT count(*) AS n FROM comparisons', knownAt(entries(), at(1)))).toEqual([
      { n: 0 },
    ]);
  });

  test('a list of more than 90 days is old, by the day of the list and not of the comparison', async () => {
    const { rows } = await world({ dated: '2026-06-03', source: 'a' }, { dated: '2026-06-05', source: 'b' });

    // The record last learned something on 3 September, 03:00.
    expect(await rows('SELECT source, is_old FROM comparisons ORDER BY source')).toEqual([
      { source: 'a', is_old: true },
      { source: 'b', is_old: false },
    ]);
  });

  test('what changed in the inventory since is told beside it', async () => {
    const told = await world({});
    await writeRun(told.ledgerRoot, 'main', { at: at(5), hosts: { web1: read, web2: read, shop: read } });

    expect(await told.rows('SELECT in_both, only_there, listed_since FROM comparisons')).toEqual([
      { in_both: 1, only_there: 1, listed_since: 1 },
    ]);
    expect(await told.rows('SELECT name, listed_since FROM only_there')).toEqual([
      { name: 'shop', listed_since: 'shop' },
    ]);
    expect(await told.rows('SELECT host_id, listed_now FROM only_here')).toEqual([
      { host_id: 'db', listed_now: false },
      { host_id: 'web2', listed_now: true },
    ]);
  });

  test('hosts that only their own word tells are named', async () => {
    const { rows } = await world({ csv: 'name\nweb1\nsrv-9\n', hostnames: { db: 'srv-9', web1: 'srv-9' } });

    expect(await rows('SELECT in_both, by_own_word FROM comparisons')).toEqual([
      { in_both: 2, by_own_word: ['db'] },
    ]);
  });

  test('a host that no run has listed yet is no host of the pages', async () => {
    const { rows } = await world({ hosts: { ...hosts, later: null } });

    expect(await rows("SELECT listed_now, owner FROM only_here WHERE host_id = 'later'")).toEqual([
      { listed_now: null, owner: null },
    ]);
  });
});
