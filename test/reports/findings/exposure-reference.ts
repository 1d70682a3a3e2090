/**
 * The slow, obvious way to find exposures in a story: walk through the scans of a host in order and keep
 * notes. A package is its own source, versions are whole numbers, packages are always read completely, logs
 * are left out.
 */
import type { HostState, RunStory } from './story.ts';

export interface KnownFix {
  source: string;
  version: number;
  publishedNotBefore: string;
  publishedNotAfter: string;
}

export interface ReferenceExposure {
  host_id: string;
  incarnation: number;
  fix_id: string;
  spell: number;
  status: string;
  pre_empted: boolean;
  opened_not_before: string;
  opened_not_after: string;
  installed_not_before: string | null;
  installed_not_after: string | null;
  effective_not_before: string | null;
  effective_not_after: string | null;
  exited_not_before: string | null;
  exited_not_after: string | null;
}

interface Scan {
  at: string;
  state: HostState;
}

export function findExposures(runs: RunStory[], fixes: KnownFix[]): ReferenceExposure[] {
  const hosts = [...new Set(runs.flatMap(({ hosts: found }) => Object.keys(found)))].sort();
  return hosts.flatMap((host) => {
    const machines = machinesOf(host, runs);
    return machines.flatMap((scans, index) =>
      fixes.flatMap((fix) =>
        exposuresOf(scans, fix, machines[index + 1]).map((found) => ({
          host_id: host,
          incarnation: index + 1,
          ...found,
        })),
      ),
    );
  });
}

function machinesOf(host: string, runs: RunStory[]): Scan[][] {
  const machines: Scan[][] = [];
  let machine: string | undefined;
  for (const { at, hosts } of runs) {
    const state = hosts[host];
    if (state === null || state === undefined || typeof state === 'string') continue;
    if (state.machine !== machine) machines.push([]);
    machine = state.machine;
    machines.at(-1)?.push({ at: new Date(at).toISOString(), state });
  }
  return machines;
}

type Found = Omit<ReferenceExposure, 'host_id' | 'incarnation'>;

function exposuresOf(scans: Scan[], fix: KnownFix, nextMachine: Scan[] | undefined): Found[] {
  const found: Found[] = [];
  let spell = 0;
  for (let first = 0; first < scans.length; first++) {
    if (!isVulnerable(scans[first], fix) || isVulnerable(scans[first - 1], fix)) continue;
    spell += 1;
    let last = first;
    while (isVulnerable(scans[last + 1], fix)) last += 1;
    const exposure = describe({ scans, first, last, fix, nextMachine });
    if (exposure !== null) found.push({ ...exposure, spell });
    first = last;
  }
  return found;
}

function isVulnerable(scan: Scan | undefined, fix: KnownFix): boolean {
  const version = scan?.state.packages[fix.source];
  return version !== undefined && Number(version) < fix.version;
}

interface Stretch {
  scans: Scan[];
  first: number;
  last: number;
  fix: KnownFix;
  nextMachine: Scan[] | undefined;
}

function describe({ scans, first, last, fix, nextMachine }: Stretch): Omit<Found, 'spell'> | null {
  const before = scans[first - 1]?.at ?? null;
  const seen = scans[first]?.at ?? '';
  const lastSeen = scans[last]?.at ?? '';
  const after = scans[last + 1];
  const isRemoved = after !== undefined && after.state.packages[fix.source] === undefined;
  // Gone before there was anything to fix: no exposure.
  if (isRemoved && after.at <= fix.publishedNotBefore) return null;
  const opened = {
    fix_id: `bookworm/${fix.source}/${fix.version}`,
    pre_empted: after !== undefined && after.at <= fix.publishedNotAfter,
    opened_not_before: latest(fix.publishedNotBefore, before ?? fix.publishedNotBefore),
    opened_not_after: latest(fix.publishedNotAfter, seen),
  };
  const rebuiltAt = nextMachine?.[0]?.at ?? null;
  if (after === undefined) {
    const exit = rebuiltAt === null ? [null, null] : [lastSeen, rebuiltAt];
    return { ...opened, status: rebuiltAt === null ? 'open' : 'host-rebuilt', ...never, ...exited(exit) };
  }
  if (isRemoved) return { ...opened, status: 'package-removed', ...never, ...exited([lastSeen, after.at]) };
  const installed = { installed_not_before: lastSeen, installed_not_after: after.at };
  return { ...opened, ...installed, ...effectOf(scans.slice(last + 1), fix, lastSeen, rebuiltAt !== null) };
}

const never = {
  installed_not_before: null,
  installed_not_after: null,
  effective_not_before: null,
  effective_not_after: null,
};

function exited([from, to]: (string | null)[]): Pick<Found, 'exited_not_before' | 'exited_not_after'> {
  return { exited_not_before: from ?? null, exited_not_after: to ?? null };
}

/** @param later scans from the first one that saw the fix installed */
function effectOf(
  later: Scan[],
  fix: KnownFix,
  installedNotBefore: string,
  isRebuilt: boolean,
): Pick<
  Found,
  'status' | 'effective_not_before' | 'effective_not_after' | 'exited_not_before' | 'exited_not_after'
> {
  let copySeenAt: string | null = null;
  for (const { at, state } of later) {
    if (state.mapped?.includes(fix.source) === true) copySeenAt = at;
    else if (state.readings?.mappings !== 'partial')
      return {
        status: 'closed',
        effective_not_before: latest(installedNotBefore, copySeenAt ?? installedNotBefore),
        effective_not_after: at,
        ...exited([null, null]),
      };
  }
  const unproven = copySeenAt === null ? 'installed-effect-unknown' : 'installed-not-effective';
  return {
    status: isRebuilt ? 'host-rebuilt' : unproven,
    effective_not_before: null,
    effective_not_after: null,
    ...exited([null, null]),
  };
}

function latest(a: string, b: string): string {
  return a > b ? a : b;
}
