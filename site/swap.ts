/**
 * The swap: `out/site` is a symbolic link to `out/.sites/<id>`, and a new site is one rename of a new link
 * (docs/decisions.md 5). A kill at any moment leaves the old site or the new one.
 */
import { cpSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { renameDurably, syncFile, syncFolder } from '#data/model/durable.ts';
import { Failure } from '#data/model/failure.ts';

export interface Swap {
  /** The folder that was built. It is moved. */
  built: string;
  /** The workspace's `out` folder. */
  outFolder: string;
  /** A name that no other build has. */
  id: string;
}

const buildsFolder = '.sites';
const linkName = 'site';
const incoming = '.incoming-';

/**
 * Makes the built folder the site, and removes every other build.
 *
 * @throws Failure 'site-in-the-way' when `out/site` is not a link
 */
export function swapSite({ built, outFolder, id }: Swap): void {
  assertSwappable(outFolder);
  const builds = join(outFolder, buildsFolder);
  mkdirSync(builds, { recursive: true });
  const moved = join(builds, `${incoming}${id}`);
  move(built, moved);
  syncTree(moved);
  renameSync(moved, join(builds, id));
  syncFolder(builds);
  const link = join(builds, `${incoming}link-${id}`);
  symlinkSync(join(buildsFolder, id), link);
  renameDurably(link, join(outFolder, linkName));
  for (const name of readdirSync(builds)) {
    if (name !== id) rmSync(join(builds, name), { recursive: true, force: true });
  }
}

/** @throws Failure when `out/site` exists and was not made by a swap: it would have to be destroyed */
export function assertSwappable(outFolder: string): void {
  const site = join(outFolder, linkName);
  const found = lstatSync(site, { throwIfNoEntry: false });
  if (found === undefined || found.isSymbolicLink()) return;
  throw new Failure('site-in-the-way', `${site} was not made by Patchledger and is left alone`, {
    nextStep: `move it away (mv ${site} ${site}.old) and run: patchledger build`,
  });
}

/** Between file systems a rename is not possible; the copy gets its name only when it is whole. */
function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EXDEV')) throw error;
    cpSync(from, to, { recursive: true });
  }
}

/** Flushes every file, then every folder, innermost first. */
function syncTree(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) syncTree(path);
    else syncFile(path);
  }
  syncFolder(folder);
}
