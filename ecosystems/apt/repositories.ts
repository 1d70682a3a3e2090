/** Package lists that the host is configured to use, and what it holds of them. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { reading, sectionProblem } from '../sections.ts';
import { toInstant } from '../linux/identity.ts';
import { isArchitecture } from '#data/model/debian-names.ts';
import { parseParts, partProblem } from '../parts.ts';
import { checkedAt, findList, parseHeld } from './release-files.ts';
import { isSecurityOrigin } from './security-origin.ts';
import type { ParseContext, Reading } from '../ecosystem.ts';
import type { Held, ListFile, Release } from './release-files.ts';

type RepositoryRow = RowOf<'repositories'>;

/** One list, with what joins it to the rows of `apt-cache policy`. */
export interface Repository {
  row: RepositoryRow;
  /** As `apt-cache policy` may describe it. */
  descriptions: string[];
  /** Whether its Release file says that nothing of it is installed unasked. */
  notAutomatic: boolean;
  readable: boolean;
}

export interface Repositories {
  lists: Repository[];
  reading: Reading;
  /** Latest evidence that the lists were refreshed; null when there is none. */
  checkedAt: string | null;
  /** Why "nothing is offered" would prove nothing; null when the lists are all there. */
  listsProblem: string | null;
}

/** One list that apt would fetch. */
interface Target {
  uri: string;
  suite: string;
  /** '' for a flat repository, and where only the suite is known. */
  component: string;
  architecture: string;
  descriptions: string[];
  /** Names in the folder of lists. */
  fileName: string;
  releasePrefix: string;
  /** Path below the suite, as its Release file names it. */
  path: string;
}

/** Reads the section `apt-repositories`. */
export function parseRepositories(context: ParseContext, nativeArchitecture: string | null): Repositories {
  const section = context.sections.get('apt-repositories');
  const parts = parseParts(section?.text ?? '');
  const held = parseHeld(parts);
  const wanted = parts.parts.get('wanted');
  const targets = parseTargets(wanted?.lines ?? [], nativeArchitecture ?? 'all');
  const lists = targets.flatMap((target) => listOf(context, target, held) ?? []);
  const problems = [
    sectionProblem('apt-repositories', section),
    partProblem('apt-get update --print-uris', wanted),
  ];
  return {
    lists,
    reading: reading('repositories', problems, lists.length > 0),
    checkedAt: checkedAt(parts, held.files, context.clock),
    listsProblem: problems.find((problem) => problem !== null) ?? listsProblem(lists),
  };
}

/** `'URI' FILE SIZE …` lines: an InRelease file a suite, then the lists of each suite. */
function parseTargets(lines: string[], nativeArchitecture: string): Target[] {
  const addresses = lines.flatMap((line) => {
    const match = /^'([^'\s]+)' (\S+) /.exec(line);
    return match === null ? [] : [{ uri: withoutCredentials(match[1]!), file: match[2]! }];
  });
  const roots = addresses.flatMap(({ uri, file }) => {
    if (!uri.endsWith('/InRelease') || !file.endsWith('InRelease')) return [];
    return [{ root: uri.slice(0, -'/InRelease'.length), prefix: file.slice(0, -'InRelease'.length) }];
  });
  return roots.flatMap((suite) => {
    const targets = addresses.flatMap(({ uri, file }) => {
      const path = uri.startsWith(`${suite.root}/`) ? uri.slice(suite.root.length + 1) : '';
      // A suite may start with another's address: the file's name tells whose list it is.
      return file.startsWith(suite.prefix) ? (targetOf(suite, path, { file, nativeArchitecture }) ?? []) : [];
    });
    const unknown = { file: `${suite.prefix}Packages`, nativeArchitecture };
    return targets.length > 0 ? targets : (targetOf(suite, 'Packages', unknown) ?? []);
  });
}

function targetOf(
  suite: { root: string; prefix: string },
  listPath: string,
  { file, nativeArchitecture }: { file: string; nativeArchitecture: string },
): Target | null {
  const match = /^((?:(.+)\/binary-([^/]+)\/)?Packages)(?:\.\w+)?$/.exec(listPath);
  if (match === null) return null;
  const [path, component = '', architecture = nativeArchitecture] = match.slice(1) as [
    string,
    string?,
    string?,
  ];
  if (!isArchitecture(architecture)) return null;
  const common = { component, architecture, fileName: file, releasePrefix: suite.prefix, path };
  const dists = /^(.*)\/dists\/(.+)$/.exec(suite.root);
  if (dists !== null) {
    const [site, release] = dists.slice(1) as [string, string];
    const description = `${site} ${release}/${component} ${architecture} Packages`;
    return { ...common, uri: `${site}/`, suite: release, descriptions: [description] };
  }
  // A flat repository: `URI ./`, `URI folder/` or `URI /`; the address alone does not tell the last two apart.
  const slash = suite.root.lastIndexOf('/');
  const [site, folder] = [suite.root.slice(0, slash), `${suite.root.slice(slash + 1)}/`];
  const place = folder === './' ? { uri: `${site}/`, suite: './' } : { uri: `${suite.root}/`, suite: '/' };
  return { ...common, ...place, descriptions: [`${site} ${folder} Packages`, `${suite.root}  Packages`] };
}

/** Null for a list that the suite does not have: its Release file would name it. */
function listOf(context: ParseContext, target: Target, held: Held): Repository | null {
  const [releaseFile, release] = releaseOf(target, held);
  const file = findList(held.files, target.fileName);
  const size = release?.sizes.get(target.path);
  if (file === undefined) {
    // `binary-all` is asked for beside the host's own architecture; most suites have none.
    if (target.architecture === 'all' && target.component !== '') return null;
    if (release !== undefined && release.sizes.size > 0 && size === undefined) return null;
  }
  // apt keeps no file for an empty list.
  const present = file !== undefined || size === 0;
  return {
    row: repositoryRow(context, target, { present, release, file: releaseFile ?? file }),
    descriptions: target.descriptions,
    notAutomatic: release?.fields.get('NotAutomatic') === 'yes',
    readable: file?.readable ?? true,
  };
}

function repositoryRow(
  context: ParseContext,
  target: Target,
  { present, release, file }: { present: boolean; release: Release | undefined; file: ListFile | undefined },
): RepositoryRow {
  const field = (name: string) => {
    const value = release?.fields.get(name);
    return value === undefined || value === '' ? null : clean(value);
  };
  const fields = {
    origin: field('Origin'),
    label: field('Label'),
    archive: field('Suite'),
    codename: field('Codename'),
  };
  return {
    host_id: context.hostId,
    uri: clean(target.uri, 500),
    suite: clean(target.suite),
    component: clean(target.component),
    architecture: target.architecture,
    present,
    ...fields,
    security: isSecurityOrigin(fields),
    priority: null,
    released_at: parseDate(field('Date')),
    valid_until: parseDate(field('Valid-Until')),
    fetched_at: file === undefined ? null : toInstant(file.modifiedSeconds * 1000 - context.clock.offsetMs),
  };
}

function releaseOf(target: Target, held: Held): [ListFile | undefined, Release | undefined] {
  for (const name of [`${target.releasePrefix}InRelease`, `${target.releasePrefix}Release`]) {
    if (held.files.has(name)) return [held.files.get(name), held.releases.get(name)];
  }
  return [undefined, undefined];
}

/** `scheme://user:password@host/` without user and password; the probe strips them too. */
function withoutCredentials(uri: string): string {
  return uri.replace(/\/\/[^/@\s]*@/g, '//');
}

function parseDate(text: string | null): string | null {
  return text === null ? null : toInstant(Date.parse(text));
}

function listsProblem(lists: Repository[]): string | null {
  if (lists.length === 0) return 'No package source is configured.';
  const absent = lists.filter((list) => !list.row.present);
  const unreadable = lists.filter((list) => list.row.present && !list.readable);
  if (absent.length === lists.length) return 'The host holds none of its package lists.';
  if (absent.length > 0) return `${absent.length} of ${lists.length} package lists are absent on the host.`;
  if (unreadable.length === 0) return null;
  return `${unreadable.length} of ${lists.length} package lists cannot be read by this account.`;
}
