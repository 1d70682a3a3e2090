import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions } from '#ecosystems/pacman/version.ts';
import { mustRun } from '#test/tools.ts';

/** Pairs in ascending order, from vercmp(8) and from builds that occur. */
const ascending: [string, string][] = [
  ['1.0a', '1.0b'],
  ['1.0b', '1.0beta'],
  ['1.0beta', '1.0p'],
  ['1.0p', '1.0pre'],
  ['1.0pre', '1.0rc'],
  ['1.0rc', '1.0'],
  ['1.0', '1.0.a'],
  ['1.0.a', '1.0.1'],
  ['1', '1.0'],
  ['1.0', '1.1'],
  ['1.1', '1.1.1'],
  ['1.1.1', '1.2'],
  ['1.2', '2.0'],
  ['2.0', '3.0.0'],
  ['1.0-1', '1.0-2'],
  ['1.0-1', '1.0-1.1'],
  ['9.9-9', '1:0.1-1'],
  ['1:9-1', '10:0.1-1'],
  ['6.6.9.arch1-1', '6.6.10.arch1-1'],
  ['6.6.arch1-1', '6.6.1.arch1-1'],
  ['r9.abc-1', 'r10.abc-1'],
  ['99999999999999999998', '99999999999999999999'],
];
const equal: [string, string][] = [
  ['1.0', '1.0-1'],
  ['1.0', '0:1.0-1'],
  ['1.0', '1_0'],
  ['01', '1'],
];

/** Words of which versions are made; what no version holds too, as pacman compares any two texts. */
const piece = fc.constantFrom(
  '0',
  '1',
  '2',
  '9',
  '10',
  '00',
  '01',
  'a',
  'Z',
  'rc',
  'beta',
  '.',
  '.',
  '_',
  '+',
  '~',
  '-',
  '..',
  'r1',
  '@',
);
const epoch = fc.constantFrom('', '', '', '0:', '1:', '02:', ':');
const release = fc.constantFrom('', '-1', '-2', '-1.1', '-10', '-01');
const version = fc
  .tuple(epoch, fc.array(piece, { maxLength: 6 }), release)
  .map(([before, words, after]) => `${before}1${words.join('')}${after}`);

describe('compareVersions', () => {
  test.each(ascending)('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  test.each(equal)('%s and %s are the same', (a, b) => {
    expect(compareVersions(a, b)).toBe(0);
  });

  // vercmp takes one pair a process: every run draws other pairs, and says with which seed.
  test('agrees with vercmp on 8,000 pairs drawn anew each time', { timeout: 300_000 }, () => {
    const seed = Date.now() % 2 ** 31;
    const pairs = fc.sample(fc.tuple(version, version), { numRuns: 8000, seed });
    const said = mustRun(['xargs', '-n', '2', 'vercmp'], `${pairs.flat().join('\n')}\n`)
      .trim()
      .split('\n');
    expect(said).toHaveLength(pairs.length);
    const other = pairs.filter(([a, b], index) => Math.sign(compareVersions(a, b)) !== Number(said[index]));
    expect({ seed, other }).toEqual({ seed, other: [] });
  });

  test('is an order where all have a release: antisymmetric and transitive', () => {
    const full = fc.stringMatching(/^[0-9][0-9a-c._]{0,8}-[0-9]$/);
    fc.assert(
      fc.property(full, full, full, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
        const [x, y, z] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(x, z)).toBeLessThanOrEqual(0);
        expect(compareVersions(y, z)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
