/** Inheritance against a naive model, the order of files, and the hashes of what was used. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadWorkspace } from '#data/workspace/load.ts';

interface Settings {
  owner?: string;
  environment?: string;
  ring?: string;
  criticality?: string;
  'internet-exposed'?: boolean;
  tags?: string[];
}
interface GroupOf extends Settings {
  hosts: string[];
  groups: GroupOf[];
}

const settings: fc.Arbitrary<Settings> = fc.record(
  {
    owner: fc.constantFrom('Web team', 'Night shift'),
    environment: fc.constantFrom('production', 'test'),
    ring: fc.constantFrom('canary', 'broad'),
    criticality: fc.constantFrom('low', 'critical'),
    'internet-exposed': fc.boolean(),
    tags: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const { group } = fc.letrec<{ group: GroupOf }>((tie) => ({
  group: fc
    .tuple(settings, fc.nat(2), fc.oneof({ maxDepth: 3, withCrossShrink: true }, fc.constant([] as GroupOf[]), fc.array(tie('group'), { maxLength: 2 })))
    .map(([own, hosts, groups]) => ({ ...own, hosts: Array.from({ length: hosts }, () => ''), groups })),
}));

interface Expected extends Settings {
  host_id: string;
  groups: string[];
}

/** Gives groups and hosts their names, writes them as YAML, and says what each host should be. */
function lay(roots: GroupOf[]): { files: { [path: string]: string }; expected: Expected[] } {
  const expected: Expected[] = [];
  let count = 0;
  const write = (node: GroupOf, path: string[], outer: Settings): object => {
    const { hosts, groups, ...own } = node;
    const name = `g${count++}`;
    const here = { ...outer, ...own, tags: [...(outer.tags ?? []), ...(own.tags ?? [])] };
    const ids = hosts.map(() => `h${count++}`);
    for (const id of ids) expected.push({ ...here, host_id: id, groups: [...path, name] });
    const inner = Object.assign({}, ...groups.map((child) => write(child, [...path, name], here))) as object;
    return { [name]: { ...own, hosts: Object.fromEntries(ids.map((id) => [id, { address: `${id}.example` }])), groups: inner } };
  };
  const files = Object.fromEntries(roots.map((root, index) => [`inventory/${index % 2 === 0 ? '' : 'sub/'}f${index}.yaml`, stringify({ groups: write(root, [], {}) })]));
  return { files, expected };
}

function workspace(files: [string, string][]): string {
  const root = mkdtempSync(join(tmpdir(), 'patchledger-inventory-'));
  for (const [path, content] of [['patchledger.yaml', 'collector: main\n'] as const, ...files]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

describe('inheritance', () => {
  test('the nearest setting wins and tags add up, as a naive model says, whatever the order of files', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(group, { minLength: 1, maxLength: 3 }), async (roots) => {
        const { files, expected } = lay(roots);
        const forwards = await loadWorkspace(workspace(Object.entries(files)));
        const backwards = await loadWorkspace(workspace(Object.entries(files).reverse()));

        expect(backwards.hosts).toEqual(forwards.hosts);
        expect(forwards.hosts).toEqual(
          expected
            .map((host) => ({
              host_id: host.host_id,
              address: `${host.host_id}.example`,
              port: 22,
              login: null,
              transport: 'ssh',
              owner: host.owner ?? null,
              groups: host.groups,
              environment: host.environment ?? null,
              ring: host.ring ?? null,
              criticality: host.criticality ?? null,
              internet_exposed: host['internet-exposed'] ?? null,
              tags: [...new Set(host.tags)].sort(),
              command: null,
            }))
            .sort((a, b) => (a.host_id < b.host_id ? -1 : 1)),
        );
      }),
      { numRuns: 60 },
    );
  });

  test('a host may overrule its groups', async () => {
    const text = `groups:\n  web:\n    user: audit\n    port: 2222\n    ring: broad\n    hosts:\n      a: { address: a }\n      b: { address: 192.0.2.7, port: 22, ring: canary }\n      c: { address: "2001:db8::1", user: root }\n`;
    const { hosts } = await loadWorkspace(workspace([['inventory/web.yaml', text]]));

    expect(hosts.map(({ host_id, login, port, ring }) => [host_id, login, port, ring])).toEqual([
      ['a', 'audit', 2222, 'broad'],
      ['b', 'audit', 22, 'canary'],
      ['c', 'root', 2222, 'broad'],
    ]);
  });
});

describe('the files in force', () => {
  test('every file that people wrote, by path, with the hash that sha256sum gives', async () => {
    const root = workspace([
      ['inventory/deep/er/hosts.yml', 'hosts: { box: { transport: local } }\n'],
      ['exceptions/e.yaml', 'exceptions: []\n'],
      ['notes.txt', 'not ours'],
      ['ledger/main/inventory.yaml', 'not ours'],
    ]);
    const { files } = await loadWorkspace(root);

    expect(files.map(({ path }) => path)).toEqual(['exceptions/e.yaml', 'inventory/deep/er/hosts.yml', 'patchledger.yaml']);
    const { stdout } = spawnSync('sha256sum', files.map(({ path }) => path), { cwd: root, encoding: 'utf8' });
    expect(files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join('')).toBe(stdout);
    expect(files.map(({ bytes, content }) => bytes - content.byteLength)).toEqual([0, 0, 0]);
  });
});
