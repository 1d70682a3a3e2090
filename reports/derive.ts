/** From the record to everything that is derived from it: findings, then what policies say of them. */
import type { Entry } from '#data/ledger/entries.ts';
import { findingsPath, foldLedger } from './findings/fold.ts';
import type { Findings, FoldOptions } from './findings/fold.ts';
import { readInForce } from './policy/in-force.ts';
import { planStage } from './plans/stage.ts';
import { policyStage } from './policy/stage.ts';

/** The greatest age of a scan is that of the workspace as the record holds it, unless it is given. */
export type DeriveOptions = Omit<FoldOptions, 'stages'>;

/** Where the findings of the given entries are, or would be. */
export function derivedPath(options: DeriveOptions): string {
  return findingsPath(withStages(options));
}

/** Makes, or finds, the findings of the given entries with what policies say of them. */
export function deriveFindings(options: DeriveOptions): Promise<Findings> {
  return foldLedger(withStages(options));
}

/** The entries that the record held at an instant. */
export function knownAt(entries: readonly Entry[], instant: string): Entry[] {
  return entries.filter(({ manifest }) => manifest.recorded_at <= instant);
}

function withStages(options: DeriveOptions): FoldOptions {
  const maxScanAgeHours =
    options.maxScanAgeHours ?? readInForce(options.entries).content?.config.scan.maxAgeHours;
  return {
    ...options,
    stages: [policyStage, planStage],
    ...(maxScanAgeHours === undefined ? {} : { maxScanAgeHours }),
  };
}
