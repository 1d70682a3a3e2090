/**
 * The population beside a list of others: which machine is which host. The surest kind of likeness goes first; whoever
 * was told by it is not guessed at again. What fits several is named, never chosen.
 */
import { isIP } from 'node:net';
import type { ComparisonRow } from '#data/model/comparison-tables.ts';
import type { MatchKind } from '#data/model/words.ts';
import { plainAddress, plainName } from './listed.ts';
import type { ListedMachine } from './listed.ts';

/** A host of the population, with what it last called itself. */
export interface KnownHost {
  host_id: string;
  address: string | null;
  /** A host's own word: it comes last, and takes nobody's place. */
  hostname: string | null;
}

export interface Comparison {
  rows: ComparisonRow<'comparison_rows'>[];
  hosts: ComparisonRow<'comparison_hosts'>[];
}

interface Step {
  kind: MatchKind;
  ofMachine: (machine: ListedMachine) => string[];
  ofHost: (host: KnownHost) => string[];
  /** Whether it is a likeness only: then whoever was told before is left out, and it must fit one machine and one host. */
  isWeak?: boolean;
}

const steps: Step[] = [
  { kind: 'id', ofMachine: ({ ids }) => ids, ofHost: ({ host_id }) => [host_id] },
  { kind: 'name', ofMachine: ({ names }) => names, ofHost: namesOf },
  { kind: 'address', ofMachine: ({ addresses }) => addresses, ofHost: ({ address }) => addressOf(address) },
  {
    kind: 'short-name',
    ofMachine: ({ names }) => names.map(machineKey),
    ofHost: (host) => namesOf(host).map(hostKey),
    isWeak: true,
  },
  {
    kind: 'reported-name',
    ofMachine: ({ names }) => names.flatMap((name) => [name, machineKey(name)]),
    ofHost: ({ hostname }) => (hostname === null ? [] : [plainName(hostname), hostKey(plainName(hostname))]),
    isWeak: true,
  },
];

interface Told {
  kind: MatchKind;
  /** One, unless it is not clear which. */
  hosts: string[];
  isClear: boolean;
}

/** Hosts and machines in their own order. */
export function comparePopulation(
  machines: readonly ListedMachine[],
  hosts: readonly KnownHost[],
): Comparison {
  const told = new Map<ListedMachine, Told>();
  for (const step of steps) {
    const taken = new Set([...told.values()].flatMap((one) => one.hosts));
    const open = machines.filter((machine) => !told.has(machine));
    const candidates = step.isWeak === true ? hosts.filter(({ host_id }) => !taken.has(host_id)) : hosts;
    for (const [machine, one] of matchStep(step, open, candidates)) told.set(machine, one);
  }
  const rows = machines.map((machine) => rowOf(machine, told.get(machine)));
  return { rows, hosts: hostRows(hosts, rows) };
}

function matchStep(
  { kind, ofMachine, ofHost, isWeak = false }: Step,
  machines: readonly ListedMachine[],
  hosts: readonly KnownHost[],
): Map<ListedMachine, Told> {
  const byKey = new Map<string, Set<string>>();
  for (const host of hosts)
    for (const key of ofHost(host)) byKey.set(key, (byKey.get(key) ?? new Set()).add(host.host_id));
  const told = new Map<ListedMachine, Told>();
  for (const machine of machines) {
    const fits = new Set(ofMachine(machine).flatMap((key) => [...(byKey.get(key) ?? [])]));
    if (fits.size > 0) told.set(machine, { kind, hosts: [...fits].sort(), isClear: fits.size === 1 });
  }
  if (isWeak) doubtRivals(told);
  return told;
}

/** Machines of different names that fit one host by a likeness only: it is not known which of them it is. */
function doubtRivals(told: Map<ListedMachine, Told>): void {
  const rivals = new Map<string, Set<string>>();
  for (const [{ names }, { hosts }] of told)
    for (const host of hosts) rivals.set(host, (rivals.get(host) ?? new Set()).add(names.join(' ')));
  for (const one of told.values())
    if (one.hosts.some((host) => (rivals.get(host)?.size ?? 0) > 1)) one.isClear = false;
}

function rowOf(machine: ListedMachine, told: Told | undefined): ComparisonRow<'comparison_rows'> {
  const { line, name, ids, names, addresses, status, isRetired } = machine;
  const [host] = told?.isClear === true ? told.hosts : [];
  const unclear = told?.isClear === false && !isRetired ? told.hosts : [];
  return {
    line,
    name,
    ids,
    names,
    addresses,
    status,
    is_retired: isRetired,
    outcome: outcomeOf(machine, host, unclear),
    host_id: host ?? null,
    matched_by: host === undefined && unclear.length === 0 ? null : (told?.kind ?? null),
    candidates: unclear,
  };
}

function outcomeOf(
  { ids, names, addresses, isRetired }: ListedMachine,
  host: string | undefined,
  unclear: string[],
): ComparisonRow<'comparison_rows'>['outcome'] {
  if (host !== undefined) return 'matched';
  if (isRetired) return 'retired';
  if (unclear.length > 0) return 'ambiguous';
  return ids.length + names.length + addresses.length === 0 ? 'unusable' : 'only-there';
}

function hostRows(
  hosts: readonly KnownHost[],
  rows: ComparisonRow<'comparison_rows'>[],
): ComparisonRow<'comparison_hosts'>[] {
  const matched = Map.groupBy(rows, ({ host_id }) => host_id);
  const doubtful = new Set(rows.flatMap(({ candidates }) => candidates));
  return hosts.map(({ host_id, address }) => {
    const mine = matched.get(host_id) ?? [];
    const outcome = mine.some(({ is_retired }) => !is_retired)
      ? 'both'
      : mine.length > 0
        ? 'retired-there'
        : doubtful.has(host_id)
          ? 'ambiguous'
          : 'only-here';
    return { host_id, address, outcome, lines: mine.length };
  });
}

/** What came of it in numbers, as the record has them. */
export function countOutcomes({ rows, hosts }: Comparison) {
  const ofRows = (outcome: (typeof rows)[number]['outcome']): number =>
    rows.filter((row) => row.outcome === outcome).length;
  const ofHosts = (outcome: (typeof hosts)[number]['outcome']): number =>
    hosts.filter((host) => host.outcome === outcome).length;
  return {
    rows: rows.length,
    retired_rows: rows.filter(({ is_retired }) => is_retired).length,
    unusable_rows: ofRows('unusable'),
    hosts: hosts.length,
    in_both: ofHosts('both'),
    only_here: ofHosts('only-here'),
    retired_there: ofHosts('retired-there'),
    ambiguous_hosts: ofHosts('ambiguous'),
    only_there: ofRows('only-there'),
    ambiguous_rows: ofRows('ambiguous'),
  };
}

/** What the inventory calls a host. */
function namesOf({ host_id, address }: KnownHost): string[] {
  return address === null || isIP(address) !== 0 ? [host_id] : [host_id, plainName(address)];
}

function addressOf(address: string | null): string[] {
  return address !== null && isIP(address.split('%')[0] ?? '') !== 0 ? [plainAddress(address)] : [];
}

/**
 * `web1` may be `web1.example.org`, but `web1.a.example` is not `web1.b.example`: a short name looks for whole ones
 * that begin with it, and a whole one for its short form.
 */
function machineKey(name: string): string {
  return name.includes('.') ? `short ${firstPart(name)}` : `whole ${name}`;
}

function hostKey(name: string): string {
  return name.includes('.') ? `whole ${firstPart(name)}` : `short ${name}`;
}

function firstPart(name: string): string {
  return isIP(name) === 0 ? (name.split('.')[0] ?? name) : name;
}
