/** Making a workspace. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '#data/model/failure.ts';
import { jsonSchemas } from './json-schemas.ts';
import { configPath } from './load.ts';
import { templates } from './templates.ts';

export interface Initialised {
  root: string;
  /** Files written, relative to the workspace. */
  written: string[];
  /** Files that were there already and were left alone. */
  kept: string[];
}

const fallbackName = 'this-machine';

/**
 * Writes a commented workspace. A file that exists is never touched, except the schemas for editors,
 * which belong to the program.
 *
 * @param root the folder; made when missing
 * @param options hostname: what this machine calls itself (any text); it names the first host
 * @throws Failure 'not-empty' when the folder holds something else and no workspace
 */
export function initWorkspace(root: string, { hostname }: { hostname: string }): Initialised {
  const files = existsSync(root) ? readdirSync(root).filter((name) => name !== '.git') : [];
  if (files.length > 0 && !files.includes(configPath)) {
    throw new Failure('not-empty', `${root} holds other files and no ${configPath}`, {
      nextStep: 'name an empty folder, or one that does not exist yet',
      exitCode: 2,
    });
  }
  const written: string[] = [];
  const kept: string[] = [];
  for (const [path, content] of templates({ name: nameOf(hostname) })) {
    if (existsSync(join(root, path))) kept.push(path);
    else written.push(writeWhole(root, path, content));
  }
  for (const [name, content] of jsonSchemas())
    written.push(writeWhole(root, `.patchledger/schemas/${name}`, content));
  return { root, written, kept };
}

/** A collector's and host's name from whatever a machine calls itself. */
function nameOf(hostname: string): string {
  const name = (hostname.split('.')[0] ?? '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
  return name === '' || name === 'index' || name === '404' ? fallbackName : name;
}

/** A file appears whole or not at all. */
function writeWhole(root: string, path: string, content: string): string {
  const target = join(root, path);
  const draft = `${target}.${randomBytes(4).toString('hex')}`;
  mkdirSync(dirname(target), { recursive: true });
  try {
    writeFileSync(draft, content);
    renameSync(draft, target);
  } finally {
    rmSync(draft, { force: true });
  }
  return path;
}
