/**
 * Hosts of an inventory of Ansible: a file, or a folder as `ansible -i` takes it, with the `group_vars` and `host_vars`
 * beside it. Nothing is run and no template is filled in: what needs that is told, host by host.
 */
import { posix } from 'node:path';
import { quoted } from '../problems.ts';
import type { Place, Problem } from '../problems.ts';
import { Name } from '../shapes.ts';
import { addStatements, newEstate, orderGroups } from './ansible-groups.ts';
import type { Estate } from './ansible-groups.ts';
import { readIni } from './ansible-ini.ts';
import { readInventoryYaml, readVariablesYaml } from './ansible-yaml.ts';
import { hostIdOf } from './claims.ts';
import type { Claim, Notice } from './claims.ts';
import { decodeText, readingTrouble } from './files.ts';
import type { SourceReading } from './files.ts';
import type { Format } from './statements.ts';
import { complainOfUnknown, understand } from './variables.ts';
import type { Variable, Variables } from './variables.ts';

export interface SourceOptions extends SourceReading {
  problems: Problem[];
  notices: Notice[];
}

const encrypted = '$ANSIBLE_VAULT;';
/** Ansible 2.14, INVENTORY_IGNORE_EXTS and inventory/manager.py: what a folder may hold besides. */
const ignored =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:\.pyc|\.pyo|\.swp|\.bak|~|\.rpm|\.md|\.txt|\.rst|\.orig|\.ini|\.cfg|\.retry)$/;
const mostFiles = 20_000;

/**
 * @param source file or folder, as people write it
 * @param named where it is named
 */
export function readAnsible(source: string, named: Place, options: SourceOptions): Claim[] {
  const files = inventoryFiles(source, options);
  if (files === undefined) {
    options.problems.push({ ...named, message: `there is no file or folder ${quoted(source)}` });
    return [];
  }
  const { problems } = options;
  const estate = newEstate();
  for (const file of files) {
    const said = readFile(file, formatOf, options);
    if (said !== undefined) addStatements(estate, said.statements, problems);
  }
  const order = orderGroups(estate, problems);
  const variableFiles = variableReader(files.includes(source) ? posix.dirname(source) : source, options);
  const claims: Claim[] = [];
  for (const [name, member] of estate.members) {
    const id = hostIdOf(name, member.place, problems);
    if (id === undefined) continue;
    const groups = order.groupsOf(member);
    const variables = layered([
      ...groups.map((group) => estate.groups.get(group)?.variables ?? new Map()),
      ...groups.map((group) => variableFiles('group_vars', group)),
      member.variables,
      variableFiles('host_vars', name),
    ]);
    claims.push(claimOf({ id, name, place: member.place, groups }, variables, problems));
  }
  complainOfNames(estate, problems);
  for (const { variables } of [...estate.groups.values(), ...estate.members.values()])
    complainOfUnknown(variables, problems);
  return oneOfEachId(claims, problems);
}

function claimOf(
  host: Pick<Claim, 'id' | 'place' | 'groups'> & { name: string },
  variables: Variables,
  problems: Problem[],
): Claim {
  const { settings, places, proxy, doubts } = understand(host.name, variables, problems);
  const groups = host.groups.filter((name) => name !== 'all' && name !== 'ungrouped');
  return {
    id: host.id,
    kind: 'ansible',
    place: host.place,
    groups,
    settings,
    places,
    usualAddress: host.name,
    onlyOpenssh: proxy,
    knownToSsh: false,
    doubts,
  };
}

/** Later layers over earlier ones. */
function layered(layers: Variables[]): Variables {
  const all = new Map<string, Variable>();
  for (const layer of layers) for (const [name, variable] of layer) all.set(name, variable);
  return all;
}

/** Names that differ by capitals are two hosts to Ansible, and one to file systems and DNS. */
function oneOfEachId(claims: Claim[], problems: Problem[]): Claim[] {
  const byId = new Map<string, Claim>();
  for (const claim of claims) {
    const other = byId.get(claim.id);
    if (other === undefined) byId.set(claim.id, claim);
    else
      problems.push({
        ...claim.place,
        message: `host ${quoted(claim.usualAddress)} is ${quoted(other.usualAddress)} of line ${other.place.line} in other letters`,
      });
  }
  return [...byId.values()];
}

function complainOfNames({ groups }: Estate, problems: Problem[]): void {
  for (const [name, { place }] of groups) {
    const fault = Name.safeParse(name).error?.issues[0]?.message;
    if (fault !== undefined) problems.push({ ...place, message: `group ${quoted(name)}: ${fault}` });
  }
}

/** The files of an inventory, in the order of their names; undefined where there is nothing. */
function inventoryFiles(source: string, options: SourceOptions): string[] | undefined {
  const listed = attempt(source, options, () => options.files.list(source));
  if (listed === undefined) return exists(source, options) ? [source] : undefined;
  const found: string[] = [];
  const walk = (folder: string, names: NonNullable<typeof listed>, depth: number): void => {
    for (const { name, isFolder } of names) {
      const path = posix.join(folder, name);
      if (ignored.test(name) || found.length >= mostFiles || depth > 16) continue;
      if (isFolder) walk(path, options.files.list(path) ?? [], depth + 1);
      else found.push(path);
    }
  };
  walk(source, listed, 0);
  return found;
}

function exists(path: string, options: SourceOptions): boolean {
  return attempt(path, options, () => options.files.read(path) !== undefined) !== false;
}

/** By the ending; by what stands in it where there is none, as Ansible tries one format after the other. */
function formatOf(file: string, text: string): Format {
  const ending = posix.extname(file);
  if (/^\.(?:ya?ml|json)$/.test(ending)) return readInventoryYaml;
  const first = text.split(/\r\n|[\r\n]/).find((line) => line.trim() !== '' && !/^\s*[#;]/.test(line)) ?? '';
  const looksLikeYaml = /^(?:---|\{|["']?[\w.-]+["']?\s*:(?:\s|$))/.test(first);
  return ending === '' && looksLikeYaml ? readInventoryYaml : readIni;
}

/** Reads a file once, and keeps what the record is to have of it. */
function readFile(file: string, format: (file: string, text: string) => Format, options: SourceOptions) {
  return attempt(file, options, () => {
    const content = options.files.read(file);
    if (content === undefined) return undefined;
    const text = decodeText(content);
    const complain = (message: string): undefined => {
      options.problems.push({ file, line: 1, column: 1, message });
    };
    if (text.startsWith('#!'))
      return complain(
        'is a program; Patchledger runs none: ansible-inventory -i … --list --yaml --export writes what it says into a file',
      );
    if (text.startsWith(encrypted)) return complain('is encrypted, and Patchledger opens no vault');
    if (posix.extname(file) === '.toml') return complain('is TOML; expected INI or YAML');
    const said = format(file, text)(file, text, options.problems);
    options.kept.set(file, said.kept);
    return said;
  });
}

type VariableFiles = (folder: 'group_vars' | 'host_vars', name: string) => Variables;

/** Variables of a group or host from the files beside the inventory; each file is read once. */
function variableReader(base: string, options: SourceOptions): VariableFiles {
  const known = new Map<string, Variables>();
  const listings = new Map<string, Set<string>>();
  return (folder, name) => {
    const path = posix.join(base, folder);
    const listing = listings.get(path) ?? new Set(options.files.list(path)?.map((one) => one.name));
    listings.set(path, listing);
    // DataLoader.find_vars_files: the first of these that is there, and no other.
    const ending = ['', '.yml', '.yaml', '.json'].find((one) => listing.has(`${name}${one}`));
    if (ending === undefined) return new Map();
    const found = posix.join(path, `${name}${ending}`);
    const variables = known.get(found) ?? layered(filesBelow(found, options).map((file) => readVariables(file, options)));
    known.set(found, variables);
    return variables;
  };
}

/** A file itself; of a folder what is in it, hidden files and copies of editors left out. */
function filesBelow(path: string, options: SourceOptions, depth = 0): string[] {
  const listed = attempt(path, options, () => options.files.list(path));
  if (listed === undefined) return [path];
  return listed.flatMap(({ name, isFolder }) => {
    const ending = posix.extname(name);
    if (name.startsWith('.') || name.endsWith('~') || depth > 16) return [];
    if (isFolder) return ending === '' ? filesBelow(posix.join(path, name), options, depth + 1) : [];
    return ['', '.yml', '.yaml', '.json'].includes(ending) ? [posix.join(path, name)] : [];
  });
}

function readVariables(file: string, options: SourceOptions): Variables {
  const content = attempt(file, options, () => options.files.read(file));
  const isSecret = content !== undefined && Buffer.from(content.subarray(0, 64)).toString('latin1').startsWith(encrypted);
  if (isSecret) {
    // Usual, and right: secrets of applications lie in such files. That there is one is all that is known of it.
    options.kept.set(file, `${encrypted}\n`);
    options.notices.push({
      file, line: 1, column: 1, hostId: null, preventsContact: false, isDuplicate: false,
      message: 'is encrypted and was not read; what it says of hosts is not known',
    });
    return new Map();
  }
  const said = readFile(file, () => readVariablesYaml, options);
  // What says nothing that is used was not used.
  if (said?.statements.length === 0) options.kept.delete(file);
  const variables = layered(
    (said?.statements ?? []).flatMap((one) => (one.says === 'variables' ? [one.variables] : [])),
  );
  complainOfUnknown(variables, options.problems);
  return variables;
}

/** A file that cannot be read is a problem of the workspace. */
function attempt<T>(file: string, { problems }: SourceOptions, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    problems.push({ file, line: 1, column: 1, message: readingTrouble(error) });
    return undefined;
  }
}
