/** Statements put together: which host is in which groups, and which variables are in force for it. */
import { quoted, suggest } from '../problems.ts';
import type { Place, Problem } from '../problems.ts';
import type { Statement } from './statements.ts';
import type { Variable, Variables } from './variables.ts';

interface Group {
  parents: Set<string>;
  variables: Map<string, Variable>;
  place: Place;
}

interface Member {
  place: Place;
  groups: Set<string>;
  variables: Map<string, Variable>;
}

export interface Estate {
  groups: Map<string, Group>;
  members: Map<string, Member>;
}

const builtIn = ['all', 'ungrouped'];

export function newEstate(): Estate {
  return { groups: new Map(), members: new Map() };
}

/** Adds what one file says. Files of one source build on each other, in their order. */
export function addStatements(estate: Estate, statements: readonly Statement[], problems: Problem[]): void {
  const known = new Set([...builtIn, ...estate.groups.keys()]);
  for (const statement of statements)
    if (statement.says === 'group' && statement.declares) known.add(statement.group);
  for (const statement of statements) {
    const { place } = statement;
    const name = statement.says === 'child' ? statement.child : statement.group;
    if (!known.has(name)) {
      problems.push({ ...place, message: `there is no group ${quoted(name)}${suggest(name, [...known])}` });
      continue;
    }
    if (statement.says === 'child') groupOf(estate, statement.child, place).parents.add(statement.group);
    else groupOf(estate, statement.group, place);
    if (statement.says === 'variables') assignAll(groupOf(estate, statement.group, place).variables, statement.variables);
    if (statement.says === 'hosts') addHosts(estate, statement);
  }
}

function addHosts(estate: Estate, { names, port, group, variables, place }: Statement & { says: 'hosts' }): void {
  for (const name of names) {
    const member = estate.members.get(name) ?? { place, groups: new Set(), variables: new Map<string, Variable>() };
    estate.members.set(name, member.groups.add(group) && member);
    if (port !== null) member.variables.set('ansible_port', { value: port, place });
    assignAll(member.variables, variables);
  }
}

function groupOf({ groups }: Estate, name: string, place: Place): Group {
  const group = groups.get(name) ?? { parents: new Set<string>(), variables: new Map<string, Variable>(), place };
  groups.set(name, group);
  return group;
}

function assignAll(into: Map<string, Variable>, variables: Variables): void {
  for (const [name, variable] of variables) into.set(name, variable);
}

/** Groups in the order in which their variables are laid over each other: outermost first. */
export interface GroupOrder {
  /** Every group that the host is in, `all` first; `ungrouped` among them where it is in no other. */
  groupsOf: (member: Member) => string[];
}

/**
 * Depth, then priority, then name (ansible/inventory/helpers.py, `sort_groups`).
 *
 * @param priorityOf what `ansible_group_priority` says; 1 where nothing does
 */
export function orderGroups({ groups }: Estate, problems: Problem[]): GroupOrder {
  const depths = new Map<string, number>([['all', 0]]);
  const depthOf = (name: string, below: readonly string[]): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const group = groups.get(name);
    if (below.includes(name)) {
      problems.push({
        ...(group?.place ?? { file: '', line: 1, column: 1 }),
        message: `group ${quoted(name)} is its own parent, over ${below.map((one) => quoted(one)).join(', ')}`,
      });
      return 1;
    }
    const parents = [...(group?.parents ?? [])].filter((parent) => parent !== 'all');
    const depth = 1 + Math.max(0, ...parents.map((parent) => depthOf(parent, [...below, name])));
    depths.set(name, depth);
    return depth;
  };
  for (const name of groups.keys()) depthOf(name, []);
  const rank = new Map(
    [...depths.keys()].sort(
      (a, b) =>
        (depths.get(a) ?? 0) - (depths.get(b) ?? 0) ||
        priorityOf(groups.get(a)) - priorityOf(groups.get(b)) ||
        (a < b ? -1 : 1),
    ).map((name, place) => [name, place]),
  );
  return {
    groupsOf: (member) => {
      const found = new Set<string>(['all']);
      const climb = (name: string): void => {
        if (found.has(name)) return;
        found.add(name);
        for (const parent of groups.get(name)?.parents ?? []) climb(parent);
      };
      for (const name of member.groups) climb(name);
      if (found.size > 2) found.delete('ungrouped');
      return [...found].sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
    },
  };
}

function priorityOf(group: Group | undefined): number {
  const value = Number(group?.variables.get('ansible_group_priority')?.value ?? 1);
  return Number.isFinite(value) ? value : 1;
}
