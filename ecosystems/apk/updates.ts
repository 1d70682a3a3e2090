/** What the host's apk offers beyond what is installed, and why it is not applied. */
import type { RowOf } from '#data/model/tables.ts';
import type { ReasonNotApplied } from '#data/model/words.ts';
import { parseParts, partProblem } from '../parts.ts';
import { rejecter } from '../rejections.ts';
import { reading, sectionProblem } from '../sections.ts';
import { secondsToInstant } from './installed.ts';
import { isArchitecture, isPackageName, isVersion } from './names.ts';
import { parseRepositories } from './repositories.ts';
import { parseSimulation, parseWorld } from './simulation.ts';
import { compareVersions } from './version.ts';
import type { PackageRow, Packages } from './installed.ts';
import type { Repositories, Repository } from './repositories.ts';
import type { Constraint, SimulatedChange, Simulation } from './simulation.ts';
import type { Part } from '../parts.ts';
import type { Rejecter } from '../rejections.ts';
import type { ParseContext, Reading, Rejection } from '../ecosystem.ts';

type UpdateRow = RowOf<'updates'>;

export interface Updates {
  rows: UpdateRow[];
  rejections: Rejection[];
  reading: Reading;
  repositories: Repositories;
  offers: Map<string, Offer[]>;
}

/** A package in a repository. */
export interface Offer {
  name: string;
  version: string;
  builtAt: string | null;
  architecture: string;
  repository: Repository;
}

interface Material {
  packages: Packages;
  simulation: Simulation;
  world: Map<string, Constraint>;
  offers: Map<string, Offer[]>;
}

const section = 'apk-updates';

/** Reads the section `apk-updates` and joins it to the installed packages. */
export function parseUpdates(context: ParseContext, packages: Packages): Updates {
  const output = context.sections.get(section);
  const { parts } = parseParts(output?.text ?? '');
  const rejecting = rejecter(context.hostId, section);
  const failed = sectionProblem(section, output);
  const repositories = parseRepositories(context, parts.get('repositories'), {
    architecture: packages.architecture,
    failed,
  });
  const simulation = parseSimulation(parts.get('simulation'), rejecting);
  const world = parseWorld(parts.get('world'));
  const { offers, problem } = parseOffers(parts.get('offers'), repositories, rejecting);
  const rows = updateRows(context.hostId, { packages, simulation, world, offers });
  const problems = [
    failed,
    simulation.problem,
    partProblem('cat /etc/apk/world', parts.get('world')),
    problem,
    repositories.problem,
    rejecting.rows.length > 0 ? `${rejecting.rows.length} lines could not be updates.` : null,
  ];
  const nothingKnown = !repositories.lines.some((one) => one?.row.present === true);
  return {
    rows,
    rejections: rejecting.rows,
    reading: reading('updates', problems, rows.length > 0 || !nothingKnown),
    repositories,
    offers,
  };
}

/** `#offer NUMBER NAME VERSION BUILT ARCHITECTURE`, apart by tabs; the number is that of the repository's line. */
function parseOffers(
  part: Part | undefined,
  { lines }: Repositories,
  { reject }: Pick<Rejecter, 'reject'>,
): { offers: Map<string, Offer[]>; problem: string | null } {
  const offers = new Map<string, Offer[]>();
  let broken = 0;
  for (const [index, line] of (part?.lines ?? []).entries()) {
    const [mark, number = '', name = '', version = '', built = '', architecture = ''] = line.split('\t');
    const repository = /^\d{1,4}$/.test(number) ? lines[Number(number) - 1] : undefined;
    if (mark === '#broken') broken += 1;
    else if (
      mark === '#offer' &&
      repository !== undefined &&
      repository !== null &&
      isPackageName(name) &&
      isVersion(version) &&
      isArchitecture(architecture)
    ) {
      const offer = { name, version, builtAt: secondsToInstant(built), architecture, repository };
      offers.set(name, [...(offers.get(name) ?? []), offer]);
    } else if (line !== '') reject(part!.firstLine + index, 'A package of a repository.', line);
  }
  const problem = broken > 0 ? `${broken} repository indexes could not be read.` : null;
  return { offers, problem: partProblem('reading the indexes', part) ?? problem };
}

function updateRows(hostId: string, material: Material): UpdateRow[] {
  const { packages, simulation, offers } = material;
  const rows: UpdateRow[] = [...simulation.changes].map(([name, change]) =>
    updateRow(hostId, name, { change, newest: newestOf(name, material), material }),
  );
  for (const [name, present] of packages.byName) {
    if (simulation.changes.has(name) || !offers.has(name)) continue;
    const newest = newestOf(name, material);
    if (newest === null || compareVersions(newest, present.version) <= 0) continue;
    rows.push(updateRow(hostId, name, { change: null, newest, material }));
  }
  return rows;
}

/** The newest version in the repositories that the package may come from; null when none has it. */
function newestOf(name: string, { packages, world, offers }: Material): string | null {
  const tags = ['', world.get(name)?.tag ?? '', packages.tags.get(name) ?? ''];
  return (offers.get(name) ?? [])
    .filter((offer) => tags.includes(offer.repository.tag))
    .reduce<string | null>((best, { version }) => later(best, version), null);
}

function later(best: string | null, version: string): string {
  return best === null || compareVersions(version, best) > 0 ? version : best;
}

/** Nobody in apk's world says which update is a security one: advisories (secdb) are kept elsewhere. */
function updateRow(
  hostId: string,
  name: string,
  { change, newest, material }: { change: SimulatedChange | null; newest: string | null; material: Material },
): UpdateRow {
  const present = material.packages.byName.get(name);
  const candidate = change === null ? (present?.version ?? null) : change.newVersion;
  const offer = material.offers.get(name)?.find((one) => one.version === candidate);
  const touched = change !== null;
  return {
    host_id: hostId,
    package: name,
    architecture: present?.architecture ?? offer?.architecture ?? material.packages.architecture ?? 'noarch',
    installed_version: present?.version ?? null,
    candidate_version: candidate,
    newest_version:
      change?.action === 'remove' ? null : candidate === null ? newest : later(newest, candidate),
    action: change?.action ?? 'none',
    in_upgrade: touched,
    in_upgrade_with_new: touched,
    in_full_upgrade: touched,
    security: null,
    security_version: null,
    origin: offer?.repository.row.origin ?? null,
    suite: offer === undefined || offer.repository.tag === '' ? null : offer.repository.row.suite,
    reason: touched ? 'none-yet-tried' : reasonOf(material.world.get(name), present),
    phased_percent: null,
    candidate_built_at: offer?.builtAt ?? null,
  };
}

/** A file that was installed as such is held to that very build; a version in the world is a pin. */
function reasonOf(constraint: Constraint | undefined, present: PackageRow | undefined): ReasonNotApplied {
  if (present !== undefined && constraint?.limits === 'build') return 'held';
  return constraint?.limits === 'versions' ? 'pinned' : 'kept-back';
}
