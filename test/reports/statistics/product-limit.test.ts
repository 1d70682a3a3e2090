import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  atRiskAt,
  productLimit,
  quantileDays,
  survivalAt,
  wasAtRisk,
} from '#reports/statistics/product-limit.ts';
import type { Item } from '#reports/statistics/product-limit.ts';

const item = (exit: number, event = true, entry = 0): Item => ({ entry, exit, event });

describe('worked by hand', () => {
  test('nobody leaves early: the share that is left', () => {
    const { points } = productLimit(
      [1, 2, 3, 4].map((day) => item(day)),
      1,
    );
    expect(points.map(({ survival }) => survival)).toEqual([0.75, 0.5, 0.25, 0]);
  });

  // Kaplan and Meier 1958, their own example: deaths at 0.8, 3.1, 5.4, 9.2; losses at 1.0, 2.7, 7.0, 12.1.
  // S = 7/8, 7/8 * 4/5, 7/8 * 4/5 * 3/4, 7/8 * 4/5 * 3/4 * 1/2.
  test('losses', () => {
    const items = [
      item(0.8),
      item(1, false),
      item(2.7, false),
      item(3.1),
      item(5.4),
      item(7, false),
      item(9.2),
      item(12.1, false),
    ];
    const { points, until } = productLimit(items, 1);
    expect(points.map(({ days, atRisk }) => [days, atRisk])).toEqual([
      [0.8, 8],
      [3.1, 5],
      [5.4, 4],
      [9.2, 2],
    ]);
    expect(points.map(({ survival }) => survival)).toEqual([
      7 / 8,
      expect.closeTo(0.7, 12),
      expect.closeTo(0.525, 12),
      expect.closeTo(0.2625, 12),
    ]);
    expect(until).toBe(12.1);
  });

  // Late entry: at 2 those that entered at 0 are at risk (3), at 5 also the two that entered at 3: 1 - 1/3, then * (1 - 1/4).
  test('late entry', () => {
    const items = [item(2), item(5), item(9, false), item(9, false, 3), item(9, false, 3)];
    expect(productLimit(items, 1).points).toEqual([
      { days: 2, atRisk: 3, events: 1, survival: 1 - 1 / 3 },
      { days: 5, atRisk: 4, events: 1, survival: (1 - 1 / 3) * (1 - 1 / 4) },
    ]);
  });

  test('at 0: what was in with its publication counts', () => {
    expect(productLimit([item(0), item(4)], 1).points).toEqual([
      { days: 0, atRisk: 2, events: 1, survival: 0.5 },
      { days: 4, atRisk: 1, events: 1, survival: 0 },
    ]);
  });

  test('one that was over when it entered says nothing', () => {
    expect(wasAtRisk(item(5, true, 5))).toBe(false);
    expect(productLimit([item(5, true, 5), item(8, true, 2)], 1).points).toEqual([
      { days: 8, atRisk: 1, events: 1, survival: 0 },
    ]);
  });

  test('a loss on the day of an event was at risk on that day', () => {
    expect(productLimit([item(3), item(3, false)], 1).points).toEqual([
      { days: 3, atRisk: 2, events: 1, survival: 0.5 },
    ]);
  });

  test('weights are so many items', () => {
    const twice = productLimit([{ ...item(1), weight: 2 }, item(2)], 1);
    expect(twice).toEqual(productLimit([item(1), item(1), item(2)], 1));
  });
});

describe('few at risk', () => {
  test('one event among few early entries does not send the curve to nought', () => {
    const items = [item(1), ...Array.from({ length: 20 }, () => item(30, false, 5))];
    const curve = productLimit(items);
    expect(curve.points).toEqual([]);
    expect(survivalAt(curve, 20)).toBe(1);
  });

  test('the curve ends where no later time has enough', () => {
    const curve = productLimit([1, 2, 3, 4, 5, 6, 7, 8].map((day) => item(day)));
    expect(curve.until).toBe(4);
    expect(survivalAt(curve, 4)).toBe(0.5);
    expect(survivalAt(curve, 4.1)).toBeNull();
    expect(quantileDays(curve, 0.5)).toBe(4);
    expect(quantileDays(curve, 0.75)).toBeNull();
  });

  test('nothing at all', () => {
    expect(productLimit([])).toEqual({ points: [], until: 0 });
  });
});

/** By definition, time by time. */
function slow(items: Item[], least: number): { days: number; survival: number }[] {
  const followed = items.filter(wasAtRisk);
  const times = [...new Set(followed.map(({ exit }) => exit))].sort((a, b) => a - b);
  let survival = 1;
  const found: { days: number; survival: number }[] = [];
  for (const days of times) {
    const atRisk = followed.filter(({ entry, exit }) => (entry === 0 || entry < days) && exit >= days).length;
    const events = followed.filter(({ exit, event }) => event && exit === days).length;
    if (events === 0 || atRisk < least) continue;
    survival *= 1 - events / atRisk;
    found.push({ days, survival });
  }
  return found;
}

const someItem = fc.record({
  entry: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 })),
  exit: fc.integer({ min: 0, max: 30 }),
  event: fc.boolean(),
});

test('agrees with the definition', () => {
  fc.assert(
    fc.property(fc.array(someItem, { maxLength: 40 }), fc.integer({ min: 1, max: 6 }), (items, least) => {
      const { points } = productLimit(items, least);
      expect(points.map(({ days }) => days)).toEqual(slow(items, least).map(({ days }) => days));
      for (const [index, { survival, atRisk, days }] of points.entries()) {
        expect(survival).toBeCloseTo(slow(items, least)[index]?.survival ?? -1, 10);
        expect(atRisk).toBe(atRiskAt(items.filter(wasAtRisk), days));
      }
    }),
    { numRuns: 3000 },
  );
});
