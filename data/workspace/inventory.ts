/** From inventory files to the population: inheritance resolved, contradictions named. */
import type { RowOf } from '#data/model/tables.ts';
import type { Transport } from '#data/model/words.ts';
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

/** The hosts that should exist, and those among them that may be asked to refresh their package lists. */
export interface Population {
  hosts: Member[];
  refreshable: Set<string>;
}

interface Walk {
  refreshable: Set<string>;
  members: Map<string, { row: RowOf<'population'>; place: Place }>;
  groups: Map<string, Place>;
  problems: Problem[];
}

type Member = RowOf<'population'>;
const usualPort = 22;

/** @returns the population, by host id; problems are added to the list */
export function resolveInventory(files: InventoryFile[], problems: Problem[]): Population {
  const walk: Walk = { refreshable: new Set(), members: new Map(), groups: new Map(), problems };
  for (const { file, content } of files)
    visit(walk, { file, path: [] }, { content, groups: [], inherited: {} });
  const hosts = [...walk.members.values()].map(({ row }) => row);
  return {
    hosts: hosts.sort((a, b) => (a.host_id < b.host_id ? -1 : 1)),
    refreshable: walk.refreshable,
  };
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
  const remote = transport === 'ssh' || transport === 'openssh';
  for (const message of contradictions(id, transport, settings)) complain(walk, place, message);
  const row: Member = {
    host_id: id,
    address: remote ? (settings.address ?? null) : null,
    // The system's ssh finds port and account in its own configuration, where nobody names them here.
    port: transport === 'ssh' ? (settings.port ?? usualPort) : remote ? (settings.port ?? null) : null,
    login: remote ? (settings.user ?? null) : null,
    transport,
    owner: settings.owner ?? null,
    groups,
    environment: settings.environment ?? null,
    ring: settings.ring ?? null,
    criticality: settings.criticality ?? null,
    internet_exposed: settings['internet-exposed'] ?? null,
    tags: [...new Set(settings.tags ?? [])].sort(),
    command: transport === 'command' ? (settings.command ?? null) : null,
  };
  walk.members.set(id, { row, place });
  if (settings.refresh === true) walk.refreshable.add(id);
}

/** What cannot be true of a host that is reached that way. */
function contradictions(id: string, transport: Transport, settings: HostSettings): string[] {
  const found: string[] = [];
  const host = `host ${quoted(id)}`;
  if ((transport === 'ssh' || transport === 'openssh') && settings.address === undefined)
    found.push(`${host} has no address; expected one, or transport: local`);
  if (transport === 'command' && settings.command === undefined)
    found.push(`${host} has transport: command and no command; expected command: [words, of, it]`);
  if (transport !== 'command' && settings.command !== undefined)
    found.push(`${host} has a command, which only transport: command takes`);
  for (const key of ['address', 'port', 'user'] as const) {
    if (settings[key] === undefined || notReached[transport] === undefined) continue;
    found.push(`${host} is ${notReached[transport]} (transport: ${transport}), so it takes no ${key}`);
  }
  return found;
}

/** Why a host has no address, where it has none. */
const notReached: { [transport in Transport]?: string } = {
  local: 'this machine',
  command: 'reached by a command',
  bundle: 'read by hand',
};

function complain({ problems }: Walk, { file, path }: Place, message: string): void {
  problems.push({ file: file.path, ...file.position(path, true), message });
}

function placeOf({ file, path }: Place): string {
  const { line, column } = file.position(path, true);
  return `${file.path}:${line}:${column}`;
}
