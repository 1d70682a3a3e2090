/** Advisories on what the host has, from the repositories that it uses. */
import { advisoryRow } from '../rpm/updateinfo.ts';
import type { RowOf } from '#data/model/tables.ts';
import { reading } from '../sections.ts';
import type { Reading } from '../ecosystem.ts';
import type { PackageRow, Packages } from '../rpm/packages.ts';
import type { Updateinfo, UpdateinfoFile } from '../rpm/updateinfo.ts';
import type { Answers } from './answers.ts';

export interface HostAdvisories {
  rows: RowOf<'host_advisories'>[];
  /** Repositories whose advisories were read to their end. */
  read: Set<string>;
  /** Why what is there could not be read, or not wholly. */
  problems: (string | null)[];
  reading: Reading;
}

/** Joins the advisories that lie on the host to its repositories and packages. */
export function hostAdvisories(
  hostId: string,
  { answers, packages, updateinfo }: { answers: Answers; packages: Packages; updateinfo: Updateinfo },
): HostAdvisories {
  const files = filesInUse(answers, updateinfo);
  const installed = Map.groupBy(packages.rows, (row) => `${row.package} ${row.architecture}`);
  const rows = new Map<string, RowOf<'host_advisories'>>();
  for (const [repository, file] of files) {
    for (const row of rowsOf(hostId, { repository, file, installed })) {
      const key = JSON.stringify([row.advisory, row.package, row.architecture, row.version]);
      if (!rows.has(key)) rows.set(key, row);
    }
  }
  const cut = [...files].filter(([, file]) => !file.whole).map(([id]) => id);
  const problems = [
    updateinfo.problem,
    ...packages.problems,
    updateinfo.unreadable.length > 0
      ? `${updateinfo.unreadable.join(', ')} cannot be read by this account.`
      : null,
    cut.length > 0 ? `The advisories of ${cut.join(', ')} could not be read to their end.` : null,
    updateinfo.rejections.length > 0
      ? `${updateinfo.rejections.length} lines could not be advisories.`
      : null,
  ];
  const read = new Set([...files].filter(([, file]) => file.whole).map(([id]) => id));
  const none = files.size === 0 ? 'None of its repositories brings advisories.' : null;
  return {
    rows: [...rows.values()],
    read,
    problems,
    reading: reading('advisories', [...problems, none], rows.size > 0 || read.size > 0),
  };
}

/**
 * A repository's folder is its id and a hash of its address: `baseos-01109210dc26fb72`. Folders of repositories that are
 * switched off stay behind, and so do those of former addresses: the one that was checked last is in use.
 */
function filesInUse(answers: Answers, { files }: Updateinfo): Map<string, UpdateinfoFile> {
  const enabled = new Set(answers.repositories.filter((repository) => repository.loaded).map(({ id }) => id));
  const inUse = new Map<string, UpdateinfoFile>();
  for (const file of files) {
    const id = repositoryOf(file.path);
    const before = id === null ? undefined : inUse.get(id);
    if (id === null || !enabled.has(id)) continue;
    if (before === undefined || (file.checkedSeconds ?? 0) > (before.checkedSeconds ?? 0))
      inUse.set(id, file);
  }
  return inUse;
}

/** dnf: `/var/cache/dnf/ID-HASH/repodata/FILE`; yum: `/var/cache/yum/ARCH/RELEASE/ID/FILE`. */
function repositoryOf(path: string): string | null {
  const dnf = /\/([^/]+)-[0-9a-f]{16}\/repodata\/[^/]+$/.exec(path)?.[1];
  return dnf ?? /^\/var\/cache\/yum\/[^/]+\/[^/]+\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function rowsOf(
  hostId: string,
  input: { repository: string; file: UpdateinfoFile; installed: Map<string, PackageRow[]> },
): RowOf<'host_advisories'>[] {
  return input.file.advisories.flatMap((advisory) =>
    advisory.packages
      // A module's advisory says nothing of a build outside the module, or of another stream, and the other way round.
      .filter((one) =>
        input.installed.get(`${one.name} ${one.architecture}`)?.some((row) => row.module === one.module),
      )
      .map((one) => advisoryRow(hostId, { advisory, one, repository: input.repository })),
  );
}
