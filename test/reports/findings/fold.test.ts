import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import type { JsonRow } from '#data/ledger/database.ts';
import { foldLedger } from '#reports/findings/fold.ts';
import { publicTables } from '#reports/findings/models.ts';
import { tell, writeRun } from './story.ts';
import type { RunStory } from './story.ts';

const day = (number: number): string => `2026-09-${String(number).padStart(2, '0')}T03:00:00.000Z`;
const story: RunStory[] = [
  {
    at: day(1),
    hosts: { web: { packages: { ssl: '1', sh: '5' }, offers: { ssl: '2' } }, db: 'unreachable' },
  },
  {
    at: day(2),
    hosts: {
      web: { packages: { ssl: '2', sh: '5' }, log: [[day(1), 'upgrade', 'ssl', '1', '2']] },
      db: { packages: { ssl: '1' }, offers: { ssl: '2' } },
    },
  },
  { at: day(3), hosts: { web: 'timed-out', db: { packages: { ssl: '1' }, offers: { ssl: '3' } } } },
];

/** Every table of a findings file, as rows in order. */
async function everything(path: string): Promise<{ [table: string]: JsonRow[] }> {
  return withDatabase(path, { readOnly: true }, async (connection) => {
    const tables = await readRows(connection, 'SELECT table_name FROM duckdb_tables() ORDER BY 1');
    const found: { [table: string]: JsonRow[] } = {};
    for (const { table_name: name } of tables)
      found[String(name)] = await readRows(connection, `FROM "${String(name)}" ORDER BY ALL`);
    return found;
  });
}

describe('the cache of findings', () => {
  test('folded run by run it holds the same rows as folded at once, on one core and on two', async () => {
    const world = await tell(story);
    for (let length = 1; length < story.length; length++) await world.fold(world.entries().slice(0, length));
    const stepwise = await foldLedger({ cacheRoot: world.cacheRoot, entries: world.entries(), threads: 2 });
    const atOnce = await foldLedger({
      cacheRoot: `${world.cacheRoot}-2`,
      entries: world.entries(),
      threads: 1,
    });

    expect([stepwise.folded, atOnce.folded]).toEqual(['extended', 'rebuilt']);
    const rows = await everything(stepwise.path);
    expect(rows).toEqual(await everything(atOnce.path));
    expect(Object.keys(rows)).toEqual(expect.arrayContaining(publicTables));
    expect(rows['update_spells']?.length).toBe(2);
  });

  test('what is there is used again; what is there is never changed', async () => {
    const world = await tell(story);
    const first = await foldLedger({ cacheRoot: world.cacheRoot, entries: world.entries() });
    const { mtimeMs, ino } = statSync(first.path);
    const second = await foldLedger({ cacheRoot: world.cacheRoot, entries: world.entries() });

    expect(second).toEqual({ path: first.path, folded: 'reused' });
    expect(statSync(first.path)).toMatchObject({ mtimeMs, ino });
  });

  test('another greatest age of a scan is another cache', async () => {
    const world = await tell(story);
    const usual = await foldLedger({ cacheRoot: world.cacheRoot, entries: world.entries() });
    const strict = await foldLedger({
      cacheRoot: world.cacheRoot,
      entries: world.entries(),
      maxScanAgeHours: 1,
    });

    expect(strict.path).not.toBe(usual.path);
  });

  test('a reader keeps its file while the next fold happens', async () => {
    const world = await tell(story);
    const path = await world.fold(world.entries().slice(0, 2));

    await withDatabase(path, { readOnly: true }, async (connection) => {
      await world.fold();
      expect(existsSync(path)).toBe(false);
      expect(await readRows(connection, 'SELECT count(*) AS n FROM runs')).toEqual([{ n: 2 }]);
    });
  });

  test.each<[string, (path: string) => void]>([
    ['is cut', (path) => truncateSync(path, 1000)],
    ['is empty', (path) => writeFileSync(path, '')],
    ['is no database', (path) => writeFileSync(path, 'hello')],
  ])('an older cache that %s is no base: everything is folded again', async (_name, damage) => {
    const world = await tell(story);
    const older = await world.fold(world.entries().slice(0, 2));
    damage(older);

    const made = await foldLedger({ cacheRoot: world.cacheRoot, entries: world.entries() });

    expect(made.folded).toBe('rebuilt');
    expect(existsSync(older)).toBe(false);
  });

  test('drafts of killed folds are cleared', async () => {
    const world = await tell(story);
    await world.fold(world.entries().slice(0, 1));
    writeFileSync(join(world.cacheRoot, '.incoming-dead.duckdb'), 'half');
    writeFileSync(join(world.cacheRoot, '.incoming-dead.duckdb.wal'), 'half');
    const path = await world.fold();

    expect(readdirSync(world.cacheRoot).map((name) => join(world.cacheRoot, name))).toEqual([path]);
  });

  test('as of an earlier entry: what was known then, although more is known now', async () => {
    const world = await tell(story);
    const then = await everything(await world.fold(world.entries().slice(0, 2)));
    await writeRun(world.ledgerRoot, 'main', {
      at: day(9),
      hosts: { web: { packages: {} }, db: { packages: {} } },
    });
    await world.fold();
    const today = await everything(await world.fold(world.entries().slice(0, 2)));

    expect(today).toEqual(then);
  });

  test('two chains are folded together, in the order of time', async () => {
    const world = await tell(story.slice(0, 1), 'north');
    await writeRun(world.ledgerRoot, 'south', { at: day(2), hosts: { far: { packages: { ssl: '1' } } } });

    expect(await world.rows('SELECT collector, sequence, population FROM runs ORDER BY recorded_at')).toEqual(
      [
        { collector: 'north', sequence: 1, population: 2 },
        { collector: 'south', sequence: 1, population: 1 },
      ],
    );
    expect(await world.rows('SELECT host_id FROM hosts ORDER BY ALL')).toEqual([
      { host_id: 'db' },
      { host_id: 'far' },
      { host_id: 'web' },
    ]);
  });

  test('state that did not change is kept once, however often it was read', async () => {
    const same = { packages: { a: '1', b: '1' }, offers: { a: '2' } };
    const world = await tell(
      Array.from({ length: 6 }, (_, index) => ({ at: day(index + 1), hosts: { web: same } })),
    );

    const [counts] = await world.rows(
      'SELECT (SELECT count(*) FROM state_packages) AS states, (SELECT count(*) FROM fact_readings) AS readings, (SELECT max(scans) FROM observations) AS scans',
    );
    expect(counts).toEqual({ states: 2, readings: 54, scans: 6 });
  });

  test('every public table and column says what it means', async () => {
    const world = await tell(story);
    const silent = await world.rows(
      `SELECT table_name FROM duckdb_tables() WHERE comment IS NULL AND table_name IN (${publicTables.map((name) => `'${name}'`).join(',')})`,
    );
    const mute = await world.rows(
      `SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL AND table_name IN (${publicTables.map((name) => `'${name}'`).join(',')})`,
    );
    expect(silent).toEqual([]);
    expect(mute).toEqual([]);
  });

  test('models are read from the files that the site shows', () => {
    const folder = new URL('../../../reports/findings/models/', import.meta.url);
    for (const file of readdirSync(folder)) {
      const text = readFileSync(new URL(file, folder), 'utf8');
      expect(text.startsWith('-- '), file).toBe(true);
      expect(text, file).toMatch(/CREATE OR REPLACE (TABLE|VIEW)/);
    }
  });
});

describe('events', () => {
  const event = fc.record({
    minute: fc.integer({ min: 0, max: 59 }),
    name: fc.constantFrom('a', 'b'),
    version: fc.constantFrom('1', '2'),
  });

  test('an event that several runs bring is one event, known since the first', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(event, { maxLength: 4 }), { minLength: 2, maxLength: 4 }),
        async (runs) => {
          const stories = runs.map((events, index): RunStory => ({
            at: day(index + 2),
            hosts: {
              web: {
                packages: {},
                log: events.map(({ minute, name, version }) => [
                  `2026-09-01T10:${String(minute).padStart(2, '0')}:00.000Z`,
                  'install',
                  name,
                  null,
                  version,
                ]),
              },
            },
          }));
          const world = await tell(stories);

          const found = await world.rows(
            'SELECT local_time, package, new_version, recorded_at FROM install_events ORDER BY ALL',
          );

          const expected = new Map<string, string>();
          for (const [index, events] of runs.entries()) {
            for (const { minute, name, version } of events) {
              const key = `2026-09-01T10:${String(minute).padStart(2, '0')}:00|${name}|${version}`;
              if (!expected.has(key)) expected.set(key, day(index + 2));
            }
          }
          expect(
            found.map(
              (row) =>
                `${String(row['local_time'])}|${String(row['package'])}|${String(row['new_version'])}|${String(row['recorded_at'])}`,
            ),
          ).toEqual([...expected].map(([key, at]) => `${key}|${at}`).sort());
        },
      ),
      { numRuns: 4 },
    );
  });
});
