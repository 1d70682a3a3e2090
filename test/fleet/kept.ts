/**
 * Roots that are kept by content outside the checkout: made once for a recipe and week, shared by all tests.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { withWriterLock } from '#data/ledger/lock.ts';
import { mustRun } from '#test/tools.ts';
import { runIsolated } from './run.ts';

export interface Recipe {
  /** Lower-case word; also begins the folder's name. */
  name: string;
  /** Files beside this one that say how it is made: another content gives another root. */
  files: readonly string[];
  /** Makes the root in a folder that may hold leftovers of a killed try. */
  build: (folder: string) => Promise<void>;
}

/**
 * Gives the root of a recipe, building it when there is none for this recipe and week. Of several that
 * want it at once, one builds and the others wait.
 */
export async function keptRoot(recipe: Recipe, say: (text: string) => void = () => {}): Promise<string> {
  const folder = join(cacheFolder(), 'roots');
  const path = join(folder, `${recipe.name}-${keyOf(recipe)}`);
  if (existsSync(path)) return path;
  return withWriterLock(join(cacheFolder(), 'locks', recipe.name), { waitSeconds: 1800 }, async () => {
    if (existsSync(path)) return path;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      const old = join(folder, name);
      if (name.startsWith(`${recipe.name}-`) && !isInUse(old)) rmSync(old, { recursive: true, force: true });
    }
    const making = `${path}.part`;
    say(`making a root of ${recipe.name} (some minutes)`);
    await recipe.build(making);
    renameSync(making, path);
    return path;
  });
}

/** Whether a host of any process is laid over the root: another checkout has another recipe. */
function isInUse(root: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(`lowerdir=${root},`);
      } catch {
        return false;
      }
    });
}

export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? homedir(), '.cache');
  return join(base, 'patchledger-test');
}

/** The same recipe gives another root each week, from Monday on: updates go on. */
function keyOf({ name, files }: Recipe): string {
  const hash = createHash('sha256').update(name).update(architecture());
  for (const file of files) hash.update(readFileSync(fileURLToPath(new URL(file, import.meta.url))));
  // Day 0 of 1970 was a Thursday.
  const week = Math.floor((Date.now() / 86_400_000 + 3) / 7);
  return hash.update(String(week)).digest('hex').slice(0, 16);
}

function architecture(): string {
  return mustRun(['dpkg', '--print-architecture']).trim();
}

/** Runs a line of shell inside a root, with its own /proc and a plain /dev; gives standard output. */
export function inRoot(root: string, line: string): Promise<string> {
  const script = 'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && exec chroot "$1" sh -c "$2"';
  return runIsolated(['sh', '-c', script, 'sh', root, line]);
}
