/** Which decision of people lets a fix in on a host (semantics 5, approvals). */
import type { Approval } from '#data/workspace/schemas.ts';
import type { QuotedApproval } from '#data/model/plan.ts';
import { matchesFix, matchesHost } from '../policy/selectors.ts';
import type { HostMember, RatedFix } from '../policy/selectors.ts';

export interface Decisions {
  approvals: readonly Approval[];
  /** Rings in the order in which they open. */
  rings: readonly string[];
  /** UTC instant: an approval of a later day does not count yet. */
  now: string;
}

export type Decision = { approval: QuotedApproval } | { refused: string };

/**
 * The first approval that names the fix and the host, and opens the host's ring. A ring opens when it is the
 * first one, or when the approval says that the one before was tested and passed.
 *
 * @param ratings the fix once for each of its CVEs
 * @returns the approval, or in a sentence what is lacking
 */
export function approve(ratings: readonly RatedFix[], host: HostMember, decisions: Decisions): Decision {
  let refused = 'No approval names this fix on this host.';
  for (const approval of decisions.approvals) {
    if (!matchesHost(approval.hosts, host)) continue;
    if (!ratings.some((rating) => matchesFix(approval.fixes, rating, 'unrated'))) continue;
    const obstacle = obstacleOf(approval, host, decisions);
    if (obstacle === null) return { approval: quoted(approval, host) };
    refused = obstacle;
  }
  return { refused };
}

function obstacleOf(approval: Approval, host: HostMember, { rings, now }: Decisions): string | null {
  if (startOf(approval.when) > now) return `Approval '${approval.id}' begins on ${approval.when}.`;
  const { ring } = host;
  if (approval.rings !== undefined && (ring === null || !approval.rings.includes(ring)))
    return `Approval '${approval.id}' is for the rings ${approval.rings.join(', ')}.`;
  if (ring === null) return null;
  const place = rings.indexOf(ring);
  if (place < 0) return `Ring '${ring}' of the host is not among \`remediation: rings\`.`;
  if (place === 0) return null;
  const before = rings[place - 1] ?? '';
  const tests = (approval.tested ?? []).filter((test) => test.ring === before);
  if (tests.some((test) => test.result === 'failed'))
    return `Approval '${approval.id}' says that ring '${before}' failed.`;
  return tests.some((test) => test.result === 'passed')
    ? null
    : `Ring '${ring}' opens when approval '${approval.id}' says that ring '${before}' was tested.`;
}

/** A day begins at 00:00 UTC. */
function startOf(when: string): string {
  return new Date(when).toISOString();
}

function quoted(approval: Approval, host: HostMember): QuotedApproval {
  return {
    id: approval.id,
    approver: approval.approver,
    when: approval.when,
    ticket: approval.ticket ?? null,
    ring: host.ring,
    allows_newer: approval['allow-newer-from-same-origin'],
  };
}
