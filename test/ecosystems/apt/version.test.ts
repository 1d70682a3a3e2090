import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions } from '#ecosystems/apt/version.ts';
import { mustRun } from '#test/tools.ts';

/** Pairs in ascending order, from Debian Policy 5.6.12 and from builds that occur. */
const ascending: [string, string][] = [
  ['1.0~~', '1.0~~a'],
  ['1.0~~a', '1.0~'],
  ['1.0~', '1.0'],
  ['1.0', '1.0a'],
  ['1.0', '1.0+b1'],
  ['1.0a', '1.0+'],
  ['1.0', '1.0-1'],
  ['1.9', '1.10'],
  ['2:0.1', '10:0.1'],
  ['9.9', '1:0.1'],
  ['6.12.41+deb13-1', '6.12.41+deb13.1-1'],
  ['5.2.15-2+b8', '5.2.15-2+b13'],
  ['1.0-2', '1.0-1-1'],
  ['99999999999999999998', '99999999999999999999'],
  ['2.10-3~bpo12+1', '2.10-3'],
];
const equal: [string, string][] = [
  ['1.0', '0:1.0'],
  ['1.0', '1.00'],
  ['1.0', '1.0-0'],
  ['01', '1'],
];

describe('compareVersions', () => {
  test.each(ascending)('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  test.each(equal)('%s and %s are the same', (a, b) => {
    expect(compareVersions(a, b)).toBe(0);
  });

  test('agrees with dpkg on 100,000 pairs', { timeout: 900_000 }, () => {
    const piece = fc.constantFrom(
      '0',
      '1',
      '2',
      '9',
      '10',
      '00',
      'a',
      'Z',
      'rc',
      '~',
      '+',
      '.',
      '+deb12u',
      '-',
      'bpo',
    );
    const upstream = fc.array(piece, { maxLength: 6 }).map((words) => `1${words.join('')}`);
    const epoch = fc.constantFrom('', '', '', '0:', '1:', '02:');
    const version = fc.tuple(epoch, upstream).map((words) => words.join('').replace(/-+$/, ''));
    const pairs = fc.sample(fc.tuple(version, version), { numRuns: 100_000, seed: 42 });
    // The three relations exclude each other: dpkg is asked for the one that we found.
    const relation = (a: string, b: string): string =>
      ['lt', 'eq', 'gt'][Math.sign(compareVersions(a, b)) + 1] ?? '';
    const program = pairs
      .map(
        ([a, b]) => `dpkg --compare-versions '${a}' ${relation(a, b)} '${b}' || echo '${a} ${b}'; n=$((n+1))`,
      )
      .join('\n');
    expect(mustRun(['sh', '-s'], `${program}\necho $n\n`)).toBe(`${pairs.length}\n`);
  });

  test('is an order: antisymmetric and transitive', () => {
    const version = fc.stringMatching(/^[0-9][0-9a-c.+~-]{0,8}$/);
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
        const [x, y, z] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(x, z)).toBeLessThanOrEqual(0);
        expect(compareVersions(y, z)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
