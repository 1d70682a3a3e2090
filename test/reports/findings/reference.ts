/**
 * The slow, obvious way to find the spells of "update available" in a story: walk through the scans of
 * a host in order and keep notes. Versions in stories for it are whole numbers. Logs are left out.
 */
import type { Found, HostState, RunStory } from './story.ts';

export interface ReferenceSpell {
  host_id: string;
  incarnation: number;
  package: string;
  status: string;
  installed_version: string;
  first_target_version: string;
  last_target_version: string;
  reopened: boolean;
  opened_not_before: string | null;
  opened_not_after: string;
  last_confirmed_at: string;
  closed_not_before: string | null;
  closed_not_after: string | null;
}

interface Note extends ReferenceSpell {
  /** What the installed version at the last sight has to reach to end it. */
  goal: number;
  installedAtLastSight: string;
  highestTarget: number;
}

interface Scan {
  at: string;
  state: HostState;
}

export function findSpells(runs: RunStory[]): ReferenceSpell[] {
  const hosts = [...new Set(runs.flatMap(({ hosts: found }) => Object.keys(found)))].sort();
  return hosts.flatMap((host) => spellsOfHost(host, runs));
}

function spellsOfHost(host: string, runs: RunStory[]): ReferenceSpell[] {
  const machines: Scan[][] = [];
  let machine: string | undefined;
  for (const { at, hosts } of runs) {
    const found: Found = hosts[host] ?? null;
    if (found === null || typeof found === 'string') continue;
    const id = found.machine ?? `machine of ${host}`;
    if (id !== machine) machines.push([]);
    machine = id;
    machines.at(-1)?.push({ at: instantOf(at), state: found });
  }
  const retiredAt = findRetirement(host, runs);
  return machines.flatMap((scans, index) => {
    const names = [...new Set(scans.flatMap(({ state }) => Object.keys(state.offers ?? {})))].sort();
    const rebuiltAt = machines[index + 1]?.[0]?.at;
    return names.flatMap((name) =>
      spellsOfPackage(scans, name).map((note) => finish(note, host, index + 1, { rebuiltAt, retiredAt })),
    );
  });
}

function spellsOfPackage(scans: Scan[], name: string): Note[] {
  const notes: Note[] = [];
  let current: Note | undefined;
  let lastComplete: string | null = null;
  let lastPackages: HostState | undefined;
  for (const { at, state } of scans) {
    if ((state.readings?.packages ?? 'complete') === 'complete') lastPackages = state;
    const reading = state.readings?.updates ?? 'complete';
    if (reading === 'unread') continue;
    const installed = state.packages[name];
    const target = state.offers?.[name] as string | undefined;
    if (installed !== undefined && target !== undefined && Number(target) > Number(installed)) {
      if (current !== undefined && installed !== current.installedAtLastSight) {
        if (Number(installed) >= current.goal) {
          close(current, at, lastPackages?.packages[name]);
          current = undefined;
        } else {
          current.goal = Number(target);
        }
      }
      if (current === undefined) {
        const before = notes.at(-1);
        current = {
          host_id: '',
          incarnation: 0,
          package: name,
          status: 'open',
          installed_version: installed,
          first_target_version: target,
          last_target_version: target,
          reopened: before !== undefined && Number(target) <= before.highestTarget,
          opened_not_before: lastComplete,
          opened_not_after: at,
          last_confirmed_at: at,
          closed_not_before: null,
          closed_not_after: null,
          goal: Number(target),
          installedAtLastSight: installed,
          highestTarget: Number(target),
        };
        notes.push(current);
      }
      current.installedAtLastSight = installed;
      current.last_confirmed_at = at;
      current.last_target_version = target;
      current.highestTarget = Math.max(current.highestTarget, Number(target));
    } else if (current !== undefined && reading === 'complete') {
      close(current, at, lastPackages?.packages[name], lastPackages !== undefined);
      current = undefined;
    }
    if (reading === 'complete') lastComplete = at;
  }
  return notes;
}

function close(note: Note, at: string, installed: string | undefined, packagesRead = true): void {
  note.closed_not_before = note.last_confirmed_at;
  note.closed_not_after = at;
  if (installed === undefined) note.status = packagesRead ? 'package-removed' : 'no-longer-offered';
  else
    note.status = Number(installed) >= Number(note.first_target_version) ? 'installed' : 'no-longer-offered';
}

interface End {
  rebuiltAt: string | undefined;
  retiredAt: string | undefined;
}

function finish(
  note: Note,
  host: string,
  incarnation: number,
  { rebuiltAt, retiredAt }: End,
): ReferenceSpell {
  const { goal: _goal, installedAtLastSight: _installed, highestTarget: _highest, ...spell } = note;
  if (spell.status === 'open' && (rebuiltAt ?? retiredAt) !== undefined) {
    spell.status = rebuiltAt === undefined ? 'host-retired' : 'host-rebuilt';
    spell.closed_not_before = spell.last_confirmed_at;
    spell.closed_not_after = rebuiltAt ?? retiredAt ?? null;
  }
  return { ...spell, host_id: host, incarnation };
}

/** The first run after the host's last listing, when there is one. */
function findRetirement(host: string, runs: RunStory[]): string | undefined {
  const last = runs.findLastIndex(({ hosts }) => (hosts[host] ?? null) !== null);
  const next = runs[last + 1];
  return next === undefined ? undefined : instantOf(next.at);
}

function instantOf(at: string): string {
  return new Date(at).toISOString();
}
