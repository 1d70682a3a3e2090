/** People's files go into the record before they judge anything, so that any past day can be judged again. */
import { appendEntry } from '#data/ledger/append.ts';
import { listEntries } from '#data/ledger/entries.ts';
import type { Entry } from '#data/ledger/entries.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { byRecording } from '#data/ledger/workspace-files.ts';
import { Failure } from '#data/model/failure.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import type { WorkspaceFile } from '#data/workspace/load.ts';
import { say } from './output.ts';
import { programVersion } from './version.ts';
import type { Places } from './workspace.ts';

/**
 * Appends an entry with people's files where they are not those that the record holds already. A record that
 * cannot be written, such as an auditor's copy, is judged by the files that it holds; that is said.
 *
 * @param waitSeconds how long to wait for another writer
 */
export async function recordWorkspace(where: Places, waitSeconds = 60): Promise<void> {
  const workspace = await loadWorkspace(where.root);
  const entries = listEntries(where.ledger);
  if (entries.length === 0 || isRecorded(workspace.files, entries)) return;
  try {
    await withWriterLock(where.ledger, { waitSeconds }, async () => {
      if (isRecorded(workspace.files, listEntries(where.ledger))) return;
      await appendEntry(
        where.ledger,
        {
          collector: workspace.config.collector,
          kind: 'workspace',
          startedAt: new Date(),
          workspaceFiles: workspace.files,
          programVersion,
        },
        () => Promise.resolve({}),
      );
    });
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'not-writable') throw error;
    say('the record cannot be written: judged by the policies and exceptions that it holds');
  }
}

function isRecorded(files: readonly WorkspaceFile[], entries: readonly Entry[]): boolean {
  const last = byRecording(entries)
    .filter(({ manifest }) => manifest.workspace_files.length > 0)
    .at(-1);
  const names = (list: readonly { path: string; sha256: string }[]): string =>
    list
      .map(({ path, sha256 }) => `${path} ${sha256}`)
      .sort()
      .join('\n');
  return last !== undefined && names(last.manifest.workspace_files) === names(files);
}
