import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Exposure } from '#reports/reading.ts';
import { drawTimeline, stretchesOf } from '#site/timeline.ts';

const none = {
  status: 'open',
  pre_empted: false,
  opened_not_before: null,
  opened_not_after: null,
  installed_not_before: null,
  installed_not_after: null,
  effective_not_before: null,
  effective_not_after: null,
  exited_not_before: null,
  exited_not_after: null,
  last_confirmed_at: null,
} as const;

function day(number: number): string {
  return new Date(Date.UTC(2026, 9, number)).toISOString();
}

const [start, end] = [Date.parse(day(1)), Date.parse(day(31))];

/** A spell's stretches in days of October. */
function said(dates: Partial<Parameters<typeof stretchesOf>[0]>): string {
  const toDay = (instant: number): number => 1 + (instant - start) / 86_400_000;
  return stretchesOf({ ...none, ...dates }, start, end)
    .filter(({ from, to }) => to > from)
    .map(({ kind, from, to }) => `${kind} ${toDay(from)}–${toDay(to)}`)
    .join(', ');
}

describe('one spell', () => {
  test.each<[string, Parameters<typeof said>[0], string]>([
    [
      'missing, seen until a reading, and since then by nobody',
      { opened_not_before: day(3), opened_not_after: day(5), last_confirmed_at: day(20) },
      'maybe 3–5, missing 5–20, unconfirmed 20–31',
    ],
    [
      'nobody knows since when',
      { opened_not_after: day(5), last_confirmed_at: day(31) },
      'maybe 1–5, missing 5–31',
    ],
    [
      'installed by the log, in effect by the boot',
      {
        status: 'closed',
        opened_not_before: day(3),
        opened_not_after: day(3),
        installed_not_before: day(10),
        installed_not_after: day(10),
        effective_not_before: day(12),
        effective_not_after: day(14),
      },
      'missing 3–10, not-effective 10–12, maybe 12–14',
    ],
    [
      'installed between two scans, and not in effect',
      {
        status: 'installed-not-effective',
        opened_not_before: day(3),
        opened_not_after: day(3),
        installed_not_before: day(10),
        installed_not_after: day(17),
      },
      'missing 3–10, maybe 10–17, not-effective 17–31',
    ],
    [
      'installed with unknown effect',
      {
        status: 'installed-effect-unknown',
        opened_not_before: day(3),
        opened_not_after: day(3),
        installed_not_before: day(10),
        installed_not_after: day(10),
      },
      'missing 3–10, effect-unknown 10–31',
    ],
    [
      'removed',
      {
        status: 'package-removed',
        opened_not_before: day(3),
        opened_not_after: day(3),
        exited_not_before: day(8),
        exited_not_after: day(9),
        last_confirmed_at: day(8),
      },
      'missing 3–8, maybe 8–9',
    ],
  ])('%s', (_name, dates, stretches) => {
    expect(said(dates)).toBe(stretches);
  });
});

describe('the axis', () => {
  const exposure = (fix: string, dates: object): Exposure =>
    ({ ...none, fix_id: fix, source: fix, ...dates }) as unknown as Exposure;

  test('begins with the first spell and ends now; spells of one fix share a row', () => {
    const timeline = drawTimeline(
      [
        exposure('a', { opened_not_before: day(21), opened_not_after: day(21), last_confirmed_at: day(31) }),
        exposure('b', { opened_not_before: day(11), opened_not_after: day(11), last_confirmed_at: day(31) }),
        exposure('a', {
          opened_not_before: day(16),
          opened_not_after: day(16),
          exited_not_before: day(18),
          exited_not_after: day(18),
        }),
      ],
      day(31),
      10,
    );
    expect(timeline?.marks).toEqual([day(11), day(21), day(31)]);
    expect(timeline?.rows.map(({ exposure: { fix_id }, stretches }) => [fix_id, stretches])).toEqual([
      [
        'a',
        [
          { kind: 'missing', from: 500, width: 500 },
          { kind: 'missing', from: 250, width: 100 },
        ],
      ],
      ['b', [{ kind: 'missing', from: 0, width: 1000 }]],
    ]);
  });

  test('is at most two years long, and nothing without spells', () => {
    const old = exposure('a', { opened_not_before: '2019-01-01T00:00:00.000Z', opened_not_after: day(1) });
    expect(drawTimeline([old], day(31), 10)?.marks[0]).toBe('2024-10-31T00:00:00.000Z');
    expect(drawTimeline([], day(31), 10)).toBeNull();
    expect(drawTimeline([{ ...old, pre_empted: true }], day(31), 10)).toBeNull();
  });

  test('shows no more rows than asked for', () => {
    const many = Array.from({ length: 30 }, (_, index) =>
      exposure(`f${index}`, { opened_not_after: day(5) }),
    );
    expect(drawTimeline(many, day(31), 24)?.rows).toHaveLength(24);
  });

  test('whatever the dates, every stretch lies on it', () => {
    const instant = fc.option(fc.integer({ min: -800, max: 900 }).map(day));
    const dates = fc.record({
      opened_not_before: instant,
      opened_not_after: fc.integer({ min: -800, max: 31 }).map(day),
      installed_not_before: instant,
      installed_not_after: instant,
      effective_not_before: instant,
      effective_not_after: instant,
      exited_not_before: instant,
      exited_not_after: instant,
      last_confirmed_at: instant,
    });
    fc.assert(
      fc.property(dates, (some) => {
        for (const { stretches } of drawTimeline([exposure('a', some)], day(31), 1)?.rows ?? []) {
          for (const { from, width } of stretches) {
            expect(from).toBeGreaterThanOrEqual(0);
            expect(width).toBeGreaterThan(0);
            expect(from + width).toBeLessThanOrEqual(1000);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
