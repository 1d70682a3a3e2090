/** The JSON of Debian's security tracker: what is open, resolved or undetermined, per source package, CVE and release. */
import { z } from 'zod';
import { clean } from '#data/model/clean.ts';
import { isPackageName, isVersion } from '#data/model/debian-names.ts';
import type { FeedRow } from '#data/model/feed-tables.ts';
import { cveStatuses } from '#data/model/words.ts';
import {
  cvePattern,
  FeedDamaged,
  jsonOf,
  mostRejections,
  onlyText,
  refuseNonsense,
  releasePattern,
} from './feed.ts';
import type { Feed, FeedContent, FeedFile } from './feed.ts';

const Status = z.object({
  status: z.enum(cveStatuses),
  fixed_version: z
    .string()
    .refine((version) => version === '0' || isVersion(version))
    .optional(),
  urgency: z.string().max(40).optional(),
  nodsa: z.string().optional(),
  nodsa_reason: z.string().max(40).optional(),
});

export const debianTracker: Feed = {
  id: 'debian-tracker',
  title: 'Debian security tracker',
  upstream: 'https://security-tracker.debian.org/tracker/data/json',
  maxBytes: 512 * 1024 * 1024,
  parse,
};

function parse(files: FeedFile[]): FeedContent {
  const sources = jsonOf(onlyText(files));
  if (!isObject(sources)) throw new FeedDamaged('is not the tracker: it is no object of source packages');
  const rows: Omit<FeedRow<'cve_statuses'>, 'feed'>[] = [];
  const rejections: FeedContent['rejections'] = [];
  let wrong = 0;
  const reject = (place: string, reason: string, value: unknown): void => {
    wrong += 1;
    if (rejections.length >= mostRejections) return;
    rejections.push({ place: clean(place, 100), reason, excerpt: clean(JSON.stringify(value) ?? '', 120) });
  };
  for (const [source, cves] of Object.entries(sources)) {
    if (!isPackageName(source) || !isObject(cves)) {
      reject(source, 'expected a source package with its CVEs', cves);
      continue;
    }
    for (const [cve, about] of Object.entries(cves)) {
      // Issues without an id yet are called TEMP-…; nothing else can be matched by such a name.
      if (cve.startsWith('TEMP-')) continue;
      const releases = isObject(about) ? about['releases'] : undefined;
      if (!cvePattern.test(cve) || !isObject(releases)) {
        reject(`${source} ${cve}`, 'expected a CVE with its releases', about);
        continue;
      }
      for (const [release, status] of Object.entries(releases)) {
        const { data } = Status.safeParse(status);
        if (data === undefined || !releasePattern.test(release))
          reject(`${source} ${cve} ${release}`, 'expected a status of a release', status);
        else rows.push(statusRow(source, cve, release, data));
      }
    }
  }
  refuseNonsense(rows.length, wrong, 'statuses');
  return { rows: { cve_statuses: rows }, rejections, currentAt: null };
}

function statusRow(
  source: string,
  cve: string,
  release: string,
  { status, fixed_version, urgency, nodsa, nodsa_reason }: z.output<typeof Status>,
): Omit<FeedRow<'cve_statuses'>, 'feed'> {
  return {
    release,
    source_package: source,
    cve,
    status,
    fixed_version: fixed_version ?? null,
    urgency: urgency === undefined ? null : clean(urgency, 40),
    no_advisory_reason: nodsa === undefined ? null : clean(nodsa_reason ?? '', 40),
  };
}

function isObject(value: unknown): value is { [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
