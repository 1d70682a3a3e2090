/** Answers that were brought by hand: recorded late, in any order, and folded by when they were given. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tell, writeRun } from './story.ts';
import type { HostState, World } from './story.ts';

const day = (number: number): string => `2026-09-${String(number).padStart(2, '0')}T03:00:00.000Z`;
const other: HostState = { packages: { sh: '1' } };

/** What was on the host that day: two updates come out, and are installed. */
function stateOf(number: number): HostState {
  return {
    packages: { curl: number >= 9 ? '2' : '1', ssl: number >= 12 ? '3' : number >= 4 ? '2' : '1' },
    offers: {
      ...(number >= 5 && number < 9 ? { curl: '2' } : {}),
      ...(number >= 6 && number < 12 ? { ssl: '3' } : {}),
    },
    log: number >= 9 ? [[day(8), 'upgrade', 'curl', '1', '2']] : [],
  };
}

/** All that is told of the host, without which entry told it. */
async function told(world: World): Promise<object[]> {
  const entry = ['collector', 'sequence', 'recorded_at', 'known_at'];
  const tables = ['update_spells', 'package_timeline', 'install_events', 'exposures', 'host_releases'];
  const found: object[] = [];
  for (const table of tables) {
    const rows = await world.rows(`SELECT * FROM ${table} WHERE host_id = 'far' ORDER BY ALL`);
    found.push(rows.map((row) => Object.entries(row).filter(([column]) => !entry.includes(column))));
  }
  return found;
}

/** The same answers, recorded in that order; the last entry is of the same instant for all orders. */
async function recorded(order: number[]): Promise<World> {
  const brought = order.map((number, index) => ({
    at: `2026-09-20T0${index}:00:00.000Z`,
    readAt: day(number),
    hosts: { far: stateOf(number) },
  }));
  return tell(brought);
}

describe('an answer that was brought late', () => {
  test('narrows the bounds as if it had been there in time', async () => {
    const world = await tell([
      { at: day(2), hosts: { far: stateOf(2) } },
      { at: day(10), hosts: { far: stateOf(10) } },
    ]);
    const spell = `SELECT opened_not_before, opened_not_after FROM update_spells WHERE host_id = 'far' AND package = 'ssl'`;
    expect(await world.rows(spell)).toEqual([{ opened_not_before: day(2), opened_not_after: day(10) }]);

    await writeRun(world.ledgerRoot, 'main', { at: day(11), readAt: day(7), hosts: { far: stateOf(7) } });

    expect(await world.rows(spell)).toEqual([{ opened_not_before: day(2), opened_not_after: day(7) }]);
    const [host] = await world.rows(
      `SELECT last_read_at, last_read_transport FROM hosts WHERE host_id = 'far'`,
    );
    expect(host).toMatchObject({ last_read_at: day(10) });
  });

  test('is known from when it was recorded: the record of before says what it said', async () => {
    const world = await tell([{ at: day(10), hosts: { far: stateOf(10) } }]);
    const before = world.entries();
    const said = await world.rows('FROM update_spells ORDER BY ALL', before);

    await writeRun(world.ledgerRoot, 'main', { at: day(11), readAt: day(7), hosts: { far: stateOf(7) } });

    expect(await world.rows('FROM update_spells ORDER BY ALL', before)).toEqual(said);
    expect(await world.rows('FROM update_spells ORDER BY ALL')).not.toEqual(said);
  });

  test('whatever the order in which several are recorded, the findings are the same', async () => {
    const days = [2, 5, 7, 10, 13];
    const expected = await told(await recorded(days));
    expect(expected.flat().length).toBeGreaterThan(5);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(days, { minLength: days.length }), async (order) => {
        expect(await told(await recorded(order))).toEqual(expected);
      }),
      { numRuns: 4 },
    );
  }, 120_000);

  test('recorded in the order of a rebuild, a machine that is gone stays the one before', async () => {
    const world = await tell([
      { at: day(3), hosts: { far: { ...stateOf(3), machine: 'old' } } },
      { at: day(10), hosts: { far: { ...stateOf(10), machine: 'new' } } },
      { at: day(11), readAt: day(5), hosts: { far: { ...stateOf(5), machine: 'old' } } },
    ]);
    const rows = await world.rows(`SELECT machine_id, incarnation FROM scans ORDER BY happened_at`);
    expect(rows.map((row) => [row['machine_id'], row['incarnation']])).toEqual([
      ['old', 1],
      ['old', 1],
      ['new', 2],
    ]);
    expect(await world.rows(`SELECT incarnation FROM hosts WHERE host_id = 'far'`)).toEqual([
      { incarnation: 2 },
    ]);
  });
});

describe('how such a host stands', () => {
  const standing = async (world: World) =>
    (await world.rows(`SELECT standing, last_read_at, last_attempt_at FROM hosts WHERE host_id = 'far'`))[0];

  test('it is in the inventory of an import alone, without any scan', async () => {
    const world = await tell([{ at: day(10), readAt: day(9), hosts: { far: stateOf(9) } }]);
    expect(await standing(world)).toEqual({
      standing: 'read',
      last_read_at: day(9),
      last_attempt_at: day(9),
    });
    expect(await world.rows('SELECT kind, hosts_tried, hosts_read FROM runs')).toEqual([
      { kind: 'import', hosts_tried: 1, hosts_read: 1 },
    ]);
  });

  test('it goes stale by the age of the answer, not by when it was brought', async () => {
    const brought = { at: day(10), readAt: day(9), hosts: { far: stateOf(9) } };
    const fresh = await tell([brought, { at: day(11), readAt: day(11), hosts: { far: stateOf(9) } }]);
    expect(await standing(fresh)).toMatchObject({ standing: 'read' });
    const old = await tell([{ ...brought, at: day(20) }]);
    expect(await standing(old)).toMatchObject({ standing: 'stale', last_read_at: day(9) });
  });

  test('an answer from before a failed scan does not say that the host answers again', async () => {
    const world = await tell([
      { at: day(8), hosts: { far: stateOf(8) } },
      { at: day(10), hosts: { far: 'unreachable' } },
      { at: day(11), readAt: day(9), hosts: { far: stateOf(9) } },
    ]);
    expect(await standing(world)).toEqual({
      standing: 'stale',
      last_read_at: day(9),
      last_attempt_at: day(10),
    });
  });

  test('scans that do not try it are no failures of it', async () => {
    const world = await tell([
      { at: day(9), readAt: day(8), hosts: { far: stateOf(8) } },
      { at: day(10), hosts: { near: other } },
    ]);
    const [host] = await world.rows(`SELECT failed_scans, failing_since FROM hosts WHERE host_id = 'far'`);
    expect(host).toEqual({ failed_scans: 0, failing_since: null });
  });
});
