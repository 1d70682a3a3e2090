/** What the host's apt offers beyond what is installed, and why it is not applied. */
import type { RowOf } from '#data/model/tables.ts';
import type { ReasonNotApplied, UpdateAction } from '#data/model/words.ts';
import { reading, sectionProblem } from '../sections.ts';
import { parsePolicy } from './apt-policy.ts';
import { emptyTransaction, parseTransaction } from './apt-transaction.ts';
import { isPresent } from './dpkg-packages.ts';
import { parseFullName } from '#data/model/debian-names.ts';
import { parseParts, partProblem } from '../parts.ts';
import { rejecter } from '../rejections.ts';
import { compareVersions } from './version.ts';
import type { OfferedVersion, Policy } from './apt-policy.ts';
import type { Transaction } from './apt-transaction.ts';
import type { PackageRow, Packages } from './dpkg-packages.ts';
import type { Parts } from '../parts.ts';
import type { Rejecter } from '../rejections.ts';
import type { Repositories, Repository } from './repositories.ts';
import type { ParseContext, Reading, Rejection } from '../ecosystem.ts';

type UpdateRow = RowOf<'updates'>;

export interface Updates {
  rows: UpdateRow[];
  rejections: Rejection[];
  reading: Reading;
  packageCache: string | null;
  policies: Map<string, Policy>;
}

interface Offer {
  full: Transaction;
  upgrade: Transaction;
  withNew: Transaction;
  policies: Map<string, Policy>;
  byDescription: Map<string, Repository>;
}

/** Reads the section `apt-updates` and joins it to the installed packages and the repositories. */
export function parseUpdates(context: ParseContext, packages: Packages, repositories: Repositories): Updates {
  const section = context.sections.get('apt-updates');
  const parts = parseParts(section?.text ?? '');
  const rejecting = rejecter(context.hostId, 'apt-updates');
  const offer = readOffer(parts, rejecting, repositories);
  const installed = installedByFullName(packages);
  const rows = new Map<string, UpdateRow>();
  for (const fullName of namesOf(offer, installed)) {
    const row = updateRow(context.hostId, fullName, {
      offer,
      installed,
      architecture: packages.architecture,
    });
    rows.set(`${row.package}:${row.architecture}`, row);
  }
  const problems = [
    sectionProblem('apt-updates', section),
    ...transactionProblems(parts, offer),
    partProblem('apt-cache policy', parts.parts.get('policy')),
    installed.size > 0 && offer.policies.size === 0 ? 'apt-cache policy named no package.' : null,
    repositories.listsProblem,
    rejecting.rows.length > 0 ? `${rejecting.rows.length} lines could not be updates.` : null,
  ];
  const nothingKnown = !repositories.lists.some((list) => list.row.present) || offer.policies.size === 0;
  const cache = /^cache (readable|none)$/.exec(parts.head.find((line) => line.startsWith('cache ')) ?? '');
  return {
    rows: [...rows.values()],
    rejections: rejecting.rows,
    reading: reading('updates', problems, rows.size > 0 || !nothingKnown),
    packageCache: cache?.[1] ?? null,
    policies: offer.policies,
  };
}

/** Origin and suite of the repository that offers this very version; null where none does. */
export function originOf(
  policy: Policy | undefined,
  version: string | null,
  repositories: Map<string, Repository>,
): { origin: string | null; suite: string | null } {
  const offered = policy?.versions.find((row) => row.version === version);
  const sources = (offered?.sources ?? []).flatMap((source) => {
    const repository = repositories.get(source.description);
    return repository === undefined ? [] : [{ priority: source.priority, row: repository.row }];
  });
  // One version may come from several: the one apt prefers, the security origin before its equals.
  sources.sort((a, b) => b.priority - a.priority || Number(b.row.security) - Number(a.row.security));
  return { origin: sources[0]?.row.origin ?? null, suite: sources[0]?.row.archive ?? null };
}

export function repositoriesByDescription(repositories: Repositories): Map<string, Repository> {
  return new Map(
    repositories.lists.flatMap((list) => list.descriptions.map((text) => [text, list] as const)),
  );
}

/** A package as apt calls it: bare for the host's own architecture and for 'all'. */
export function fullNameOf(row: PackageRow, ownArchitecture: string | null): string {
  const isOwn = row.architecture === ownArchitecture || row.architecture === 'all';
  return isOwn ? row.package : `${row.package}:${row.architecture}`;
}

function installedByFullName({ rows, architecture }: Packages): Map<string, PackageRow> {
  return new Map(rows.filter(isPresent).map((row) => [fullNameOf(row, architecture), row]));
}

function readOffer(parts: Parts, rejecting: Rejecter, repositories: Repositories): Offer {
  const transaction = (name: string) => {
    const part = parts.parts.get(name);
    return part === undefined ? emptyTransaction() : parseTransaction(part, rejecting);
  };
  const policy = parts.parts.get('policy');
  const full = transaction('full-upgrade');
  return {
    full,
    upgrade: parts.same.has('upgrade') ? full : transaction('upgrade'),
    withNew: parts.same.has('upgrade-with-new') ? full : transaction('upgrade-with-new'),
    policies: policy === undefined ? new Map() : parsePolicy(policy, rejecting),
    byDescription: repositoriesByDescription(repositories),
  };
}

function transactionProblems(parts: Parts, offer: Offer): (string | null)[] {
  const runs: [string, string, Transaction][] = [
    ['full-upgrade', 'apt-get dist-upgrade', offer.full],
    ['upgrade', 'apt-get upgrade', offer.upgrade],
    ['upgrade-with-new', 'apt-get --with-new-pkgs upgrade', offer.withNew],
  ];
  return runs.flatMap(([name, command, transaction]) => {
    if (parts.same.has(name)) return [];
    const problem = partProblem(command, parts.parts.get(name));
    const uncounted = `The lists of '${command}' do not add up to its own count.`;
    return [problem ?? (transaction.counted ? null : uncounted)];
  });
}

function namesOf(offer: Offer, installed: Map<string, PackageRow>): Set<string> {
  const names = new Set<string>();
  for (const transaction of [offer.full, offer.withNew, offer.upgrade]) {
    for (const list of Object.values(transaction.lists)) for (const name of list.keys()) names.add(name);
  }
  for (const [name, policy] of offer.policies) {
    const row = installed.get(name);
    if (row !== undefined && newerOnOffer(policy, row.version, offer).length > 0) names.add(name);
  }
  return names;
}

/**
 * Versions newer than the installed one that somebody offers. Repositories that ask not to be used
 * unasked (backports, experimental) offer nothing beyond the candidate.
 */
function newerOnOffer(policy: Policy, installed: string | null, offer: Offer): OfferedVersion[] {
  return policy.versions.filter((row) => {
    if (installed !== null && compareVersions(row.version, installed) <= 0) return false;
    if (policy.candidate !== null && compareVersions(row.version, policy.candidate) <= 0) return true;
    return row.sources.some((source) => offer.byDescription.get(source.description)?.notAutomatic !== true);
  });
}

interface RowInput {
  offer: Offer;
  installed: Map<string, PackageRow>;
  architecture: string | null;
}

function updateRow(hostId: string, fullName: string, input: RowInput): UpdateRow {
  const { offer } = input;
  const policy = offer.policies.get(fullName);
  const present = input.installed.get(fullName);
  const installed = present?.version ?? null;
  const { action, candidate } = decide(fullName, offer);
  const chosen = action === 'none' ? (policy?.candidate ?? null) : candidate;
  const newer = policy === undefined ? [] : newerOnOffer(policy, installed, offer);
  const newest = newer.reduce<string | null>((best, row) => newestOf(best, row.version), chosen);
  return {
    host_id: hostId,
    package: parseFullName(fullName)!.name,
    architecture: present?.architecture ?? architectureOf(fullName, chosen, input),
    installed_version: installed,
    candidate_version: chosen,
    newest_version: newest,
    action,
    in_upgrade: touches(offer.upgrade, fullName),
    in_upgrade_with_new: touches(offer.withNew, fullName),
    in_full_upgrade: touches(offer.full, fullName),
    ...securityOf(newer, { installed, chosen, known: policy !== undefined, offer }),
    ...originOf(policy, chosen, offer.byDescription),
    reason: reasonOf(fullName, { offer, present, policy, chosen }),
    candidate_built_at: null,
    phased_percent: policy?.versions.find((row) => row.version === chosen)?.phasedPercent ?? null,
  };
}

/** In the widest transaction that touches the package. */
function decide(fullName: string, offer: Offer): { action: UpdateAction; candidate: string | null } {
  for (const { lists } of [offer.full, offer.withNew, offer.upgrade]) {
    for (const action of ['upgrade', 'install', 'downgrade'] as const) {
      const entry = lists[action].get(fullName);
      if (entry !== undefined) return { action, candidate: entry.newVersion };
    }
    if (lists.remove.has(fullName)) return { action: 'remove', candidate: null };
  }
  return { action: 'none', candidate: null };
}

function touches({ lists }: Transaction, fullName: string): boolean {
  return [lists.upgrade, lists.install, lists.remove, lists.downgrade].some((list) => list.has(fullName));
}

function newestOf(best: string | null, version: string): string {
  return best === null || compareVersions(version, best) > 0 ? version : best;
}

/** A package that would be new fixes nothing that is there, unless the very version chosen is a security build. */
function securityOf(
  newer: OfferedVersion[],
  input: { installed: string | null; chosen: string | null; known: boolean; offer: Offer },
): { security: boolean | null; security_version: string | null } {
  const judged = input.installed === null ? newer.filter((row) => row.version === input.chosen) : newer;
  let unknown = !input.known || (input.installed === null && judged.length === 0);
  let version: string | null = null;
  for (const row of judged) {
    const verdicts = row.sources.map(
      (source) => input.offer.byDescription.get(source.description)?.row.security ?? null,
    );
    if (verdicts.includes(true)) version = newestOf(version, row.version);
    else if (verdicts.includes(null)) unknown = true;
  }
  return { security: version !== null ? true : unknown ? null : false, security_version: version };
}

function architectureOf(fullName: string, version: string | null, input: RowInput): string {
  const { name, architecture } = parseFullName(fullName)!;
  const file = [input.offer.full, input.offer.withNew].map(({ files }) => files.get(`${name} ${version}`));
  return architecture ?? file.find((word) => word !== undefined) ?? input.architecture ?? 'all';
}

function reasonOf(
  fullName: string,
  input: { offer: Offer; present: PackageRow | undefined; policy: Policy | undefined; chosen: string | null },
): ReasonNotApplied {
  const { offer, present, policy, chosen } = input;
  const touched = touches(offer.full, fullName);
  if (present?.wanted === 'hold' && !touched) return 'held';
  const phased = policy?.versions.find((row) => row.version === chosen)?.phasedPercent ?? 100;
  // Before apt 2.5.4 phased updates stood among those kept back.
  if (!touched && (offer.full.lists.phased.has(fullName) || phased < 100)) return 'phased';
  if (offer.upgrade.lists['kept-back'].has(fullName) || offer.full.lists['kept-back'].has(fullName)) {
    return 'kept-back';
  }
  if (
    !touched &&
    present !== undefined &&
    (chosen === null || compareVersions(chosen, present.version) <= 0)
  ) {
    return 'pinned';
  }
  return 'none-yet-tried';
}
