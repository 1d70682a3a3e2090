/** From the record to everything that is derived from it: findings, then what policies say of them, then plans. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '#data/ledger/entries.ts';
import { findingsPath, foldLedger } from './findings/fold.ts';
import type { Findings, FoldOptions, Stage } from './findings/fold.ts';
import { readInForce } from './policy/in-force.ts';
import { pastPoints, pastRecords, trendStage } from './policy/known-then.ts';
import { planStage } from './plans/stage.ts';
import { policyStage } from './policy/stage.ts';

/** The greatest age of a scan is that of the workspace as the record holds it, unless it is given. */
export interface DeriveOptions extends Omit<FoldOptions, 'stages'> {
  /** Where the headlines of past weeks are kept; in the cache folder unless it is given. */
  pointsFolder?: string;
  /** How many weeks the trend goes back (26). */
  trendWeeks?: number;
}

const usualTrendWeeks = 26;

/** Where the findings of the given entries are, or would be. */
export function derivedPath(options: DeriveOptions): string {
  return findingsPath(withStages(options, allStages([], options)));
}

/** Makes, or finds, the findings of the given entries with what policies say of them, now and at the end of past weeks. */
export async function deriveFindings(options: DeriveOptions): Promise<Findings> {
  const path = derivedPath(options);
  if (existsSync(path)) return { path, folded: 'reused' };
  const past = await pastPoints(
    pastRecords(options.entries, weeksOf(options)).filter(({ entries }) => hasPolicies(entries)),
    (entries) => withStages({ ...options, entries }, [policyStage]),
    options.pointsFolder ?? join(options.cacheRoot, 'known-then'),
  );
  return foldLedger(withStages(options, allStages(past, options)));
}

function allStages(past: Parameters<typeof trendStage>[0], options: DeriveOptions): Stage[] {
  return [policyStage, planStage, trendStage(past, weeksOf(options))];
}

function weeksOf({ trendWeeks = usualTrendWeeks }: DeriveOptions): number {
  return trendWeeks;
}

function hasPolicies(entries: Entry[]): boolean {
  return (readInForce(entries).content?.policies.length ?? 0) > 0;
}

/** The entries that the record held at an instant. */
export function knownAt(entries: readonly Entry[], instant: string): Entry[] {
  return entries.filter(({ manifest }) => manifest.recorded_at <= instant);
}

function withStages(options: DeriveOptions, stages: Stage[]): FoldOptions {
  const scan = readInForce(options.entries).content?.config.scan;
  const maxScanAgeHours = options.maxScanAgeHours ?? scan?.maxAgeHours;
  const runEveryHours = options.runEveryHours ?? scan?.everyHours;
  const { cacheRoot, entries, threads } = options;
  return {
    cacheRoot,
    entries,
    stages,
    ...(threads === undefined ? {} : { threads }),
    ...(maxScanAgeHours === undefined ? {} : { maxScanAgeHours }),
    ...(runEveryHours === undefined ? {} : { runEveryHours }),
  };
}
