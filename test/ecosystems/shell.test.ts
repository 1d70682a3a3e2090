import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quote } from '#ecosystems/shell.ts';
import { mustRun } from '#test/tools.ts';

const hostile = [
  '',
  ' ',
  "'",
  "''",
  '$(id)',
  '`id`',
  '"',
  '\\',
  '\n',
  '*',
  '~',
  '-n',
  'a\tb',
  '!x',
  '${IFS}',
  'é✓',
  "'; id; '",
];

describe('quote', () => {
  test.each(['sh', 'dash', 'bash', 'busybox sh'])('%s reads every word back as it was', (shell) => {
    const words = fc.sample(fc.string({ unit: 'binary', maxLength: 40 }), { numRuns: 500, seed: 7 });
    const all = [...hostile, ...words]
      .filter((word) => !word.includes('\0'))
      .map((word) => word.toWellFormed());
    const program = `printf '%s\\0' ${all.map(quote).join(' ')}\n`;
    expect(mustRun(shell.split(' '), program).split('\0').slice(0, -1)).toEqual(all);
  });

  test('a NUL is no part of a word', () => {
    expect(() => quote('a\0b')).toThrow(RangeError);
  });
});
