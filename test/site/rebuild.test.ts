import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { withDatabase } from '#data/ledger/database.ts';
import { Failure } from '#data/model/failure.ts';
import { deriveFindings } from '#reports/derive.ts';
import { buildSite } from '#site/build.ts';
import { tell } from '#test/reports/findings/story.ts';
import { buildIn, makeFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { brokenLinks, digestTree, listPages, textOf } from './tree.ts';

let fleet: Fleet;
let site: string;

beforeAll(async () => {
  fleet = await makeFleet();
  site = await buildIn(fleet.folder, fleet.findingsPath);
});

describe('the same findings', () => {
  test('make the same bytes twice, on 1 and on 2 threads, under another name', async () => {
    const first = digestTree(site);
    const again = await buildIn(join(fleet.folder, 'again'), fleet.findingsPath, { threads: 1, id: 'other' });
    expect(digestTree(again)).toBe(first);
    const third = await buildIn(join(fleet.folder, 'third'), fleet.findingsPath, { threads: 2 });
    expect(digestTree(third)).toBe(first);
  });
});

describe('when something goes wrong', () => {
  test('the old site stands, and nothing is left behind', async () => {
    const folder = join(fleet.folder, 'broken');
    const before = await buildIn(folder, fleet.findingsPath, { id: 'good' });
    const digest = digestTree(before);
    const damaged = join(folder, 'damaged.duckdb');
    writeFileSync(damaged, 'no database');

    await expect(buildIn(folder, damaged)).rejects.toThrow(/not a valid DuckDB database file/);

    expect(readlinkSync(before)).toBe('.sites/good');
    expect(digestTree(before)).toBe(digest);
    expect(readdirSync(join(folder, 'cache'))).toEqual([]);
  });

  test('a page that cannot be made is a failure that a person can act on', async () => {
    const folder = join(fleet.folder, 'no-page');
    const before = await buildIn(folder, fleet.findingsPath, { id: 'good' });
    const lacking = join(folder, 'lacking.duckdb');
    cpSync(fleet.findingsPath, lacking);
    await withDatabase(lacking, {}, (connection) => connection.run('DROP TABLE fact_entries'));

    const failed = buildIn(folder, lacking);

    await expect(failed).rejects.toMatchObject({
      code: 'site-failed',
      message: expect.stringMatching(/the old site stands\n.*fact_entries/s),
      nextStep: expect.stringContaining('report'),
    });
    expect(readlinkSync(before)).toBe('.sites/good');
    expect(readdirSync(join(folder, 'cache'))).toEqual([]);
  });

  test('what a killed build left in the cache is removed by the next', async () => {
    const folder = join(fleet.folder, 'killed');
    mkdirSync(join(folder, 'cache', 'site-dead', 'pages'), { recursive: true });
    cpSync(fleet.findingsPath, join(folder, 'cache', 'findings.duckdb'));
    await buildIn(folder, join(folder, 'cache', 'findings.duckdb'));
    expect(readdirSync(join(folder, 'cache'))).toEqual(['findings.duckdb']);
  });

  test("a folder named 'site' that somebody made is refused before any work", async () => {
    const folder = join(fleet.folder, 'mine');
    mkdirSync(join(folder, 'out', 'site'), { recursive: true });
    const notes: string[] = [];
    const failed = buildSite({
      findingsPath: fleet.findingsPath,
      outFolder: join(folder, 'out'),
      cacheFolder: join(folder, 'cache'),
      version: '0.1.0',
      onProgress: (_percent, note) => notes.push(note),
    });
    await expect(failed).rejects.toThrow(Failure);
    expect(notes).toEqual([]);
    expect(existsSync(join(folder, 'cache'))).toBe(false);
  });
});

describe('a large population', () => {
  test('is listed 200 hosts a page, every host once', async () => {
    const ids = Array.from({ length: 405 }, (_, index) => `host-${String(index).padStart(3, '0')}`);
    const world = await tell([
      {
        at: '2026-11-23T06:00:00.000Z',
        hosts: Object.fromEntries(ids.map((id) => [id, 'unreachable' as const])),
      },
    ]);
    const { path } = await deriveFindings({ cacheRoot: world.cacheRoot, entries: world.entries() });
    const large = await buildIn(join(fleet.folder, 'large'), path);
    const lists = ['hosts/index.html', 'hosts/pages/2/index.html', 'hosts/pages/3/index.html'];
    const named = lists.flatMap((page) => [
      ...readFileSync(join(large, page), 'utf8').matchAll(/<th scope="row"[^>]*><a[^>]*>([^<]*)<\/a>/g),
    ]);
    expect(named.map(([, id]) => id).toSorted()).toEqual(ids);
    expect(listPages(large).filter((page) => page.startsWith('hosts/host-'))).toHaveLength(405);
    expect(existsSync(join(large, 'coverage/pages/3/index.html'))).toBe(true);
    expect(brokenLinks(large)).toEqual([]);
    expect(textOf(readFileSync(join(large, 'index.html'), 'utf8'))).toContain(
      'Nothing is known yet: the updates of 405 hosts could not be read.',
    );
    expect(textOf(readFileSync(join(large, 'index.html'), 'utf8'))).toContain('This is the first run');
  });
});
