/** From what hosts lack and what people approved to one plan a host. Pure: the hosts are asked in between. */
import { createHash } from 'node:crypto';
import type { LeftAlone, Plan, PlannedFix, QuotedApproval } from '#data/model/plan.ts';
import type { PlanRow } from '#data/model/plan-tables.ts';
import type { SimulatedChange, Target } from '#ecosystems/ecosystem.ts';
import { isOrigin } from '#data/model/debian-names.ts';
import { approve } from './approve.ts';
import type { Decisions } from './approve.ts';
import type { LackingPart, Material, MissingFix, Offer, PlannedHost } from './missing.ts';

/** What a host is to be asked: what it would do to bring these packages to these versions. */
export interface Proposal {
  host: PlannedHost & { ecosystem: string; machine_id: string; os_id: string; os_version: string };
  targets: Target[];
  fixes: PlannedFix[];
  approvals: QuotedApproval[];
  left_alone: LeftAlone[];
  /** For each fix a package belongs to: the origin of which a newer build may stand in, null for none. */
  newer_origins: { package: string; architecture: string; origin: string | null }[];
}

export type Omission = PlanRow<'plan_omissions'>;

export interface Proposals {
  proposals: Proposal[];
  omissions: Omission[];
}

/** Reasons for which a package that is offered is not touched: a hold, or the vendor's own caution. */
const leftAlone: readonly string[] = ['held', 'phased'];

/** Sorts every missing fix into a proposal for its host, or into the omissions with the reason. */
export function propose(material: Material, decisions: Decisions): Proposals {
  const result: Proposals = { proposals: [], omissions: [] };
  const missing = Map.groupBy(material.missing, ({ host_id }) => host_id);
  const offers = Map.groupBy(material.offers, ({ host_id }) => host_id);
  const parts = Map.groupBy(material.parts, ({ host_id }) => host_id);
  for (const host of material.hosts) {
    const own = missing.get(host.host_id) ?? [];
    const { proposal, omissions } = proposeFor(host, own, {
      offers: offers.get(host.host_id) ?? [],
      parts: parts.get(host.host_id) ?? [],
      decisions,
    });
    if (proposal !== null) result.proposals.push(proposal);
    result.omissions.push(...omissions);
  }
  return result;
}

function proposeFor(
  host: PlannedHost,
  missing: MissingFix[],
  { offers, parts, decisions }: { offers: Offer[]; parts: LackingPart[]; decisions: Decisions },
): { proposal: Proposal | null; omissions: Omission[] } {
  const omissions: Omission[] = [];
  const omit = (fix: MissingFix, reason: string, detail: string | null) =>
    omissions.push({ host_id: host.host_id, fix_id: fix.fix_id, reason, detail });
  if (!isKnown(host)) {
    for (const fix of missing) omit(fix, 'host-unreachable', 'Nothing is known of the machine itself.');
    return { proposal: null, omissions };
  }
  const proposal: Proposal = {
    host,
    targets: [],
    fixes: [],
    approvals: [],
    left_alone: [],
    newer_origins: [],
  };
  for (const fix of missing) {
    const own = offers.filter(({ fix_id }) => fix_id === fix.fix_id);
    const kept = own.filter(({ reason }) => leftAlone.includes(reason));
    for (const offer of kept) proposal.left_alone.push(leftAloneOf(offer));
    if (kept[0] !== undefined) {
      omit(fix, kept[0].reason, `${kept.map((offer) => offer.package).join(', ')} ${kept[0].reason}`);
      continue;
    }
    const decision = approve(fix.ratings, host, decisions);
    if ('refused' in decision) omit(fix, 'awaiting-approval', decision.refused);
    else if (own.length === 0)
      omit(fix, fix.reason ?? 'not-offered', 'The host was offered nothing that holds the fix.');
    else {
      addFix(proposal, fix, { offers: own, approval: decision.approval });
      const rest = parts.filter(({ fix_id }) => fix_id === fix.fix_id);
      proposal.left_alone.push(...rest.filter((part) => !own.some(isSamePackage(part))).map(leftAloneOf));
    }
  }
  const wanted: Proposal = {
    ...proposal,
    targets: unique(proposal.targets),
    approvals: unique(proposal.approvals),
    left_alone: unique(proposal.left_alone),
  };
  return { proposal: wanted.targets.length === 0 ? null : wanted, omissions };
}

function isKnown(host: PlannedHost): host is Proposal['host'] {
  return ![host.ecosystem, host.machine_id, host.os_id, host.os_version].includes(null);
}

function addFix(
  proposal: Proposal,
  fix: MissingFix,
  { offers, approval }: { offers: Offer[]; approval: QuotedApproval },
): void {
  const cves = fix.ratings.flatMap(({ cve }) => (cve === null ? [] : [cve]));
  proposal.fixes.push({
    fix_id: fix.fix_id,
    source: fix.source,
    names: [...new Set([...fix.advisories, ...cves])],
    approval: approval.id,
  });
  proposal.approvals.push(approval);
  for (const { package: name, architecture, candidate_version: version, origin } of offers) {
    proposal.targets.push({ package: name, architecture, version });
    proposal.newer_origins.push({
      package: name,
      architecture,
      origin: approval.allows_newer && origin !== null && isOrigin(origin) ? origin : null,
    });
  }
}

function isSamePackage(part: LackingPart): (offer: Offer) => boolean {
  return (offer) => offer.package === part.package && offer.architecture === part.architecture;
}

function leftAloneOf(row: LackingPart): LeftAlone {
  const { package: name, architecture, installed_version, reason } = row;
  return { package: name, architecture, installed_version, reason };
}

function unique<T>(items: T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

export interface Circumstances {
  asOf: string;
  /** When the host simulated it; the script's time runs from here. */
  simulatedAt: string;
  validDays: number;
  head: string;
}

/** Every approval that lets the package in has to allow it. */
function newerOrigin({ newer_origins }: Proposal, change: SimulatedChange): string | null {
  const origins = newer_origins
    .filter((row) => row.package === change.package && row.architecture === change.architecture)
    .map(({ origin }) => origin);
  return new Set(origins).size === 1 ? (origins[0] ?? null) : null;
}

/** The plan of a proposal with what the host said it would do. */
export function planOf(
  proposal: Proposal,
  simulated: {
    changes: SimulatedChange[];
    download_bytes: number | null;
    installed_bytes: number | null;
  },
  { asOf, simulatedAt, validDays, head }: Circumstances,
): Plan {
  const { host, targets, fixes, approvals, left_alone } = proposal;
  const wanted = new Set(targets.map((target) => `${target.package} ${target.architecture}`));
  const content: Omit<Plan, 'plan'> = {
    host_id: host.host_id,
    ecosystem: host.ecosystem,
    machine_id: host.machine_id,
    os_id: host.os_id,
    os_version: host.os_version,
    as_of: asOf,
    expires_at: new Date(Date.parse(simulatedAt) + validDays * 86_400_000).toISOString(),
    head,
    changes: simulated.changes.map((change) => ({
      ...change,
      wanted: wanted.has(`${change.package} ${change.architecture}`),
      newer_origin: newerOrigin(proposal, change),
    })),
    fixes,
    approvals,
    left_alone,
    download_bytes: simulated.download_bytes,
    installed_bytes: simulated.installed_bytes,
  };
  return { plan: createHash('sha256').update(JSON.stringify(content)).digest('hex'), ...content };
}
