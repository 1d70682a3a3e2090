/** The tables of a feed entry: one load of one advisory feed, as the record keeps it. */
import { count, flag, instant, orUnknown, table, text, word } from './column.ts';
import type { Row } from './column.ts';
import { advisoryStatuses, cveStatuses, feedIds, feedSources, loadOutcomes } from './words.ts';

const feed = word(feedIds, 'Which feed.');
const advisory = text("The vendor's id with its revision, e.g. 'DSA-6446-1'.");
const release = text("Codename of the release, e.g. 'bookworm'.");
const sourcePackage = text('Source package.');
const cve = text('CVE id.');

const feedLoads = table(
  'feed_loads',
  'One attempt to load a feed.',
  {
    feed,
    outcome: word(loadOutcomes, 'What came of it; after a failure the last good content stays in force.'),
    reason: orUnknown(text('Why it failed, in one sentence.')),
    source: word(feedSources, 'Where it came from.'),
    location: text('File or address, without credentials.'),
    content_sha256: orUnknown(
      text('SHA-256 of the upstream content in force after the load; null when there is none.'),
    ),
    bytes: orUnknown(count('Its size as it came.')),
    current_at: orUnknown(instant('The content holds everything that was published until then.')),
    etag: orUnknown(text("The server's tag of the content, for the next conditional request.")),
    last_modified: orUnknown(text("The server's Last-Modified, for the same.")),
    advisories: count('Advisories in the content.'),
    rejected: count('Records of it that could not be what they claim to be.'),
  },
  ['feed'],
);

const feedCoverage = table(
  'feed_coverage',
  'For which times of publication the content is complete. Outside of them "no advisory" means unknown.',
  {
    feed,
    from_at: instant('Beginning.'),
    to_at: instant('End.'),
  },
  ['feed', 'from_at'],
);

const advisories = table(
  'advisories',
  'Statements of a vendor that something was fixed.',
  {
    feed,
    advisory,
    published_not_before: orUnknown(
      instant('Earliest instant of publication; a day-precise date is that day.'),
    ),
    published_not_after: orUnknown(instant('Latest instant of publication.')),
  },
  ['feed', 'advisory'],
);

const advisoryFixes = table(
  'advisory_fixes',
  'What an advisory says of a source package in a release.',
  {
    feed,
    advisory,
    release,
    source_package: sourcePackage,
    status: word(advisoryStatuses, 'What it says.'),
    fixed_version: orUnknown(text('First source version with the fix; null when there is none.')),
  },
  ['feed', 'advisory', 'release', 'source_package'],
);

const advisoryCves = table('advisory_cves', 'CVEs that an advisory names.', { feed, advisory, cve }, [
  'feed',
  'advisory',
  'cve',
]);

const securityUploads = table(
  'security_uploads',
  "Uploads to a security suite, by the packages' own changelogs.",
  {
    feed,
    release,
    source_package: sourcePackage,
    version: text('Source version.'),
    uploaded_at: instant('Date of the changelog entry: the upload, not the publication.'),
  },
  ['feed', 'release', 'source_package', 'version'],
);

const securityUploadCves = table(
  'security_upload_cves',
  'CVEs that such a changelog entry names.',
  { feed, release, source_package: sourcePackage, version: text('Source version.'), cve },
  ['feed', 'release', 'source_package', 'version', 'cve'],
);

const cveStatusTable = table(
  'cve_statuses',
  "What the vendor's tracker says of a CVE in a source package of a release.",
  {
    feed,
    release,
    source_package: sourcePackage,
    cve,
    status: word(cveStatuses, 'What it says.'),
    fixed_version: orUnknown(text("First source version without it; '0' when none was ever affected.")),
    urgency: orUnknown(text("The vendor's own word.")),
    no_advisory_reason: orUnknown(text("Why there will be no advisory: 'ignored', 'postponed' or ''.")),
  },
  ['feed', 'release', 'source_package', 'cve'],
);

const exploitedCves = table(
  'exploited_cves',
  'CVEs that are known to be exploited.',
  {
    feed,
    cve,
    listed_not_before: instant('Beginning of the day on which it was listed.'),
    listed_not_after: instant('End of that day.'),
    due_at: orUnknown(instant('End of the day that the catalogue gives for remediation.')),
    ransomware: flag('Whether use by ransomware is known.'),
  },
  ['feed', 'cve'],
);

const releases = table(
  'releases',
  'Releases of a distribution and the ends of their support.',
  {
    feed,
    distribution: text("ID of os-release, e.g. 'debian'."),
    version: orUnknown(text('Version number.')),
    release,
    released_at: orUnknown(instant('Day of the release.')),
    support_ends_at: orUnknown(instant('End of the last day of regular security support.')),
    lts_ends_at: orUnknown(instant('End of the last day of long-term support.')),
    elts_ends_at: orUnknown(instant('End of the last day of paid extended support.')),
  },
  ['feed', 'distribution', 'release'],
);

const endedSupport = table(
  'ended_support',
  'Source packages whose security support ended before that of their release.',
  {
    feed,
    release,
    source_pattern: text('Source package, or a regular expression for several.'),
    last_version: text("Last version with support; '0' when there was none."),
    ended_at: instant('Beginning of the day on which support ended.'),
  },
  ['feed', 'release', 'source_pattern'],
);

const feedRejections = table(
  'feed_rejections',
  'Records of a feed that could not be what they claim to be. They are kept visible, cleaned.',
  {
    feed,
    place: text('Line or file.'),
    reason: text('What was expected.'),
    excerpt: text('The start of it, cleaned.'),
  },
  ['feed', 'place'],
);

/** Every table of a feed entry, in the order in which they are written. */
export const feedTables = {
  feed_loads: feedLoads,
  feed_coverage: feedCoverage,
  advisories,
  advisory_fixes: advisoryFixes,
  advisory_cves: advisoryCves,
  security_uploads: securityUploads,
  security_upload_cves: securityUploadCves,
  cve_statuses: cveStatusTable,
  exploited_cves: exploitedCves,
  releases,
  ended_support: endedSupport,
  feed_rejections: feedRejections,
} as const;

export type FeedTableName = keyof typeof feedTables;
export type FeedRow<N extends FeedTableName> = Row<(typeof feedTables)[N]>;

/** The tables that hold what a feed says; the others are about the load. */
export const feedContentTables = [
  'feed_coverage',
  'advisories',
  'advisory_fixes',
  'advisory_cves',
  'security_uploads',
  'security_upload_cves',
  'cve_statuses',
  'exploited_cves',
  'releases',
  'ended_support',
] as const satisfies FeedTableName[];
export type FeedContentTable = (typeof feedContentTables)[number];
