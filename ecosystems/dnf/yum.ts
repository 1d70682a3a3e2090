/**
 * What yum 3 says of repositories and updates (RHEL 7, CentOS 7, Amazon Linux 2). It has no form for machines: lines are
 * for people, and it breaks those of long names in two, or in three.
 */
import { clean } from '#data/model/clean.ts';
import { partProblem } from '../parts.ts';
import { isArchitecture, isPackageName, isVersion } from '../rpm/names.ts';
import { emptyAnswers, isRepositoryId, withoutCredentials } from './answers.ts';
import type { AnsweredRepository, Answers, Build } from './answers.ts';
import type { Part, Parts } from '../parts.ts';
import type { Rejecter } from '../rejections.ts';

/** Reads the parts that yum answered. */
export function readYum(parts: Parts, rejecting: Pick<Rejecter, 'reject'>): Answers {
  const answers = emptyAnswers();
  const updates = parts.parts.get('yum-updates');
  answers.program = 'yum';
  answers.repositories = repositoriesOf(parts.parts.get('yum-repos'));
  answers.upgrades = updates === undefined ? [] : checkUpdate(updates, rejecting);
  answers.newer = answers.upgrades;
  // yum(8): 100 says that there are updates.
  const answered = updates?.exitStatus === 100 ? null : partProblem('yum check-update', updates);
  answers.problems.push(answered, partProblem('yum repolist', parts.parts.get('yum-repos')));
  return answers;
}

/**
 * The updates of `check-update`: `name.arch  [epoch:]version-release  repository`. What comes under "Obsoleting Packages"
 * is no update. A line that is indented goes on with the one before.
 */
export function checkUpdate(part: Part, { reject }: Pick<Rejecter, 'reject'>): Build[] {
  const lines = part.lines.slice(0, endOfUpdates(part.lines));
  const joined: { text: string; line: number }[] = [];
  for (const [index, text] of lines.entries()) {
    const last = joined.at(-1);
    if (text.startsWith(' ') && last !== undefined) last.text += ` ${text.trim()}`;
    else if (text.trim() !== '') joined.push({ text, line: part.firstLine + index });
  }
  return joined.flatMap(({ text, line }) => {
    const build = updateOf(text);
    if (build === null) reject(line, 'An update: name, version and repository.', text);
    return build ?? [];
  });
}

function endOfUpdates(lines: string[]): number {
  const at = lines.findIndex((line) => /^(?:Obsoleting Packages|Security: )/.test(line));
  return at < 0 ? lines.length : at;
}

function updateOf(text: string): Build | null {
  const match = /^(\S+)\.([^.\s]+)\s+(\S+)\s+(\S+)$/.exec(text);
  if (match === null) return null;
  const [, name = '', architecture = '', version = '', repository = ''] = match;
  if (
    !isPackageName(name) ||
    !isArchitecture(architecture) ||
    !isVersion(version) ||
    !isRepositoryId(repository)
  )
    return null;
  return { name, architecture, version: version.replace(/^0+:/, ''), repository, builtSeconds: null };
}

/** Blocks of `Repo-id : base/7/x86_64` and the like, as `repolist -v` prints them. */
function repositoriesOf(part: Part | undefined): AnsweredRepository[] {
  const rows: AnsweredRepository[] = [];
  for (const line of part?.lines ?? []) {
    const [, field = '', value = ''] = /^Repo-(\w+) *: (.*)$/.exec(line) ?? [];
    const id = value.split('/')[0]!.replace(/^!/, '');
    const last = rows.at(-1);
    if (field === 'id' && isRepositoryId(id)) rows.push(emptyRepository(id));
    else if (last === undefined) continue;
    else if (field === 'name') last.name = clean(value);
    else if (field === 'baseurl' || (field === 'mirrors' && last.address === ''))
      last.address = address(value);
    else if (field === 'updated') last.madeSeconds = secondsOf(value);
    else if (field === 'expire') {
      last.expireSeconds =
        Number(/^([\d,]{1,15}) second/.exec(value)?.[1]?.replaceAll(',', '') ?? Number.NaN) || null;
      last.checkedSeconds = secondsOf(/\(last: ([^)]*)\)/.exec(value)?.[1] ?? '');
      last.loaded = last.checkedSeconds !== null;
    }
  }
  return rows;
}

function emptyRepository(id: string): AnsweredRepository {
  return {
    id,
    name: id,
    loaded: false,
    priority: null,
    expireSeconds: null,
    checkedSeconds: null,
    madeSeconds: null,
    address: '',
  };
}

function address(value: string): string {
  return clean(withoutCredentials(value.split(/[ ,]/)[0]!), 500);
}

/** `Thu Jul 11 10:03:02 2019`, in the host's local time, taken as UTC: off by a few hours, which a day's age bears. */
function secondsOf(text: string): number | null {
  const time = Date.parse(`${text} UTC`);
  return Number.isNaN(time) ? null : Math.floor(time / 1000);
}
