import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lane, mailbox } from '#collector/lanes.ts';

describe('a lane', () => {
  test('lets in as many as it has places, then the others in their order', async () => {
    const { enter, tryEnter } = lane(2);
    const [first, second] = [await enter(), await enter()];
    expect(tryEnter()).toBeNull();
    const order: number[] = [];
    const third = enter().then((leave) => (order.push(3), leave));
    const fourth = enter().then((leave) => (order.push(4), leave));

    first();
    first();
    await third;
    expect(order).toEqual([3]);

    second();
    await fourth;
    expect(order).toEqual([3, 4]);
    expect(tryEnter()).toBeNull();
    (await third)();
    expect(tryEnter()).not.toBeNull();
  });

  test('never holds more than its places, whatever the order of coming and going', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.nat(5), { maxLength: 30 }),
        async (places, stays) => {
          const { enter } = lane(places);
          let [inside, most, served] = [0, 0, 0];
          await Promise.all(
            stays.map(async (stay) => {
              const leave = await enter();
              most = Math.max(most, ++inside);
              for (let turn = 0; turn < stay; turn++) await Promise.resolve();
              inside--;
              served++;
              leave();
            }),
          );
          expect(most).toBeLessThanOrEqual(places);
          expect(served).toBe(stays.length);
        },
      ),
    );
  });
});

describe('a mailbox', () => {
  test('gives everything once, in order, whoever is first', async () => {
    const { put, take } = mailbox<number>();
    put(1);
    put(2);
    expect([await take(), await take()]).toEqual([1, 2]);
    const waiting = take();
    put(3);
    put(4);
    expect([await waiting, await take()]).toEqual([3, 4]);
  });
});
