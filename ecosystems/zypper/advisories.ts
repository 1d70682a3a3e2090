/** Advisories that name installed packages, from the repositories' own metadata. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { toInstant } from '../linux/identity.ts';
import { rejecter } from '../rejections.ts';
import { isArchitecture, isPackageName, joinVersion } from '../rpm/names.ts';
import { linesOf, reading, sectionProblem } from '../sections.ts';
import type { Rejecter } from '../rejections.ts';
import type { ParseContext, Reading, Rejection } from '../ecosystem.ts';
import type { Repositories } from './repositories.ts';

export type AdvisoryRow = RowOf<'host_advisories'>;

export interface Advisories {
  rows: AdvisoryRow[];
  rejections: Rejection[];
  reading: Reading;
}

const section = 'zypper-advisories';
const day = 86_400_000;

/** What is the same for all packages of an advisory; null for one that was retracted. */
type Head = Omit<AdvisoryRow, 'package' | 'architecture' | 'version'> | null;

/** Reads the section `zypper-advisories`: what repositories that are switched off left behind does not count. */
export function parseAdvisories(context: ParseContext, repositories: Repositories): Advisories {
  const output = context.sections.get(section);
  const rejecting = rejecter(context.hostId, section);
  const rows = new Map<string, AdvisoryRow>();
  const read = new Set<string>();
  let folder = '';
  let head: Head = null;
  for (const [index, line] of linesOf(output?.text ?? '').entries()) {
    const [word, ...fields] = line.split('\t');
    const repository = repositories.byFolder.get(folder);
    if (line.startsWith('#repository ')) {
      folder = line.slice('#repository '.length);
      head = null;
    } else if (line === '#whole') read.add(folder);
    else if (repository === undefined || line === '#unreadable') continue;
    else if (word === 'advisory') head = headOf(context, fields, { repository, line: index + 1, rejecting });
    else if (word === 'package') {
      const row = head === null ? null : rowOf(head, fields, { line: index + 1, rejecting });
      if (row !== null) rows.set(`${row.advisory} ${row.package} ${row.version} ${row.architecture}`, row);
    } else rejecting.reject(index + 1, 'An advisory, or a package of one.', line);
  }
  const list = [...rows.values()];
  const problems = [
    sectionProblem(section, output),
    repositories.listsProblem,
    sourcesProblem(repositories, read),
    rejecting.rows.length > 0 ? `${rejecting.rows.length} lines could not be advisories.` : null,
  ];
  return {
    rows: list,
    rejections: rejecting.rows,
    reading: reading('advisories', problems, list.length > 0),
  };
}

/** Without a repository that carries advisories nobody can tell which updates are for security. */
function sourcesProblem({ byFolder }: Repositories, read: Set<string>): string | null {
  const carrying = [...byFolder].filter(([, { advisories }]) => advisories);
  if (carrying.length === 0) return 'No enabled repository carries advisories.';
  const unread = carrying.filter(([folder]) => !read.has(folder));
  if (unread.length === 0) return null;
  return `The advisories of ${unread.length} of ${carrying.length} repositories could not be read.`;
}

interface Place {
  line: number;
  rejecting: Rejecter;
}

function headOf(
  { hostId }: ParseContext,
  fields: string[],
  { repository, line, rejecting }: Place & { repository: Repositories['lists'][number] },
): Head {
  const [id = '', status, kind = '', severity = '', issued = '', cves = '', title = ''] = fields.map(decoded);
  if (!/^[\w.:+-]{1,120}$/.test(id) || !/^[a-z]{1,30}$/.test(kind)) {
    rejecting.reject(line, 'The id and the kind of an advisory.', fields.join(' '));
    return null;
  }
  // libzypp offers nothing of a patch that its vendor took back.
  if (status === 'retracted') return null;
  return {
    host_id: hostId,
    advisory: id,
    kind,
    severity: /^[a-z]{1,30}$/i.test(severity) ? severity.toLowerCase() : null,
    ...publishedAt(issued),
    cves: [...new Set(cves.split(' ').filter((cve) => /^CVE-\d{4}-\d{4,19}$/.test(cve)))].sort(),
    title: title === '' ? null : clean(title),
    repository: repository.row.suite,
  };
}

function rowOf(head: NonNullable<Head>, fields: string[], { line, rejecting }: Place): AdvisoryRow | null {
  const [name = '', epoch = '', versionText = '', release = '', architecture = ''] = fields;
  const version = joinVersion(epoch, versionText, release);
  if (!isPackageName(name) || !isArchitecture(architecture) || version === null) {
    rejecting.reject(line, 'A package of an advisory.', fields.join(' '));
    return null;
  }
  return { ...head, package: name, architecture, version };
}

/** SUSE writes seconds since 1970, others a UTC date with or without its time; the vendor's clock, not the host's. */
function publishedAt(issued: string): Pick<AdvisoryRow, 'published_not_before' | 'published_not_after'> {
  const exact = /^\d{9,11}$/.test(issued)
    ? Number(issued) * 1000
    : Date.parse(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/.test(issued) ? `${issued.replace(' ', 'T')}Z` : '');
  if (!Number.isNaN(exact))
    return { published_not_before: toInstant(exact), published_not_after: toInstant(exact) };
  const date = Date.parse(/^\d{4}-\d\d-\d\d$/.test(issued) ? `${issued}T00:00:00Z` : '');
  return { published_not_before: toInstant(date), published_not_after: toInstant(date + day) };
}

const entities: { [entity: string]: string } = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** XML's own five entities; what else stands there stays as it is. */
function decoded(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_all, entity: string) => entities[entity]!);
}
