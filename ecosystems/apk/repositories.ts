/** The lines of apk's repositories files, and the index of each that the host holds. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { toInstant } from '../linux/identity.ts';
import { partProblem } from '../parts.ts';
import { reading } from '../sections.ts';
import type { Part } from '../parts.ts';
import type { ParseContext, Reading } from '../ecosystem.ts';

export interface Repository {
  row: RowOf<'repositories'>;
  /** `@edge` where only packages that ask for it come from here; '' where all may. */
  tag: string;
  readable: boolean;
}

export interface Repositories {
  /** In the order of their lines; null for a line that could not be read. */
  lines: (Repository | null)[];
  reading: Reading;
  /** Latest evidence that the indexes were refreshed; null when there is none. */
  checkedAt: string | null;
  /** Why "nothing is offered" would prove nothing; null when the indexes are all there. */
  problem: string | null;
}

/** Reads the part `repositories` of the section `apk-updates`; `failed` is what is wrong with the section. */
export function parseRepositories(
  context: ParseContext,
  part: Part | undefined,
  { architecture, failed }: { architecture: string | null; failed: string | null },
): Repositories {
  const lines = (part?.lines ?? [])
    .filter((line) => line !== '')
    .map((line) => repositoryOf(context, line, architecture ?? 'noarch'));
  const known = lines.filter((one) => one !== null);
  const unread = lines.length - known.length;
  const problems = [
    failed,
    partProblem('reading the repositories', part),
    unread > 0 ? `${unread} lines of the repositories files are of a kind that is not read.` : null,
  ];
  const fetched = known.flatMap(({ row }) => row.fetched_at ?? []).sort();
  return {
    lines,
    reading: reading('repositories', problems, known.length > 0),
    checkedAt: fetched.at(-1) ?? null,
    problem: problems.find((problem) => problem !== null) ?? missing(known),
  };
}

/**
 * `#repository KIND TAG ADDRESS`, apart by tabs; the kind is when the index was written, or why it cannot be read.
 * apk 3 gives an index a new time whenever it asks for it, apk 2 when there was something new.
 */
function repositoryOf(context: ParseContext, line: string, architecture: string): Repository | null {
  const match = /^#repository\t(\d{1,12}|absent|unreadable)\t(@[^\t]{1,50})?\t(\S+)$/.exec(line);
  if (match === null) return null;
  const [, kind, tag = '', address] = match as unknown as [string, string, string | undefined, string];
  const present = kind !== 'absent';
  const seconds = /^\d/.test(kind) ? Number(kind) : null;
  return {
    tag,
    readable: seconds !== null,
    row: {
      host_id: context.hostId,
      uri: clean(address.replace(/\/\/[^/@\s]*@/g, '//'), 500),
      suite: clean(tag, 60),
      component: '',
      architecture,
      present,
      origin: originOf(address),
      label: null,
      archive: null,
      codename: null,
      security: null,
      priority: null,
      released_at: null,
      valid_until: null,
      fetched_at: seconds === null ? null : toInstant(seconds * 1000 - context.clock.offsetMs),
    },
  };
}

/** A repository has no name of its own: it is called by the last part of its address, main or community. */
function originOf(address: string): string | null {
  const name = /([^/]+)\/*$/.exec(address)?.[1];
  return name === undefined ? null : clean(name, 100);
}

function missing(repositories: Repository[]): string | null {
  const count = repositories.length;
  if (count === 0) return 'No repository is configured.';
  const absent = repositories.filter(({ row }) => !row.present).length;
  if (absent === count) return 'The host holds the index of none of its repositories.';
  if (absent > 0) return `${absent} of ${count} repository indexes are absent on the host.`;
  const unreadable = repositories.filter(({ readable }) => !readable).length;
  return unreadable === 0
    ? null
    : `${unreadable} of ${count} repository indexes cannot be read by this account.`;
}
