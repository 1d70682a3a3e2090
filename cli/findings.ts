/** What `build`, `query` and `start` share: the findings of a workspace's record, folded when needed. */
import { listEntries } from '#data/ledger/entries.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { Failure } from '#data/model/failure.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import { foldLedger } from '#reports/findings/fold.ts';
import type { Findings } from '#reports/findings/fold.ts';
import type { Places } from './workspace.ts';

/**
 * @param places the workspace
 * @param waitSeconds how long to wait for another fold
 * @returns the findings of all entries; the file stays usable while other folds happen
 */
export async function openFindings(places: Places, waitSeconds = 60): Promise<Findings> {
  const entries = listEntries(places.ledger);
  if (entries.length === 0) {
    throw new Failure('no-record', 'the record is empty', { nextStep: 'patchledger scan' });
  }
  const { config } = await loadWorkspace(places.root);
  return withWriterLock(places.cache, { waitSeconds }, () =>
    foldLedger({
      ledgerRoot: places.ledger,
      cacheRoot: places.cache,
      entries,
      maxScanAgeHours: config.scan.maxAgeHours,
    }),
  );
}
