/** Seeded simulations of which the truth is known. */
import { describe, expect, test } from 'vitest';
import { generator, survivalBands } from '#reports/statistics/bands.ts';
import type { ClusteredItem } from '#reports/statistics/bands.ts';
import { productLimit, survivalAt } from '#reports/statistics/product-limit.ts';

const hosts = 12;
const fixes = 80;
/** Days of latency, on average over all fixes. */
const scale = 20;
const horizon = 90;

interface Truth {
  items: ClusteredItem[];
  /** The same when nobody had entered late and nobody was lost. */
  whole: number[];
}

/**
 * A fleet: each fix has a pace of its own, which its hosts share (a cluster effect), hosts are followed from a
 * day of their own on, and some are lost. What was in before a host was followed is never seen.
 */
function simulate(seed: number): Truth {
  const random = generator(seed);
  const exponential = (mean: number): number => -mean * Math.log(1 - random());
  const items: ClusteredItem[] = [];
  const whole: number[] = [];
  for (let fix = 0; fix < fixes; fix++) {
    const pace = scale * (0.5 + random());
    for (let host = 0; host < hosts; host++) {
      const entry = random() < 0.5 ? 0 : 60 * random();
      const latency = exponential(pace);
      const lost = Math.min(horizon, exponential(120));
      whole.push(latency);
      if (latency <= entry && entry > 0) continue;
      const exit = Math.max(entry + 0.01, Math.min(latency, lost));
      items.push({ entry, exit, event: latency <= exit, cluster: String(fix) });
    }
  }
  return { items, whole };
}

/** E[exp(-t / pace)] over paces between 0.5 and 1.5 times the scale. */
function truth(days: number): number {
  const steps = 2000;
  let sum = 0;
  for (let step = 0; step < steps; step++) sum += Math.exp(-days / (scale * (0.5 + (step + 0.5) / steps)));
  return sum / steps;
}

const grid = [7, 14, 30, 60];

describe('95 % bands, late entry and losses included', () => {
  const repeats = 400;
  const covered = grid.map(() => 0);
  for (let repeat = 0; repeat < repeats; repeat++) {
    const { items } = simulate(1000 + repeat);
    for (const [index, band] of survivalBands(items, grid, { seed: repeat, resamples: 200 }).entries()) {
      const value = truth(band.days);
      if (band.low <= value && value <= band.high) covered[index] = (covered[index] ?? 0) + 1;
    }
  }
  test.each(grid.map((days, index) => [days, index]))(
    'hold the truth in 92 to 98 of 100 at day %i',
    (_, index) => {
      const share = (covered[index] ?? 0) / repeats;
      expect(share).toBeGreaterThanOrEqual(0.92);
      expect(share).toBeLessThanOrEqual(0.98);
    },
  );
});

describe('what other ways would say', () => {
  const samples = Array.from({ length: 30 }, (_, index) => simulate(index).items);
  const averageAt = (days: number, change: (items: ClusteredItem[]) => ClusteredItem[]): number =>
    samples.reduce((sum, items) => sum + (survivalAt(productLimit(change(items)), days) ?? 0), 0) /
    samples.length;

  test('the estimator is right on average', () => {
    for (const days of grid)
      expect(Math.abs(averageAt(days, (items) => items) - truth(days))).toBeLessThan(0.012);
  });

  test('leaving late entry out of account makes fixes look slower than they are', () => {
    const wrong = averageAt(14, (items) => items.map((item) => ({ ...item, entry: 0 })));
    expect(wrong - truth(14)).toBeGreaterThan(0.05);
  });

  test('looking at closed ones only makes them look faster', () => {
    const wrong = averageAt(30, (items) => items.filter(({ event }) => event));
    expect(truth(30) - wrong).toBeGreaterThan(0.03);
  });
});

test('the same seed gives the same bands, another seed others', () => {
  const { items } = simulate(5);
  expect(survivalBands(items, grid, { seed: 7 })).toEqual(survivalBands(items, grid, { seed: 7 }));
  expect(survivalBands(items, grid, { seed: 7 })).not.toEqual(survivalBands(items, grid, { seed: 8 }));
});

test('one kernel on 500 hosts is no narrow band', () => {
  const cluster = (name: string, days: number): ClusteredItem[] =>
    Array.from({ length: 500 }, () => ({ entry: 0, exit: days, event: true, cluster: name }));
  const items = [...cluster('a', 2), ...cluster('b', 20), ...cluster('c', 9)];
  const [band] = survivalBands(items, [5]);
  expect(band?.low).toBeLessThan(0.4);
  expect(band?.high).toBe(1);
});
