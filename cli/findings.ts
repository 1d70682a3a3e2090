/** What `build`, `query` and `start` share: the findings of a workspace's record, folded when needed. */
import { listEntries } from '#data/ledger/entries.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { Failure } from '#data/model/failure.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import { foldLedger } from '#reports/findings/fold.ts';
import type { Findings } from '#reports/findings/fold.ts';
import type { Places } from './workspace.ts';

/**
 * The findings of all entries. The file stays usable while other folds happen.
 *
 * @param waitSeconds how long to wait for another fold or build
 */
export async function openFindings(places: Places, waitSeconds = 60): Promise<Findings> {
  return withFindings(places, (findings) => Promise.resolve(findings), waitSeconds);
}

/** Runs work on the findings while holding the lock of the cache folder: no other fold or build meanwhile. */
export async function withFindings<T>(
  places: Places,
  work: (findings: Findings) => Promise<T>,
  waitSeconds = 60,
): Promise<T> {
  const entries = listEntries(places.ledger);
  if (entries.length === 0) {
    throw new Failure('no-record', 'the record is empty', { nextStep: 'patchledger scan' });
  }
  const { config } = await loadWorkspace(places.root);
  const maxScanAgeHours = config.scan.maxAgeHours;
  return withWriterLock(places.cache, { waitSeconds }, async () =>
    work(await foldLedger({ cacheRoot: places.cache, entries, maxScanAgeHours })),
  );
}
