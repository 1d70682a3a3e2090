/** docs/traps.md names for every trap a test that exists, or says why it cannot happen. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = new URL('../../', import.meta.url);
const rows = readFileSync(new URL('docs/traps.md', root), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (trap|-+) /.test(line))
  .map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.trim()),
  );

/** Source of a test with the quotes of its strings as a reader sees them. */
function textOf(path: string): string {
  return readFileSync(new URL(path, root), 'utf8').replaceAll(/\\(['"])/g, '$1');
}

test('every trap stands in one row of two cells', () => {
  expect(rows.length).toBeGreaterThan(35);
  expect(rows.filter((cells) => cells.length !== 2)).toEqual([]);
  expect(new Set(rows.map(([trap]) => trap)).size).toBe(rows.length);
});

describe('traps', () => {
  test.each(rows as [string, string][])('%s', (_trap, held) => {
    const named = [...held.matchAll(/`(test\/[\w./-]+)` "((?:\\"|[^"])+)"/g)];
    if (named.length === 0) expect(held).toMatch(/^Cannot happen here: .{30,}\.$/);
    for (const [, path = '', title = ''] of named) {
      expect(existsSync(fileURLToPath(new URL(path, root))), path).toBe(true);
      expect(textOf(path)).toContain(title.replaceAll('\\"', '"'));
    }
  });
});
