/**
 * What the site reads of the findings: the one door between the two rooms. Every function opens the file
 * read-only for one piece of work; nothing stays open.
 */
import {
  askComparisons,
  askCoverage,
  askEndings,
  askRetiredHosts,
  askRuns,
  askSharedMachines,
  askUnjudged,
} from './reading/coverage.ts';
import type {
  ComparisonLine,
  CoverageLine,
  EndingLine,
  RetiredHost,
  RunLine,
  SharedMachine,
  UnjudgedSoftware,
} from './reading/coverage.ts';
import {
  askCovered,
  askDisagreements,
  askFixCves,
  askFixExposures,
  askFixLines,
} from './reading/exposures.ts';
import type { Covered, DisagreementLine, FixCve, FixExposures, FixLine } from './reading/exposures.ts';
import { askFrame } from './reading/frame.ts';
import type { Frame } from './reading/frame.ts';
import { askHostIds, askHostLines, askHostStories } from './reading/hosts.ts';
import type { HostLine, HostStory } from './reading/hosts.ts';
import { askMethod } from './reading/method.ts';
import type { MethodModel } from './reading/method.ts';
import { askFindings } from './reading/open.ts';
import type { FindingsSource } from './reading/open.ts';
import { askOverview } from './reading/overview.ts';
import type { Overview } from './reading/overview.ts';
import { askExceptions, askOwners, askPolicies, askPolicyStory, askPolicyTrend } from './reading/policies.ts';
import type { ExceptionLine, OwnerLine, PolicyLine, PolicyStory, TrendWeek } from './reading/policies.ts';
import { askScripts, askVerification } from './reading/plans.ts';
import type { Scripts, Verification } from './reading/plans.ts';
import { askTrends } from './reading/trends.ts';
import type { Trends } from './reading/trends.ts';

export type { Changes, ChangedHost, ChangedPackage, Sample } from './reading/changes.ts';
export type {
  ComparisonLine,
  CoverageLine,
  EndingLine,
  OnlyHere,
  OnlyThere,
  RetiredHost,
  RunLine,
  UnjudgedSoftware,
} from './reading/coverage.ts';
export type {
  Covered,
  DisagreementLine,
  Exposure,
  JudgedExposure,
  ExposureStatus,
  Fix,
  FixCve,
  FixExposures,
  FixLine,
} from './reading/exposures.ts';
export { writeDownloads } from './reading/downloads.ts';
export { writeHostFiles } from './reading/host-files.ts';
export type { Download, DownloadColumn, DownloadFile } from './reading/downloads.ts';
export type { Compared, Frame, Head, Population } from './reading/frame.ts';
export type {
  Cut,
  EndedSpell,
  HostLine,
  HostStory,
  InstallEvent,
  LogBreak,
  OfferedUpdate,
  Standing,
  Unfixed,
  Unknown,
  UnsupportedPackage,
  Verdict,
} from './reading/hosts.ts';
export type {
  OmissionLine,
  Outcome,
  OutcomeCount,
  OutcomeLine,
  PlanLine,
  PlannedChange,
  PlanOutcomeLine,
  Scripts,
  Verification,
} from './reading/plans.ts';
export { shownNumbers } from './reading/method.ts';
export type { MethodModel, MethodTable, ShownNumber } from './reading/method.ts';
export type { FindingsSource } from './reading/open.ts';
export type {
  ExceptionLine,
  HostPolicy,
  OwnerLine,
  PolicyFix,
  PolicyHost,
  PolicyLine,
  PolicyRule,
  PolicyStory,
  TrendWeek,
} from './reading/policies.ts';
export type {
  ExploitedFix,
  Figures,
  Overview,
  ReasonLine,
  UnsupportedHost,
  Week,
} from './reading/overview.ts';

export type { AgeBand, ExposureWeek, LatencyGroup, Trends } from './reading/trends.ts';
export type { Latency, LatencyPoint } from './statistics/patch-latency.ts';

export interface Coverage {
  hosts: CoverageLine[];
  endings: EndingLine[];
  retired: RetiredHost[];
  runs: RunLine[];
  disagreements: DisagreementLine[];
  shared: SharedMachine[];
  comparisons: ComparisonLine[];
}

const runsShown = 60;
/** Of each comparison and side; the tables to take away hold all. */
const differencesShown = 100;

/** As of when, of whom, and what proves it. */
export function readFrame(source: FindingsSource): Promise<Frame> {
  return askFindings(source, askFrame);
}

export function readOverview(source: FindingsSource): Promise<Overview> {
  return askFindings(source, askOverview);
}

/** How long fixes take, what came and went, and how old that is which is missing. */
export function readTrends(source: FindingsSource): Promise<Trends> {
  return askFindings(source, askTrends);
}

/** Policies in force with their headlines, the primary one first. */
export function readPolicies(source: FindingsSource): Promise<PolicyLine[]> {
  return askFindings(source, askPolicies);
}

/** The headline of the primary policy week by week: as known then, and as known now. */
export function readPolicyTrend(source: FindingsSource): Promise<TrendWeek[]> {
  return askFindings(source, askPolicyTrend);
}

/** Rules of one policy, and what it is not satisfied with. */
export function readPolicyStory(source: FindingsSource, policy: string): Promise<PolicyStory> {
  return askFindings(source, (ask) => askPolicyStory(ask, policy));
}

/** Owners under the primary policy, most overdue first. */
export function readOwners(source: FindingsSource): Promise<OwnerLine[]> {
  return askFindings(source, askOwners);
}

/** Exceptions that the record knows: in force, to come, over. */
export function readExceptions(source: FindingsSource): Promise<ExceptionLine[]> {
  return askFindings(source, askExceptions);
}

/** The last plan of each host, and what the last planning left out. */
export function readScripts(source: FindingsSource): Promise<Scripts> {
  return askFindings(source, askScripts);
}

/** What became of plans, by the state of the hosts. */
export function readVerification(source: FindingsSource): Promise<Verification> {
  return askFindings(source, askVerification);
}

/** The models that the findings are made by, in order, with their tables. */
export function readMethod(source: FindingsSource): Promise<MethodModel[]> {
  return askFindings(source, askMethod);
}

/** Every host of the latest inventory, worst first. */
export function readHostLines(source: FindingsSource): Promise<HostLine[]> {
  return askFindings(source, askHostLines);
}

/** Ids of every host, retired ones included, in the order in which batches should be read. */
export function readHostIds(source: FindingsSource): Promise<string[]> {
  return askFindings(source, askHostIds);
}

/** The stories of a batch of hosts, by id. */
export function readHostStories(
  source: FindingsSource,
  ids: readonly string[],
): Promise<Map<string, HostStory>> {
  return askFindings(source, (ask) => askHostStories(ask, ids));
}

/** Fixes that hosts lack or lacked, worst first. */
export function readFixLines(source: FindingsSource): Promise<FixLine[]> {
  return askFindings(source, askFixLines);
}

/** For some fixes: the exposures of all hosts, and the CVEs that they close. */
export function readFixStories(
  source: FindingsSource,
  fixIds: readonly string[],
): Promise<{ exposures: Map<string, FixExposures>; cves: Map<string, FixCve[]> }> {
  return askFindings(source, async (ask) => ({
    exposures: await askFixExposures(ask, fixIds),
    cves: await askFixCves(ask, fixIds),
  }));
}

/** For which times advisories are known, for the releases that hosts run. */
export function readCovered(source: FindingsSource): Promise<Covered> {
  return askFindings(source, askCovered);
}

export function readCoverage(source: FindingsSource): Promise<Coverage> {
  return askFindings(source, async (ask) => ({
    hosts: await askCoverage(ask),
    endings: await askEndings(ask),
    retired: await askRetiredHosts(ask),
    runs: await askRuns(ask, runsShown),
    disagreements: await askDisagreements(ask),
    shared: await askSharedMachines(ask),
    comparisons: await askComparisons(ask, differencesShown),
  }));
}

/** Software that was seen and that no policy judges. */
export function readUnjudged(source: FindingsSource): Promise<UnjudgedSoftware> {
  return askFindings(source, askUnjudged);
}
