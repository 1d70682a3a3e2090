/** Reading a workspace: every file that people wrote, checked, with every problem named at once. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { globby } from 'globby';
import type { z } from 'zod';
import { Failure } from '#data/model/failure.ts';
import type { RowOf } from '#data/model/tables.ts';
import type { FeedId } from '#data/model/words.ts';
import { checkEntries } from './check-entries.ts';
import { isOfSource, namedSources, readHosts } from './hosts.ts';
import type { NamedSources } from './hosts.ts';
import type { Population } from './population.ts';
import { quoted, suggest, throwProblems } from './problems.ts';
import type { Problem } from './problems.ts';
import { Approvals, Config, Evaluations, Exceptions, Inventory, Policy } from './schemas.ts';
import type { Approval, Evaluation, Exception } from './schemas.ts';
import { diskFiles, recordedFiles } from './sources/files.ts';
import type { SourceFiles } from './sources/files.ts';
import { checkShape, parseYaml } from './yaml-file.ts';
import type { YamlFile } from './yaml-file.ts';

export interface WorkspaceFile {
  /**
   * Relative to the workspace, with '/'. A file that lies elsewhere has the path that people write, such as
   * `~/.ssh/config` or `../ansible/hosts`: a name, never to be joined to a folder.
   */
  path: string;
  sha256: string;
  bytes: number;
  content: Uint8Array;
}

export interface WorkspaceConfig {
  collector: string;
  title: string;
  zone: string;
  primaryPolicy: string | null;
  scan: {
    maxAgeHours: number;
    /** A new run is expected this long after the last one. */
    everyHours: number;
    connectSeconds: number;
    hostSeconds: number;
    concurrency: number;
    connecting: number;
    attempts: number;
  };
  /** As written: a path may be relative to the workspace. */
  feeds: { [id in FeedId]?: string | undefined };
  remediation: { rings: string[]; validDays: number };
  /** As written: paths may begin with `~/`, or be relative to the workspace; null for the usual. */
  ssh: { user: string | null; identityFiles: string[] | null; knownHosts: string[] | null };
}

/** What people's files say. */
export interface WorkspaceContent {
  config: WorkspaceConfig;
  /** The population, by host id, with inherited settings resolved. */
  hosts: RowOf<'population'>[];
  /** Where each host is listed, and what is worth knowing of that. */
  population: Omit<Population, 'hosts' | 'refreshable'>;
  /** Ids of those that may be asked to refresh their package lists. */
  refreshable: ReadonlySet<string>;
  policies: Policy[];
  exceptions: Exception[];
  approvals: Approval[];
  evaluations: Evaluation[];
}

export interface Workspace extends WorkspaceContent {
  root: string;
  /** Every file that was used, by path: what a run stores beside its rows. */
  files: WorkspaceFile[];
}

export const configPath = 'patchledger.yaml';
/** Not YAML: the keys of hosts, stored with a run like every other file that it used. */
const knownHostsPath = 'known_hosts';
const folders = ['inventory', 'policies', 'exceptions', 'approvals', 'evaluations'] as const;

/**
 * @param root the workspace's folder
 * @param home the folder that `~/` stands for; the account's own when not given
 * @throws Failure 'no-workspace' when it holds no patchledger.yaml; 'workspace-invalid' naming file,
 *   line and column of every problem
 */
export async function loadWorkspace(root: string, home?: string): Promise<Workspace> {
  if (!existsSync(join(root, configPath))) {
    throw new Failure('no-workspace', `${root} holds no ${configPath}`, {
      nextStep: 'patchledger init',
      exitCode: 2,
    });
  }
  const own = [configPath, ...(await listFiles(root))].sort().map((path) => readFile(root, path));
  const { content, named, kept } = interpret(own, diskFiles(root, home), { areWritten: true });
  const files = [
    ...own.filter(({ path }) => !isOfSource(path, named)),
    ...[...kept].map(([path, text]) => describeFile(path, Buffer.from(text))),
  ];
  if (existsSync(join(root, knownHostsPath))) files.push(readFile(root, knownHostsPath));
  return { root, ...content, files: files.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/**
 * What a workspace's files say, wherever they come from: the workspace, or the copies in the record.
 *
 * @param files every file of the workspace; those that people do not write as YAML are passed over
 * @throws Failure 'workspace-invalid' naming file, line and column of every problem
 */
export function readContent(files: PlainFile[]): WorkspaceContent {
  return interpret(files, recordedFiles(files), { areWritten: false }).content;
}

type PlainFile = Pick<WorkspaceFile, 'path' | 'content'>;

interface Interpreted {
  content: WorkspaceContent;
  named: NamedSources;
  /** By path: what the record keeps of files that were not written for Patchledger. */
  kept: Map<string, string>;
}

/**
 * @param elsewhere files that `patchledger.yaml` may name beside the workspace's own
 * @param options files that people can still mend are held to more than copies in the record, which judge as they are
 */
function interpret(
  files: PlainFile[],
  elsewhere: SourceFiles,
  { areWritten }: { areWritten: boolean },
): Interpreted {
  const problems: Problem[] = [];
  const parse = (wanted: PlainFile[]): YamlFile[] =>
    wanted
      .map(({ path, content }) => parseYaml(path, content, problems))
      .filter((file) => file !== undefined);
  const configFiles = parse(files.filter(({ path }) => path === configPath));
  const config = readAll(configFiles, configPath, Config, problems)[0]?.content;
  const named = namedSources(config, configFiles[0]);
  const parsed = [...configFiles, ...parse(files.filter(({ path }) => isOwn(path) && !isOfSource(path, named)))];
  const inventory = readAll(parsed, 'inventory/', Inventory, problems);
  const policies = readAll(parsed, 'policies/', Policy, problems);
  const exceptions = readAll(parsed, 'exceptions/', Exceptions, problems);
  const approvals = readAll(parsed, 'approvals/', Approvals, problems);
  const evaluations = readAll(parsed, 'evaluations/', Evaluations, problems);
  const { hosts, kept, refreshable, ...population } = readHosts(inventory, { named, files: elsewhere, problems });
  checkPolicies(parsed, policies, { primary: config?.['primary-policy'], problems });
  if (areWritten) {
    const lists = [
      ...exceptions.map(({ file, content }) => ({ file, list: 'exceptions' as const, entries: content.exceptions })),
      ...approvals.map(({ file, content }) => ({ file, list: 'approvals' as const, entries: content.approvals })),
      ...evaluations.map(({ file, content }) => ({ file, list: 'evaluations' as const, entries: content.evaluations })),
    ];
    checkEntries(lists, problems);
  }
  throwProblems(problems);
  if (config === undefined) throw new TypeError('a configuration without problems is there');
  const content = {
    config: configOf(config),
    hosts,
    population,
    refreshable,
    policies: policies.map(({ content }) => content),
    exceptions: exceptions.flatMap(({ content }) => content.exceptions),
    approvals: approvals.flatMap(({ content }) => content.approvals),
    evaluations: evaluations.flatMap(({ content }) => content.evaluations),
  };
  return { content, named, kept };
}

/** Written for Patchledger: the settings, and YAML in the folders of the workspace. */
function isOwn(path: string): boolean {
  return folders.some((folder) => path.startsWith(`${folder}/`)) && /\.ya?ml$/.test(path);
}

function configOf(config: z.output<typeof Config>): WorkspaceConfig {
  return {
    collector: config.collector,
    title: config.title,
    zone: config.zone,
    primaryPolicy: config['primary-policy'] ?? null,
    scan: {
      maxAgeHours: config.scan['max-age-hours'],
      everyHours: config.scan['every-hours'],
      connectSeconds: config.scan['connect-seconds'],
      hostSeconds: config.scan['host-seconds'],
      concurrency: config.scan.concurrency,
      connecting: config.scan.connecting,
      attempts: config.scan.attempts,
    },
    feeds: config.feeds,
    remediation: { rings: config.remediation.rings, validDays: config.remediation['valid-days'] },
    ssh: {
      user: config.ssh.user ?? null,
      identityFiles: config.ssh['identity-files'] ?? null,
      knownHosts: config.ssh['known-hosts'] ?? null,
    },
  };
}

/** YAML files of the folders that people write; links are not followed out of the workspace. */
async function listFiles(root: string): Promise<string[]> {
  return globby(
    folders.map((folder) => `${folder}/**/*.{yaml,yml}`),
    { cwd: root, followSymbolicLinks: false, onlyFiles: true },
  );
}

function readFile(root: string, path: string): WorkspaceFile {
  return describeFile(path, readFileSync(join(root, path)));
}

function describeFile(path: string, content: Uint8Array): WorkspaceFile {
  return {
    path,
    sha256: createHash('sha256').update(content).digest('hex'),
    bytes: content.byteLength,
    content,
  };
}

interface Read<T> {
  file: YamlFile;
  content: T;
}

function readAll<T extends z.ZodType>(
  files: YamlFile[],
  prefix: string,
  schema: T,
  problems: Problem[],
): Read<z.output<T>>[] {
  return files
    .filter(({ path }) => path.startsWith(prefix))
    .map((file) => ({ file, content: checkShape(file, schema, problems) }))
    .filter((read): read is Read<z.output<T>> => read.content !== undefined);
}

function checkPolicies(
  files: YamlFile[],
  policies: Read<Policy>[],
  { primary, problems }: { primary: string | undefined; problems: Problem[] },
): void {
  // Ids name pages, and not every file system tells capitals apart.
  const places = new Map<string, string>();
  for (const { file, content } of policies) {
    const id = content.id.toLowerCase();
    const other = places.get(id);
    if (other !== undefined) {
      problems.push({
        file: file.path,
        ...file.position(['id']),
        message: `policy ${quoted(content.id)} is also in ${other}`,
      });
    }
    places.set(id, file.path);
  }
  const config = files.find(({ path }) => path === configPath);
  const ids = policies.map(({ content }) => content.id);
  if (primary === undefined || ids.includes(primary) || config === undefined) return;
  const message = `primary-policy: there is no policy ${quoted(primary)}${suggest(primary, ids)}`;
  problems.push({ file: configPath, ...config.position(['primary-policy']), message });
}
