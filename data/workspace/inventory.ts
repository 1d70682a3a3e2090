/** From inventory files to the population: inheritance resolved, contradictions named. */
import type { RowOf } from '#data/model/tables.ts';
import { quoted } from './problems.ts';
import type { Problem } from './problems.ts';
import type { GroupShape, HostSettings } from './schemas.ts';
import type { YamlFile } from './yaml-file.ts';

export interface InventoryFile {
  file: YamlFile;
  /** The checked content: a group without a name and without settings of its own. */
  content: Pick<GroupShape, 'hosts' | 'groups'>;
}

interface Place {
  file: YamlFile;
  path: string[];
}

interface Walk {
  members: Map<string, { row: RowOf<'population'>; place: Place }>;
  groups: Map<string, Place>;
  problems: Problem[];
}

type Member = RowOf<'population'>;
const usualPort = 22;

/** @returns the population, by host id; problems are added to the list */
export function resolveInventory(files: InventoryFile[], problems: Problem[]): Member[] {
  const walk: Walk = { members: new Map(), groups: new Map(), problems };
  for (const { file, content } of files)
    visit(walk, { file, path: [] }, { content, groups: [], inherited: {} });
  return [...walk.members.values()].map(({ row }) => row).sort((a, b) => (a.host_id < b.host_id ? -1 : 1));
}

interface Level {
  content: Pick<GroupShape, 'hosts' | 'groups'>;
  groups: string[];
  inherited: HostSettings;
}

function visit(walk: Walk, place: Place, { content, groups, inherited }: Level): void {
  for (const [id, settings] of Object.entries(content.hosts ?? {})) {
    const here = { file: place.file, path: [...place.path, 'hosts', id] };
    addHost(walk, here, { id, groups, settings: inherit(inherited, settings ?? {}) });
  }
  for (const [name, group] of Object.entries(content.groups ?? {})) {
    const here = { file: place.file, path: [...place.path, 'groups', name] };
    const other = walk.groups.get(name);
    if (other !== undefined)
      complain(walk, here, `group ${quoted(name)} is also defined in ${placeOf(other)}`);
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
  walk: Walk,
  place: Place,
  host: { id: string; groups: string[]; settings: HostSettings },
): void {
  const { id, groups, settings } = host;
  const other = walk.members.get(id);
  if (other !== undefined)
    return complain(walk, place, `host ${quoted(id)} is also listed in ${placeOf(other.place)}`);
  const transport = settings.transport ?? 'ssh';
  const local = transport === 'local';
  if (!local && settings.address === undefined)
    complain(walk, place, `host ${quoted(id)} has no address; expected one, or transport: local`);
  for (const key of ['address', 'port', 'user'] as const) {
    if (local && settings[key] !== undefined)
      complain(walk, place, `host ${quoted(id)} is this machine (transport: local), so it takes no ${key}`);
  }
  const row: Member = {
    host_id: id,
    address: local ? null : (settings.address ?? null),
    port: local ? null : (settings.port ?? usualPort),
    login: local ? null : (settings.user ?? null),
    transport,
    owner: settings.owner ?? null,
    groups,
    environment: settings.environment ?? null,
    ring: settings.ring ?? null,
    criticality: settings.criticality ?? null,
    internet_exposed: settings['internet-exposed'] ?? null,
    tags: [...new Set(settings.tags ?? [])].sort(),
    command: null,
  };
  walk.members.set(id, { row, place });
}

function complain({ problems }: Walk, { file, path }: Place, message: string): void {
  problems.push({ file: file.path, ...file.position(path, true), message });
}

function placeOf({ file, path }: Place): string {
  const { line, column } = file.position(path, true);
  return `${file.path}:${line}:${column}`;
}
