/** The entries of the record, in chain order. */
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failure } from '#data/model/failure.ts';
import { schemaVersion } from '#data/model/tables.ts';
import { decodeManifest, entryFolderName, ManifestError, sha256 } from './manifest.ts';
import type { Manifest } from './manifest.ts';

export interface Entry {
  /** The entry's folder. */
  path: string;
  /** SHA-256 of its manifest. */
  hash: string;
  manifest: Manifest;
}

/** The last entry of a chain: its hash proves all before it. */
export interface Head {
  collector: string;
  sequence: number;
  hash: string;
}

export const chainName = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const entryName = /^(\d{8})-([a-z]+)$/;

/**
 * Reads every manifest; nothing is hashed but the manifests themselves (`verifyLedger` does the rest).
 *
 * @returns entries by collector and sequence; none when the ledger does not exist yet
 * @throws Failure 'record-damaged' naming the file that does not fit; 'record-newer' when a later Patchledger
 * wrote it
 */
export function listEntries(ledgerRoot: string): Entry[] {
  if (!existsSync(ledgerRoot)) return [];
  const chains = readdirSync(ledgerRoot)
    .filter((name) => chainName.test(name))
    .sort();
  return chains.flatMap((chain) => listChain(join(ledgerRoot, chain)));
}

/** The entries of one chain, whose links must fit. */
export function listChain(folder: string): Entry[] {
  if (!existsSync(folder)) return [];
  if (!lstatSync(folder).isDirectory()) throw damaged(folder, 'is not a folder');
  const names = readdirSync(folder)
    .filter((name) => entryName.test(name))
    .sort();
  let previous: string | null = null;
  return names.map((name, index) => {
    const entry = readEntry(join(folder, name));
    if (entry.manifest.sequence !== index + 1 || entry.manifest.previous !== previous) {
      throw damaged(entry.path, 'does not follow the entry before it');
    }
    if (entry.manifest.collector !== basename(folder) || name !== entryFolderName(entry.manifest)) {
      throw damaged(entry.path, 'is not the entry that its manifest describes');
    }
    previous = entry.hash;
    return entry;
  });
}

export function heads(entries: Entry[]): Head[] {
  const byCollector = new Map<string, Head>();
  for (const { hash, manifest } of entries) {
    byCollector.set(manifest.collector, { collector: manifest.collector, sequence: manifest.sequence, hash });
  }
  return [...byCollector.values()];
}

function readEntry(path: string): Entry {
  const file = join(path, 'manifest.json');
  if (!lstatSync(path).isDirectory()) throw damaged(path, 'is not a folder');
  if (!lstatSync(file, { throwIfNoEntry: false })?.isFile())
    throw damaged(file, 'is missing or is no plain file');
  const bytes = readFileSync(file);
  try {
    return { path, hash: sha256(bytes), manifest: decodeManifest(bytes) };
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    if (!error.newer) throw damaged(file, `${error.message} (${error.detail})`, error);
    throw new Failure('record-newer', `${file} ${error.message} (${error.detail})`, {
      nextStep: `update Patchledger: this one knows schema versions up to ${schemaVersion}`,
      cause: error,
    });
  }
}

function damaged(path: string, what: string, cause?: unknown): Failure {
  return new Failure('record-damaged', `${path} ${what}`, {
    nextStep: 'patchledger verify names everything that does not fit; restore the ledger from a backup',
    exitCode: 4,
    cause,
  });
}
