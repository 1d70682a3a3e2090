/** Freexian's ELTS advisories for Debian releases past their LTS, as OSV records: a zip of them, or a folder. */
import { z } from 'zod';
import { clean } from '#data/model/clean.ts';
import { isPackageName, isVersion } from '#data/model/debian-names.ts';
import { uniqueBy } from './debian-list.ts';
import { cvePattern, dayBounds, jsonOf, mostRejections, refuseNonsense, textOf } from './feed.ts';
import type { Feed, FeedContent, FeedFile, FeedRows } from './feed.ts';
import { coverageOf } from './numbering.ts';

const codenames: { [version: string]: string } = {
  '8': 'jessie',
  '9': 'stretch',
  '10': 'buster',
  '11': 'bullseye',
  '12': 'bookworm',
};

const Osv = z.object({
  id: z.string().regex(/^ELA-\d{1,6}-\d{1,4}$/),
  // The day of issue: these records have no `published`.
  modified: z.iso.datetime({ offset: true }),
  related: z.array(z.string()).default([]),
  affected: z.array(
    z.object({
      package: z.object({
        ecosystem: z.string().regex(/^Debian:\d+$/),
        name: z.string().refine(isPackageName),
      }),
      ranges: z.array(
        z.object({ events: z.array(z.object({ fixed: z.string().refine(isVersion).optional() })) }),
      ),
    }),
  ),
});
type Osv = z.output<typeof Osv>;

export const debianElts: Feed = {
  id: 'debian-elts',
  title: 'Debian ELTS advisories (ELA)',
  upstream: null,
  maxBytes: 256 * 1024 * 1024,
  parse,
};

function parse(files: FeedFile[]): FeedContent {
  const rejections: FeedContent['rejections'] = [];
  const records: Osv[] = [];
  for (const file of files.filter(({ name }) => name.endsWith('.json'))) {
    const { data, error } = Osv.safeParse(jsonOf(textOf(file)));
    if (data !== undefined) records.push(data);
    else {
      const [issue] = error.issues;
      rejections.push({
        place: clean(file.name, 100),
        reason: `expected an ELA as OSV: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`,
        excerpt: clean(textOf(file), 120),
      });
    }
  }
  refuseNonsense(records.length, rejections.length, 'advisories');
  const { intervals, currentAt } = coverageOf(
    records
      .filter(({ id }) => id.endsWith('-1'))
      .map(({ id, modified }) => ({ number: Number(id.split('-')[1]), day: modified.slice(0, 10) })),
  );
  return {
    rows: { ...rowsOf(records, rejections), feed_coverage: intervals },
    rejections: rejections.slice(0, mostRejections),
    currentAt,
  };
}

/** A version that names another release than the one it is given for: an upstream mistake, as in ELA-999-1. */
function isOfOtherRelease(version: string, debian: string): boolean {
  const named = /[+~]deb(\d+)u\d/.exec(version)?.[1];
  return named !== undefined && named !== debian;
}

function rowsOf(records: Osv[], rejections: FeedContent['rejections']): FeedRows {
  const unique = uniqueBy(records, ({ id }) => id);
  const fixes = unique.flatMap(({ id, affected }) =>
    affected.flatMap(({ package: { ecosystem, name }, ranges }) => {
      const debian = ecosystem.slice('Debian:'.length);
      const release = codenames[debian];
      const fixed = ranges.flatMap(({ events }) => events).find((event) => event.fixed !== undefined)?.fixed;
      if (release === undefined || fixed === undefined) return [];
      if (isOfOtherRelease(fixed, debian)) {
        rejections.push({
          place: `${id} ${release}`,
          reason: 'expected a version of that release',
          excerpt: fixed,
        });
        return [];
      }
      return [
        { advisory: id, release, source_package: name, status: 'fixed' as const, fixed_version: fixed },
      ];
    }),
  );
  return {
    advisories: unique.map(({ id, modified }) => {
      const bounds = dayBounds(modified.slice(0, 10));
      return {
        advisory: id,
        published_not_before: bounds?.notBefore ?? null,
        published_not_after: bounds?.notAfter ?? null,
      };
    }),
    advisory_fixes: uniqueBy(fixes, (fix) => `${fix.advisory} ${fix.release} ${fix.source_package}`),
    advisory_cves: unique.flatMap(({ id, related }) =>
      [...new Set(related)].filter((cve) => cvePattern.test(cve)).map((cve) => ({ advisory: id, cve })),
    ),
  };
}
