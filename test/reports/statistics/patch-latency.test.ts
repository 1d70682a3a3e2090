import { describe, expect, test } from 'vitest';
import { generator } from '#reports/statistics/bands.ts';
import { patchLatency } from '#reports/statistics/patch-latency.ts';
import type { FollowedSpell } from '#reports/statistics/patch-latency.ts';

function spell(more: Partial<FollowedSpell>): FollowedSpell {
  return {
    entryDays: 0,
    doneNotBeforeDays: null,
    doneNotAfterDays: null,
    followedDays: 60,
    cluster: 'a',
    ...more,
  };
}
const done = (from: number, to = from, more: Partial<FollowedSpell> = {}): FollowedSpell =>
  spell({ doneNotBeforeDays: from, doneNotAfterDays: to, ...more });
const many = (count: number, one: FollowedSpell): FollowedSpell[] => Array.from({ length: count }, () => one);
const grid = Array.from({ length: 61 }, (_, day) => day);

describe('patchLatency', () => {
  test('between two scans: two curves, the gap between them', () => {
    const { points, medianEarly, medianLate } = patchLatency(
      [...many(10, done(3, 10)), ...many(10, spell({}))],
      grid,
    );
    expect(points[5]).toMatchObject({ days: 5, early: 0.5, late: 1, atRisk: 20 });
    expect(points[12]).toMatchObject({ early: 0.5, late: 0.5, atRisk: 10 });
    expect([medianEarly, medianLate]).toEqual([3, 10]);
  });

  test('pre-empted: in at day 0, and counted', () => {
    const { points, done: count } = patchLatency([...many(5, done(0)), ...many(15, spell({}))], grid);
    expect(count).toBe(5);
    expect(points[0]).toMatchObject({ days: 0, early: 0.75, late: 0.75 });
  });

  test('open for longer than anybody followed: the median is not reached', () => {
    const { medianEarly, medianLate, until, points } = patchLatency(
      [...many(3, done(5)), ...many(17, spell({ followedDays: 30 }))],
      grid,
    );
    expect([medianEarly, medianLate]).toEqual([null, null]);
    expect(until).toBe(30);
    expect(points.at(-1)?.days).toBe(30);
  });

  test('in before anybody could look: left out, and said how many', () => {
    const { leftOut, spells } = patchLatency(
      [...many(8, spell({ entryDays: 10 })), done(4, 8, { entryDays: 10 })],
      grid,
    );
    expect({ leftOut, spells }).toEqual({ leftOut: 1, spells: 8 });
  });

  test('in between the entry and a scan, or before: as early as the entry allows', () => {
    const { medianEarly, medianLate, leftOut } = patchLatency(many(8, done(2, 14, { entryDays: 10 })), grid);
    expect({ medianEarly, medianLate, leftOut }).toEqual({ medianEarly: 10.001, medianLate: 14, leftOut: 0 });
  });

  test('nobody', () => {
    expect(patchLatency([], grid)).toMatchObject({ spells: 0, until: 0, medianEarly: null });
  });

  test('weekly scans: the truth lies within the bands', () => {
    const random = generator(3);
    let [held, asked] = [0, 0];
    for (let repeat = 0; repeat < 40; repeat++) {
      const spells: FollowedSpell[] = [];
      for (let fix = 0; fix < 60; fix++) {
        const shift = 7 * random();
        for (let host = 0; host < 10; host++) {
          const days = -20 * Math.log(1 - random());
          const scan = Math.ceil((days - shift) / 7) * 7 + shift;
          spells.push(
            scan > 60
              ? spell({ cluster: String(fix) })
              : done(Math.max(0, scan - 7), scan, { cluster: String(fix) }),
          );
        }
      }
      for (const { days, low, high } of patchLatency(spells, [5, 15, 30, 45]).points) {
        asked += 1;
        if ((low ?? 1) <= Math.exp(-days / 20) && Math.exp(-days / 20) <= (high ?? 0)) held += 1;
      }
    }
    expect(asked).toBe(160);
    expect(held / asked).toBeGreaterThanOrEqual(0.92);
  });
});
