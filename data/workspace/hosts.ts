/** The population from every place that lists hosts: `inventory/*.yaml`, and what `patchledger.yaml` names besides. */
import { posix } from 'node:path';
import type { z } from 'zod';
import { readInventory } from './inventory.ts';
import type { InventoryFile } from './inventory.ts';
import { joinClaims } from './population.ts';
import type { Population } from './population.ts';
import type { Place, Problem } from './problems.ts';
import type { Config } from './schemas.ts';
import type { SourceFiles } from './sources/files.ts';
import { readAnsible } from './sources/ansible.ts';
import type { SourceOptions } from './sources/ansible.ts';
import { readSshHosts } from './sources/ssh-hosts.ts';
import type { YamlFile } from './yaml-file.ts';

/** What `inventory` of the settings names, with where it does. */
export interface NamedSources {
  ansible: { path: string; place: Place }[];
  sshConfig: { path: string; place: Place }[];
  leaveOut: { id: string; place: Place }[];
}

/** @param config undefined while it is not valid: then nothing is named */
export function namedSources(
  config: z.output<typeof Config> | undefined,
  file: YamlFile | undefined,
): NamedSources {
  const said = <T>(key: 'ansible' | 'ssh-config' | 'leave-out', make: (word: string, place: Place) => T): T[] =>
    (config?.inventory[key] ?? []).map((word, index) =>
      make(word, {
        file: file?.path ?? '',
        ...(file?.position(['inventory', key, index]) ?? { line: 1, column: 1 }),
      }),
    );
  const atPath = (path: string, place: Place) => ({
    path: posix.normalize(path).replace(/(?<=.)\/$/, ''),
    place,
  });
  return {
    ansible: said('ansible', atPath),
    sshConfig: said('ssh-config', atPath),
    leaveOut: said('leave-out', (id, place) => ({ id, place })),
  };
}

/** Whether a file belongs to one of those sources: then it is not one of Patchledger's own. */
export function isOfSource(path: string, { ansible, sshConfig }: NamedSources): boolean {
  if (sshConfig.some((source) => source.path === path)) return true;
  return ansible.some(({ path: source }) => {
    const beside = ['group_vars', 'host_vars'].map((folder) => posix.join(posix.dirname(source), folder));
    return [source, ...beside].some((start) => path === start || path.startsWith(`${start}/`));
  });
}

/**
 * @param inventory our own files, checked
 * @returns the population, and by path what the record keeps of the files of others; problems are added to the list
 */
export function readHosts(
  inventory: InventoryFile[],
  { named, files, problems }: { named: NamedSources; files: SourceFiles; problems: Problem[] },
): Population & { kept: Map<string, string> } {
  const options: SourceOptions = { files, problems, notices: [], kept: new Map() };
  const claims = [
    ...readInventory(inventory, problems),
    ...named.ansible.flatMap(({ path, place }) => readAnsible(path, place, options)),
    ...named.sshConfig.flatMap(({ path, place }) => readSshHosts(path, place, options)),
  ];
  const population = joinClaims(claims, { leaveOut: named.leaveOut, problems });
  return { ...population, notices: [...options.notices, ...population.notices], kept: options.kept };
}
