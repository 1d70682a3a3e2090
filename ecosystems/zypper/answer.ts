/** What zypper itself says: needed patches, updates it would take, updates there are, and locks. */
import { clean } from '#data/model/clean.ts';
import { parseParts } from '../parts.ts';
import { rejecter } from '../rejections.ts';
import { isArchitecture, isPackageName, isVersion } from '../rpm/names.ts';
import { sectionProblem } from '../sections.ts';
import { exitProblem } from './exit-codes.ts';
import { childrenOf, childOf, parseXml } from './xml.ts';
import type { Part } from '../parts.ts';
import type { Rejecter } from '../rejections.ts';
import type { ParseContext, Rejection } from '../ecosystem.ts';
import type { XmlElement } from './xml.ts';

/** A patch, by its id, which is the advisory's. */
export interface NeededPatch {
  id: string;
  /** Whether it asks for something: `zypper --non-interactive patch` leaves it out. */
  interactive: boolean;
}

export interface OfferedPackage {
  package: string;
  architecture: string;
  installed: string;
  offered: string;
  /** Alias of the repository. */
  repository: string | null;
}

export interface Answer {
  needed: NeededPatch[];
  /** By `name.architecture`: what `zypper update` would bring. */
  chosen: Map<string, OfferedPackage>;
  /** The same, whatever keeps it back. */
  newest: Map<string, OfferedPackage>;
  /** `name.architecture` of installed packages that a lock matches. */
  locked: Set<string>;
  rejections: Rejection[];
  /** Why it cannot be trusted to be whole. */
  problems: (string | null)[];
  /** Whether zypper said anything of updates. */
  answered: boolean;
}

const section = 'zypper-updates';

/** zypper's shell echoes what it is told, cut to a line of a terminal after a carriage return. In XML itself a '>' in a text is escaped. */
const prompt = /zypper> [^\n]*$/;

/** Reads the section `zypper-updates`. */
export function parseAnswer(context: ParseContext): Answer {
  const output = context.sections.get(section);
  const { parts } = parseParts(output?.text ?? '');
  const rejecting = rejecter(context.hostId, section);
  const lists = readLists(parts.get('answer'));
  const locks = readLocks(parts.get('locks'));
  const [patches, all, chosen] = lists.lists;
  const answer: Answer = {
    needed: childrenOf(patches, 'update').flatMap((element) => neededPatch(element, rejecting)),
    chosen: packagesOf(chosen, rejecting),
    newest: packagesOf(all, rejecting),
    locked: locks.locked,
    rejections: rejecting.rows,
    problems: [sectionProblem(section, output), ...lists.problems, ...locks.problems],
    answered: chosen !== undefined,
  };
  if (rejecting.rows.length > 0)
    answer.problems.push(`${rejecting.rows.length} answers could not be updates.`);
  return answer;
}

/** The three lists, in the order in which they were asked for; none when there are not exactly three. */
function readLists(part: Part | undefined): { lists: XmlElement[]; problems: (string | null)[] } {
  // No repository has metadata: nothing was asked, and the repositories say why.
  if (part === undefined) return { lists: [], problems: [] };
  const { root, problem } = readStream(part);
  const lists = childrenOf(root, 'update-status').flatMap((status) => childOf(status, 'update-list') ?? []);
  if (lists.length !== 3)
    return { lists: [], problems: [problem ?? `zypper gave ${lists.length} of three lists.`] };
  return { lists, problems: [problem] };
}

function readLocks(part: Part | undefined): { locked: Set<string>; problems: (string | null)[] } {
  if (part === undefined) return { locked: new Set(), problems: ["'zypper locks' did not answer."] };
  const { root, problem } = readStream(part);
  const locks = childOf(root, 'locks');
  const matches = childrenOf(locks, 'lock').flatMap((lock) => childrenOf(childOf(lock, 'matches'), 'match'));
  const installed = matches.filter(
    ({ attributes }) => attributes['kind'] === 'package' && attributes['installed'] === 'true',
  );
  const missing = locks === undefined ? "'zypper locks' named no locks." : null;
  return {
    locked: new Set(installed.map(({ attributes }) => `${attributes['name']}.${attributes['arch']}`)),
    problems: [problem ?? missing],
  };
}

/** An answer as one document, and why it is not whole: what zypper calls an error, or what its exit status means. */
function readStream(part: Part): { root: XmlElement | undefined; problem: string | null } {
  const text = part.lines.map((line) => line.replace(prompt, '')).join('\n');
  const { root, problem } = parseXml(text.trim(), "zypper's answer");
  const said = childrenOf(root ?? undefined, 'message').flatMap(({ attributes, text }) =>
    isTrouble(attributes['type'], text) ? [clean(text.trim().split('\n')[0]!.replace(/\.$/, ''), 200)] : [],
  );
  const exit = exitProblem(part.exitStatus);
  const trouble = exit ?? problem ?? (said.length > 0 ? 'zypper met an error.' : null);
  return {
    root: root ?? undefined,
    problem: trouble === null || said.length === 0 ? trouble : `${trouble} It says: ${said[0]}.`,
  };
}

/** Outdated mirrors are warned of between the answers, too; what is skipped or unreadable takes answers away. */
function isTrouble(type: string | undefined, text: string): boolean {
  return type === 'error' || (type === 'warning' && /^(?:Skipping |Cannot read |Can't )/i.test(text.trim()));
}

function neededPatch({ attributes }: XmlElement, { reject }: Rejecter): NeededPatch[] {
  const { kind, name = '', status, interactive } = attributes;
  if (kind !== 'patch' || !/^[\w.:+-]{1,120}$/.test(name)) {
    reject(1, 'The id of a patch.', `${kind} ${name}`);
    return [];
  }
  return status === 'needed' ? [{ id: name, interactive: interactive !== 'false' }] : [];
}

function packagesOf(list: XmlElement | undefined, { reject }: Rejecter): Map<string, OfferedPackage> {
  const packages = new Map<string, OfferedPackage>();
  for (const element of childrenOf(list, 'update')) {
    const { kind, name = '', arch = '', edition = '' } = element.attributes;
    const installed = element.attributes['edition-old'] ?? '';
    if (kind !== 'package') continue;
    if (!isPackageName(name) || !isArchitecture(arch) || !isVersion(edition) || !isVersion(installed)) {
      reject(1, 'An rpm package and its versions.', `${name}.${arch} ${installed} ${edition}`);
      continue;
    }
    const alias = childOf(element, 'source')?.attributes['alias'];
    packages.set(`${name}.${arch}`, {
      package: name,
      architecture: arch,
      installed: withoutZero(installed),
      offered: withoutZero(edition),
      repository: alias === undefined ? null : clean(alias),
    });
  }
  return packages;
}

/** The record writes an epoch only where it is not 0. */
function withoutZero(version: string): string {
  return version.replace(/^0+:/, '');
}
