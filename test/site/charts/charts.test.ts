import { describe, expect, test } from 'vitest';
import type { ExposureWeek, RunLine } from '#reports/reading.ts';
import { drawChart } from '#site/charts/draw.ts';
import { dayAxis, monthTicks, niceTop } from '#site/charts/scales.ts';

const point = { atRisk: 20, low: 0.2, high: 0.9 };
const latency = {
  spells: 40,
  done: 30,
  leftOut: 0,
  fixes: 12,
  points: [
    { ...point, days: 0, early: 1, late: 1 },
    { ...point, days: 10, early: 0.4, late: 0.6 },
  ],
  medianEarly: 10,
  medianLate: null,
  until: 10,
};

const weeks: ExposureWeek[] = ['2026-10-26', '2026-11-02', '2026-11-09'].map((week, index) => ({
  week,
  retrospective: index === 0,
  opening: 0,
  arrived: 6,
  found: 2,
  reopened: 0,
  fixed: 4,
  exited: 0,
  closing: 8,
  closing_exploited: 1,
  host_days: 40,
  host_days_confirmed: 30,
}));

const runs = [
  { started_at: '2026-11-21T03:17:00.000Z', population: 10, hosts_read: 8, hosts_partly_read: 0 },
  { started_at: '2026-11-22T03:17:00.000Z', population: 10, hosts_read: 6, hosts_partly_read: 2 },
  { started_at: '2026-11-23T03:17:00.000Z', population: 8, hosts_read: 8, hosts_partly_read: 0 },
] as RunLine[];

describe('pictures', () => {
  test('every chart is one named picture without style, script or id of its own', async () => {
    const svgs = await Promise.all([
      drawChart((charts) => ({
        label: 'Latency & bounds',
        chart: charts.latencyChart({
          installed: latency,
          effective: latency,
          days: 30,
          dayTicks: [0, 10, 20, 30],
        }),
      })),
      drawChart((charts) => ({ label: 'Moved', chart: charts.cameAndWentChart(weeks) })),
      drawChart((charts) => ({ label: 'Missing', chart: charts.missingChart(weeks) })),
      drawChart((charts) => ({ label: 'Days', chart: charts.hostDaysChart(weeks) })),
      drawChart((charts) => ({ label: 'Runs', chart: charts.coverageChart(runs) })),
    ]);
    expect(svgs).toHaveLength(5);
    for (const svg of svgs) {
      expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 440 220"[^>]*role="img" aria-label="/);
      expect(svg).not.toMatch(/style=|<script|tabindex|class=| id="(?!hatch-)/);
      expect(svg.match(/<path|<rect/g)?.length).toBeGreaterThan(3);
      expect(svg.length).toBeLessThan(8000);
    }
    expect(svgs[0]).toContain('aria-label="Latency &amp; bounds"');
    expect(svgs[0]).toContain('>in effect<');
    expect(svgs[0]).toContain('>installed<');
  });

  test('bars are as high as their numbers, upwards and downwards', async () => {
    const svg = await drawChart((charts) => ({ label: 'Moved', chart: charts.cameAndWentChart(weeks) }));
    const bars = /<path fill="(var\(--alert\)|var\(--good\))" d="M [\d.]+,[\d.]+ h [\d.]+ v (-?[\d.]+)/g;
    const heights = [...svg.matchAll(bars)].map(([, fill, height]) => [fill, Number(height)] as const);
    const came = heights.filter(([fill]) => fill === 'var(--alert)').map(([, height]) => Math.abs(height));
    const went = heights.filter(([fill]) => fill === 'var(--good)').map(([, height]) => Math.abs(height));
    expect(came).toHaveLength(3);
    expect(went).toHaveLength(3);
    expect((came[0] ?? 0) / (went[0] ?? 1)).toBeCloseTo(6 / 4, 1);
  });

  test('a run is as high as its population, with what was not read hatched on top', async () => {
    const svg = await drawChart((charts) => ({ label: 'Runs', chart: charts.coverageChart(runs) }));
    // Three runs read something; the first two left something, the second read something in part.
    expect(svg.match(/fill="var\(--good\)"/g)).toHaveLength(3);
    expect(svg.match(/fill="url\(#hatch-days\)"/g)).toHaveLength(2);
    expect(svg.match(/fill="var\(--soft\)"/g)).toHaveLength(1);
    expect(svg).toContain('>2026-11-21<');
    expect(svg).toContain('>2026-11-23<');
    expect(svg).not.toContain('>2026-11-22<');
  });

  test('the same numbers make the same bytes, whatever was drawn before', async () => {
    const draw = (): Promise<string> =>
      drawChart((charts) => ({ label: 'Missing', chart: charts.missingChart(weeks) }));
    const first = await draw();
    await drawChart((charts) => ({ label: 'Days', chart: charts.hostDaysChart(weeks) }));
    expect(await draw()).toBe(first);
  });

  test('nothing of the drawing is left in the global scope', async () => {
    await drawChart((charts) => ({ label: 'Missing', chart: charts.missingChart(weeks) }));
    expect('document' in globalThis).toBe(false);
    expect('window' in globalThis).toBe(false);
  });
});

describe('axes', () => {
  test.each([
    [0, 2],
    [1, 2],
    [3, 4],
    [5, 6],
    [9, 10],
    [11, 20],
    [61, 80],
    [101, 200],
    [12_345, 20_000],
  ])('%d ends at %d', (most, top) => {
    expect(niceTop(most)).toBe(top);
  });

  test('days reach as far as is known, and not much farther', () => {
    expect(dayAxis(0)).toEqual({ days: 30, dayTicks: [0, 10, 20, 30] });
    expect(dayAxis(31)).toEqual({ days: 60, dayTicks: [0, 15, 30, 45, 60] });
    expect(dayAxis(2000)).toEqual({ days: 1080, dayTicks: [0, 360, 720, 1080] });
  });

  test('every other month has a label, at its first week', () => {
    expect(
      monthTicks(['2026-08-24', '2026-08-31', '2026-09-07', '2026-10-05', '2026-10-12', '2026-11-02']),
    ).toEqual(['2026-09-07', '2026-11-02']);
  });
});
