/** What dnf 5 says of repositories and updates: JSON where it has it, fields separated by tabs where it has not. */
import { z } from 'zod';
import { clean } from '#data/model/clean.ts';
import { jsonAnswer } from '../json-answer.ts';
import { partProblem, partText } from '../parts.ts';
import { isArchitecture, isPackageName, isVersion } from '../rpm/names.ts';
import { buildOf, emptyAnswers, isRepositoryId, withoutCredentials } from './answers.ts';
import type { Answers, Build } from './answers.ts';
import type { Part, Parts } from '../parts.ts';
import type { Rejecter } from '../rejections.ts';

const seconds = z.int().min(-1).max(99_999_999_999);

const Repositories = z
  .array(
    z.object({
      id: z.string().refine(isRepositoryId),
      name: z.string(),
      is_enabled: z.boolean(),
      priority: z.int(),
      timestamp: seconds,
      metadata_expire: seconds,
      max_timestamp: seconds,
      base_url: z.array(z.string()),
      metalink: z.string(),
      mirrorlist: z.string(),
    }),
  )
  .max(1000);

const Package = z.object({
  name: z.string().refine(isPackageName),
  arch: z.string().refine(isArchitecture),
  evr: z.string().refine(isVersion),
  repository: z.string().refine(isRepositoryId),
});

const Obsoleting = z.object({
  obsoleting_packages: z
    .array(Package.extend({ obsoletes: z.array(Package.omit({ repository: true })) }))
    .max(10_000)
    .default([]),
});

/** Reads the parts that dnf 5 answered. */
export function readDnf5(parts: Parts, rejecting: Pick<Rejecter, 'reject'>): Answers {
  const part = (name: string) => parts.parts.get(name);
  const answers = emptyAnswers();
  const version = /^dnf5 version (\S{1,30})/.exec(part('version')?.lines[0] ?? '')?.[1];
  answers.program = version === undefined ? 'dnf5' : `dnf5 ${clean(version)}`;
  addRepositories(answers, part('repos'));
  answers.upgrades = buildsOf(part('upgrades'), rejecting);
  answers.newer = buildsOf(part('newer'), rejecting);
  addObsoleting(answers, part('obsoletes'));
  answers.locks = textsOf(part('locks'));
  answers.unreadable = textsOf(part('unreadable')).map((text) => clean(text, 300));
  const commands: [string, string][] = [
    ['repos', 'dnf5 repo info'],
    ['upgrades', 'dnf5 repoquery --upgrades'],
    ['newer', 'dnf5 repoquery --upgrades'],
    ['obsoletes', 'dnf5 list --obsoletes'],
  ];
  answers.problems.push(...commands.map(([name, command]) => partProblem(command, part(name))));
  return answers;
}

function addRepositories(answers: Answers, part: Part | undefined): void {
  const read = jsonAnswer(Repositories, partText(part));
  if (read === null) answers.problems.push("What 'dnf5 repo info' said could not be read.");
  for (const repository of read ?? []) {
    if (!repository.is_enabled) continue;
    // -1 where nothing of it lies on the host.
    const loaded = repository.timestamp >= 0;
    const address =
      repository.base_url[0] ?? (repository.metalink === '' ? repository.mirrorlist : repository.metalink);
    answers.repositories.push({
      id: repository.id,
      name: clean(repository.name),
      loaded,
      priority: repository.priority,
      expireSeconds: repository.metadata_expire,
      checkedSeconds: loaded ? repository.timestamp : null,
      madeSeconds: loaded && repository.max_timestamp > 0 ? repository.max_timestamp : null,
      address: clean(withoutCredentials(address), 500),
    });
  }
}

function addObsoleting(answers: Answers, part: Part | undefined): void {
  const read = jsonAnswer(Obsoleting, partText(part));
  if (read === null) answers.problems.push("What 'dnf5 list --obsoletes' said could not be read.");
  for (const { name, arch, evr, repository, obsoletes } of read?.obsoleting_packages ?? []) {
    const by: Build = {
      name,
      architecture: arch,
      version: withoutZeroEpoch(evr),
      repository,
      builtSeconds: null,
    };
    for (const old of obsoletes) answers.obsoleting.push({ by, name: old.name, architecture: old.arch });
  }
}

function withoutZeroEpoch(evr: string): string {
  return evr.replace(/^0+:/, '');
}

function buildsOf(part: Part | undefined, { reject }: Pick<Rejecter, 'reject'>): Build[] {
  return (part?.lines ?? []).flatMap((line, index) => {
    if (line === '') return [];
    const fields = line.split('\t');
    const build = fields.length === 7 ? buildOf(fields) : null;
    if (build === null) reject(part!.firstLine + index, 'A build that a repository has.', line);
    return build ?? [];
  });
}

function textsOf(part: Part | undefined): string[] {
  return (part?.lines ?? []).filter((line) => line !== '');
}
