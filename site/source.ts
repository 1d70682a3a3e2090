/**
 * What the pages of one build are made from. The build process names it in the environment before Astro
 * loads a page; pages ask here and nowhere else. Answers are kept: one build has one set of findings.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import {
  readCoverage,
  readCovered,
  readFixLines,
  readFixStories,
  readFrame,
  readHostIds,
  readHostLines,
  readHostStories,
  readMethod,
  readOwners,
  readExceptions,
  readOverview,
  readPolicies,
  readPolicyStory,
  readPolicyTrend,
  readScripts,
  readTrends,
  readUnjudged,
  readVerification,
} from '#reports/reading.ts';
import type {
  Coverage,
  Covered,
  Download,
  FixCve,
  FixExposures,
  FixLine,
  Frame,
  HostLine,
  HostStory,
  MethodModel,
  ExceptionLine,
  Overview,
  OwnerLine,
  PolicyLine,
  PolicyStory,
  Scripts,
  Trends,
  TrendWeek,
  UnjudgedSoftware,
  Verification,
} from '#reports/reading.ts';
import { sourceVariable } from './source-variable.ts';
import type { SiteSource } from './source-variable.ts';

const hostsPerBatch = 200;

export const siteSource: SiteSource = readSource();
export const frame = once<Frame>(() => readFrame(siteSource.findings));
export const overview = once<Overview>(() => readOverview(siteSource.findings));
export const hostLines = once<HostLine[]>(() => readHostLines(siteSource.findings));
export const coverage = once<Coverage>(() => readCoverage(siteSource.findings));
export const unjudged = once<UnjudgedSoftware>(() => readUnjudged(siteSource.findings));
export const covered = once<Covered>(() => readCovered(siteSource.findings));
export const fixLines = once<FixLine[]>(() => readFixLines(siteSource.findings));
export const trends = once<Trends>(() => readTrends(siteSource.findings));
export const policies = once<PolicyLine[]>(() => readPolicies(siteSource.findings));
export const policyTrend = once<TrendWeek[]>(() => readPolicyTrend(siteSource.findings));
export const owners = once<OwnerLine[]>(() => readOwners(siteSource.findings));
export const exceptions = once<ExceptionLine[]>(() => readExceptions(siteSource.findings));
export const scripts = once<Scripts>(() => readScripts(siteSource.findings));
export const verification = once<Verification>(() => readVerification(siteSource.findings));
export const method = once<MethodModel[]>(() => readMethod(siteSource.findings));
export const hostIds = once<string[]>(() => readHostIds(siteSource.findings));

export function downloads(): Download[] {
  return JSON.parse(readFileSync(siteSource.downloadsFile, 'utf8')) as Download[];
}

export function policyStory(policy: string): Promise<PolicyStory> {
  return readPolicyStory(siteSource.findings, policy);
}

let batch: { number: number; stories: Promise<Map<string, HostStory>> } | undefined;

/** The story of one host. Hosts are read in batches, in the order of `hostIds`: one query a batch, not a page. */
export async function hostStory(hostId: string): Promise<HostStory> {
  const ids = await hostIds();
  const index = ids.indexOf(hostId);
  const number = Math.floor(index / hostsPerBatch);
  if (batch?.number !== number) {
    const start = number * hostsPerBatch;
    batch = {
      number,
      stories: readHostStories(siteSource.findings, ids.slice(start, start + hostsPerBatch)),
    };
  }
  const story = (await batch.stories).get(hostId);
  if (story === undefined) throw new Error('a page of a host that the findings do not hold');
  process.send?.({ pages: index + 1, of: ids.length });
  return story;
}

const fixesPerBatch = 500;
type FixStories = Awaited<ReturnType<typeof readFixStories>>;
let fixBatch: { number: number; stories: Promise<FixStories> } | undefined;

/** The story of one fix, read in batches like those of hosts. */
export async function fixStory(fix: FixLine): Promise<{ exposures: FixExposures; cves: FixCve[] }> {
  const lines = await fixLines();
  const number = Math.floor(lines.indexOf(fix) / fixesPerBatch);
  if (fixBatch?.number !== number) {
    const ids = lines.slice(number * fixesPerBatch, (number + 1) * fixesPerBatch).map(({ fix_id }) => fix_id);
    fixBatch = { number, stories: readFixStories(siteSource.findings, ids) };
  }
  const { exposures, cves } = await fixBatch.stories;
  return { exposures: exposures.get(fix.fix_id) ?? { total: 0, rows: [] }, cves: cves.get(fix.fix_id) ?? [] };
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= read());
}

function readSource(): SiteSource {
  const text = process.env[sourceVariable];
  if (text === undefined) throw new Error(`${sourceVariable} is not set: pages are built by site/build.ts`);
  return JSON.parse(text) as SiteSource;
}
