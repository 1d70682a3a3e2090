/** What apt says it would do, and what the record says of it, in one shape. */
import type { Snapshot } from '#data/model/tables.ts';

export interface Simulated {
  [fullName: string]: { installed: string | null; candidate: string | null };
}

/** `Inst name [old] (new …)` and `Remv name [old]` lines of a simulation. */
export function simulated(text: string): Simulated {
  const lines = [...text.matchAll(/^(Inst|Remv) (\S+)(?: \[([^\]]+)\])?(?: \((\S+) )?/gm)];
  return Object.fromEntries(
    lines.map(([, verb, name, installed, candidate]) => [
      name,
      { installed: installed ?? null, candidate: verb === 'Remv' ? null : (candidate ?? null) },
    ]),
  );
}

export function recorded(
  snapshot: Snapshot,
  flag: 'in_upgrade' | 'in_upgrade_with_new' | 'in_full_upgrade',
): Simulated {
  const native = snapshot.scans[0]!.architecture;
  return Object.fromEntries(
    snapshot.updates
      .filter((row) => row[flag])
      .map((row) => [
        [native, 'all'].includes(row.architecture) ? row.package : `${row.package}:${row.architecture}`,
        { installed: row.installed_version, candidate: row.candidate_version },
      ]),
  );
}
