/** Where the workspace is: named, or found as git finds a repository. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { Option } from 'commander';
import { Failure } from '#data/model/failure.ts';

const configFile = 'patchledger.yaml';
const usualFolder = 'workspace';

export function workspaceOption(): Option {
  return new Option(
    '-w, --workspace <folder>',
    'the workspace (default: the one around or below this folder)',
  ).env('PATCHLEDGER_WORKSPACE');
}

/**
 * The workspace's folder: the one named; else this folder or the nearest one above that holds
 * `patchledger.yaml`; else `./workspace`.
 */
export function findWorkspace(named: string | undefined, from: string = process.cwd()): string {
  if (named !== undefined) {
    const folder = resolve(from, named);
    if (isWorkspace(folder)) return folder;
    throw missing(`${folder} holds no ${configFile}`, `patchledger init ${named}`);
  }
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    if (isWorkspace(folder)) return folder;
    if (dirname(folder) === folder) break;
  }
  const usual = join(resolve(from), usualFolder);
  if (isWorkspace(usual)) return usual;
  throw missing(
    `no workspace here: no ${configFile} in this folder, above it, or in ./${usualFolder}`,
    'patchledger init',
  );
}

/** Where `start` puts a workspace when there is none. */
export function usualWorkspace(from: string = process.cwd()): string {
  return join(resolve(from), usualFolder);
}

export function isWorkspace(folder: string): boolean {
  return existsSync(join(folder, configFile));
}

export interface Places {
  root: string;
  ledger: string;
  cache: string;
  out: string;
  site: string;
  scripts: string;
}

export function places(root: string): Places {
  return {
    root,
    ledger: join(root, 'ledger'),
    cache: join(root, 'cache'),
    out: join(root, 'out'),
    site: join(root, 'out', 'site'),
    scripts: join(root, 'out', 'scripts'),
  };
}

function missing(message: string, nextStep: string): Failure {
  return new Failure('no-workspace', message, { nextStep, exitCode: 2 });
}
