/** What the record already knows of hosts: where their logs were read to, which events, which machines, which answers. */
import { describe, expect, test } from 'vitest';
import { readHistory } from '#data/ledger/history.ts';
import { readMachines } from '#data/ledger/machines.ts';
import type { RowOf } from '#data/model/tables.ts';
import { snapshotOf, tell } from '#test/reports/findings/story.ts';
import type { HostState, RunStory } from '#test/reports/findings/story.ts';

const day = (number: number): string => `2026-09-${String(number).padStart(2, '0')}T03:00:00.000Z`;

const state = (machine: string, ...log: NonNullable<HostState['log']>): HostState => ({
  machine,
  packages: { curl: '2' },
  log,
});
const upgradeOf = (number: number): NonNullable<HostState['log']>[number] => [
  day(number),
  'upgrade',
  'curl',
  `1.${number}`,
  '2',
];
const eventsOf = (...numbers: number[]): RowOf<'events'>[] =>
  snapshotOf('far', state('m', ...numbers.map(upgradeOf)), day(20)).events;

describe('events', () => {
  test('of a log that is read on: old ones are not asked for any more, so only the latest are remembered', async () => {
    const world = await tell([{ at: day(10), hosts: { far: state('m', upgradeOf(1), upgradeOf(9)) } }]);
    const history = await readHistory(world.entries());
    expect(history.newEvents('far', eventsOf(9, 10))).toEqual(eventsOf(10));
    expect(history.newEvents('far', eventsOf(1))).toEqual(eventsOf(1));
  });

  test('of a log that is read from its start, as by hand: all are remembered', async () => {
    const world = await tell([
      {
        at: day(10),
        hosts: { far: state('m', upgradeOf(1), upgradeOf(9)), "o'x": state('n', upgradeOf(1)) },
      },
    ]);
    const history = await readHistory(world.entries(), ['far', "o'x", 'nobody']);
    expect(history.newEvents('far', eventsOf(1, 5, 9, 10))).toEqual(eventsOf(5, 10));
    expect(
      history.newEvents(
        "o'x",
        eventsOf(1).map((event) => ({ ...event, host_id: "o'x" })),
      ),
    ).toEqual([]);
  });
});

describe('machines', () => {
  const story: RunStory[] = [
    { at: day(3), hosts: { far: state('old') } },
    { at: day(10), hosts: { far: state('new'), near: state('other') } },
    { at: day(11), readAt: day(5), hosts: { far: state('old') } },
  ];

  test('the one that was seen last counts, not the one that was recorded last', async () => {
    const world = await tell(story);
    expect((await readHistory(world.entries())).knownOf('far')?.machineId).toBe('new');
    const { byHost } = await readMachines(world.entries());
    expect([...byHost]).toEqual([
      ['far', ['old', 'new']],
      ['near', ['other']],
    ]);
  });

  test('answers are known by their hash, with the entry that took each in', async () => {
    const hash = 'ab'.repeat(32);
    const brought = { ...state('old'), scan: { bundle_sha256: hash } };
    const world = await tell([...story, { at: day(12), readAt: day(6), hosts: { far: brought } }]);
    expect([...(await readMachines(world.entries())).bundles]).toEqual([[hash, 'entry 4 of main']]);
    expect((await readMachines([])).byHost.size).toBe(0);
  });
});
