/** Advisories that name installed packages, from the metadata of the repositories in use. */
import type { RowOf } from '#data/model/tables.ts';
import { advisoryRow, parseUpdateinfo } from '../rpm/updateinfo.ts';
import { reading } from '../sections.ts';
import { rawMetadata } from './sections.ts';
import type { ParseContext, Reading, Rejection } from '../ecosystem.ts';
import type { Packages } from '../rpm/packages.ts';
import type { UpdateinfoFile } from '../rpm/updateinfo.ts';
import type { Repositories, Repository } from './repositories.ts';

export type AdvisoryRow = RowOf<'host_advisories'>;

export interface Advisories {
  rows: AdvisoryRow[];
  rejections: Rejection[];
  /** Why what is there was not read, or not wholly: it decides what patches bring. */
  problems: (string | null)[];
  reading: Reading;
}

/** Reads the section `rpm-advisories`. What repositories that are switched off left behind does not count. */
export function parseAdvisories(
  context: ParseContext,
  { packages, repositories }: { packages: Packages; repositories: Repositories },
): Advisories {
  const updateinfo = parseUpdateinfo(context);
  const installed = new Set(packages.rows.map((row) => `${row.package} ${row.architecture}`));
  const rows = new Map<string, AdvisoryRow>();
  const whole = new Set<Repository>();
  for (const file of updateinfo.files) {
    const repository = repositories.byFolder.get(folderOf(file));
    if (repository === undefined) continue;
    if (file.whole) whole.add(repository);
    for (const row of rowsOf(context.hostId, { file, repository })) {
      const key = JSON.stringify([row.advisory, row.package, row.architecture, row.version]);
      if (installed.has(`${row.package} ${row.architecture}`) && !rows.has(key)) rows.set(key, row);
    }
  }
  const list = [...rows.values()];
  const problems = [
    updateinfo.problem,
    ...packages.problems,
    repositories.listsProblem,
    cutProblem(repositories, whole),
    updateinfo.rejections.length > 0
      ? `${updateinfo.rejections.length} lines could not be advisories.`
      : null,
  ];
  // Without one nobody can tell which updates are for security.
  const none = repositories.lists.some(({ advisories }) => advisories)
    ? null
    : 'No enabled repository carries advisories.';
  return {
    rows: list,
    rejections: updateinfo.rejections,
    problems,
    reading: reading('advisories', [...problems, none], list.length > 0 || whole.size > 0),
  };
}

function folderOf({ path }: UpdateinfoFile): string {
  return path.startsWith(`${rawMetadata}/`) ? path.slice(rawMetadata.length + 1).split('/')[0]! : '';
}

function cutProblem({ lists }: Repositories, whole: Set<Repository>): string | null {
  const cut = lists.filter((repository) => repository.advisories && !whole.has(repository));
  return cut.length === 0
    ? null
    : `The advisories of ${cut.map(({ row }) => row.suite).join(', ')} could not be read to their end.`;
}

function rowsOf(
  hostId: string,
  { file, repository }: { file: UpdateinfoFile; repository: Repository },
): AdvisoryRow[] {
  return file.advisories.flatMap((advisory) =>
    advisory.packages.map((one) => advisoryRow(hostId, { advisory, one, repository: repository.row.suite })),
  );
}
