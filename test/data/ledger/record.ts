/** Small records for tests. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendEntry } from '#data/ledger/append.ts';
import type { Appended, WorkspaceFile } from '#data/ledger/append.ts';
import { encodeManifest, sidecarOf } from '#data/ledger/manifest.ts';
import type { Manifest } from '#data/ledger/manifest.ts';
import type { ScanTableName } from '#data/model/tables.ts';
import { sampleRows } from './rows.ts';
import type { Rows } from './rows.ts';

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'patchledger-ledger-'));
}

export interface EntryOptions {
  collector?: string;
  at?: string;
  files?: { [path: string]: string };
  threads?: number;
}

/** Appends the rows as one entry. */
export async function append(ledgerRoot: string, rows: Rows, options: EntryOptions = {}): Promise<Appended> {
  const at = new Date(options.at ?? '2026-09-01T03:00:00Z');
  return appendEntry(
    ledgerRoot,
    {
      collector: options.collector ?? 'main',
      kind: 'scan',
      startedAt: at,
      recordedAt: () => at,
      programVersion: '0.0.0-test',
      workspaceFiles: workspaceFiles(options.files ?? {}),
      threads: options.threads ?? 2,
    },
    async (tables) => {
      for (const [name, group] of Object.entries(rows)) tables.add(name as ScanTableName, group);
      return { population: rows.population.length };
    },
  );
}

/** A record of three entries with people's files that change once. */
export async function threeEntries(): Promise<{ ledgerRoot: string; hashes: string[] }> {
  const ledgerRoot = newFolder();
  const hashes: string[] = [];
  for (const [index, inventory] of ['hosts: {}\n', 'hosts: {}\n', 'hosts: { web: {} }\n'].entries()) {
    const files = { 'patchledger.yaml': 'collector: main\n', 'inventory/hosts.yaml': inventory };
    const entry = await append(ledgerRoot, sampleRows(index), {
      at: `2026-09-0${index + 1}T03:00:00Z`,
      files,
    });
    hashes.push(entry.hash);
  }
  return { ledgerRoot, hashes };
}

/** A copy of a record, to damage. */
export function copyOf(ledgerRoot: string): string {
  const folder = join(newFolder(), 'ledger');
  cpSync(ledgerRoot, folder, { recursive: true });
  return folder;
}

/** Changes a manifest as somebody would who knows the format: canonical, and with a sidecar that fits. */
export function rewrite(ledger: string, entry: string, change: (manifest: Manifest) => unknown): void {
  const manifest = JSON.parse(readFileSync(join(ledger, entry, 'manifest.json'), 'utf8')) as Manifest;
  writeManifest(ledger, entry, encodeManifest(change(manifest) as Manifest));
}

/** Puts any text in the place of a manifest, with a sidecar that fits. */
export function writeManifest(ledger: string, entry: string, text: string): void {
  writeFileSync(join(ledger, entry, 'manifest.json'), text);
  const hash = createHash('sha256').update(text).digest('hex');
  writeFileSync(join(ledger, entry, 'manifest.sha256'), sidecarOf(hash));
}

function workspaceFiles(files: { [path: string]: string }): WorkspaceFile[] {
  return Object.entries(files).map(([path, text]) => {
    const content = Buffer.from(text);
    return { path, content, sha256: createHash('sha256').update(content).digest('hex') };
  });
}

/** Every file below a folder with its SHA-256: equal for equal trees. */
export function digestTree(folder: string): { [path: string]: string } {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const digests = files.map((entry) => {
    const path = join(entry.parentPath, entry.name);
    return [
      path.slice(folder.length + 1),
      createHash('sha256').update(readFileSync(path)).digest('hex'),
    ] as const;
  });
  return Object.fromEntries(digests.sort(([a], [b]) => (a < b ? -1 : 1)));
}
