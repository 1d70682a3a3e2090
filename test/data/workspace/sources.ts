/** Workspaces with files beside them, for tests of inventories that others keep. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Failure } from '#data/model/failure.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import type { Workspace } from '#data/workspace/load.ts';

export interface Laid {
  /** The workspace's folder; `ansible/` and `home/` lie beside it. */
  root: string;
  home: string;
  load: () => Promise<Workspace>;
}

/** Writes files by paths relative to the folder above the workspace: `ws/…`, `ansible/…`, `home/.ssh/config`. */
export function lay(files: { [path: string]: string | Uint8Array }): Laid {
  const above = mkdtempSync(join(tmpdir(), 'patchledger-sources-'));
  for (const folder of ['ws', 'home/.ssh']) mkdirSync(join(above, folder), { recursive: true });
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(above, path)), { recursive: true });
    writeFileSync(join(above, path), content);
  }
  const [root, home] = [join(above, 'ws'), join(above, 'home')];
  return { root, home, load: () => loadWorkspace(root, home) };
}

/** A workspace whose settings name these sources. */
export function settings(inventory: string): { 'ws/patchledger.yaml': string } {
  return { 'ws/patchledger.yaml': `collector: main\ninventory:\n${inventory}` };
}

export const ansible = (path: string): { 'ws/patchledger.yaml': string } => settings(`  ansible: [${path}]\n`);
export const sshConfig = settings('  ssh-config: [~/.ssh/config]\n');

/** The lines of the problems; none when it loads. */
export async function problemsOf(laid: Laid): Promise<string[]> {
  try {
    await laid.load();
    return [];
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'workspace-invalid' || error.exitCode !== 2) throw error;
    return error.message.split('\n');
  }
}

/** Everything that the record would keep, as one text. */
export function recordedText({ files }: Workspace): string {
  return files.map(({ path, content }) => `${path}\n${Buffer.from(content).toString('utf8')}`).join('\n');
}

/** What comes of any content: 'loads', or that its problems name a place; anything else is thrown on. */
export async function fateOf(laid: Laid): Promise<string> {
  const problems = await problemsOf(laid);
  if (problems.length === 0) return 'loads';
  return problems.every((line) => /^(\S+:\d+:\d+: .|… and \d+ more)/.test(line)) ? 'problems with places' : problems.join('\n');
}
