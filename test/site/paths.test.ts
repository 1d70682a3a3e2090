import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hostFolder, hostPath, listPath, pageCount, pageOf, rowsPerPage } from '#site/paths.ts';

test.each([
  ['web-01', 'web-01'],
  ['web-01.example.org', 'web-01.example.org'],
  ['a', 'a'],
  ['pages', 'pages'],
  ['db_1', 'db_1'],
])('%s keeps its name', (id, folder) => {
  expect(hostFolder(id)).toBe(folder);
});

test.each([
  ['../etc'],
  ['a/b'],
  [''],
  ['.'],
  ['..'],
  ['a..b'],
  ['index.html'],
  ['-a'],
  ['a b'],
  ['<script>'],
  ['Ä'],
  ['A'],
  ['a\u0000b'],
  ['x'.repeat(129)],
])('%j is named by its hash', (id) => {
  expect(hostFolder(id)).toMatch(/^id-[0-9a-f]{16}$/);
});

test('no id at all leaves the folder of hosts or breaks out of an attribute', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (id) => {
      expect(hostPath(id)).toMatch(/^\/hosts\/[a-z0-9][a-z0-9._-]*\/$/);
      expect(hostPath(id)).not.toContain('..');
    }),
  );
});

test('different ids have different folders', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(hostFolder(a) === hostFolder(b)).toBe(a === b);
    }),
  );
});

test('the pages of a list hold every row once', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1001 }), (length) => {
      const rows = Array.from({ length }, (_, index) => index);
      const pages = pageCount(length);
      const shown = Array.from({ length: pages }, (_, index) => pageOf(rows, index + 1).rows);
      expect(shown.flat()).toEqual(rows);
      expect(Math.max(...shown.map((page) => page.length))).toBeLessThanOrEqual(rowsPerPage);
    }),
  );
});

test('the first page of a list is the list', () => {
  expect([listPath('hosts', 1), listPath('coverage', 2)]).toEqual(['/hosts/', '/coverage/pages/2/']);
});
