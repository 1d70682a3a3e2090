/** What `build`, `query` and `start` share: the findings of a workspace's record, folded when needed. */
import { existsSync } from 'node:fs';
import { listEntries } from '#data/ledger/entries.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { explainWriteError } from '#data/model/durable.ts';
import { Failure } from '#data/model/failure.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import { findingsPath, foldLedger } from '#reports/findings/fold.ts';
import type { Findings, FoldOptions } from '#reports/findings/fold.ts';
import type { Places } from './workspace.ts';

/**
 * The findings of all entries. The file stays usable while other folds happen; where it is there
 * already nothing is written, so that a read-only workspace can be asked.
 *
 * @param waitSeconds how long to wait for another fold or build
 */
export async function openFindings(where: Places, waitSeconds = 60): Promise<Findings> {
  const path = findingsPath(await foldOptions(where));
  if (existsSync(path)) return { path, folded: 'reused' };
  return withFindings(where, (findings) => Promise.resolve(findings), waitSeconds);
}

/** Runs work on the findings while holding the lock of the cache folder: no other fold or build meanwhile. */
export async function withFindings<T>(
  where: Places,
  work: (findings: Findings) => Promise<T>,
  waitSeconds = 60,
): Promise<T> {
  const options = await foldOptions(where);
  return withWriterLock(where.cache, { waitSeconds }, async () => {
    const findings = await foldLedger(options).catch((error: unknown) => {
      throw explainWriteError(error, where.cache, 'the record and the site are as they were');
    });
    return work(findings);
  });
}

async function foldOptions(where: Places): Promise<FoldOptions> {
  const entries = listEntries(where.ledger);
  if (entries.length === 0) {
    throw new Failure('no-record', 'the record is empty', { nextStep: 'patchledger scan' });
  }
  const { config } = await loadWorkspace(where.root);
  return { cacheRoot: where.cache, entries, maxScanAgeHours: config.scan.maxAgeHours };
}
