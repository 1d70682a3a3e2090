/** The repositories of pacman.conf, and the database of each that the host holds. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { toInstant } from '../linux/identity.ts';
import { parseParts, partProblem } from '../parts.ts';
import { reading, sectionProblem } from '../sections.ts';
import type { Part } from '../parts.ts';
import type { Clock, ParseContext, Reading } from '../ecosystem.ts';

export interface Repositories {
  rows: RowOf<'repositories'>[];
  reading: Reading;
  /** Latest evidence that the databases were refreshed; null when there is none. */
  checkedAt: string | null;
  /** Why "nothing is offered" would prove nothing; null when the databases are all there. */
  problem: string | null;
}

interface Database {
  modifiedSeconds: number;
  changedSeconds: number;
  readable: boolean;
}

const section = 'pacman-repositories';
/** pacman-repo names: what stands in the brackets of pacman.conf is also the name of a file. */
const repositoryName = /^[A-Za-z0-9@_][A-Za-z0-9@._+-]{0,99}$/;

export function isRepositoryName(text: string): boolean {
  return repositoryName.test(text);
}

/** Reads the section `pacman-repositories`. */
export function parseRepositories(context: ParseContext, architecture: string | null): Repositories {
  const output = context.sections.get(section);
  const { parts } = parseParts(output?.text ?? '');
  const databases = parseDatabases(parts.get('files'));
  const settings = parts.get('settings');
  const configured = parseSettings(settings);
  const rows = [...configured].map(([name, uri]) =>
    repositoryRow(context, { name, uri, architecture: architecture ?? 'any' }, databases.get(name)),
  );
  const problems = [sectionProblem(section, output), partProblem('pacman-conf', settings)];
  return {
    rows,
    reading: reading('repositories', problems, rows.length > 0),
    checkedAt: checkedAt(databases, parts.get('folder'), context.clock),
    problem: problems.find((problem) => problem !== null) ?? missing(rows, databases),
  };
}

/** The first server by repository, '' where none is set: all servers of a repository are to hold the same. */
function parseSettings(part: Part | undefined): Map<string, string> {
  const configured = new Map<string, string>();
  let name: string | null = null;
  for (const line of part?.lines ?? []) {
    const heading = /^\[(.*)\]$/.exec(line)?.[1];
    if (heading !== undefined) {
      name = heading !== 'options' && isRepositoryName(heading) ? heading : null;
      if (name !== null && !configured.has(name)) configured.set(name, '');
    }
    const server = /^Server = (\S+)$/.exec(line)?.[1];
    if (server !== undefined && name !== null && configured.get(name) === '') configured.set(name, server);
  }
  return configured;
}

function parseDatabases(part: Part | undefined): Map<string, Database> {
  const databases = new Map<string, Database>();
  for (const line of part?.lines ?? []) {
    const match = /^([^\t]+)\.db\t\d+\t(\d{1,12})[.\d]*\t(\d{1,12})[.\d]*\t(readable|unreadable)$/.exec(line);
    if (match === null) continue;
    const [, name, modified, changed, access] = match;
    databases.set(name!, {
      modifiedSeconds: Number(modified),
      changedSeconds: Number(changed),
      readable: access === 'readable',
    });
  }
  return databases;
}

/** pacman gives a database the time at which the server says that it changed (libalpm, dload.c). */
function repositoryRow(
  context: ParseContext,
  { name, uri, architecture }: { name: string; uri: string; architecture: string },
  database: Database | undefined,
): RowOf<'repositories'> {
  const modified = database === undefined ? null : toInstant(database.modifiedSeconds * 1000);
  return {
    host_id: context.hostId,
    uri: clean(uri.replace(/\/\/[^/@\s]*@/g, '//'), 500),
    suite: name,
    component: '',
    architecture,
    present: database !== undefined,
    origin: name,
    label: null,
    archive: null,
    codename: null,
    security: null,
    priority: null,
    released_at: modified,
    valid_until: null,
    fetched_at: modified,
  };
}

/**
 * A refresh that brought anything gives a database a new change time; every refresh, also one that failed, touches
 * the folder, and copying an image gives the files new change times but may keep the folder's: the earlier of the
 * two is evidence. One that found nothing new leaves no trace of its own.
 */
function checkedAt(databases: Map<string, Database>, folder: Part | undefined, clock: Clock): string | null {
  const touched = /^\d{1,12}$/.exec(folder?.lines[0] ?? '')?.[0];
  const newest = [...databases.values()].reduce((latest, one) => Math.max(latest, one.changedSeconds), 0);
  const seconds = Math.min(newest, Number(touched ?? 0));
  return seconds === 0 ? null : toInstant(seconds * 1000 - clock.offsetMs);
}

function missing(rows: RowOf<'repositories'>[], databases: Map<string, Database>): string | null {
  if (rows.length === 0) return 'No repository is configured.';
  const absent = rows.filter((row) => !row.present);
  if (absent.length === rows.length) return 'The host holds the database of none of its repositories.';
  if (absent.length > 0)
    return `${absent.length} of ${rows.length} repository databases are absent on the host.`;
  const unreadable = rows.filter((row) => databases.get(row.suite)?.readable === false);
  if (unreadable.length === 0) return null;
  return `${unreadable.length} of ${rows.length} repository databases cannot be read by this account.`;
}
