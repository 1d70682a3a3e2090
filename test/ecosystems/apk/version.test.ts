import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareVersions, isVersion } from '#ecosystems/apk/version.ts';

/** Pairs in ascending order, from apk-package(5) and from builds that occur. */
const ascending: [string, string][] = [
  ['1.0_alpha', '1.0_beta'],
  ['1.0_beta2', '1.0_pre1'],
  ['1.0_rc9', '1.0'],
  ['1.0', '1.0_cvs1'],
  ['1.0_git20240101', '1.0_hg1'],
  ['1.0_hg1', '1.0_p1'],
  ['1.0_p1-r5', '1.0a-r0'],
  ['1.0a', '1.0b'],
  ['1.9-r0', '1.10-r0'],
  ['1.0-r9', '1.0-r10'],
  ['1.0_rc1_git1', '1.0_rc2'],
  ['3.5.4-r0', '3.5.5-r0'],
  ['20240101', '20250101-r0'],
  ['99999999999999999998', '99999999999999999999'],
];

interface Recorded {
  version: string;
  apk3: string;
  apk2: string;
  validIn2: boolean;
}

/** What the tools themselves said: see the head of the file. */
const recorded: Recorded[] = readFileSync(new URL('../../fixtures/versions/apk.txt', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => {
    const [name = '', apk3 = '', apk2 = apk3] = line.split(' ');
    return { version: name.replace('!', ''), apk3, apk2, validIn2: !name.startsWith('!') };
  });

/** Of every pair that both say something of, our sign beside theirs. */
function pairs(of: 'apk2' | 'apk3'): { a: Recorded; b: Recorded; ours: string; theirs: string }[] {
  return recorded.flatMap((a, index) =>
    recorded.slice(index + 1).map((b, offset) => ({
      a,
      b,
      ours: '<=>'[Math.sign(compareVersions(a.version, b.version)) + 1]!,
      theirs: a[of][offset]!,
    })),
  );
}

const startsWithZero = ({ version }: Recorded) => /\.0\d/.test(version) || /\.0(?!\d)/.test(version);

describe('compareVersions', () => {
  test.each(ascending)('%s is older than %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
  });

  test('agrees with apk 3 on 49,141 pairs', () => {
    const all = pairs('apk3');
    expect(all).toHaveLength(49_141);
    expect(all.filter(({ ours, theirs }) => ours !== theirs)).toEqual([]);
  });

  test('apk 2 and apk 3 order letters and invalid versions apart: agrees with apk 2 where no number begins with a zero and no hash is there', () => {
    const all = pairs('apk2').filter(({ a, b }) => a.validIn2 && b.validIn2);
    const other = all.filter(({ ours, theirs }) => ours !== theirs);
    expect(all.length).toBeGreaterThan(20_000);
    expect(other.length).toBeGreaterThan(100);
    expect(other.filter(({ a, b }) => !startsWithZero(a) || !startsWithZero(b))).toEqual([]);
    expect(recorded.filter(({ validIn2, version }) => validIn2 === version.includes('~'))).toEqual([]);
  });

  test('is an order: antisymmetric and transitive, of what is no version too', () => {
    const version = fc.stringMatching(/^[0-9]?[0-9a-c._~r-]{0,8}$/);
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
        if (![a, b, c].every(isVersion)) return;
        const [x, y, z] = [a, b, c].sort(compareVersions) as [string, string, string];
        expect(compareVersions(x, z)).toBeLessThanOrEqual(0);
        expect(compareVersions(y, z)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('isVersion', () => {
  test('takes what apk 3 takes', () => {
    expect(recorded.filter(({ version }) => !isVersion(version))).toEqual([]);
  });

  test.each([
    '',
    'a1',
    '1.',
    '.1',
    '1..0',
    '1.0A',
    '1.0ab',
    '1.0_foo',
    '1.0_',
    '1.0-1',
    '1.0-r',
    '1.0a1-r0',
    '1.0-r0~ab',
    '1:1.0-r0',
    '1.0+git',
    '1.0 ; id',
    '1.0-r0\n',
    `1.${'0'.repeat(300)}`,
  ])('refuses %j, as apk does', (text) => {
    expect(isVersion(text)).toBe(false);
  });
});
