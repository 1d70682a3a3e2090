/** The population: what every place says of each host, put together; contradictions are problems, never choices. */
import type { RowOf } from '#data/model/tables.ts';
import type { Transport } from '#data/model/words.ts';
import { placeText, quoted, suggest } from './problems.ts';
import type { Place, Problem } from './problems.ts';
import { HostSettings } from './schemas.ts';
import { Address } from './shapes.ts';
import type { Claim, Notice, SettingKey, SourceKind } from './sources/claims.ts';
import { preventsContact } from './sources/variables.ts';

type Member = RowOf<'population'>;

/** Where a host is listed. */
export interface Origin extends Place {
  kind: SourceKind;
}

export interface Population {
  /** By host id. */
  hosts: Member[];
  /** By host id: every place that lists it, our own first. */
  origins: Map<string, Origin[]>;
  notices: Notice[];
  /** Hosts of other sources that `leave-out` names. */
  leftOut: string[];
  /** Ids of those that may be asked to refresh their package lists. */
  refreshable: Set<string>;
}

export interface PopulationOptions {
  /** Ids of `leave-out`, with where each stands. */
  leaveOut: { id: string; place: Place }[];
  problems: Problem[];
}

const usualPort = 22;
/** How Patchledger gets in is its own business: here our own file has the last word. */
const ownToSay: readonly SettingKey[] = ['user', 'transport', 'command', 'refresh'];

/** @param claims our own ones first */
export function joinClaims(claims: readonly Claim[], { leaveOut, problems }: PopulationOptions): Population {
  const population: Population = { hosts: [], origins: new Map(), notices: [], leftOut: [], refreshable: new Set() };
  const joining = { population, problems, proxies: new Set<string>() };
  const ids = new Set(claims.map(({ id }) => id));
  for (const { id, place } of leaveOut)
    if (!ids.has(id)) problems.push({ ...place, message: `leave-out: no source lists ${quoted(id)}${suggest(id, [...ids])}` });
  const unwanted = new Set(leaveOut.map(({ id }) => id));
  const wanted = claims.filter(({ id, kind }) => kind === 'inventory' || !unwanted.has(id));
  population.leftOut = [...unwanted].filter((id) => ids.has(id)).sort();
  for (const [id, said] of [...Map.groupBy(wanted, (claim) => claim.id)].sort(([a], [b]) => (a < b ? -1 : 1))) {
    population.origins.set(id, said.map(({ kind, place }) => ({ kind, ...place })));
    population.hosts.push(memberOf(id, said, joining));
  }
  population.notices.push(...sharedAddresses(population));
  return population;
}

interface Joining {
  population: Population;
  problems: Problem[];
  /** Places of which it was told that their arguments lead through another host. */
  proxies: Set<string>;
}

function memberOf(id: string, claims: Claim[], joining: Joining): Member {
  const [first] = claims;
  if (first === undefined) throw new TypeError('a host that nobody lists');
  const settings = joinSettings(id, claims, joining.problems);
  if (settings.refresh === true) joining.population.refreshable.add(id);
  const transport = settings.transport ?? (claims.some(({ onlyOpenssh }) => onlyOpenssh !== null) ? 'openssh' : 'ssh');
  const remote = transport === 'ssh' || transport === 'openssh';
  if (!remote) dropAccess(claims, settings);
  const doubts = tellDoubts(id, claims, { settings, remote, notices: joining.population.notices });
  const byName = transport === 'openssh' && settings.transport === undefined ? claims.find(({ knownToSsh }) => knownToSsh) : undefined;
  if (remote && byName !== undefined) Object.assign(settings, nameForSsh(claims, byName));
  else if (remote) settings.address ??= usualAddress(id, claims, doubts, joining.problems);
  for (const message of contradictions(id, transport, { ...settings, doubted: doubts.has('address') }))
    joining.problems.push({ ...first.place, message });
  tellOthers(id, claims, joining.population.notices);
  tellProxies(claims, joining);
  return rowOf(id, transport, settings, [...new Set(claims.flatMap(({ groups }) => groups))]);
}

function rowOf(id: string, transport: Transport, settings: HostSettings, groups: string[]): Member {
  const remote = transport === 'ssh' || transport === 'openssh';
  return {
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
}

/** What is stated anywhere holds; what is stated in two ways is a problem, unless it is ours to say. */
function joinSettings(id: string, claims: Claim[], problems: Problem[]): HostSettings {
  const settings: HostSettings = {};
  for (const key of Object.keys(HostSettings.shape) as SettingKey[]) {
    const stated = claims.filter((claim) => claim.settings[key] !== undefined);
    const [first, ...rest] = stated;
    if (first === undefined) continue;
    Object.assign(settings, { [key]: first.settings[key] });
    if (key === 'tags') settings.tags = stated.flatMap((claim) => claim.settings.tags ?? []);
    if (key === 'tags' || (first.kind === 'inventory' && ownToSay.includes(key))) continue;
    for (const other of rest) {
      if (sameValue(first.settings[key], other.settings[key])) continue;
      const there = placeText(first.places.get(key) ?? first.place);
      problems.push({
        ...(other.places.get(key) ?? other.place),
        message: `host ${quoted(id)}: ${key} is ${quoted(other.settings[key])} here and ${quoted(first.settings[key])} in ${there}`,
      });
    }
  }
  return settings;
}

/** Names of hosts know no capitals, and may end in the dot of the root. */
function sameValue(a: unknown, b: unknown): boolean {
  const plain = (value: unknown): string => JSON.stringify(value).toLowerCase().replace(/\."$/, '"');
  return plain(a) === plain(b);
}

/** Where our own file says that a host is reached in another way, what others say of its address is of no use. */
function dropAccess(claims: Claim[], settings: HostSettings): void {
  for (const key of ['address', 'port', 'user'] as const)
    if (!claims.some((claim) => claim.kind === 'inventory' && claim.settings[key] !== undefined)) delete settings[key];
}

/** Told where no place says in plain words what one says in others. */
function tellDoubts(
  id: string,
  claims: Claim[],
  { settings, remote, notices }: { settings: HostSettings; remote: boolean; notices: Notice[] },
): Set<SettingKey> {
  const doubted = new Set<SettingKey>();
  for (const { key, message, ...place } of claims.flatMap(({ doubts }) => doubts)) {
    if (settings[key] !== undefined || (!remote && preventsContact(key))) continue;
    doubted.add(key);
    notices.push({
      ...place,
      message: `host ${quoted(id)}: ${message}`,
      hostId: id,
      preventsContact: preventsContact(key),
      isDuplicate: false,
    });
  }
  return doubted;
}

/** The name under which ssh's own configuration has the rest; what other places say goes before that. */
function nameForSsh(claims: Claim[], byName: Claim): Pick<HostSettings, 'address' | 'port' | 'user'> {
  const said = (key: 'port' | 'user'): unknown =>
    claims.find((claim) => claim !== byName && claim.settings[key] !== undefined)?.settings[key];
  return { address: byName.usualAddress ?? '', port: said('port'), user: said('user') } as HostSettings;
}

/** A host without an address is reached by its name. */
function usualAddress(
  id: string,
  claims: Claim[],
  doubts: Set<SettingKey>,
  problems: Problem[],
): string | undefined {
  const named = claims.find(({ usualAddress: name }) => name !== null);
  if (named === undefined || doubts.has('address')) return undefined;
  const { data, error } = Address.safeParse(named.usualAddress);
  if (error !== undefined)
    problems.push({ ...named.place, message: `host ${quoted(id)}: ${error.issues[0]?.message}, found ${quoted(named.usualAddress)}` });
  return data;
}

/** What cannot be true of a host that is reached that way. */
function contradictions(
  id: string,
  transport: Transport,
  settings: HostSettings & { doubted: boolean },
): string[] {
  const found: string[] = [];
  const host = `host ${quoted(id)}`;
  if ((transport === 'ssh' || transport === 'openssh') && settings.address === undefined && !settings.doubted)
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

function tellOthers(id: string, claims: Claim[], notices: Notice[]): void {
  const [first, ...others] = claims;
  for (const other of others)
    notices.push({
      ...other.place,
      message: `host ${quoted(id)} is also listed in ${placeText(first?.place ?? other.place)}, and nothing contradicts`,
      hostId: id,
      preventsContact: false, isDuplicate: false,
    });
}

/** Once for each place: such arguments stand in a group more often than at a host. */
function tellProxies(claims: Claim[], { population, proxies }: Joining): void {
  for (const { onlyOpenssh, kind } of claims) {
    if (onlyOpenssh === null || kind !== 'ansible' || proxies.has(placeText(onlyOpenssh))) continue;
    proxies.add(placeText(onlyOpenssh));
    population.notices.push({
      ...onlyOpenssh,
      message:
        "leads through another host; Patchledger does not pass it on but uses the system's ssh: write ProxyJump into ~/.ssh/config",
      hostId: null,
      preventsContact: false, isDuplicate: false,
    });
  }
}

/** Hosts under one address and port, or behind one command: most likely one machine that is counted twice. */
function sharedAddresses({ hosts, origins }: Population): Notice[] {
  const reachedAt = ({ transport, address, port, command }: Member): string | null => {
    if (transport === 'local') return 'this machine';
    if (command !== null) return `the command ${command.join(' ')}`;
    return address === null ? null : `${address.toLowerCase().replace(/\.$/, '')} port ${port ?? usualPort}`;
  };
  const notices: Notice[] = [];
  for (const [where, same] of Map.groupBy(hosts, reachedAt)) {
    const [first, ...others] = same;
    if (where === null || first === undefined) continue;
    for (const { host_id: id } of others) {
      const place = origins.get(id)?.[0];
      const there = origins.get(first.host_id)?.[0];
      if (place === undefined || there === undefined) continue;
      notices.push({
        file: place.file, line: place.line, column: place.column, hostId: id, preventsContact: false, isDuplicate: true,
        message: `host ${quoted(id)} is reached at ${where}, like ${quoted(first.host_id)} of ${placeText(there)}`,
      });
    }
  }
  return notices;
}
