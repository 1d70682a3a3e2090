/** What the host would upgrade, what it would not and why, and which repositories it uses. */
import type { RowOf } from '#data/model/tables.ts';
import type { ReasonNotApplied } from '#data/model/words.ts';
import { toInstant } from '../linux/identity.ts';
import { parseParts, partProblem } from '../parts.ts';
import { rejecter } from '../rejections.ts';
import { compareVersions } from '../rpm/version.ts';
import { reading, sectionProblem } from '../sections.ts';
import { emptyAnswers, isNamedBy, readDnf4 } from './answers.ts';
import { readDnf5 } from './dnf5.ts';
import { readYum } from './yum.ts';
import type { Clock, ParseContext, Reading, Rejection } from '../ecosystem.ts';
import type { PackageRow, Packages } from '../rpm/packages.ts';
import type { HostAdvisories } from './advisories.ts';
import type { AnsweredRepository, Answers, Build } from './answers.ts';

type UpdateRow = RowOf<'updates'>;

const section = 'dnf-updates';

/** Reads the section `dnf-updates`, whichever program answered. */
export function readAnswers(context: ParseContext): { answers: Answers; rejections: Rejection[] } {
  const output = context.sections.get(section);
  const parts = parseParts(output?.text ?? '');
  const rejecting = rejecter(context.hostId, section);
  const answers = answersOf(parts, rejecting);
  answers.problems.unshift(sectionProblem(section, output));
  for (const [index, text] of parts.head.entries()) {
    if (text !== '') rejecting.reject(index + 1, 'A part of the answer.', text);
  }
  if (rejecting.rows.length > 0)
    answers.problems.push(`${rejecting.rows.length} lines could not be updates.`);
  return { answers, rejections: rejecting.rows };
}

function answersOf(parts: ReturnType<typeof parseParts>, rejecting: ReturnType<typeof rejecter>): Answers {
  const dnf4 = parts.parts.get('dnf4');
  if (dnf4 !== undefined) {
    const lines = dnf4.lines.map((text, index) => ({ text, line: dnf4.firstLine + index }));
    const answers = readDnf4(lines, rejecting);
    answers.problems.push(partProblem('dnf', dnf4));
    return answers;
  }
  if (parts.parts.has('repos')) return readDnf5(parts, rejecting);
  if (parts.parts.has('yum-updates')) return readYum(parts, rejecting);
  return { ...emptyAnswers(), problems: ['No package manager answered.'] };
}

/** Joins what the host offers to what it has, and to the advisories that make an update one for security. */
export function updateRows(
  context: ParseContext,
  input: { answers: Answers; packages: Packages; advisories: HostAdvisories },
): { rows: UpdateRow[]; reading: Reading } {
  const { answers, packages, advisories } = input;
  const installed = newestInstalled(packages);
  const upgrades = newestByPackage(answers.upgrades);
  const advised = Map.groupBy(advisories.rows, (row) => `${row.package} ${row.architecture}`);
  const rows = new Map<string, UpdateRow>();
  for (const [key, newest] of newestByPackage([...answers.newer, ...answers.upgrades])) {
    const present = installed.get(key) ?? installed.get(newest.name);
    if (present === undefined) continue;
    const candidate = upgrades.get(key) ?? null;
    const builds = answers.newer.filter((build) => keyOf(build) === key);
    const security = securityOf({
      present,
      newest,
      builds,
      advised: advised.get(key) ?? [],
      read: advisories.read,
    });
    rows.set(key, {
      ...rowOf(context.hostId, { build: candidate ?? newest, installed: present.version, candidate, newest }),
      ...security,
      reason: candidate === null ? reasonOf(newest.name, answers) : 'none-yet-tried',
    });
  }
  for (const row of obsoletingRows(context.hostId, answers, installed)) {
    rows.set(`${row.package} ${row.architecture}`, row);
  }
  const problems = [
    ...answers.problems,
    repositoriesProblem(answers),
    ...unreadableProblem(answers),
    ...advisories.problems,
  ];
  const nothingKnown = !answers.repositories.some((repository) => repository.loaded);
  return { rows: [...rows.values()], reading: reading('updates', problems, rows.size > 0 || !nothingKnown) };
}

function keyOf({ name, architecture }: Build): string {
  return `${name} ${architecture}`;
}

function newestByPackage(builds: readonly Build[]): Map<string, Build> {
  const newest = new Map<string, Build>();
  for (const build of builds) {
    const before = newest.get(keyOf(build));
    if (before === undefined || compareVersions(build.version, before.version) > 0)
      newest.set(keyOf(build), build);
  }
  return newest;
}

/** By name and architecture, and by name alone for builds that change their architecture. */
function newestInstalled({ rows }: Packages): Map<string, PackageRow> {
  const newest = new Map<string, PackageRow>();
  for (const row of rows) {
    for (const key of [`${row.package} ${row.architecture}`, row.package]) {
      const before = newest.get(key);
      if (before === undefined || compareVersions(row.version, before.version) > 0) newest.set(key, row);
    }
  }
  return newest;
}

function rowOf(
  hostId: string,
  input: { build: Build; installed: string | null; candidate: Build | null; newest: Build | null },
): UpdateRow {
  const { build, candidate, newest } = input;
  const taken = candidate !== null;
  const built = candidate?.builtSeconds ?? null;
  return {
    host_id: hostId,
    package: build.name,
    architecture: build.architecture,
    installed_version: input.installed,
    candidate_version: candidate?.version ?? null,
    newest_version: newest?.version ?? null,
    action: taken ? (input.installed === null ? 'install' : 'upgrade') : 'none',
    in_upgrade: taken,
    in_upgrade_with_new: taken,
    in_full_upgrade: taken,
    security: null,
    security_version: null,
    origin: build.repository,
    suite: null,
    reason: 'none-yet-tried',
    phased_percent: null,
    // By the clock of the builder.
    candidate_built_at: built === null ? null : toInstant(built * 1000),
  };
}

/**
 * A version newer than the installed one and not newer than what is on offer is named by a security advisory: also where
 * the build that would be taken is a later one for something else. Without advisories nobody can tell.
 */
function securityOf(input: {
  present: PackageRow;
  newest: Build;
  builds: Build[];
  advised: HostAdvisories['rows'];
  read: ReadonlySet<string>;
}): Pick<UpdateRow, 'security' | 'security_version'> {
  const fixes = input.advised
    .filter(
      ({ kind, version }) =>
        kind === 'security' && isBetween(version, input.present.version, input.newest.version),
    )
    .map(({ version }) => version)
    .sort(compareVersions);
  const last = fixes.at(-1);
  if (last !== undefined) return { security: true, security_version: last };
  const known = input.builds.length > 0 && input.builds.every((build) => input.read.has(build.repository));
  return { security: known ? false : null, security_version: null };
}

function isBetween(version: string, older: string, newest: string): boolean {
  return compareVersions(version, older) > 0 && compareVersions(version, newest) <= 0;
}

function reasonOf(name: string, { locks }: Answers): ReasonNotApplied {
  return locks.some((pattern) => isNamedBy(pattern, name)) ? 'held' : 'pinned';
}

/** An upgrade replaces one package by another of another name: no update of either. */
function obsoletingRows(hostId: string, answers: Answers, installed: Map<string, PackageRow>): UpdateRow[] {
  return answers.obsoleting.flatMap(({ by, name, architecture }) => {
    const old = installed.get(`${name} ${architecture}`);
    if (old === undefined || installed.has(keyOf(by))) return [];
    const more = rowOf(hostId, { build: by, installed: null, candidate: by, newest: by });
    return [more, { ...more, package: name, architecture, installed_version: old.version, ...removed }];
  });
}

const removed = {
  candidate_version: null,
  newest_version: null,
  action: 'remove',
  candidate_built_at: null,
} as const;

function repositoriesProblem({ repositories }: Answers): string | null {
  if (repositories.length === 0) return 'No package source is configured.';
  const absent = repositories.filter((repository) => !repository.loaded).map(({ id }) => id);
  if (absent.length === repositories.length) return 'The host holds none of its package lists.';
  return absent.length === 0 ? null : `The package lists of ${absent.join(', ')} are absent on the host.`;
}

function unreadableProblem({ unreadable }: Answers): string[] {
  return unreadable.length === 0 ? [] : [`${unreadable.join(', ')} cannot be read by this account.`];
}

/** The repositories that the host uses; the id stands where apt has a suite. */
export function repositoryRows(
  context: ParseContext,
  answers: Answers,
  architecture: string | null,
): { rows: RowOf<'repositories'>[]; checkedAt: string | null; reading: Reading } {
  const rows = answers.repositories.map((repository) => ({
    host_id: context.hostId,
    uri: repository.address,
    suite: repository.id,
    component: '',
    architecture: architecture ?? 'noarch',
    present: repository.loaded,
    origin: null,
    label: repository.name,
    archive: null,
    codename: null,
    security: null,
    priority: repository.priority,
    released_at: repository.madeSeconds === null ? null : toInstant(repository.madeSeconds * 1000),
    valid_until: null,
    fetched_at: instantOf(repository.checkedSeconds, context.clock),
  }));
  const unread = [...answers.problems, ...unreadableProblem(answers)];
  const problems = rows.length === 0 ? [...unread, 'No package source is configured.'] : unread;
  return {
    rows,
    checkedAt: checkedAt(answers.repositories, context.clock),
    reading: reading('repositories', problems, rows.length > 0),
  };
}

/** Together the lists are as old as the oldest of them; one that never expires is not asked again. */
function checkedAt(repositories: AnsweredRepository[], clock: Clock): string | null {
  const times = repositories.flatMap((repository) =>
    repository.loaded && repository.expireSeconds !== -1 ? (repository.checkedSeconds ?? []) : [],
  );
  return times.length === 0 ? null : instantOf(Math.min(...times), clock);
}

function instantOf(seconds: number | null, clock: Clock): string | null {
  return seconds === null ? null : toInstant(seconds * 1000 - clock.offsetMs);
}
