import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { deriveFindings } from '#reports/derive.ts';
import { queryFindings } from '#reports/findings/query.ts';
import { readMethod, shownNumbers } from '#reports/reading.ts';
import type { MethodModel } from '#reports/reading.ts';
import { allModels, allTables } from '../derived.ts';

let path: string;
let models: MethodModel[];

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-method-'));
  ({ path } = await deriveFindings({ cacheRoot: folder, entries: [] }));
  models = await readMethod({ path });
});

describe('what the method page shows', () => {
  test('is the very SQL that made the findings, every model in order', () => {
    expect(models.map(({ name, sql }) => ({ name, sql }))).toEqual(
      allModels.map(({ name, sql }) => ({ name, sql: sql.trimEnd() })),
    );
  });

  test('begins with what the model means, in sentences', () => {
    for (const { name, about } of models) {
      expect([name, about]).toEqual([name, expect.stringMatching(/^[A-Z][^]{20,}\.$/)]);
      expect(about).not.toContain('--');
    }
  });

  test('keeps what columns mean at the end of its file, apart from what makes them', () => {
    for (const { tables, comments } of allModels) {
      expect(tables).not.toMatch(/^COMMENT/m);
      expect(comments).not.toMatch(/^CREATE/m);
    }
  });

  test('every public table is made by one of them, and every one of its columns is explained', () => {
    const made = models.flatMap(({ tables }) => tables);
    for (const name of allTables) {
      const found = made.filter((table) => table.name === name);
      expect([name, found.length]).toEqual([name, 1]);
      expect(found[0]?.isPublic).toBe(true);
      const silent = found[0]?.columns.filter(({ doc }) => doc === '').map((column) => column.name);
      expect([name, silent]).toEqual([name, []]);
    }
  });
});

describe('each number with its question', () => {
  test.each(shownNumbers.map(({ page, what, sql }) => [page, what, sql] as const))(
    '%s: %s',
    async (_page, _what, sql) => {
      const { columns } = await queryFindings(path, sql);
      expect(columns.length).toBeGreaterThan(0);
      expect(sql).toMatch(/^\S/);
    },
  );

  test('every page of the menu has some', () => {
    const pages = new Set(shownNumbers.map(({ page }) => page));
    for (const page of ['Overview', 'Trends', 'Hosts', 'Fixes', 'Coverage']) expect(pages).toContain(page);
  });
});
