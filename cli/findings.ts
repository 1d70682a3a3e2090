/** What `build`, `query` and `start` share: the findings of a workspace's record, folded when needed. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listEntries } from '#data/ledger/entries.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { explainWriteError } from '#data/model/durable.ts';
import { Failure } from '#data/model/failure.ts';
import { derivedPath, deriveFindings, knownAt } from '#reports/derive.ts';
import type { DeriveOptions } from '#reports/derive.ts';
import type { Findings } from '#reports/findings/fold.ts';
import { say } from './output.ts';
import type { Places } from './workspace.ts';

/**
 * The findings of all entries. The file stays usable while other folds happen; where it is there
 * already nothing is written, so that a read-only workspace can be asked.
 *
 * @param waitSeconds how long to wait for another fold or build
 */
export async function openFindings(where: Places, waitSeconds = 60): Promise<Findings> {
  const path = derivedPath(deriveOptions(where, null));
  if (existsSync(path)) return { path, folded: 'reused' };
  return withFindings(where, (findings) => Promise.resolve(findings), { waitSeconds });
}

export interface FindingsOptions {
  /** Only what the record held at this UTC instant. */
  asOf?: string | null;
  /** How long to wait for another fold or build. */
  waitSeconds?: number;
}

/** Runs work on the findings while holding the lock of the cache folder: no other fold or build meanwhile. */
export async function withFindings<T>(
  where: Places,
  work: (findings: Findings) => Promise<T>,
  { asOf = null, waitSeconds = 60 }: FindingsOptions = {},
): Promise<T> {
  const options = deriveOptions(where, asOf);
  const onWait = (holder: string): void => say(`waiting for ${holder}…`);
  return withWriterLock(where.cache, { waitSeconds, onWait }, async () => {
    const findings = await deriveFindings(options).catch((error: unknown) => {
      throw explainWriteError(error, where.cache, 'the record and the site are as they were');
    });
    return work(findings);
  });
}

function deriveOptions(where: Places, asOf: string | null): DeriveOptions {
  const all = listEntries(where.ledger);
  const [first] = all.map(({ manifest }) => manifest.recorded_at).sort();
  if (first === undefined)
    throw new Failure('no-record', 'the record is empty', { nextStep: 'patchledger scan' });
  if (asOf === null) return { cacheRoot: where.cache, entries: all };
  const entries = knownAt(all, asOf);
  if (entries.length === 0)
    throw new Failure('no-record', `there is no record as of ${asOf}: it begins at ${first}`, {
      nextStep: 'name a later day',
      exitCode: 2,
    });
  // A past day has a cache of its own: it must not push out today's.
  return { cacheRoot: join(where.cache, 'as-of'), pointsFolder: join(where.cache, 'known-then'), entries };
}
