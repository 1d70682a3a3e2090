/** Variables of Ansible that say what a host is and how it is reached, and our own among them. */
import { quoted, suggest } from '../problems.ts';
import type { Place, Problem } from '../problems.ts';
import { HostSettings } from '../schemas.ts';
import type { Doubt, SettingKey } from './claims.ts';

export interface Variable {
  /** A scalar or a list of scalars; undefined when it is encrypted. */
  value: unknown;
  place: Place;
}
export type Variables = ReadonlyMap<string, Variable>;

const ownPrefix = 'patchledger_';
const ownVariables = Object.keys(HostSettings.shape).map(ownVariable);
/** Where two say the same, the later one counts: the order in which Ansible's own ssh connection looks at them. */
const others: { [key in SettingKey]?: string[] } = {
  address: ['ansible_host', 'ansible_ssh_host'],
  port: ['ansible_port', 'ansible_ssh_port'],
  user: ['ansible_user', 'ansible_ssh_user'],
};
const sshArguments = ['ansible_ssh_args', 'ansible_ssh_common_args', 'ansible_ssh_extra_args'];
const runtimeArguments = ['ansible_docker_extra_args', 'ansible_podman_extra_args'];
const used = new Set([
  ...Object.values(others).flat(),
  ...sshArguments,
  ...runtimeArguments,
  'ansible_connection',
  'ansible_group_priority',
]);
/** What keeps a host from being contacted when it is not understood; all else is only not known then. */
const access: readonly SettingKey[] = ['address', 'port', 'user', 'transport', 'command'];

function ownVariable(key: string): string {
  return ownPrefix + key.replaceAll('-', '_');
}

/** Whether a variable is looked at, and so kept in the record. A mistyped one of ours is, to be told. */
export function isUsed(name: string): boolean {
  return used.has(name) || name.startsWith(ownPrefix);
}

/**
 * What the record keeps of a value; the value itself where that is undefined. Arguments of programs may hold secrets,
 * and all that is asked of them is whether they are there, or lead through another host.
 */
export function markOf(name: string, value: unknown): string | undefined {
  const said = String(value);
  if (runtimeArguments.includes(name)) return said.trim() === '' ? '' : '+';
  if (!sshArguments.includes(name)) return undefined;
  if (/proxy(?:jump|command)|(?:^|\s)-J/i.test(said)) return '-J';
  return isTemplate(said) ? '{{' : '';
}

/** What variables say of one host. */
export interface Understood {
  settings: HostSettings;
  places: Map<SettingKey, Place>;
  /** Where arguments of ssh lead through another host. */
  proxy: Place | null;
  doubts: Doubt[];
}

/**
 * @param name the host's, as the inventory has it
 * @param variables those in force for it
 */
export function understand(name: string, variables: Variables, problems: Problem[]): Understood {
  const found: Understood = { settings: {}, places: new Map(), proxy: null, doubts: [] };
  for (const key of Object.keys(HostSettings.shape) as SettingKey[]) {
    const names = [...(others[key] ?? []), ownVariable(key)];
    for (const variable of names.flatMap((one) => variables.get(one) ?? []))
      state({ found, name, problems }, key, variable);
  }
  readConnection({ found, name, problems }, variables);
  for (const one of sshArguments) {
    const variable = variables.get(one);
    if (variable === undefined || variable.value === '') continue;
    if (variable.value === '-J') found.proxy = variable.place;
    else doubt(found, 'transport', variable, `${one} ${notPlain(variable)}`);
  }
  return found;
}

interface Reading {
  found: Understood;
  name: string;
  problems: Problem[];
}

/** Takes one variable over as a setting, if it says anything. */
function state({ found, name, problems }: Reading, key: SettingKey, variable: Variable): void {
  const value = plainValue(key, variable.value, name);
  if (value === null || value === '') return;
  if (value === undefined) return doubt(found, key, variable, `the ${key} ${notPlain(variable)}`);
  const { data, error } = HostSettings.shape[key].safeParse(value);
  if (error !== undefined || data === undefined)
    problems.push({
      ...variable.place,
      message: `${key} of host ${quoted(name)}: ${error?.issues[0]?.message ?? 'not valid'}, found ${quoted(value)}`,
    });
  else Object.assign(found.settings, { [key]: data });
  found.places.set(key, variable.place);
  found.doubts = found.doubts.filter((earlier) => earlier.key !== key);
}

/** A value in the type that the setting has; undefined when it is encrypted or a template, null when it says nothing. */
function plainValue(key: SettingKey, value: unknown, name: string): unknown {
  if (value === null || value === undefined) return value;
  const text = typeof value === 'string' ? fillName(value, name).trim() : value;
  if (typeof text === 'string' && isTemplate(text)) return undefined;
  if (Array.isArray(text) && text.some((item) => isTemplate(String(item)))) return undefined;
  if (key === 'port') return /^\d+$/.test(String(text)) ? Number(text) : text;
  if (key === 'internet-exposed') return truth.get(String(text).toLowerCase()) ?? text;
  if (key === 'tags' && !Array.isArray(text)) return String(text).split(/[\s,]+/).filter(Boolean);
  if (key === 'command' && !Array.isArray(text)) return String(text).split(/\s+/);
  return Number.isInteger(text) ? String(text) : text;
}

// ansible/module_utils/parsing/convert_bool.py names the words; Ansible itself keeps them as text here.
const truth = new Map<string, boolean>([
  ...['true', 'yes', 'on', '1'].map((word) => [word, true] as const),
  ...['false', 'no', 'off', '0'].map((word) => [word, false] as const),
]);

/** The one template that needs no Ansible. */
function fillName(text: string, name: string): string {
  return text
    .replace(/\{\{\s*inventory_hostname\s*\}\}/g, name)
    .replace(/\{\{\s*inventory_hostname_short\s*\}\}/g, name.split('.')[0] ?? name);
}

function isTemplate(text: string): boolean {
  return /\{[{%#]/.test(text);
}

function notPlain({ value }: Variable): string {
  return value === undefined
    ? 'is encrypted, and Patchledger opens no vault'
    : `is a template (${quoted(value)}), which only Ansible can fill in`;
}

function doubt(found: Understood, key: SettingKey, { place }: Variable, message: string): void {
  found.doubts.push({ ...place, key, message });
}

/** Whether a doubt about a setting keeps a host from being contacted. */
export function preventsContact(key: SettingKey): boolean {
  return access.includes(key);
}

/** Connections by the last part of their names: `community.docker.docker` is docker. */
const overSsh = ['ssh', 'smart', 'paramiko', 'paramiko_ssh'];
const runtimes: { [connection: string]: string } = {
  docker: 'docker',
  docker_api: 'docker',
  podman: 'podman',
};

/** How Ansible reaches the host, where our own variables do not say it. */
function readConnection({ found, name, problems }: Reading, variables: Variables): void {
  const variable = variables.get('ansible_connection');
  const { settings } = found;
  if (variable !== undefined && settings.transport === undefined) {
    const value = plainValue('transport', variable.value, name);
    const connection = String(value).split('.').at(-1) ?? '';
    const runtime = runtimes[connection];
    if (value === undefined) doubt(found, 'transport', variable, `the connection ${notPlain(variable)}`);
    else if (connection === 'local') take(found, 'transport', variable.place, 'local');
    else if (runtime !== undefined) enterContainer({ found, name, problems }, runtime, variable, variables);
    else if (!overSsh.includes(connection))
      doubt(
        found,
        'transport',
        variable,
        `Patchledger reaches no host by the connection ${quoted(value)}; expected ssh, local, docker or podman`,
      );
  }
  if (settings.transport === undefined || settings.transport.endsWith('ssh')) return;
  for (const key of ['address', 'port', 'user'] as const) {
    delete settings[key];
    found.doubts = found.doubts.filter((earlier) => earlier.key !== key);
  }
}

function enterContainer(
  { found, name }: Reading,
  runtime: string,
  variable: Variable,
  variables: Variables,
): void {
  const container = found.settings.address ?? name;
  const { user } = found.settings;
  const extra = runtimeArguments.map((one) => variables.get(one)).find((one) => one?.value === '+');
  if (extra !== undefined)
    return doubt(found, 'transport', extra, `its ${runtime} is called with arguments that Patchledger does not pass on`);
  if (!/^[A-Za-z0-9][\w.-]*$/.test(container))
    return doubt(found, 'transport', variable, `${quoted(container)} cannot be the name of a container`);
  const words = [runtime, 'exec', '-i', ...(user === undefined ? [] : ['-u', user]), container, 'sh'];
  take(found, 'transport', variable.place, 'command');
  take(found, 'command', variable.place, found.settings.command ?? words);
}

function take(found: Understood, key: 'transport' | 'command', place: Place, value: unknown): void {
  Object.assign(found.settings, { [key]: value });
  found.places.set(key, place);
}

/** Variables that begin as ours do and are none of ours. */
export function complainOfUnknown(variables: Variables, problems: Problem[]): void {
  for (const [name, { place }] of variables) {
    if (!name.startsWith(ownPrefix) || ownVariables.includes(name)) continue;
    problems.push({ ...place, message: `unknown variable ${quoted(name)}${suggest(name, ownVariables)}` });
  }
}
