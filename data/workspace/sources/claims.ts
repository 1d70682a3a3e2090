/** What one place says of one host, before all places are put together. */
import type { Place, Problem } from '../problems.ts';
import { HostId } from '../shapes.ts';
import { quoted } from '../problems.ts';
import type { HostSettings } from '../schemas.ts';

/** Where hosts are listed: our own YAML, an inventory of Ansible, a configuration of ssh. */
export type SourceKind = 'inventory' | 'ansible' | 'ssh-config';

export type SettingKey = keyof HostSettings;

/** A setting that a place states in a way that is not understood. */
export interface Doubt extends Problem {
  key: SettingKey;
}

export interface Claim {
  /** Host id. */
  id: string;
  kind: SourceKind;
  /** Where the host is listed. */
  place: Place;
  groups: string[];
  settings: HostSettings;
  /** Where a setting is stated, when that is not where the host is. */
  places: ReadonlyMap<SettingKey, Place>;
  /** What is meant where no place states an address: the name, as it is written. */
  usualAddress: string | null;
  /** Why only the system's ssh can reach it; null where that was not said. */
  onlyOpenssh: Place | null;
  /** Whether that ssh finds the rest under the name in its own configuration. */
  knownToSsh: boolean;
  doubts: Doubt[];
}

/** What is worth knowing, and no reason to stop. */
export interface Notice extends Problem {
  /** Host that it is about; null for a file. */
  hostId: string | null;
  /** Whether the host cannot be contacted because of it. */
  preventsContact: boolean;
  /** Whether it is most likely another name of a host that is listed already. */
  isDuplicate: boolean;
}

/** A host id from a name as others write it; undefined, with a problem, where it is none. */
export function hostIdOf(name: string, place: Place, problems: Problem[]): string | undefined {
  const { data, error } = HostId.safeParse(name.toLowerCase());
  if (data === undefined)
    problems.push({ ...place, message: `${quoted(name)}: ${error.issues[0]?.message ?? 'not a host id'}` });
  return data;
}
