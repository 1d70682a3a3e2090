/** From inventory files of our own to what they say of each host: inheritance resolved. */
import { placeText, quoted } from './problems.ts';
import type { Place, Problem } from './problems.ts';
import type { GroupShape, HostSettings } from './schemas.ts';
import type { Claim } from './sources/claims.ts';
import type { YamlFile } from './yaml-file.ts';

export interface InventoryFile {
  file: YamlFile;
  /** The checked content: a group without a name and without settings of its own. */
  content: Pick<GroupShape, 'hosts' | 'groups'>;
}

interface Here {
  file: YamlFile;
  path: string[];
}

interface Walk {
  claims: Map<string, Claim>;
  groups: Map<string, Here>;
  problems: Problem[];
}

/** @returns what is said of each host; problems are added to the list */
export function readInventory(files: InventoryFile[], problems: Problem[]): Claim[] {
  const walk: Walk = { claims: new Map(), groups: new Map(), problems };
  for (const { file, content } of files)
    visit(walk, { file, path: [] }, { content, groups: [], inherited: {} });
  return [...walk.claims.values()];
}

interface Level {
  content: Pick<GroupShape, 'hosts' | 'groups'>;
  groups: string[];
  inherited: HostSettings;
}

function visit(walk: Walk, { file, path }: Here, { content, groups, inherited }: Level): void {
  for (const [id, settings] of Object.entries(content.hosts ?? {})) {
    const here = placeOf({ file, path: [...path, 'hosts', id] });
    addHost(walk, here, { id, groups, settings: inherit(inherited, settings ?? {}) });
  }
  for (const [name, group] of Object.entries(content.groups ?? {})) {
    const here = { file, path: [...path, 'groups', name] };
    const other = walk.groups.get(name);
    if (other !== undefined)
      walk.problems.push({
        ...placeOf(here),
        message: `group ${quoted(name)} is also defined in ${placeText(placeOf(other))}`,
      });
    walk.groups.set(name, here);
    const { hosts, groups: inner, ...settings } = group ?? {};
    visit(walk, here, {
      content: { ...(hosts && { hosts }), ...(inner && { groups: inner }) },
      groups: [...groups, name],
      inherited: inherit(inherited, settings),
    });
  }
}

/** The nearest setting wins; tags add up. */
function inherit(outer: HostSettings, inner: HostSettings): HostSettings {
  const tags = [...(outer.tags ?? []), ...(inner.tags ?? [])];
  return { ...outer, ...inner, ...(tags.length > 0 && { tags }) };
}

function addHost(
  { claims, problems }: Walk,
  place: Place,
  host: { id: string; groups: string[]; settings: HostSettings },
): void {
  const other = claims.get(host.id);
  if (other !== undefined) {
    problems.push({ ...place, message: `host ${quoted(host.id)} is also listed in ${placeText(other.place)}` });
    return;
  }
  claims.set(host.id, {
    ...host,
    kind: 'inventory', place, places: new Map(), usualAddress: null,
    onlyOpenssh: null, knownToSsh: false, doubts: [],
  });
}

function placeOf({ file, path }: Here): Place {
  return { file: file.path, ...file.position(path, true) };
}
