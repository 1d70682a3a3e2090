/** The parts of what pacman says it would do, and of what its repositories have. */
import { clean } from '#data/model/clean.ts';
import { partProblem } from '../parts.ts';
import { secondsToInstant } from './local-database.ts';
import { isArchitecture, isPackageName, isVersion } from './names.ts';
import { isRepositoryName } from './repositories.ts';
import type { Part } from '../parts.ts';
import type { Rejecter } from '../rejections.ts';

export interface Upgrade {
  version: string;
  /** Whether IgnorePkg, IgnoreGroup or the use that a repository is put to keeps it back. */
  ignored: boolean;
}

export interface Upgrades {
  byName: Map<string, Upgrade>;
  problem: string | null;
}

export interface Transaction {
  targets: Map<string, { repository: string; version: string }>;
  problem: string | null;
}

/** A package in a repository. */
export interface Offer {
  repository: string;
  name: string;
  version: string;
  builtAt: string | null;
  architecture: string;
  /** Names that it replaces, as PKGBUILD(5) has them: `name`, `name<2`. */
  replaces: string[];
}

/**
 * `pacman -Qu`: `name old -> new`, with `[ignored]` at the end of what is held. Its exit status is 1 both when it
 * failed and when nothing is offered: only an error among the lines tells which.
 */
export function parseUpgrades(part: Part | undefined, { reject }: Pick<Rejecter, 'reject'>): Upgrades {
  const byName: Upgrades['byName'] = new Map();
  const errors = readLines(part, reject, (line) => {
    const match = /^(\S+) (\S+) -> (\S+?)( \[ignored\])?$/.exec(line);
    if (match === null || !isPackageName(match[1]!) || !isVersion(match[2]!) || !isVersion(match[3]!))
      return false;
    byName.set(match[1]!, { version: match[3]!, ignored: match[4] !== undefined });
    return true;
  });
  const failed = part?.exitStatus === 1 ? null : partProblem('pacman -Qu', part);
  return { byName, problem: saidOf('pacman -Qu', errors) ?? failed };
}

/** `pacman -Sup` with a format of ours. */
export function parseTransaction(part: Part | undefined, { reject }: Pick<Rejecter, 'reject'>): Transaction {
  const targets: Transaction['targets'] = new Map();
  const errors = readLines(part, reject, (line) => {
    const match = /^#target\t(\S+)\t(\S+)\t(\S+)$/.exec(line);
    if (
      match === null ||
      !isRepositoryName(match[1]!) ||
      !isPackageName(match[2]!) ||
      !isVersion(match[3]!)
    ) {
      return false;
    }
    targets.set(match[2]!, { repository: match[1]!, version: match[3]! });
    return true;
  });
  return { targets, problem: saidOf('pacman -Sup', errors) ?? partProblem('pacman -Sup', part) };
}

/**
 * Gives each line to `take`, and what pacman calls an error back. An error may go on for lines; before one, a line
 * that is neither taken nor what pacman says beside its answer is rejected.
 */
function readLines(
  part: Part | undefined,
  reject: Rejecter['reject'],
  take: (line: string) => boolean,
): string[] {
  const errors: string[] = [];
  for (const [index, line] of (part?.lines ?? []).entries()) {
    if (line.startsWith('error: ')) errors.push(line.slice('error: '.length));
    else if (!take(line) && errors.length === 0 && !besideAnswer.test(line)) {
      reject(part!.firstLine + index, 'A package and its version.', line);
    }
  }
  return errors;
}

const besideAnswer = /^(?:$|warning: |:: | there is nothing to do$)/;

/** Lines `#offer REPOSITORY NAME VERSION BUILT ARCHITECTURE REPLACES`, apart by tabs, in the order of the repositories. */
export function parseOffers(
  part: Part | undefined,
  { reject }: Pick<Rejecter, 'reject'>,
): { rows: Offer[]; problem: string | null } {
  const rows: Offer[] = [];
  const broken: string[] = [];
  for (const [index, line] of (part?.lines ?? []).entries()) {
    const fields = line.split('\t');
    const offer = offerFrom(fields);
    if (offer !== null) rows.push(offer);
    else if (fields[0] === '#broken') broken.push(clean(fields[1] ?? '', 100));
    else if (line !== '') reject(part!.firstLine + index, 'A package of a repository.', line);
  }
  const problem = broken.length > 0 ? `The database of ${broken.join(', ')} could not be read.` : null;
  return { rows, problem: partProblem('bsdtar', part) ?? problem };
}

function offerFrom(fields: string[]): Offer | null {
  const [mark, repository = '', name = '', version = '', built = '', architecture = '', replaces = ''] =
    fields;
  if (mark !== '#offer' || fields.length !== 7) return null;
  if (!isRepositoryName(repository) || !isPackageName(name) || !isVersion(version)) return null;
  if (!isArchitecture(architecture)) return null;
  const names = replaces === '' ? [] : replaces.split(' ');
  return { repository, name, version, builtAt: secondsToInstant(built, 0), architecture, replaces: names };
}

function saidOf(command: string, [first]: string[]): string | null {
  return first === undefined ? null : `'${command}' says: ${clean(first.replace(/[:.]$/, ''), 200)}.`;
}
