/** What dnf 4, dnf 5 and yum say of repositories and updates, in one form. */
import { clean } from '#data/model/clean.ts';
import { isArchitecture, isPackageName, joinVersion } from '../rpm/names.ts';
import type { Rejecter } from '../rejections.ts';

/** A build that some repository has. */
export interface Build {
  name: string;
  version: string;
  architecture: string;
  repository: string;
  builtSeconds: number | null;
}

export interface AnsweredRepository {
  id: string;
  name: string;
  /** Whether its lists are there and were used. */
  loaded: boolean;
  priority: number | null;
  /** Seconds until it is asked again; -1 for never. */
  expireSeconds: number | null;
  /** When its lists were last found current, in seconds since 1970 by the host's clock. */
  checkedSeconds: number | null;
  /** When its lists were made, by its own clock. */
  madeSeconds: number | null;
  address: string;
}

export interface Answers {
  /** Name and version of the program that answered. */
  program: string | null;
  repositories: AnsweredRepository[];
  /** Every build newer than the installed one, whatever is locked or excluded. */
  newer: Build[];
  /** Those that an upgrade would take. */
  upgrades: Build[];
  obsoleting: { by: Build; name: string; architecture: string }[];
  /** Patterns of names that somebody locked. */
  locks: string[];
  /** Files and folders that this account cannot read. */
  unreadable: string[];
  problems: (string | null)[];
}

export function emptyAnswers(): Answers {
  return {
    program: null,
    repositories: [],
    newer: [],
    upgrades: [],
    obsoleting: [],
    locks: [],
    unreadable: [],
    problems: [],
  };
}

const repositoryId = /^[A-Za-z0-9_.:-]{1,200}$/;

export function isRepositoryId(text: string): boolean {
  return repositoryId.test(text);
}

/** `name epoch version release architecture repository buildtime`; null when a part is not what it claims to be. */
export function buildOf(fields: readonly string[]): Build | null {
  const [
    name = '',
    epoch = '',
    versionText = '',
    release = '',
    architecture = '',
    repository = '',
    built = '',
  ] = fields;
  const version = joinVersion(epoch, versionText, release);
  if (
    version === null ||
    !isPackageName(name) ||
    !isArchitecture(architecture) ||
    !isRepositoryId(repository)
  )
    return null;
  return { name, version, architecture, repository, builtSeconds: wholeNumber(built) };
}

function wholeNumber(text: string): number | null {
  return /^-?\d{1,11}$/.test(text) ? Number(text) : null;
}

/** `scheme://user:password@host/` without user and password; the probe strips them too. */
export function withoutCredentials(uri: string): string {
  return uri.replace(/\/\/[^/@\s]*@/g, '//');
}

/** Reads what `ask.py` prints. */
export function readDnf4(
  lines: readonly { text: string; line: number }[],
  { reject }: Pick<Rejecter, 'reject'>,
): Answers {
  const answers = emptyAnswers();
  let ended = false;
  for (const { text, line } of lines) {
    const [word, ...fields] = text.split('\t');
    if (word === 'end' && fields.length === 0) ended = true;
    else if (word !== '' && !readDnf4Line(answers, word ?? '', fields))
      reject(line, 'A line about updates.', text);
  }
  if (!ended) answers.problems.push('dnf did not say all.');
  return answers;
}

function readDnf4Line(answers: Answers, word: string, fields: string[]): boolean {
  const build = ['newer', 'upgrade', 'obsoletes'].includes(word) ? buildOf(fields) : null;
  if (word === 'program' && fields.length === 2) answers.program = clean(fields.join(' '), 60);
  else if (word === 'repo' && fields.length === 8) return addRepository(answers, fields);
  else if (word === 'lock' && fields.length === 1) answers.locks.push(lockedName(fields[0]!));
  else if (word === 'unreadable' && fields.length === 1) answers.unreadable.push(clean(fields[0]!, 300));
  else if (word === 'newer' && build !== null && fields.length === 7) answers.newer.push(build);
  else if (word === 'upgrade' && build !== null && fields.length === 7) answers.upgrades.push(build);
  else if (word === 'obsoletes' && build !== null && fields.length === 9) {
    const [name = '', architecture = ''] = fields.slice(7);
    if (!isPackageName(name) || !isArchitecture(architecture)) return false;
    answers.obsoleting.push({ by: build, name, architecture });
  } else return false;
  return true;
}

function addRepository(answers: Answers, fields: string[]): boolean {
  const [id, state, priority, expire, checked, made, address, name] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (!isRepositoryId(id) || !['loaded', 'absent'].includes(state)) return false;
  answers.repositories.push({
    id,
    name: clean(name),
    loaded: state === 'loaded',
    priority: wholeNumber(priority),
    expireSeconds: wholeNumber(expire),
    checkedSeconds: wholeNumber(checked),
    madeSeconds: wholeNumber(made),
    address: clean(withoutCredentials(address), 500),
  });
  return true;
}

/** The name in a lock: `locked-0:1-1.*`, `locked-1-1.x86_64`, `locked`, and '!' in front for a build that is not wanted. */
export function lockedName(pattern: string): string {
  const bare = pattern.replace(/^!?(?:\d+:)?/, '');
  return /^(.+?)-(?:\d+:)?[^-]*-[^-]*$/.exec(bare)?.[1] ?? bare;
}

/** Whether a name is one of those that a pattern of the shell's kind stands for, as far as '*' and '?' go. */
export function isNamedBy(pattern: string, name: string): boolean {
  let [at, star, resume] = [0, -1, 0];
  let index = 0;
  while (index < name.length) {
    if (pattern[at] === '*') [star, resume, at] = [at, index, at + 1];
    else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[index]))
      [at, index] = [at + 1, index + 1];
    else if (star >= 0) [at, resume, index] = [star + 1, resume + 1, resume + 1];
    else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}
