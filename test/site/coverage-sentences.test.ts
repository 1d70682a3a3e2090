import { describe, expect, test } from 'vitest';
import type { CoverageLine, RunLine } from '#reports/reading.ts';
import { clockSentence, listsSentence, runsSentence, skewedClocks } from '#site/coverage-sentences.ts';
import { formatOffset } from '#site/words.ts';

function line(host_id: string, more: Partial<CoverageLine>): CoverageLine {
  const read = { last_read_at: '2026-11-23T06:00:00.000Z', lists_checked_at: '2026-11-23T05:00:00.000Z' };
  return {
    host_id,
    lists_fresh: true,
    clock_offset_ms: 0,
    clock_uncertainty_ms: 30,
    ...read,
    ...more,
  } as CoverageLine;
}

describe('hosts with old package lists', () => {
  const old = { lists_fresh: false };
  const undated = { lists_fresh: false, lists_checked_at: null };
  const never = { lists_fresh: false, lists_checked_at: null, last_read_at: null };
  const rest =
    'what they do not offer is unknown, and none of these hosts counts as having nothing on offer.';
  test.each<[string, Partial<CoverageLine>[], string | null]>([
    ['all fresh', [{}, {}], null],
    ['a host that was never read has no lists', [{}, never], null],
    [
      'one of two',
      [{}, old],
      `1 of 2 hosts that were ever read has package lists that are not known to be younger than 72 hours: ${rest}`,
    ],
    [
      'some of unknown age',
      [old, undated, {}],
      `2 of 3 hosts that were ever read have package lists that are not known to be younger than 72 hours (1 of unknown age): ${rest}`,
    ],
    [
      'the only one, of unknown age',
      [undated],
      `1 of 1 host that was ever read has package lists that are not known to be younger than 72 hours (of unknown age): ${rest}`,
    ],
  ])('%s', (_name, hosts, sentence) => {
    expect(
      listsSentence(
        hosts.map((host, index) => line(`h${index}`, host)),
        72,
      ),
    ).toBe(sentence);
  });
});

describe('clocks', () => {
  test.each([
    [0, '0 s ahead'],
    [-400, '0 s behind'],
    [119_000, '119 s ahead'],
    [-120_000, '2 min behind'],
    [-3_720_000, '62 min behind'],
    [7_200_000, '2 h ahead'],
    [-3_456_000_000, '40 d behind'],
  ])('%i ms is %s', (offset, words) => expect(formatOffset(offset)).toBe(words));

  test('those that are off by more than a minute for certain, farthest first', () => {
    const hosts = [
      line('right', {}),
      line('almost', { clock_offset_ms: -59_000 }),
      line('perhaps', { clock_offset_ms: 61_000, clock_uncertainty_ms: 2000 }),
      line('ahead', { clock_offset_ms: 90_000 }),
      line('behind', { clock_offset_ms: -3_720_000, clock_uncertainty_ms: 1500 }),
      line('unmeasured', { clock_offset_ms: null, clock_uncertainty_ms: null }),
    ];
    expect(skewedClocks(hosts)).toEqual([
      { host_id: 'behind', off: '62 min behind', within: 'to 2 s' },
      { host_id: 'ahead', off: '90 s ahead', within: 'to 1 s' },
    ]);
  });

  test('a small difference is a measurement, a large one a fact about the host', () => {
    expect(clockSentence(-120, 35)).toBe("-120 ms from the collector's, ± 35 ms");
    expect(clockSentence(-3_720_000, null)).toBe(
      "62 min behind (-3720000 ms from the collector's, ± ? ms); taken off every time that it told",
    );
  });
});

describe('run by run', () => {
  const run = (population: number, hosts_read: number): RunLine => ({ population, hosts_read }) as RunLine;
  test.each<[string, RunLine[], string | null]>([
    ['no run', [], null],
    ['one run: nothing to compare', [run(4, 4)], null],
    [
      'always the same',
      [run(4, 3), run(4, 3)],
      'The last 2 whole runs read 75 % of the population completely; the latest 3 of 4 hosts.',
    ],
    [
      'one of a thousand is missing: not 100 %',
      [run(1000, 999), run(1000, 1000)],
      'The last 2 whole runs read between 99 and 100 % of the population completely; the latest 1,000 of 1,000 hosts.',
    ],
    [
      'an empty inventory was not read',
      [run(0, 0), run(2, 2)],
      'The last 2 whole runs read between 0 and 100 % of the population completely; the latest 2 of 2 hosts.',
    ],
  ])('%s', (_name, runs, sentence) => expect(runsSentence(runs)).toBe(sentence));
});
