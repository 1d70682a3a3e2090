/** Repositories that the host is configured to use, and what it holds of them. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { toInstant } from '../linux/identity.ts';
import { parseParts } from '../parts.ts';
import { reading, sectionProblem } from '../sections.ts';
import { exitProblem } from './exit-codes.ts';
import { askableAlias } from './sections.ts';
import { childrenOf, childOf, parseXml } from './xml.ts';
import type { ParseContext, Reading } from '../ecosystem.ts';
import type { XmlElement } from './xml.ts';

export interface Repository {
  row: RowOf<'repositories'>;
  /** Whether its metadata, as the host holds it, has advisories. */
  advisories: boolean;
  /** Whether it is refreshed by itself before zypper acts. */
  refreshed: boolean;
}

export interface Repositories {
  lists: Repository[];
  /** Those that are enabled, by the folder of their metadata. */
  byFolder: Map<string, Repository>;
  reading: Reading;
  /** When the one that was asked for longest ago was asked for; null when that is not known. */
  checkedAt: string | null;
  /** Why "nothing is offered" would prove nothing; null when the metadata is all there. */
  listsProblem: string | null;
}

/** What lies in the folder of a repository's metadata. */
interface Metadata {
  checkedAt: string | null;
  revisedAt: string | null;
  advisories: boolean;
}

const section = 'zypper-repositories';

/** Reads the section `zypper-repositories`; those that are switched off give no row. */
export function parseRepositories(context: ParseContext, architecture: string | null): Repositories {
  const output = context.sections.get(section);
  const { parts } = parseParts(output?.text ?? '');
  const details = parts.get('details');
  const { root, problem } = parseXml(details?.lines.join('\n').trim() ?? '', "zypper's list of repositories");
  const held = parseMetadata(context, parts.get('metadata')?.lines ?? []);
  const enabled = childrenOf(childOf(root ?? undefined, 'repo-list'), 'repo').filter(
    ({ attributes }) => attributes['enabled'] !== '0' && (attributes['alias'] ?? '') !== '',
  );
  const byFolder = new Map<string, Repository>();
  for (const element of enabled) {
    const folder = (element.attributes['alias'] ?? '').replaceAll('/', '_');
    byFolder.set(folder, repositoryOf(context, element, { held: held.get(folder), architecture }));
  }
  const lists = [...byFolder.values()];
  const unreadable = childrenOf(root ?? undefined, 'message').some(({ attributes, text }) =>
    attributes['type'] === 'warning'
      ? text.trim().startsWith('Cannot read repo file')
      : attributes['type'] === 'error',
  );
  const problems = [
    sectionProblem(section, output),
    exitProblem(details?.exitStatus ?? null),
    problem,
    parts.get('metadata')?.exitStatus === 0
      ? null
      : 'The metadata of the repositories could not be looked at.',
    unreadable ? 'A file that defines a repository cannot be read.' : null,
  ];
  return {
    lists,
    byFolder,
    reading: reading('repositories', problems, lists.length > 0),
    checkedAt: checkedAt(lists),
    listsProblem: problems.find((found) => found !== null) ?? listsProblem(lists),
  };
}

function repositoryOf(
  context: ParseContext,
  element: XmlElement,
  { held, architecture }: { held: Metadata | undefined; architecture: string | null },
): Repository {
  const { alias = '', name = '', priority = '', autorefresh } = element.attributes;
  const uri = childOf(element, 'url')?.text ?? childOf(element, 'mirrorlist')?.text ?? '';
  return {
    row: {
      host_id: context.hostId,
      uri: clean(uri.trim().replace(/\/\/[^/@\s]*@/g, '//'), 500),
      suite: clean(alias),
      component: '',
      architecture: architecture ?? 'noarch',
      present: held !== undefined,
      origin: null,
      label: name === '' ? null : clean(name),
      archive: null,
      codename: null,
      security: held === undefined ? null : held.advisories,
      priority: /^\d{1,6}$/.test(priority) ? Number(priority) : null,
      released_at: held?.revisedAt ?? null,
      valid_until: null,
      fetched_at: held?.checkedAt ?? null,
    },
    advisories: held?.advisories ?? false,
    refreshed: autorefresh !== '0',
  };
}

/** Lines of when it was checked, its revision, whether it has advisories, and the folder; '-' for what is not there. */
function parseMetadata({ clock }: ParseContext, lines: string[]): Map<string, Metadata> {
  const held = new Map<string, Metadata>();
  for (const line of lines) {
    const match = /^(-|\d{1,12})\t(-|\d{1,20})\t(yes|no)\t(.+)$/.exec(line);
    if (match === null) continue;
    const [, checked = '-', revised = '-', advisories, folder = ''] = match;
    held.set(folder, {
      checkedAt: instantOf(checked, clock.offsetMs),
      // Revisions are whatever their maker likes; createrepo's own is the time in seconds.
      revisedAt: /^\d{9,10}$/.test(revised) ? instantOf(revised, 0) : null,
      advisories: advisories === 'yes',
    });
  }
  return held;
}

function instantOf(seconds: string, offsetMs: number): string | null {
  return seconds === '-' ? null : toInstant(Number(seconds) * 1000 - offsetMs);
}

/** Media and frozen releases are not refreshed by themselves: where anything is, they are not asked. */
function checkedAt(lists: Repository[]): string | null {
  const asked = lists.filter(({ refreshed }) => refreshed);
  const times = (asked.length > 0 ? asked : lists).map(({ row }) => row.fetched_at);
  if (times.length === 0 || times.includes(null)) return null;
  return times.reduce((oldest, time) => (time! < oldest! ? time : oldest));
}

function listsProblem(lists: Repository[]): string | null {
  if (lists.length === 0)
    return 'No repository is enabled; SUSE Linux Enterprise gets its own by registering the host.';
  const absent = lists.filter(({ row }) => !row.present);
  if (absent.length === lists.length) return 'The host holds the metadata of none of its repositories.';
  if (absent.length > 0)
    return `The metadata of ${absent.length} of ${lists.length} repositories is absent on the host.`;
  const unaskable = lists.filter(({ row }) => !askableAlias.test(row.suite));
  return unaskable.length === 0
    ? null
    : `${unaskable.length} of ${lists.length} repositories have names that zypper cannot be asked by.`;
}
