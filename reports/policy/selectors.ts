/** Which hosts and which fixes people mean. Every key that is given must fit; of its values, one must. */
import type { RowOf } from '#data/model/tables.ts';
import type { FixSelector, HostSelector } from '#data/workspace/shapes.ts';
import type { z } from 'zod';

export type HostWords = z.output<typeof HostSelector>;
export type FixWords = z.output<typeof FixSelector>;

/** The settings of a host that a selector may name. */
export type HostMember = Pick<
  RowOf<'population'>,
  'host_id' | 'groups' | 'environment' | 'ring' | 'criticality' | 'internet_exposed' | 'tags'
>;

/** A fix as one of its CVEs is rated for some time. */
export interface RatedFix {
  kind: string;
  source: string;
  advisories: string[];
  cve: string | null;
  known_exploited: boolean;
  /** critical, high, medium, low or unrated. */
  severity: string;
}

/** @param words all hosts when nothing is said */
export function matchesHost(words: HostWords | undefined, host: HostMember): boolean {
  if (words === undefined) return true;
  return (
    isOneOf(words.ids, host.host_id) &&
    anyIsOneOf(words.groups, host.groups) &&
    isOneOf(words.environments, host.environment) &&
    isOneOf(words.rings, host.ring) &&
    isOneOf(words.criticality, host.criticality) &&
    (words['internet-exposed'] === undefined || words['internet-exposed'] === host.internet_exposed) &&
    anyIsOneOf(words.tags, host.tags)
  );
}

/**
 * @param words all fixes when nothing is said
 * @param unrated how a fix without severity is judged; a selector may also name 'unrated' itself
 */
export function matchesFix(words: FixWords | undefined, fix: RatedFix, unrated: string): boolean {
  if (words === undefined) return true;
  const severities = fix.severity === 'unrated' ? ['unrated', unrated] : [fix.severity];
  return (
    isOneOf(words.kinds, fix.kind) &&
    anyIsOneOf(words.severities, severities) &&
    (words['known-exploited'] === undefined || words['known-exploited'] === fix.known_exploited) &&
    isOneOf(words.packages, fix.source) &&
    anyIsOneOf(words.advisories, fix.advisories.flatMap(withoutRevision)) &&
    isOneOf(words.cves, fix.cve)
  );
}

/** People write DSA-6446 for DSA-6446-1. */
function withoutRevision(advisory: string): string[] {
  return [advisory, advisory.replace(/^(D[SL]A-\d+)-\d+$/, '$1')];
}

function isOneOf(words: readonly string[] | undefined, value: string | null): boolean {
  return words === undefined || (value !== null && words.includes(value));
}

function anyIsOneOf(words: readonly string[] | undefined, values: readonly string[]): boolean {
  return words === undefined || values.some((value) => words.includes(value));
}
