/**
 * The slow, obvious way to find exposures in a story: line up everything that is known of a package on a
 * machine, from scans and from lines of its log, in the order of time, and walk along it keeping notes. A
 * package is its own source, versions are whole numbers, packages are always read completely, and what a log
 * tells is true.
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
  reason: string | null;
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

/** One machine under a host's name, until it was rebuilt, left, or still is. */
interface Machine {
  scans: Scan[];
  /** Status and bounds of its end; null when it goes on. */
  end: { status: string; from: string; to: string } | null;
  /** Whether the last attempt read it. */
  answers: boolean;
}

interface Scan {
  at: string;
  state: HostState;
}

/** What is known of one package at an instant. */
interface Point {
  at: string;
  version: string | null;
}

export function findExposures(runs: RunStory[], fixes: KnownFix[]): ReferenceExposure[] {
  const hosts = [...new Set(runs.flatMap(({ hosts: found }) => Object.keys(found)))].sort();
  return hosts.flatMap((host) =>
    machinesOf(host, runs).flatMap((machine, index) =>
      fixes.flatMap((fix) =>
        exposuresOf(machine, fix).map((found) => ({ host_id: host, incarnation: index + 1, ...found })),
      ),
    ),
  );
}

function machinesOf(host: string, runs: RunStory[]): Machine[] {
  const machines: Machine[] = [];
  let name: string | undefined;
  for (const { at, hosts } of runs) {
    const state = hosts[host];
    if (state === null || state === undefined || typeof state === 'string') continue;
    if (machines.length === 0 || state.machine !== name)
      machines.push({ scans: [], end: null, answers: true });
    name = state.machine;
    machines.at(-1)?.scans.push({ at: new Date(at).toISOString(), state });
  }
  for (const [index, machine] of machines.entries()) {
    const next = machines[index + 1]?.scans[0];
    if (next !== undefined)
      machine.end = { status: 'host-rebuilt', from: machine.scans.at(-1)?.at ?? '', to: next.at };
  }
  const last = machines.at(-1);
  if (last === undefined) return [];
  const listed = runs.filter(({ hosts }) => hosts[host] !== null && hosts[host] !== undefined);
  const gone = runs[runs.findLastIndex(({ hosts }) => hosts[host] !== null && hosts[host] !== undefined) + 1];
  if (gone !== undefined) last.end = { status: 'host-retired', from: listed.at(-1)?.at ?? '', to: gone.at };
  last.answers = typeof listed.at(-1)?.hosts[host] !== 'string';
  return machines;
}

/** Scans and lines of the log; a line tells what was there just before it, and what just after. */
function pointsOf({ scans }: Machine, name: string): Point[] {
  const seen = scans.map(({ at, state }) => ({ at, version: state.packages[name] ?? null, place: 2 }));
  const told = scans
    .flatMap(({ state }) => state.log ?? [])
    .filter(([, , changed]) => changed === name)
    .flatMap(([at, , , before, after]) => [
      { at, version: before, place: 0 },
      { at, version: after, place: 1 },
    ]);
  return [...seen, ...told].sort((x, y) => (x.at < y.at ? -1 : x.at > y.at ? 1 : x.place - y.place));
}

type Found = Omit<ReferenceExposure, 'host_id' | 'incarnation'>;

function exposuresOf(machine: Machine, fix: KnownFix): Found[] {
  const points = pointsOf(machine, fix.source);
  const found: Found[] = [];
  let spell = 0;
  for (let first = 0; first < points.length; first++) {
    if (!isVulnerable(points[first], fix) || isVulnerable(points[first - 1], fix)) continue;
    spell += 1;
    let last = first;
    while (isVulnerable(points[last + 1], fix)) last += 1;
    const exposure = describe(machine, points, { first, last, fix });
    if (exposure !== null) found.push({ ...exposure, spell });
    first = last;
  }
  return found;
}

function isVulnerable(point: Point | undefined, fix: KnownFix): boolean {
  return point !== undefined && point.version !== null && Number(point.version) < fix.version;
}

interface Stretch {
  first: number;
  last: number;
  fix: KnownFix;
}

function describe(
  machine: Machine,
  points: Point[],
  { first, last, fix }: Stretch,
): Omit<Found, 'spell'> | null {
  const before = points[first - 1]?.at ?? null;
  const lastSeen = points[last]?.at ?? '';
  const after = points[last + 1];
  // Gone before there was anything to fix: no exposure.
  if (after?.version === null && after.at <= fix.publishedNotBefore) return null;
  const opened = {
    fix_id: `bookworm/${fix.source}/${fix.version}`,
    pre_empted: after !== undefined && after.at <= fix.publishedNotAfter,
    opened_not_before: latest(fix.publishedNotBefore, before ?? fix.publishedNotBefore),
    opened_not_after: latest(fix.publishedNotAfter, points[first]?.at ?? ''),
  };
  if (after === undefined) {
    // Published when nobody looked any more: unknown, no exposure.
    if ((machine.scans.at(-1)?.at ?? '') < fix.publishedNotBefore) return null;
    const status = machine.end?.status ?? 'open';
    const reason = status === 'open' ? reasonOf(machine, fix) : null;
    return { ...opened, status, reason, ...never, ...exited(machine.end?.from, machine.end?.to) };
  }
  if (after.version === null)
    return { ...opened, status: 'package-removed', reason: null, ...never, ...exited(lastSeen, after.at) };
  const installed = { installed_not_before: lastSeen, installed_not_after: after.at };
  return { ...opened, reason: null, ...installed, ...effectOf(machine, fix, installed) };
}

/** Why a missing one is not applied, as the last scan was told. */
function reasonOf({ scans, answers }: Machine, fix: KnownFix): string | null {
  if (!answers) return 'host-unreachable';
  const offer = scans.at(-1)?.state.offers?.[fix.source];
  return typeof offer === 'object' ? (offer.reason ?? null) : null;
}

const never = {
  installed_not_before: null,
  installed_not_after: null,
  effective_not_before: null,
  effective_not_after: null,
};

function exited(from?: string, to?: string): Pick<Found, 'exited_not_before' | 'exited_not_after'> {
  return { exited_not_before: from ?? null, exited_not_after: to ?? null };
}

type Effect = Pick<
  Found,
  'status' | 'effective_not_before' | 'effective_not_after' | 'exited_not_before' | 'exited_not_after'
>;

/** In effect at the first boot after the install, or at the first whole look that saw no old copy. */
function effectOf(
  { scans, end }: Machine,
  fix: KnownFix,
  installed: { installed_not_before: string; installed_not_after: string },
): Effect {
  const later = scans.filter(({ at }) => at >= installed.installed_not_after);
  const boots = scans
    .flatMap(({ state }) => state.scan?.booted_at ?? [])
    .filter((at) => at >= installed.installed_not_after);
  const clean = later.find(({ state }) => state.readings?.mappings === 'complete' && !hasCopy(state, fix));
  const proofs = [...boots, ...(clean === undefined ? [] : [clean.at])].sort();
  const [proven] = proofs;
  const copies = later.filter(
    ({ at, state }) => hasCopy(state, fix) && (proven === undefined || at < proven),
  );
  const copySeenAt = copies.at(-1)?.at;
  if (proven !== undefined)
    return {
      status: 'closed',
      effective_not_before: latest(installed.installed_not_before, copySeenAt ?? ''),
      effective_not_after: proven,
      ...exited(),
    };
  const unproven = copySeenAt === undefined ? 'installed-effect-unknown' : 'installed-not-effective';
  return {
    status: end?.status ?? unproven,
    effective_not_before: null,
    effective_not_after: null,
    ...exited(end?.from, end?.to),
  };
}

function hasCopy(state: HostState, fix: KnownFix): boolean {
  return state.mapped?.includes(fix.source) === true;
}

function latest(a: string, b: string): string {
  return a > b ? a : b;
}
