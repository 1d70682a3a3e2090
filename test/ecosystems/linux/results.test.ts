/** Results of scripts are claims of the host: what is no result file is told as such, and no claim becomes more. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseResults } from '#ecosystems/linux/results.ts';
import { outputOf } from '../contract.ts';

const clock = { offsetMs: 5000, uncertaintyMs: 0 };
const good = {
  format: 1,
  plan: 'a'.repeat(64),
  host: 'web',
  machine: 'b'.repeat(64),
  state: 'finished',
  reason: 'done',
  exit: 0,
  started: '2026-11-18T04:20:05Z',
  ended: '2026-11-18T04:25:05Z',
  reboot_needed: false,
  packages: [
    { package: 'demo', architecture: 'all', before: '1.0', after: '2.0', planned: '2.0', state: 'done' },
  ],
};
type Said = { [key: string]: unknown };
const fileOf = (content: unknown, name = 'a1.json'): string => `#file ${name}\n${JSON.stringify(content)}\n`;
const parse = (text: string, more = {}) =>
  parseResults('web', new Map([['results', { ...outputOf(text), ...more }]]), clock).rows;

test("a file as the script writes it: its times are moved to the collector's clock", () => {
  expect(parse(fileOf(good))).toEqual({
    results: [
      {
        host_id: 'web',
        file: 'a1.json',
        plan: good.plan,
        machine_id: good.machine,
        state: 'finished',
        reason: 'done',
        exit_status: 0,
        started_at: '2026-11-18T04:20:00.000Z',
        ended_at: '2026-11-18T04:25:00.000Z',
        reboot_needed: false,
      },
    ],
    result_changes: [
      {
        host_id: 'web',
        file: 'a1.json',
        package: 'demo',
        architecture: 'all',
        before: '1.0',
        after: '2.0',
        planned: '2.0',
        state: 'done',
      },
    ],
    rejections: [],
  });
});

test('no results, and a host that was never asked, say nothing', () => {
  for (const rows of [parse(''), parseResults('web', new Map(), clock).rows])
    expect(rows).toEqual({ results: [], result_changes: [], rejections: [] });
});

describe('what is no result file is a rejection', () => {
  const [change] = good.packages;
  test.each<[string, Said]>([
    ['another format', { format: 2 }],
    ['a key more', { verified: true }],
    ['a plan that is none', { plan: '../../etc/passwd' }],
    ['a state that is none', { state: 'verified' }],
    ['a reason with markup', { reason: '<script>' }],
    ['an exit beyond a byte', { exit: 256 }],
    ['a broken exit', { exit: 0.5 }],
    ['a time that is none', { started: 'yesterday' }],
    ['a package with shell', { packages: [{ ...change, package: '$(id)' }] }],
    ['a version with a formula', { packages: [{ ...change, after: '=cmd|x' }] }],
    ['too many packages', { packages: Array.from({ length: 5001 }, () => change) }],
    ['not a list', { packages: 'all' }],
  ])('%s', (_what, part) => {
    const rows = parse(fileOf({ ...good, ...part }) + fileOf(good, 'b.json'));
    expect(rows.results?.map(({ file }) => file)).toEqual(['b.json']);
    expect(rows.rejections).toEqual([
      expect.objectContaining({
        section: 'results',
        line: 1,
        reason: 'The result file of a remediation script.',
      }),
    ]);
  });

  test('not JSON; two values; the excerpt is cleaned and short', () => {
    const rows = parse(`#file a.json\n{"half\u001b[31m${'x'.repeat(500)}\n${fileOf(good).repeat(1)}{}\n`);
    expect(rows.results).toEqual([]);
    expect(rows.rejections?.map(({ line }) => line)).toEqual([1, 3]);
    expect(rows.rejections?.[0]?.excerpt).toMatch(/^\{"half\\x1b\[31mx+…$/);
    expect(rows.rejections?.[0]?.excerpt.length).toBeLessThanOrEqual(130);
  });

  test('a section that was cut says so, and what came before the cut counts', () => {
    const rows = parse(`${fileOf(good)}#file b.json\n{"format":1,`, { truncated: true });
    expect(rows.results?.map(({ file }) => file)).toEqual(['a1.json']);
    expect(rows.rejections?.map(({ reason }) => reason)).toEqual([
      "The results of scripts: 'results' printed more than its limit.",
      'The result file of a remediation script.',
    ]);
  });

  test('random bytes neither crash nor become a result', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (junk) => {
        expect(parse(`#file a.json\n${junk}`).results).toEqual([]);
      }),
      { numRuns: 2000, seed: 3 },
    );
  });
});
