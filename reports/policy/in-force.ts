/** What people's files said, and since when the record knows it. */
import { createHash } from 'node:crypto';
import type { Entry } from '#data/ledger/entries.ts';
import { byRecording, recordedFiles } from '#data/ledger/workspace-files.ts';
import { readContent } from '#data/workspace/load.ts';
import type { WorkspaceContent } from '#data/workspace/load.ts';
import type { Exception } from '#data/workspace/schemas.ts';

export interface RecordedException {
  said: Exception;
  /** UTC instant at which the record learned of it, as it reads. */
  recordedAt: string;
  /** UTC instant at which the record learned that it was changed or taken out; null while it stands. */
  goneAt: string | null;
}

export interface InForce {
  /** As of the last entry; null where no entry holds people's files. */
  content: WorkspaceContent | null;
  exceptions: RecordedException[];
}

const nowhere: InForce = { content: null, exceptions: [] };

/**
 * @param entries of all chains; the files of the entry that was recorded last are in force
 * @throws Failure 'workspace-invalid' when a copy in the record cannot be read by this program
 */
export function readInForce(entries: readonly Entry[]): InForce {
  const withFiles = byRecording(entries).filter(({ manifest }) => manifest.workspace_files.length > 0);
  const last = withFiles.at(-1);
  if (last === undefined) return nowhere;
  const read = reader(entries);
  return { content: read(last), exceptions: followExceptions(withFiles, read) };
}

/** Nightly runs use the same files; each set of them is read once. */
function reader(entries: readonly Entry[]): (entry: Entry) => WorkspaceContent {
  const known = new Map<string, WorkspaceContent>();
  return (entry) => {
    const key = createHash('sha256');
    for (const { path, sha256 } of entry.manifest.workspace_files) key.update(`${path} ${sha256}\n`);
    const digest = key.digest('hex');
    const content = known.get(digest) ?? readContent(recordedFiles(entry, entries));
    known.set(digest, content);
    return content;
  };
}

/** A changed exception is another one: the old wording ends where the new one begins. */
function followExceptions(
  withFiles: readonly Entry[],
  read: (entry: Entry) => WorkspaceContent,
): RecordedException[] {
  const all: RecordedException[] = [];
  const standing = new Map<string, RecordedException>();
  let before: WorkspaceContent | undefined;
  for (const entry of withFiles) {
    const content = read(entry);
    if (content === before) continue;
    before = content;
    const said = new Map(content.exceptions.map((exception) => [JSON.stringify(exception), exception]));
    for (const [wording, exception] of standing) {
      if (said.has(wording)) continue;
      exception.goneAt = entry.manifest.recorded_at;
      standing.delete(wording);
    }
    for (const [wording, exception] of said) {
      if (standing.has(wording)) continue;
      const recorded = { said: exception, recordedAt: entry.manifest.recorded_at, goneAt: null };
      standing.set(wording, recorded);
      all.push(recorded);
    }
  }
  return all;
}
