/** CISA's catalogue of known exploited vulnerabilities. */
import { z } from 'zod';
import { clean } from '#data/model/clean.ts';
import {
  cvePattern,
  dayBounds,
  FeedDamaged,
  jsonOf,
  mostRejections,
  onlyText,
  refuseNonsense,
} from './feed.ts';
import type { Feed, FeedContent, FeedFile } from './feed.ts';
import { uniqueBy } from './debian-list.ts';

const Catalogue = z.object({
  dateReleased: z.iso.datetime({ offset: true }),
  count: z.int().min(0),
  vulnerabilities: z.array(z.unknown()),
});

const Vulnerability = z.object({
  cveID: z.string().regex(cvePattern),
  dateAdded: z.iso.date(),
  dueDate: z.iso.date().optional(),
  knownRansomwareCampaignUse: z.string().optional(),
});

export const kev: Feed = {
  id: 'kev',
  title: 'Known exploited vulnerabilities (CISA KEV)',
  upstream: 'https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json',
  maxBytes: 64 * 1024 * 1024,
  parse,
};

function parse(files: FeedFile[]): FeedContent {
  const catalogue = Catalogue.safeParse(jsonOf(onlyText(files)));
  if (!catalogue.success)
    throw new FeedDamaged('is not the catalogue: it lacks dateReleased, count or vulnerabilities');
  const { count, vulnerabilities, dateReleased } = catalogue.data;
  if (count !== vulnerabilities.length)
    throw new FeedDamaged(`is not whole: it says ${count} entries and holds ${vulnerabilities.length}`);
  const rejections: FeedContent['rejections'] = [];
  const exploited = vulnerabilities.flatMap((entry, index) => {
    const { data } = Vulnerability.safeParse(entry);
    const listed = data === undefined ? null : dayBounds(data.dateAdded);
    if (data === undefined || listed === null) {
      rejections.push({
        place: `entry ${index + 1}`,
        reason: 'expected a CVE id and the day it was added',
        excerpt: clean(JSON.stringify(entry), 120),
      });
      return [];
    }
    return [
      {
        cve: data.cveID,
        listed_not_before: listed.notBefore,
        listed_not_after: listed.notAfter,
        due_at: data.dueDate === undefined ? null : (dayBounds(data.dueDate)?.notAfter ?? null),
        ransomware: data.knownRansomwareCampaignUse?.trim().toLowerCase() === 'known',
      },
    ];
  });
  refuseNonsense(exploited.length, rejections.length, 'entries');
  const currentAt = new Date(dateReleased).toISOString();
  return {
    rows: { exploited_cves: uniqueBy(exploited, ({ cve }) => cve) },
    rejections: rejections.slice(0, mostRejections),
    currentAt,
  };
}
