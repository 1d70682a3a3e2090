/** What zypper offers beyond what is installed, and why it is not applied. */
import type { RowOf } from '#data/model/tables.ts';
import type { ReasonNotApplied } from '#data/model/words.ts';
import { reading } from '../sections.ts';
import { compareVersions } from '../rpm/version.ts';
import type { ParseContext, Reading } from '../ecosystem.ts';
import type { PackageRow, Packages } from '../rpm/packages.ts';
import type { Advisories, AdvisoryRow } from './advisories.ts';
import type { Answer, OfferedPackage } from './answer.ts';
import type { Repositories } from './repositories.ts';

type UpdateRow = RowOf<'updates'>;

export interface Read {
  packages: Packages;
  repositories: Repositories;
  advisories: Advisories;
  answer: Answer;
}

/** Joins what zypper says to the installed packages and the advisories. */
export function updatesOf(context: ParseContext, read: Read): { rows: UpdateRow[]; reading: Reading } {
  const { packages, answer } = read;
  const installed = newestInstalled(packages.rows);
  const advised = Map.groupBy(read.advisories.rows, (row) => row.package);
  const rows: UpdateRow[] = [];
  let strange = 0;
  for (const [key, newest] of answer.newest) {
    const present = installed.get(key);
    if (present === undefined || compareVersions(newest.offered, present.version) <= 0) strange += 1;
    else
      rows.push(
        updateRow(context.hostId, {
          read,
          present,
          newest,
          chosen: answer.chosen.get(key),
          advised: advised.get(present.package) ?? [],
        }),
      );
  }
  const problems = [
    ...answer.problems,
    ...read.advisories.problems,
    strange > 0 ? `${strange} updates are not newer than anything that is installed.` : null,
  ];
  return { rows, reading: reading('updates', problems, answer.answered) };
}

/** Kernels stand beside each other: the newest is what an update is compared with. */
function newestInstalled(rows: PackageRow[]): Map<string, PackageRow> {
  const newest = new Map<string, PackageRow>();
  for (const row of rows) {
    const key = `${row.package}.${row.architecture}`;
    const other = newest.get(key);
    if (other === undefined || compareVersions(row.version, other.version) > 0) newest.set(key, row);
  }
  return newest;
}

interface RowInput {
  read: Read;
  present: PackageRow;
  newest: OfferedPackage;
  /** What `zypper update` would take. */
  chosen: OfferedPackage | undefined;
  /** Advisories on the package, whatever their version. */
  advised: AdvisoryRow[];
}

function updateRow(hostId: string, input: RowInput): UpdateRow {
  const { read, present, newest, chosen } = input;
  const missing = input.advised.filter(
    (row) =>
      compareVersions(row.version, present.version) > 0 && compareVersions(row.version, newest.offered) <= 0,
  );
  const security = missing.filter(({ kind }) => kind === 'security').map(({ version }) => version);
  const known = read.advisories.reading.status === 'complete';
  const locked = read.answer.locked.has(`${present.package}.${present.architecture}`);
  const { patched, waits } = patchesOf(missing, read.answer);
  return {
    host_id: hostId,
    package: present.package,
    architecture: present.architecture,
    installed_version: present.version,
    // What a lock keeps back is what zypper would choose without it.
    candidate_version: chosen?.offered ?? (locked ? newest.offered : null),
    newest_version: newest.offered,
    action: chosen === undefined ? 'none' : 'upgrade',
    in_upgrade: chosen !== undefined && patched,
    in_upgrade_with_new: chosen !== undefined,
    in_full_upgrade: chosen !== undefined,
    security: security.length > 0 ? true : known ? false : null,
    security_version: security.sort(compareVersions).at(-1) ?? null,
    // libzypp never changes the vendor of a package by itself: what it would take is of the same one.
    origin: chosen === undefined ? null : present.origin,
    suite: (chosen ?? newest).repository,
    reason: reasonOf(input, { locked, waits: waits && !patched }),
    phased_percent: null,
    candidate_built_at: null,
  };
}

/** Whether `zypper --non-interactive patch` brings one of the advisories, and whether one waits for somebody to answer. */
function patchesOf(missing: AdvisoryRow[], { needed }: Answer): { patched: boolean; waits: boolean } {
  const ids = new Set(missing.map(({ advisory }) => advisory));
  const wanted = needed.filter(({ id }) => ids.has(id));
  return {
    patched: wanted.some(({ interactive }) => !interactive),
    waits: wanted.some(({ interactive }) => interactive),
  };
}

/**
 * What neither a lock nor a priority explains is kept back by dependencies or by the vendor of what is installed:
 * zypper does not say which.
 */
function reasonOf(
  { read, newest, chosen }: RowInput,
  { locked, waits }: { locked: boolean; waits: boolean },
): ReasonNotApplied {
  if (locked && chosen === undefined) return 'held';
  if (chosen !== undefined) return waits ? 'kept-back' : 'none-yet-tried';
  const priorities = read.repositories.lists.flatMap(({ row }) => row.priority ?? []);
  const own = read.repositories.lists.find(({ row }) => row.suite === newest.repository)?.row.priority;
  // A smaller number goes before a larger one.
  return own !== null && own !== undefined && own > Math.min(...priorities) ? 'pinned' : 'kept-back';
}
