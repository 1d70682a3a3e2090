import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isArchitecture,
  isPackageName,
  isVersion,
  joinVersion,
  parseNevra,
  parseSourceRpm,
} from '#ecosystems/rpm/names.ts';

describe('names of rpm', () => {
  test.each(['bash', 'libstdc++', 'python3.11-pip', 'java-17-openjdk', '389-ds-base', '_x', 'gtk+'])(
    '%s is a name',
    (name) => {
      expect(isPackageName(name)).toBe(true);
    },
  );

  test.each(['', '-bash', 'a b', 'a\nb', 'a;id', '$(id)', 'a/b', 'ä', 'a:b', 'x'.repeat(201)])(
    '%j is none',
    (name) => {
      expect(isPackageName(name)).toBe(false);
    },
  );

  test.each(['1-1', '1:2.0~rc1-3.el9^x', '0-0.1.20240101git'])('%s is a version', (text) => {
    expect(isVersion(text)).toBe(true);
  });

  test.each(['1', '1-', '-1', '1-1-1', 'a:1-1', '1 -1', '1-1;', ''])('%j is none', (text) => {
    expect(isVersion(text)).toBe(false);
  });

  test('an architecture is one word', () => {
    expect(['x86_64', 'noarch', 'i686', '(none)', 'a-b', ''].map(isArchitecture)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('joinVersion', () => {
  test.each([
    ['(none)', '1.0-1'],
    ['0', '1.0-1'],
    ['', '1.0-1'],
    ['00', '1.0-1'],
    ['1', '1:1.0-1'],
    ['x', null],
    ['-1', null],
  ])('an epoch of %j gives %j: "(none)" and 0 are the same epoch', (epoch, version) => {
    expect(joinVersion(epoch, '1.0', '1')).toBe(version);
  });

  test('a version or release with a hyphen is none', () => {
    expect(joinVersion('0', '1-0', '1')).toBeNull();
    expect(joinVersion('0', '1.0', '1-1')).toBeNull();
  });
});

describe('parseNevra', () => {
  test.each([
    ['kernel-core-5.14.0-427.13.1.el9_4.x86_64', 'kernel-core', '5.14.0-427.13.1.el9_4', 'x86_64'],
    ['openssl-libs-1:3.0.7-27.el9.i686', 'openssl-libs', '1:3.0.7-27.el9', 'i686'],
    ['32:bind-libs-9.8.2-0.17.el6.x86_64', 'bind-libs', '32:9.8.2-0.17.el6', 'x86_64'],
    ['0:bash-5.1.8-9.el9.noarch', 'bash', '5.1.8-9.el9', 'noarch'],
    [
      'java-17-openjdk-headless-1:17.0.11.0.9-2.el9.x86_64',
      'java-17-openjdk-headless',
      '1:17.0.11.0.9-2.el9',
      'x86_64',
    ],
  ])('%s', (text, name, version, architecture) => {
    expect(parseNevra(text)).toEqual({ name, version, architecture });
  });

  test.each([
    '',
    'bash',
    'bash-5.1.x86_64',
    'bash-5.1-1',
    'ba sh-5.1-1.noarch',
    '-1-1.noarch',
    'a-1-1.x-y',
    'a-1:-1.noarch',
  ])('%j is none', (text) => {
    expect(parseNevra(text)).toBeNull();
  });

  test('reads back what it is made of, whatever the name holds', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9.+-]{0,8}$/);
    const part = fc.stringMatching(/^[0-9][a-z0-9._~^+]{0,5}$/);
    const epoch = fc.constantFrom('', '1:', '12:');
    fc.assert(
      fc.property(name, epoch, part, part, (a, e, v, r) => {
        expect(parseNevra(`${a}-${e}${v}-${r}.x86_64`)).toEqual({
          name: a,
          version: `${e}${v}-${r}`,
          architecture: 'x86_64',
        });
      }),
    );
  });
});

describe('parseSourceRpm', () => {
  test.each([
    ['openssl-3.0.7-27.el9.src.rpm', { name: 'openssl', version: '3.0.7-27.el9' }],
    [
      'kernel-default-5.14.21-150500.55.49.1.nosrc.rpm',
      { name: 'kernel-default', version: '5.14.21-150500.55.49.1' },
    ],
    ['openssl-3.0.7-27.el9.x86_64.rpm', null],
    ['(none)', null],
  ])('%s', (text, expected) => {
    expect(parseSourceRpm(text)).toEqual(expected);
  });
});
