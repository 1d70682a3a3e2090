/** Package lists that the host is configured to use, and what it holds of them. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { reading, sectionProblem } from '../sections.ts';
import { toInstant } from '../linux/identity.ts';
import { isArchitecture } from './grammar.ts';
import { parseParts, partProblem } from './parts.ts';
import { rejecter } from './rejections.ts';
import { isSecurityOrigin } from './security-origin.ts';
import type { Parts } from './parts.ts';
import type { ParseContext, Reading, Rejection } from '../ecosystem.ts';

export type RepositoryRow = RowOf<'repositories'>;

/** One list, with what joins it to the rows of `apt-cache policy`. */
export interface Repository {
  row: RepositoryRow;
  /** As apt describes it; null for a list that the host does not hold. */
  description: string | null;
  /** Whether its Release file says that nothing of it is installed unasked. */
  notAutomatic: boolean;
  readable: boolean;
}

export interface Repositories {
  lists: Repository[];
  rejections: Rejection[];
  reading: Reading;
  /** Latest evidence that the lists were refreshed; null when there is none. */
  checkedAt: string | null;
  /** Why "nothing is offered" would prove nothing; null when the lists are all there. */
  listsProblem: string | null;
}

interface ListFile {
  modifiedSeconds: number;
  changedSeconds: number;
  readable: boolean;
}

interface Held {
  files: Map<string, ListFile>;
  releases: Map<string, Map<string, string>>;
}

/** Reads the section `apt-repositories`. */
export function parseRepositories(context: ParseContext, nativeArchitecture: string | null): Repositories {
  const section = context.sections.get('apt-repositories');
  const parts = parseParts(section?.text ?? '');
  const { rows: rejections, reject } = rejecter(context.hostId, 'apt-repositories');
  const held = { files: parseFiles(parts), releases: parseReleases(parts) };
  const lists = new Map<string, Repository>();
  const wanted = parts.parts.get('wanted');
  const targets = parts.parts.get('targets');
  for (const target of paragraphs(targets?.lines ?? [])) {
    const list = presentList(context, target, held);
    if (list === null)
      reject(targets?.firstLine ?? 0, 'A package list with address and suite.', target.get('URI') ?? '');
    else lists.set(keyOf(list.row), list);
  }
  for (const list of absentLists(context, wanted?.lines ?? [], nativeArchitecture ?? 'all')) {
    const bare = list.row.component === '' && hasRelease([...lists.values()], list.row);
    if (!bare && !lists.has(keyOf(list.row))) lists.set(keyOf(list.row), list);
  }
  const problems = [
    sectionProblem('apt-repositories', section),
    partProblem('apt-get indextargets', targets),
    partProblem('apt-get update --print-uris', wanted),
  ];
  const all = [...lists.values()];
  return {
    lists: all,
    rejections,
    reading: reading('repositories', problems, all.length > 0),
    checkedAt: checkedAt(parts, held.files, context),
    listsProblem: listsProblem(all) ?? problems.find((problem) => problem !== null) ?? null,
  };
}

function keyOf(row: RepositoryRow): string {
  return [row.uri, row.suite, row.component, row.architecture].join(' ');
}

function hasRelease(lists: Repository[], row: RepositoryRow): boolean {
  return lists.some((list) => list.row.uri === row.uri && list.row.suite === row.suite);
}

function presentList(context: ParseContext, target: Map<string, string>, held: Held): Repository | null {
  const uri = target.get('Repo-URI');
  const suite = target.get('Release');
  const architecture = target.get('Architecture') ?? 'all';
  if (uri === undefined || suite === undefined || !isArchitecture(architecture)) return null;
  const fileName = (target.get('Filename') ?? '').split('/').at(-1) ?? '';
  const [releaseName, release] = releaseOf(fileName, target.get('MetaKey') ?? '', held.releases);
  const fields = {
    origin: known(target.get('Origin')),
    label: known(target.get('Label')),
    archive: known(target.get('Suite')),
    codename: known(target.get('Codename')),
  };
  const file = held.files.get(releaseName) ?? held.files.get(fileName);
  return {
    row: {
      host_id: context.hostId,
      uri: clean(withoutCredentials(uri), 500),
      suite: clean(suite),
      component: clean(target.get('Component') ?? ''),
      architecture,
      present: true,
      ...fields,
      security: isSecurityOrigin(fields),
      priority: null,
      released_at: parseDate(release?.get('Date')),
      valid_until: parseDate(release?.get('Valid-Until')),
      fetched_at: file === undefined ? null : toInstant(file.modifiedSeconds * 1000 - context.clock.offsetMs),
    },
    description: target.get('Description') ?? null,
    notAutomatic: release?.get('NotAutomatic') === 'yes',
    readable: held.files.get(fileName)?.readable ?? true,
  };
}

/**
 * What apt would fetch and does not hold. `binary-all` is only ever asked for besides the host's own
 * architecture and most repositories have none, so its absence says nothing.
 */
function absentLists(context: ParseContext, lines: string[], nativeArchitecture: string): Repository[] {
  const addresses = lines.flatMap((line) => /^'([^']+)'/.exec(line)?.[1] ?? []).map(withoutCredentials);
  const roots = addresses.flatMap((uri) => /^(.*)\/InRelease$/.exec(uri)?.[1] ?? []);
  const rows = roots.map((root) =>
    absentRow(context, root, { component: '', architecture: nativeArchitecture }),
  );
  for (const uri of addresses) {
    const root = roots
      .filter((candidate) => uri.startsWith(`${candidate}/`))
      .sort((a, b) => b.length - a.length)[0];
    const match = /^(.+)\/binary-([a-z0-9-]+)\/Packages(?:\.\w+)?$/.exec(
      root === undefined ? '' : uri.slice(root.length + 1),
    );
    if (root === undefined || match === null || match[2] === 'all') continue;
    rows.push(absentRow(context, root, { component: match[1]!, architecture: match[2]! }));
  }
  // A source whose components are known needs no row for "some component".
  const bare = (row: RepositoryRow) =>
    row.component === '' &&
    rows.some((other) => other.component !== '' && other.uri === row.uri && other.suite === row.suite);
  return rows
    .filter((row) => !bare(row))
    .map((row) => ({ row, description: null, notAutomatic: false, readable: false }));
}

function absentRow(
  context: ParseContext,
  root: string,
  list: { component: string; architecture: string },
): RepositoryRow {
  const dists = /^(.*\/)dists\/(.+)$/.exec(root);
  const flat = /^(.*\/)(\.\/?|[^/]+)$/.exec(root);
  return {
    host_id: context.hostId,
    uri: clean(dists?.[1] ?? flat?.[1] ?? root, 500),
    suite: clean(dists?.[2] ?? (flat === null ? '' : `${flat[2]!.replace(/\/$/, '')}/`)),
    component: clean(list.component),
    architecture: list.architecture,
    present: false,
    origin: null,
    label: null,
    archive: null,
    codename: null,
    security: null,
    priority: null,
    released_at: null,
    valid_until: null,
    fetched_at: null,
  };
}

/** `scheme://user:password@host/` without user and password; the probe strips them too. */
function withoutCredentials(uri: string): string {
  return uri.replace(/\/\/[^/@\s]*@/g, '//');
}

/** Deb822 paragraphs (one line a field). */
function paragraphs(lines: string[]): Map<string, string>[] {
  const result: Map<string, string>[] = [];
  let current: Map<string, string> | null = null;
  for (const line of lines) {
    const field = /^([A-Za-z][A-Za-z-]*): ?(.*)$/.exec(line);
    if (line === '') current = null;
    if (field === null) continue;
    if (current === null) result.push((current = new Map()));
    current.set(field[1]!, field[2]!);
  }
  return result;
}

function parseFiles(parts: Parts): Map<string, ListFile> {
  const files = new Map<string, ListFile>();
  for (const line of parts.parts.get('files')?.lines ?? []) {
    const match = /^([^\t]+)\t\d+\t(\d{1,12})[.\d]*\t(\d{1,12})[.\d]*\t(readable|unreadable)$/.exec(line);
    if (match === null) continue;
    files.set(match[1]!, {
      modifiedSeconds: Number(match[2]),
      changedSeconds: Number(match[3]),
      readable: match[4] === 'readable',
    });
  }
  return files;
}

/** Fields of each Release file, by its name. */
function parseReleases(parts: Parts): Map<string, Map<string, string>> {
  const releases = new Map<string, Map<string, string>>();
  for (const fields of paragraphs(parts.parts.get('releases')?.lines ?? [])) {
    const file = fields.get('File');
    if (file !== undefined) releases.set(file, fields);
  }
  return releases;
}

/** apt names the files of one suite alike: the list's name is the Release file's with the MetaKey for `InRelease`. */
function releaseOf(
  fileName: string,
  metaKey: string,
  releases: Held['releases'],
): [string, Map<string, string> | undefined] {
  const end = fileName.lastIndexOf(metaKey.replaceAll('/', '_'));
  const prefix = end < 0 ? fileName : fileName.slice(0, end);
  for (const name of [`${prefix}InRelease`, `${prefix}Release`]) {
    if (releases.has(name)) return [name, releases.get(name)];
  }
  return [`${prefix}InRelease`, undefined];
}

function parseDate(text: string | undefined): string | null {
  return text === undefined ? null : toInstant(Date.parse(text));
}

function known(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : clean(value);
}

/**
 * A refresh that brought anything new gives a Release file a new change time and touches the folder
 * `partial`; a refresh that failed touches the folder alone, and copying an image gives the files new
 * change times but keeps the folder's. So the earlier of the two is evidence; Ubuntu's own stamp is, too.
 */
function checkedAt(parts: Parts, files: Map<string, ListFile>, context: ParseContext): string | null {
  const stamps = new Map<string, number>();
  for (const line of parts.parts.get('stamps')?.lines ?? []) {
    const match = /^(partial|success) (\d{1,12})$/.exec(line);
    if (match !== null) stamps.set(match[1]!, Number(match[2]));
  }
  const changed = [...files].filter(([name]) => /(?:_InRelease|_Release)$/.test(name));
  const newest = changed.reduce((latest, [, file]) => Math.max(latest, file.changedSeconds), 0);
  const written = newest === 0 ? 0 : Math.min(newest, stamps.get('partial') ?? 0);
  const seconds = Math.max(written, stamps.get('success') ?? 0);
  return seconds === 0 ? null : toInstant(seconds * 1000 - context.clock.offsetMs);
}

function listsProblem(lists: Repository[]): string | null {
  if (lists.length === 0) return 'No package source is configured.';
  const absent = lists.filter((list) => !list.row.present);
  const unreadable = lists.filter((list) => list.row.present && !list.readable);
  if (absent.length === lists.length) return 'The host holds none of its package lists.';
  if (absent.length > 0) return `${absent.length} of ${lists.length} package lists are absent on the host.`;
  if (unreadable.length > 0)
    return `${unreadable.length} of ${lists.length} package lists cannot be read by this account.`;
  return null;
}
