/** What it costs to derive findings and to build the site, at the size of a large estate. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { deriveFindings } from '#reports/derive.ts';
import { buildSite } from '#site/build.ts';
import { writeEstate } from './estate.ts';
import type { Estate } from './estate.ts';
import { shellCost } from './measure.ts';
import { tell } from './table.ts';

const whole: Estate = { hosts: 1000, nights: 90, packages: 400 };

/** Prints the figures; `BENCH_HOSTS` and `BENCH_NIGHTS` make the estate smaller for a trial. */
export async function benchFindings(): Promise<void> {
  const estate = {
    ...whole,
    hosts: Number(process.env['BENCH_HOSTS'] ?? whole.hosts),
    nights: Number(process.env['BENCH_NIGHTS'] ?? whole.nights),
  };
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-bench-'));
  try {
    console.log(`\n${estate.hosts} hosts of ${estate.packages} packages, ${estate.nights} nights`);
    await benchEstate(folder, estate);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function benchEstate(folder: string, estate: Estate): Promise<void> {
  const ledgerRoot = join(folder, 'ledger');
  const cacheRoot = join(folder, 'cache');
  const started = performance.now();
  const lastNight = await writeEstate(ledgerRoot, estate);
  tell('writing the record, a run', (performance.now() - started) / 1000 / (estate.nights - 1), 's');
  const fold = async (cache: string): Promise<{ path: string; folded: string; seconds: number }> => {
    const before = performance.now();
    const { path, folded } = await deriveFindings({ cacheRoot: cache, entries: listEntries(ledgerRoot) });
    return { path, folded, seconds: (performance.now() - before) / 1000 };
  };
  await fold(cacheRoot);
  await lastNight();
  const more = await fold(cacheRoot);
  if (more.folded !== 'extended') throw new Error(`the figures would mean nothing: ${more.folded}`);
  const rebuilt = await fold(join(folder, 'again'));
  const scan = await scanSeconds(ledgerRoot);
  tell('size of the record', sizeOf(ledgerRoot) / 1e6, 'MB');
  tell('reading every column of every package row of the record once', scan, 's');
  tell('a full rebuild of the findings', rebuilt.seconds, 's');
  tell('a full rebuild / reading the record once', rebuilt.seconds / scan, '×', 50);
  tell('one more run', more.seconds, 's');
  tell('one more run / a full rebuild', more.seconds / rebuilt.seconds, '×', 0.9);
  await benchSite(folder, rebuilt.path);
}

/** Reads all of the Parquet files with the largest tables, as a sum over hashes of whole rows. */
async function scanSeconds(ledgerRoot: string): Promise<number> {
  const files = ['packages', 'updates', 'readings', 'scans', 'events'];
  return withDatabase(':memory:', {}, async (connection) => {
    const before = performance.now();
    for (const file of files)
      await readRows(
        connection,
        `SELECT sum(hash(row)) AS sum FROM read_parquet('${ledgerRoot}/main/*/${file}.parquet', union_by_name = true) row`,
      );
    return (performance.now() - before) / 1000;
  });
}

async function benchSite(folder: string, findingsPath: string): Promise<void> {
  const before = performance.now();
  const { pages } = await buildSite({
    findingsPath,
    outFolder: join(folder, 'out'),
    cacheFolder: join(folder, 'site-cache'),
    version: 'bench',
  });
  const seconds = (performance.now() - before) / 1000;
  const bare = await bareAstro(folder, pages);
  console.log(`\nthe site of it, ${pages} pages`);
  tell('building the site with all files', seconds, 's');
  tell('bare Astro with as many pages of one table of 60 rows', bare, 's');
  tell('the site / bare Astro', seconds / bare, '×', 30);
}

const barePage = (pages: number): string => `---
export const getStaticPaths = () => Array.from({ length: ${pages} }, (_, id) => ({ params: { id: String(id) } }));
const { id } = Astro.params;
const rows = Array.from({ length: 60 }, (_, row) => [id + row, 'package', '1.0-' + row, 'missing']);
---
<html lang="en"><body><h1>{id}</h1><table>{rows.map((row) => <tr>{row.map((cell) => <td>{cell}</td>)}</tr>)}</table></body></html>
`;

/** The same number of simple pages by Astro alone, in a process of its own. */
async function bareAstro(folder: string, pages: number): Promise<number> {
  const root = join(folder, 'bare');
  mkdirSync(join(root, 'src/pages'), { recursive: true });
  symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(root, 'node_modules'));
  writeFileSync(join(root, 'src/pages/[id].astro'), barePage(pages));
  writeFileSync(
    join(root, 'build.mjs'),
    "import { build } from 'astro';\nawait build({ configFile: false, logLevel: 'error' });\n",
  );
  const line = `cd '${root}' && ASTRO_TELEMETRY_DISABLED=1 '${process.execPath}' build.mjs`;
  return (await shellCost(line)).seconds;
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}
