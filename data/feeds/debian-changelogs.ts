/**
 * Changelogs of packages in a release's security suite: the uploads that they name, with date and CVEs. They
 * date fixes that no advisory list at hand covers. Files are `<release>/<source>.changelog`, as the archive
 * and every host have them (debchange format, deb-changelog(5)).
 */
import { clean } from '#data/model/clean.ts';
import { isPackageName, isVersion } from '#data/model/debian-names.ts';
import { uniqueBy } from './debian-list.ts';
import { FeedDamaged, mostRejections, refuseNonsense, releasePattern, textOf } from './feed.ts';
import type { Feed, FeedContent, FeedFile, FeedRows } from './feed.ts';

const path = /^(?:.*\/)?([a-z][a-z0-9-]*)\/([^/]+)\.changelog(?:\.gz)?$/;
const header = /^(\S+) \(([^()\s]+)\) ([a-z][^;]*);/;
const trailer = /^ -- .* {2}(.{20,40})$/;
const cveMention = /\bCVE-\d{4}-\d{4,19}\b/g;

export const debianChangelogs: Feed = {
  id: 'debian-changelogs',
  title: 'Changelogs of Debian security uploads',
  upstream: null,
  maxBytes: 256 * 1024 * 1024,
  parse,
};

export interface ChangelogEntry {
  source: string;
  version: string;
  distributions: string[];
  /** UTC. */
  uploadedAt: string;
  cves: string[];
}

function parse(files: FeedFile[]): FeedContent {
  const rows: Required<Pick<FeedRows, 'security_uploads' | 'security_upload_cves'>> = {
    security_uploads: [],
    security_upload_cves: [],
  };
  const rejections: FeedContent['rejections'] = [];
  for (const file of files) {
    const [, release = ''] = path.exec(file.name) ?? [];
    if (!releasePattern.test(release)) continue;
    for (const entry of readChangelog(textOf(file), (line, reason, excerpt) =>
      rejections.push({
        place: clean(`${file.name} line ${line}`, 120),
        reason,
        excerpt: clean(excerpt, 120),
      }),
    )) {
      if (!entry.distributions.includes(`${release}-security`)) continue;
      const key = { release, source_package: entry.source, version: entry.version };
      rows.security_uploads.push({ ...key, uploaded_at: entry.uploadedAt });
      rows.security_upload_cves.push(...entry.cves.map((cve) => ({ ...key, cve })));
    }
  }
  if (files.length === 0) throw new FeedDamaged('holds no changelog');
  refuseNonsense(rows.security_uploads.length, rejections.length, 'uploads to a security suite');
  return {
    rows: {
      security_uploads: uniqueBy(rows.security_uploads, (row) =>
        JSON.stringify([row.release, row.source_package, row.version]),
      ),
      security_upload_cves: uniqueBy(rows.security_upload_cves, (row) => JSON.stringify(row)),
    },
    rejections: rejections.slice(0, mostRejections),
    currentAt: rows.security_uploads
      .map(({ uploaded_at }) => uploaded_at)
      .reduce((a, b) => (a > b ? a : b), ''),
  };
}

/** Entries of one changelog, newest first, as they stand in it. */
export function readChangelog(
  text: string,
  onWrong: (line: number, reason: string, excerpt: string) => void,
): ChangelogEntry[] {
  const entries: ChangelogEntry[] = [];
  let open: (Omit<ChangelogEntry, 'uploadedAt'> & { line: number }) | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const start = header.exec(line);
    if (start !== null) {
      const [, source = '', version = '', distributions = ''] = start;
      if (!isPackageName(source) || !isVersion(version)) {
        onWrong(index + 1, 'expected `source (version) distribution;`', line);
        open = null;
        continue;
      }
      open = { source, version, distributions: distributions.trim().split(/\s+/), cves: [], line: index + 1 };
      continue;
    }
    if (open === null) continue;
    const end = trailer.exec(line);
    if (end === null) {
      for (const [cve] of line.matchAll(cveMention)) if (!open.cves.includes(cve)) open.cves.push(cve);
      continue;
    }
    const date = new Date(end[1] ?? '');
    if (Number.isNaN(date.getTime())) onWrong(index + 1, 'expected an RFC 2822 date', line);
    else {
      const { line: _, ...entry } = open;
      entries.push({ ...entry, uploadedAt: date.toISOString() });
    }
    open = null;
  }
  return entries;
}
