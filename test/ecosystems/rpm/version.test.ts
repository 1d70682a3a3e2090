import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions } from '#ecosystems/rpm/version.ts';
import { mustRun } from '#test/tools.ts';

/** Pairs in ascending order, from rpm-version(7), rpm's own tests of rpmvercmp and builds that occur. */
const ascending: [string, string][] = [
  ['1.0~rc1', '1.0'],
  ['1.0~rc1', '1.0~rc2'],
  ['1.0~rc1~git123', '1.0~rc1'],
  ['1.0', '1.0^'],
  ['1.0^', '1.0^git1'],
  ['1.0^git1', '1.0^git2'],
  ['1.0^git1', '1.01'],
  ['1.0^20160101', '1.0.1'],
  ['1.0~rc1', '1.0~rc1^git1'],
  ['1.0^git1~pre', '1.0^git1'],
  ['1.0', '1.0.1'],
  ['1.0a', '1.0.1'],
  ['5.5p1', '5.5p10'],
  ['xyz.4', '8'],
  ['1.0-1.el9', '1.0-1.el9_4'],
  ['1.0-1.el9_4', '1.0-1.el9_4.1'],
  ['1.0-9.el9', '1.0-10.el9'],
  ['1.0', '1.0-1'],
  ['9.9-1', '1:0.1-1'],
  ['2:0.1-1', '10:0.1-1'],
  ['2.33.0-99999999999999999998', '2.33.0-99999999999999999999'],
  ['5.14.0-427.13.1.el9_4', '5.14.0-427.13.1.el9_4.1'],
  ['3.0.7-27.el9', '3.0.7-28.el9_4'],
];
const equal: [string, string][] = [
  ['1.0-1', '0:1.0-1'],
  ['1.0', '1.00'],
  ['1.0', '1_0'],
  ['1.0', '1..0'],
  ['1.0.', '1.0'],
  ['2_0', '2+0'],
  ['fc4', 'fc.4'],
];

describe('compareVersions', () => {
  test.each(ascending)('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  test.each(equal)('%s and %s are the same', (a, b) => {
    expect(compareVersions(a, b)).toBe(0);
  });

  test('agrees with rpm on 100,000 pairs', { timeout: 300_000 }, () => {
    const pieces = '0 1 2 9 10 00 a Z rc ~ ^ . _ + el9 git'.split(' ');
    const piece = fc.constantFrom(...pieces);
    const part = fc.array(piece, { minLength: 1, maxLength: 6 }).map((words) => words.join(''));
    const release = fc.option(part, { freq: 4 }).map((text) => (text === null ? '' : `-${text}`));
    const epoch = fc.constantFrom('', '', '', '0:', '1:', '02:');
    const version = fc.tuple(epoch, part, release).map((words) => words.join(''));
    const pairs = fc.sample(fc.tuple(version, version), { numRuns: 100_000, seed: 42 });
    const program =
      '%{lua: for line in io.lines() do local a, b = line:match("^(%S+) (%S+)$"); io.stdout:write(rpm.vercmp(a, b), "\\n") end}';
    const input = pairs.map(([a, b]) => `${a} ${b}\n`).join('');
    const answers = mustRun(['rpm', '--eval', program], input).trim().split('\n').map(Number);
    const different = pairs.filter(([a, b], index) => Math.sign(compareVersions(a, b)) !== answers[index]);
    expect(answers).toHaveLength(pairs.length);
    expect(different).toEqual([]);
    expect(new Set(answers)).toEqual(new Set([-1, 0, 1]));
  });

  test('is an order: antisymmetric and transitive', () => {
    const version = fc.stringMatching(/^[0-9][0-9a-c.+~^]{0,6}(-[0-9a~^]{1,3})?$/);
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
