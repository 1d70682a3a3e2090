/** What the host's pacman offers beyond what is installed, and why it is not applied. */
import type { RowOf } from '#data/model/tables.ts';
import type { ReasonNotApplied, UpdateAction } from '#data/model/words.ts';
import { parseParts } from '../parts.ts';
import { rejecter } from '../rejections.ts';
import { reading, sectionProblem } from '../sections.ts';
import { parseOffers, parseTransaction, parseUpgrades } from './offers.ts';
import { compareVersions } from './version.ts';
import type { Offer, Transaction, Upgrade } from './offers.ts';
import type { PackageRow, Packages } from './local-database.ts';
import type { Repositories } from './repositories.ts';
import type { ParseContext, Reading, Rejection } from '../ecosystem.ts';

type UpdateRow = RowOf<'updates'>;

export interface Updates {
  rows: UpdateRow[];
  rejections: Rejection[];
  reading: Reading;
  /** What the repositories have of packages that are here or would be, in the order of the repositories. */
  offers: Offer[];
}

interface Material {
  packages: Packages;
  upgrades: Map<string, Upgrade>;
  transaction: Transaction;
  offers: Offer[];
}

const section = 'pacman-updates';

/** Reads the section `pacman-updates` and joins it to the installed packages. */
export function parseUpdates(context: ParseContext, packages: Packages, repositories: Repositories): Updates {
  const output = context.sections.get(section);
  const { parts } = parseParts(output?.text ?? '');
  const rejecting = rejecter(context.hostId, section);
  const upgrades = parseUpgrades(parts.get('upgrades'), rejecting);
  const transaction = parseTransaction(parts.get('transaction'), rejecting);
  const offers = parseOffers(parts.get('offers'), rejecting);
  const material = { packages, upgrades: upgrades.byName, transaction, offers: offers.rows };
  const rows = updateRows(context.hostId, material);
  const problems = [
    sectionProblem(section, output),
    upgrades.problem,
    transaction.problem,
    offers.problem,
    repositories.problem,
    rejecting.rows.length > 0 ? `${rejecting.rows.length} lines could not be updates.` : null,
  ];
  const nothingKnown = !repositories.rows.some((row) => row.present);
  return {
    rows,
    rejections: rejecting.rows,
    reading: reading('updates', problems, rows.length > 0 || !nothingKnown),
    offers: offers.rows,
  };
}

function updateRows(hostId: string, material: Material): UpdateRow[] {
  const { packages, upgrades, transaction, offers } = material;
  const rows = new Map<string, UpdateRow>();
  const add = (name: string, more: Change) => {
    const present = packages.byName.get(name);
    const architecture = present?.architecture ?? more.offer?.architecture ?? packages.architecture ?? 'any';
    if (!rows.has(name)) rows.set(name, updateRow(hostId, { name, architecture, present, ...more }));
  };
  for (const [name, target] of transaction.targets) {
    const offer = offerOf(offers, name, target.version, target.repository);
    const action = actionOf(packages.byName.get(name), target.version);
    add(name, { action, candidate: target.version, offer, offers, reason: 'none-yet-tried' });
  }
  for (const [name, upgrade] of upgrades) {
    const offer = offerOf(offers, name, upgrade.version);
    const reason = upgrade.ignored ? 'held' : 'kept-back';
    add(name, { action: 'none', candidate: upgrade.version, offer, offers, reason });
  }
  for (const { name, replacedBy } of replacements(material)) {
    const taken = transaction.targets.has(replacedBy);
    const reason = taken ? 'none-yet-tried' : transaction.problem === null ? 'held' : 'kept-back';
    add(name, { action: taken ? 'remove' : 'none', candidate: null, offer: undefined, offers: [], reason });
  }
  return [...rows.values()];
}

interface Change {
  action: UpdateAction;
  candidate: string | null;
  offer: Offer | undefined;
  offers: Offer[];
  reason: ReasonNotApplied;
}

/** Nobody in pacman's world says which update is a security one: advisories are kept elsewhere. */
function updateRow(
  hostId: string,
  change: Change & { name: string; architecture: string; present: PackageRow | undefined },
): UpdateRow {
  const inTransaction = change.action !== 'none';
  const newest = change.offers
    .filter((offer) => offer.name === change.name)
    .reduce((best, { version }) => newestOf(best, version), change.candidate);
  return {
    host_id: hostId,
    package: change.name,
    architecture: change.architecture,
    installed_version: change.present?.version ?? null,
    candidate_version: change.candidate,
    newest_version: newest,
    action: change.action,
    in_upgrade: inTransaction,
    in_upgrade_with_new: inTransaction,
    in_full_upgrade: inTransaction,
    security: null,
    security_version: null,
    origin: change.offer?.repository ?? null,
    suite: null,
    reason: change.reason,
    phased_percent: null,
    candidate_built_at: change.offer?.builtAt ?? null,
  };
}

function actionOf(present: PackageRow | undefined, version: string): UpdateAction {
  if (present === undefined) return 'install';
  return compareVersions(version, present.version) < 0 ? 'downgrade' : 'upgrade';
}

function newestOf(best: string | null, version: string): string {
  return best === null || compareVersions(version, best) > 0 ? version : best;
}

function offerOf(offers: Offer[], name: string, version: string, repository?: string): Offer | undefined {
  return offers.find(
    (offer) =>
      offer.name === name &&
      offer.version === version &&
      (repository === undefined || offer.repository === repository),
  );
}

/**
 * Installed packages that a package of another name replaces (libalpm, sync.c: a package that a repository still has
 * under its own name is looked for no further). Where the transaction does not bring it, it is held.
 */
function replacements({ packages, offers }: Material): { name: string; replacedBy: string }[] {
  const offered = new Set(offers.map((offer) => offer.name));
  return offers.flatMap((offer) =>
    offer.replaces.flatMap((text) => {
      const match = /^([^<>=]+)(?:(<=|>=|<|>|=)(.+))?$/.exec(text);
      const present = packages.byName.get(match?.[1] ?? '');
      if (match === null || present === undefined || offered.has(present.package)) return [];
      if (offer.name === present.package || !satisfies(present.version, match[2], match[3])) return [];
      return [{ name: present.package, replacedBy: offer.name }];
    }),
  );
}

function satisfies(version: string, operator: string | undefined, wanted: string | undefined): boolean {
  if (operator === undefined || wanted === undefined) return true;
  const order = compareVersions(version, wanted);
  if (order === 0) return operator.includes('=');
  return operator.startsWith(order < 0 ? '<' : '>');
}
