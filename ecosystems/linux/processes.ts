/** User-space processes, and those that still map a file that was deleted or replaced. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { linesOf, reading, sectionProblem } from '../sections.ts';
import type { Clock, Parsed, SectionOutput } from '../ecosystem.ts';
import { toInstant } from './identity.ts';
import type { Identity } from './identity.ts';

interface Stat {
  pid: number;
  name: string;
  /** Clock ticks after boot (proc(5), field 22). */
  startTicks: number;
}

/** PF_KTHREAD of linux/sched.h in field 9 of proc(5) stat: a thread of the kernel itself. */
const kernelThreadFlag = 0x0020_0000;

/** Files that are deleted by design: they say nothing about updates. */
const neverPackaged =
  /^(?:\/memfd:|\/dev\/(?:zero|shm\/)|\/SYSV|\/tmp\/|\/var\/tmp\/|\/run\/|\/var\/run\/|\/var\/lib\/|\/var\/cache\/|\/\[aio\]|\[|\/i915|\/anon_hugepage|\/drm )/;

interface ProcessInput {
  hostId: string;
  sections: ReadonlyMap<string, SectionOutput>;
  identity: Pick<Identity, 'bootSeconds' | 'ticksPerSecond' | 'isRoot'>;
  clock: Clock;
  /** Why the packages that own the mapped files are not known; null when the family was asked, or has no answer. */
  ownersProblem?: string | null;
}

/** Reads the sections `processes` and `maps`; packages of the mappings are left null. */
export function parseProcesses(input: ProcessInput): Parsed {
  const stats = parseStats(input.sections.get('processes')?.text ?? '');
  const maps = parseMaps(input.sections.get('maps')?.text ?? '');
  const none = stats.length === 0 ? 'No process was named, not even the probe itself.' : null;
  const processProblem = sectionProblem('processes', input.sections.get('processes')) ?? none;
  const mapsProblem = sectionProblem('maps', input.sections.get('maps'));
  const nobodyRead = mapsProblem !== null && maps.deleted.size === 0;
  const processes = stats.flatMap((stat) => {
    const started = startedAt(stat, input);
    const mapsRead = !nobodyRead && mapsProblem === null && !maps.refused.has(stat.pid);
    if (started === null) return [];
    return [
      {
        host_id: input.hostId,
        pid: stat.pid,
        name: clean(stat.name, 64),
        started_at: started,
        maps_read: mapsRead,
      },
    ];
  });
  const names = new Map(processes.map((row) => [row.pid, row.name]));
  const refused = processes.filter((row) => !row.maps_read).length;
  const isRoot = input.identity.isRoot || input.sections.get('maps')?.asRoot === true;
  const bootProblem = input.identity.bootSeconds === null ? 'The boot time of the host is not known.' : null;
  return {
    rows: { processes, mappings: mappingRows(input.hostId, maps.deleted, names) },
    scan:
      stats.length === 0
        ? { processes_total: null, processes_read: null }
        : { processes_total: processes.length, processes_read: processes.length - refused },
    readings: [
      reading('processes', [processProblem, bootProblem], processes.length > 0),
      reading(
        'mappings',
        [
          processProblem,
          mapsProblem,
          refusedReason(refused, processes.length, isRoot),
          input.ownersProblem ?? null,
        ],
        processes.length > refused,
      ),
    ],
  };
}

/** Paths that a package could own: what is still mapped although it was deleted. */
export function isPackagedPath(path: string): boolean {
  return path.startsWith('/') && !neverPackaged.test(path);
}

function parseStats(text: string): Stat[] {
  const byPid = new Map<number, string>();
  for (const line of linesOf(text)) {
    const match = /^\/proc\/(\d{1,10})\/stat:(.*)$/s.exec(line);
    if (match === null) continue;
    const pid = Number(match[1]);
    const before = byPid.get(pid);
    byPid.set(pid, before === undefined ? match[2]! : `${before}\n${match[2]!}`);
  }
  return [...byPid].flatMap(([pid, stat]) => parseStat(pid, stat) ?? []).sort((a, b) => a.pid - b.pid);
}

/** The name stands between the first '(' and the last ')': it may itself hold both. */
function parseStat(pid: number, stat: string): Stat | null {
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  const fields = stat.slice(close + 2).split(' ');
  const flags = Number(fields[6]);
  const startTicks = Number(fields[19]);
  if (!Number.isFinite(flags) || !Number.isFinite(startTicks) || fields.length < 20) return null;
  // Division instead of a bit operator: flags is unsigned and may exceed 31 bits.
  if (Math.floor(flags / kernelThreadFlag) % 2 === 1) return null;
  return { pid, name: stat.slice(open + 1, close), startTicks };
}

function startedAt(stat: Stat, { identity, clock }: ProcessInput): string | null {
  if (identity.bootSeconds === null) return null;
  const seconds = identity.bootSeconds + stat.startTicks / identity.ticksPerSecond;
  return toInstant(Math.round(seconds * 1000 - clock.offsetMs));
}

function parseMaps(text: string): { deleted: Map<number, Set<string>>; refused: Set<number> } {
  const deleted = new Map<number, Set<string>>();
  const refused = new Set<number>();
  const elsewhere = new Set<number>();
  for (const line of linesOf(text)) {
    const rooted = /^#root \d+:\d+ \/proc\/(\d{1,10})\/root$/.exec(line);
    if (rooted !== null) elsewhere.add(Number(rooted[1]));
    const refusal = /^grep: \/proc\/(\d{1,10})\/maps: /.exec(line);
    if (refusal !== null) refused.add(Number(refusal[1]));
    // proc(5): address perms offset dev inode pathname; a line end in the name is printed as \012.
    const match =
      /^\/proc\/(\d{1,10})\/maps:[0-9a-f]+-[0-9a-f]+ \S{4} [0-9a-f]+ \S+ \d+ +(\/.*) \(deleted\)$/.exec(line);
    if (match === null || !isPackagedPath(match[2]!)) continue;
    const pid = Number(match[1]);
    // A path in a container is no path of the host, whatever package owns the host's own.
    if (elsewhere.has(pid)) continue;
    deleted.set(pid, (deleted.get(pid) ?? new Set()).add(match[2]!));
  }
  return { deleted, refused };
}

function mappingRows(
  hostId: string,
  deleted: Map<number, Set<string>>,
  names: Map<number, string>,
): RowOf<'mappings'>[] {
  return [...deleted].flatMap(([pid, paths]) =>
    [...paths].map((path) => ({
      host_id: hostId,
      pid,
      process: names.get(pid) ?? '',
      path: clean(path, 1024),
      package: null,
    })),
  );
}

function refusedReason(refused: number, total: number, isRoot: boolean): string | null {
  if (refused === 0) return null;
  const account = isRoot ? 'even as root' : 'without root';
  return `The memory maps of ${refused} of ${total} processes could not be read ${account}.`;
}
