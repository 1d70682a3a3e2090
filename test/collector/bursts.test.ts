/** Starts that are let through a few at a time. */
import { setImmediate as turnOver } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { bursts } from '#collector/transport/bursts.ts';

test('those that wait go through in their order, at most so many in a turn of the event loop', async () => {
  const turn = bursts(3);
  const through: number[] = [];
  const all = Array.from({ length: 7 }, async (_, n) => {
    await turn();
    through.push(n);
  });
  expect(through).toEqual([]);
  const seen: number[] = [];
  while (through.length < 7) {
    await turnOver();
    seen.push(through.length);
  }
  await Promise.all(all);
  expect(through).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(seen.filter((count, index) => count > (seen[index - 1] ?? 0))).toEqual([3, 6, 7]);
});

test('who comes when nobody waits any more has a turn too', async () => {
  const turn = bursts(2);
  let through = 0;
  for (const together of [1, 3, 1]) {
    await Promise.all(Array.from({ length: together }, () => turn().then(() => through++)));
  }
  expect(through).toBe(5);
});
