/** The folder `out/scripts`: a script a host, and their hashes. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explainWriteError, renameDurably, syncFile } from '#data/model/durable.ts';
import { sha256 } from '#data/ledger/manifest.ts';

export interface WrittenScript {
  hostId: string;
  text: string;
}

const suffix = '.sh';
const sums = 'SHA256SUMS';

/**
 * Writes scripts, each by one rename, and takes away those of the hosts that were planned for and got none.
 *
 * @param planned hosts that were planned for; a script of any other host stays
 * @returns the path of each script, by host
 * @throws Failure 'disk-full' or 'not-writable'
 */
export function writeScripts(
  folder: string,
  scripts: readonly WrittenScript[],
  planned: readonly string[],
): Map<string, string> {
  try {
    mkdirSync(folder, { recursive: true });
    const written = new Map(scripts.map(({ hostId }) => [hostId, join(folder, `${hostId}${suffix}`)]));
    for (const id of planned) if (!written.has(id)) rmSync(join(folder, `${id}${suffix}`), { force: true });
    for (const { hostId, text } of scripts) write(join(folder, `${hostId}${suffix}`), text, 0o755);
    const lines = readdirSync(folder)
      .filter((name) => name.endsWith(suffix) && !name.startsWith('.'))
      .sort()
      .map((name) => `${sha256(readFileSync(join(folder, name)))}  ${name}\n`);
    write(join(folder, sums), lines.join(''), 0o644);
    return written;
  } catch (error) {
    throw explainWriteError(error, folder, 'the plans are in the record; run it again');
  }
}

function write(path: string, text: string, mode: number): void {
  const draft = join(path, '..', `.incoming-${path.slice(path.lastIndexOf('/') + 1)}`);
  writeFileSync(draft, text, { mode });
  syncFile(draft);
  renameDurably(draft, path);
}
