/**
 * The site: from the findings to a folder of files that need no server. Downloads first (their hashes stand
 * on a page), then the pages, then links made relative, then one atomic swap. Whatever goes wrong before the
 * swap, the old site stands.
 */
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { clean } from '#data/model/clean.ts';
import { explainWriteError, makeFolderDurably } from '#data/model/durable.ts';
import { Failure } from '#data/model/failure.ts';
import { readHostIds, writeDownloads, writeHostFiles } from '#reports/reading.ts';
import { makeLinksRelative } from './links.ts';
import { hostFolder } from './paths.ts';
import { sourceVariable } from './source-variable.ts';
import type { SiteSource } from './source-variable.ts';
import { assertSwappable, swapSite } from './swap.ts';

export interface BuildOptions {
  /** The findings, as `foldLedger` gives them. */
  findingsPath: string;
  /** The workspace's `out` folder; the site is `site` in it. */
  outFolder: string;
  /** The workspace's `cache` folder: the build happens in a folder of its own there. */
  cacheFolder: string;
  /** Version of Patchledger, for every page. */
  version: string;
  /** Cores DuckDB may use. */
  threads?: number;
  /** @param percent 0 to 100 */
  onProgress?: (percent: number, note: string) => void;
  /** A name for this build that no other has. */
  id?: string;
}

export interface Built {
  /** Pages, the one for unknown addresses included. */
  pages: number;
}

const buildFolderPrefix = 'site-';

/**
 * Builds the site and swaps it in. The caller holds the writer's lock of the cache folder: what killed builds
 * left behind is removed without asking whose it was.
 *
 * @throws Failure 'site-in-the-way' when `out/site` was made by somebody else, 'site-failed' when Astro
 *   fails, 'disk-full', 'not-writable'; the old site then stands as it was
 */
export async function buildSite(options: BuildOptions): Promise<Built> {
  const id = options.id ?? randomBytes(6).toString('hex');
  const folder = join(options.cacheFolder, `${buildFolderPrefix}${id}`);
  try {
    assertSwappable(options.outFolder);
    removeLeftovers(options.cacheFolder);
    makeFolderDurably(folder);
    const pages = await buildInto(folder, options);
    options.onProgress?.(95, 'swapping');
    swapSite({ built: join(folder, 'pages'), outFolder: options.outFolder, id });
    return { pages };
  } catch (error) {
    throw explain(error, options.outFolder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns the number of pages; the site is then in `pages` */
async function buildInto(folder: string, options: BuildOptions): Promise<number> {
  const progress = options.onProgress ?? ((): void => {});
  const findings = {
    path: options.findingsPath,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  };
  progress(0, 'downloads');
  const downloads = await writeDownloads(findings, join(folder, 'data'));
  const downloadsFile = join(folder, 'downloads.json');
  writeFileSync(downloadsFile, JSON.stringify(downloads));
  await assertFoldersDiffer(findings);
  progress(15, 'pages');
  await runAstro(folder, { findings, version: options.version, downloadsFile }, (share) =>
    progress(15 + 65 * share, 'pages'),
  );
  progress(80, 'files');
  const site = join(folder, 'pages');
  for (const name of readdirSync(join(folder, 'data')))
    renameSync(join(folder, 'data', name), join(site, 'data', name));
  await writeHostFiles(findings, (hostId) => join(site, 'hosts', hostFolder(hostId)));
  return relinkPages(site);
}

/** Two hosts in one folder would be one page; ids are unique, and so must their folders be. */
async function assertFoldersDiffer(findings: SiteSource['findings']): Promise<void> {
  const folders = (await readHostIds(findings)).map(hostFolder);
  if (new Set(folders).size !== folders.length) throw new Error('two hosts with the same folder');
}

async function runAstro(folder: string, source: SiteSource, onShare: (share: number) => void): Promise<void> {
  // Bare imports of the bundled pages are looked up from the build's own folder.
  symlinkSync(fileURLToPath(new URL('../node_modules', import.meta.url)), join(folder, 'node_modules'));
  const child = fork(fileURLToPath(new URL('astro-build.ts', import.meta.url)), [], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      TZ: 'UTC',
      LC_ALL: 'C',
      NO_COLOR: '1',
      NODE_ENV: 'production',
      ASTRO_TELEMETRY_DISABLED: '1',
      [sourceVariable]: JSON.stringify(source),
    },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  const listen = (chunk: Buffer): void => {
    said = (said + chunk.toString('utf8')).slice(-mostSaid);
  };
  child.stdout?.on('data', listen);
  child.stderr?.on('data', listen);
  child.on('message', (message: { pages?: number; of?: number }) => {
    if (message.pages !== undefined && message.of) onShare(message.pages / message.of);
  });
  const status = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  if (status !== 0) throw new AstroError(`Astro ended with ${status}`, said);
}

const mostSaid = 4000;

/** What Astro said before it failed. */
class AstroError extends Error {
  override name = 'AstroError';
  readonly said: string;

  constructor(message: string, said: string) {
    super(message);
    this.said = said;
  }
}

/** @returns how many pages there are */
function relinkPages(site: string): number {
  const names = readdirSync(site, { recursive: true, encoding: 'utf8' });
  const pages = names.filter((name) => name.endsWith('.html'));
  for (const page of pages) {
    const path = join(site, page);
    writeFileSync(path, makeLinksRelative(readFileSync(path, 'utf8'), page));
  }
  return pages.length;
}

/** Builds that were killed. Builds run under the writer's lock, so none of them is alive. */
function removeLeftovers(cacheFolder: string): void {
  if (!existsSync(cacheFolder)) return;
  for (const name of readdirSync(cacheFolder)) {
    if (name.startsWith(buildFolderPrefix)) rmSync(join(cacheFolder, name), { recursive: true, force: true });
  }
}

function explain(error: unknown, outFolder: string): unknown {
  const said = error instanceof AstroError ? new Error(error.said, { cause: error }) : error;
  const explained = explainWriteError(said, outFolder, 'the old site stands');
  if (explained !== said) return explained;
  if (!(error instanceof AstroError)) return error;
  return new Failure(
    'site-failed',
    `the pages could not be built; the old site stands\n  ${firstWords(error.said)}`,
    { cause: error, nextStep: 'this is a bug in Patchledger; please report it with the lines above' },
  );
}

// A stack and a picture of the line are for the log, not for a person.
const noise = /^\s*(at |[{}^]|Node\.js |$)/;

function firstWords(said: string): string {
  const lines = said.split('\n').filter((line) => !noise.test(line));
  return lines
    .slice(0, 3)
    .map((line) => clean(line))
    .join('\n  ');
}
