/** docs/traps.md names for every trap a test that exists, or says why it cannot happen. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

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
  expect(rows.length).toBeGreaterThan(65);
  expect(rows.filter((cells) => cells.length !== 2)).toEqual([]);
  expect(new Set(rows.map(([trap]) => trap)).size).toBe(rows.length);
});

/** Tests that a row names: file and a part of the title. */
function namedIn(held: string): [string, string][] {
  const found = held.matchAll(/`(test\/[\w./-]+)` "((?:\\"|[^"])+)"/g);
  return [...found].map(([, path = '', title = '']) => [path, title.replaceAll('\\"', '"')]);
}

const held = rows.filter(([, by = '']) => namedIn(by).length > 0);

test.each(held)('%s: held by a test that exists', (_trap, by) => {
  for (const [path, title] of namedIn(by ?? '')) {
    expect(existsSync(fileURLToPath(new URL(path, root))), path).toBe(true);
    expect(textOf(path)).toContain(title);
  }
});

test('every other trap says why it cannot happen', () => {
  const others = rows.filter((row) => !held.includes(row)).map(([, why]) => why);
  expect(others.length).toBeGreaterThan(0);
  expect(others.filter((why) => !/^Cannot happen here: .{30,}\.$/.test(why ?? ''))).toEqual([]);
});
