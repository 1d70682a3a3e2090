/** The same hosts, groups and variables as `ansible-inventory` gives, on inventories made at random. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { readContent } from '#data/workspace/load.ts';
import { ansible, lay } from './sources.ts';

type Scalar = string | number | boolean;
type Vars = { [name: string]: Scalar | string[] };

/** Each variable with values as people write them; the strange ones are where the two could differ. */
const pool: { [name: string]: Vars[string][] } = {
  ansible_host: ['10.0.0.1', 'x.example.org', '2001:db8::1'],
  ansible_ssh_host: ['10.9.9.9'],
  ansible_port: [22, 2222, '2200'],
  ansible_user: ['audit', 'deploy', 'DOMAIN\\svc'],
  ansible_ssh_user: ['old'],
  patchledger_owner: ['Web team', '007', "it's", 'a;b', 'x=y', 'Team # 1', '[team', 'yes', 'null'],
  patchledger_environment: ['production', 'test', 'on'],
  patchledger_ring: ['canary', 'broad', 3],
  patchledger_internet_exposed: [true, false, 'yes', 'no'],
  patchledger_tags: [['b', 'a'], 'x,y', 'z'],
  application_secret: ['hunter2', 'hunter2 # x', 'a: {b'],
};
const vars: fc.Arbitrary<Vars> = fc
  .record(
    Object.fromEntries(Object.entries(pool).map(([name, values]) => [name, fc.constantFrom(...values)])),
    { requiredKeys: [] },
  )
  .map((all) => Object.fromEntries(Object.entries(all).slice(0, 4)) as Vars);

interface Estate {
  format: 'ini' | 'yaml';
  groups: { parents: number[]; hosts: string[]; vars: Vars; priority: number }[];
  loose: string[];
  all: Vars;
  hostVars: { [host: string]: Vars };
  files: { [path: string]: Vars };
  crlf: boolean;
}

const patterns = ['web1', 'web2.example.org', 'Db-01', 'app[1:3]', 'n[08:10].lan', 'r[a:c]', 'k[0:4:2]x[1:2]', '192.0.2.7'];
const groupNames = ['g0', 'g1', 'g2', 'g3', 'g4'];
const estate: fc.Arbitrary<Estate> = fc.record({
  format: fc.constantFrom('ini', 'yaml'),
  groups: fc.tuple(
    ...groupNames.map((_, index) =>
      fc.record({
        // Only earlier groups are parents: no group is below itself.
        parents: fc.uniqueArray(fc.nat(Math.max(0, index - 1)), { maxLength: index === 0 ? 0 : 2 }),
        hosts: fc.uniqueArray(fc.constantFrom(...patterns), { maxLength: 3 }),
        vars,
        priority: fc.constantFrom(1, 1, 1, 5),
      }),
    ),
  ),
  loose: fc.uniqueArray(fc.constantFrom(...patterns), { maxLength: 2 }),
  all: vars,
  hostVars: fc.dictionary(fc.constantFrom(...patterns), vars, { maxKeys: 4 }),
  files: fc.dictionary(
    fc.constantFrom('group_vars/all.yml', 'group_vars/g1', 'group_vars/g2/one.yml', 'group_vars/g2/two.yaml', 'group_vars/g3.yaml', 'host_vars/web1.yml', 'host_vars/app2/main.yml', 'host_vars/Db-01'),
    vars,
    { maxKeys: 4 },
  ),
  crlf: fc.boolean(),
});

function iniValue(value: Vars[string]): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return Array.isArray(value) ? `[${value.map((item) => `'${item}'`).join(', ')}]` : String(value);
}

/** A word of a host line, in whatever quotes Python's shlex takes off again. */
function iniWord(name: string, value: Vars[string]): string {
  const text = iniValue(value);
  return /^[\w.:,-]+$/.test(text) ? `${name}=${text}` : `${name}="${text.replace(/(["\\])/g, '\\$1')}"`;
}

function asIni({ groups, loose, all, hostVars, crlf }: Estate): string {
  const lines: string[] = ['# made at random'];
  const said = new Set<string>();
  const host = (pattern: string): string => {
    const own = said.has(pattern) ? {} : (hostVars[pattern] ?? {});
    said.add(pattern);
    return [pattern, ...Object.entries(own).map(([name, value]) => iniWord(name, value))].join(' ');
  };
  lines.push(...loose.map(host));
  for (const [index, group] of groups.entries()) {
    lines.push(`[${groupNames[index]}] # a comment`, ...group.hosts.map((pattern) => `  ${host(pattern)} # hunter2`), '; another');
    for (const parent of group.parents) lines.push(`[${groupNames[parent]}:children]`, `${groupNames[index]}`);
    lines.push(`[${groupNames[index]}:vars]`, `ansible_group_priority=${group.priority}`);
    for (const [name, value] of Object.entries(group.vars)) lines.push(`${name} = ${iniValue(value)}`);
  }
  lines.push('[all:vars]', ...Object.entries(all).map(([name, value]) => `${name}=${iniValue(value)}`));
  return `${lines.join(crlf ? '\r\n' : '\n')}\n`;
}

function asYaml({ groups, loose, all, hostVars }: Estate): string {
  const hostsOf = (names: string[]): object => Object.fromEntries(names.map((name) => [name, hostVars[name] ?? null]));
  const top: { [group: string]: unknown } = {
    all: { hosts: hostsOf(loose), vars: all },
  };
  for (const [index, { hosts, vars: own, priority }] of groups.entries()) {
    const children = groupNames.filter((_, child) => groups[child]?.parents.includes(index));
    top[groupNames[index] ?? ''] = {
      hosts: hostsOf(hosts),
      vars: { ...own, ansible_group_priority: priority },
      ...(children.length > 0 && { children: Object.fromEntries(children.map((name) => [name, null])) }),
    };
  }
  return stringify(top, { version: '1.1' });
}

interface Reference {
  _meta: { hostvars: { [host: string]: { [name: string]: unknown } } };
  [group: string]: unknown;
}

const run = promisify(execFile);
async function ask(inventory: string): Promise<Reference> {
  const { stdout } = await run('ansible-inventory', ['-i', inventory, '--list'], {
    env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8', HOME: '/nonexistent', ANSIBLE_LOCAL_TEMP: '/tmp/patchledger-ansible', ANSIBLE_DEPRECATION_WARNINGS: 'False' },
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as Reference;
}

/** Every group that the host is in, the two built in left out. */
function groupsOf(reference: Reference, host: string): string[] {
  const shape = reference as unknown as { [group: string]: { hosts?: string[]; children?: string[] } };
  const holds = (group: string): boolean =>
    (shape[group]?.hosts ?? []).includes(host) || (shape[group]?.children ?? []).some(holds);
  return Object.keys(shape)
    .filter((group) => !['_meta', 'all', 'ungrouped'].includes(group) && holds(group))
    .sort();
}

const truths: { [word: string]: boolean } = { true: true, yes: true, on: true, false: false, no: false, off: false };

/** What Ansible's variables mean, in a line each. */
function expected(reference: Reference, host: string) {
  const v = reference._meta.hostvars[host] ?? {};
  const text = (value: unknown): string | null => (value === undefined || value === null ? null : String(value));
  const tags = v['patchledger_tags'];
  const exposed = v['patchledger_internet_exposed'];
  return {
    host_id: host.toLowerCase(),
    address: text(v['ansible_ssh_host'] ?? v['ansible_host']) ?? host,
    port: Number(v['ansible_port'] ?? 22),
    login: text(v['ansible_ssh_user'] ?? v['ansible_user']),
    owner: text(v['patchledger_owner']),
    environment: text(v['patchledger_environment']),
    ring: text(v['patchledger_ring']),
    internet_exposed: exposed === undefined ? null : truths[String(exposed).toLowerCase()],
    tags: (Array.isArray(tags) ? (tags as string[]) : (text(tags)?.split(',') ?? [])).toSorted(),
    groups: groupsOf(reference, host),
  };
}

test('hosts, groups and variables are those of ansible-inventory; no secret is kept; the record gives the same', { timeout: 600_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(estate, async (made) => {
      const name = made.format === 'ini' ? 'hosts' : 'hosts.yml';
      const laid = lay({
        ...ansible(`../ansible/${name}`),
        [`ansible/${name}`]: made.format === 'ini' ? asIni(made) : asYaml(made),
        ...Object.fromEntries(Object.entries(made.files).map(([path, said]) => [`ansible/${path}`, stringify(said, { version: '1.1' })])),
      });
      const reference = await ask(join(laid.root, '../ansible', name));
      const workspace = await laid.load();

      const ours = workspace.hosts.map((host) => ({
        host_id: host.host_id,
        address: host.address,
        port: host.port,
        login: host.login,
        owner: host.owner,
        environment: host.environment,
        ring: host.ring,
        internet_exposed: host.internet_exposed,
        tags: host.tags,
        groups: host.groups.toSorted(),
      }));
      const theirs = Object.keys(reference._meta.hostvars).map((host) => expected(reference, host));
      const known = new Set(theirs.map(({ host_id }) => host_id));
      // A host without any variable stands in no hostvars of older versions; it stands in a group all the same.
      const bare = Object.values(reference as unknown as { [group: string]: { hosts?: string[] } })
        .flatMap(({ hosts }) => hosts ?? [])
        .filter((host) => !known.has(host.toLowerCase()));
      const all = [...theirs, ...[...new Set(bare)].map((host) => expected(reference, host))];
      expect(ours).toEqual(all.sort((a, b) => (a.host_id < b.host_id ? -1 : 1)));
      expect(workspace.files.map(({ content }) => Buffer.from(content).toString('utf8')).join('\n')).not.toContain('hunter');
      expect(readContent(workspace.files).hosts).toEqual(workspace.hosts);
      for (const host of workspace.hosts)
        for (const [place, group] of host.groups.entries()) {
          const parents = made.groups[groupNames.indexOf(group)]?.parents.map((parent) => groupNames[parent] ?? '') ?? [];
          for (const parent of parents) expect(host.groups.indexOf(parent)).toBeLessThan(place);
        }
    }),
    { numRuns: 30 },
  );
});
