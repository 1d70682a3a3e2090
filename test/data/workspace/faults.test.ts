/** Every fault in people's files is named with file, line, column, what was expected and the nearest word. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '#data/model/failure.ts';
import { loadWorkspace, readContent } from '#data/workspace/load.ts';

const good = { 'patchledger.yaml': 'collector: main\n' };

function workspace(files: { [path: string]: string | Uint8Array }): string {
  const root = mkdtempSync(join(tmpdir(), 'patchledger-workspace-'));
  for (const [path, content] of Object.entries({ ...good, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

async function problemsOf(files: { [path: string]: string | Uint8Array }): Promise<string[]> {
  try {
    await loadWorkspace(workspace(files));
    return [];
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'workspace-invalid' || error.exitCode !== 2) throw error;
    return error.message.split('\n');
  }
}

const inventory = (text: string): { [path: string]: string } => ({ 'inventory/a.yaml': text });
const policy = (rule: string, more = ''): { [path: string]: string } => ({
  'policies/p.yaml': `id: p\ntitle: P\nsource: { text: house rule }\nclock: published\n${more}rules:\n  - name: all\n    ${rule}\n`,
});
const exception = (lines: string): { [path: string]: string } => ({
  'exceptions/e.yaml': `exceptions:\n  - id: e1\n    fixes: { kinds: [security] }\n    reason: r\n    compensating-control: c\n    requested-by: a\n    approver: b\n    from: 2026-01-01\n${lines}`,
});

/** [what, files, the first problem's beginning] */
const faults: [string, { [path: string]: string | Uint8Array }, string][] = [
  ['an unknown key of the settings', { 'patchledger.yaml': 'collector: main\ntitel: X\n' }, "patchledger.yaml:2:1: unknown key 'titel' (did you mean 'title'?)"],
  ['an unknown key far from any', { 'patchledger.yaml': 'collector: main\nzzzzzzzz: X\n' }, "patchledger.yaml:2:1: unknown key 'zzzzzzzz' (expected one of collector, title, zone, primary-policy, scan, ssh, inventory, feeds, remediation)"],
  ['no collector', { 'patchledger.yaml': 'title: X\n' }, 'patchledger.yaml:1:1: collector is missing'],
  ['a collector with a capital', { 'patchledger.yaml': 'collector: Main\n' }, "patchledger.yaml:1:12: collector: expected a collector name: a-z, 0-9 and - (1 to 63), beginning with a letter or digit, found 'Main'"],
  ['a collector that leaves the folder', { 'patchledger.yaml': 'collector: ../x\n' }, 'patchledger.yaml:1:12: collector: expected a collector name'],
  ['an unknown zone', { 'patchledger.yaml': 'collector: main\nzone: Mars/Base\n' }, "patchledger.yaml:2:7: zone: expected an IANA time zone such as Europe/Zurich, found 'Mars/Base'"],
  ['a number out of bounds', { 'patchledger.yaml': 'collector: main\nscan:\n  concurrency: 5000\n' }, 'patchledger.yaml:3:16: scan.concurrency: Too big'],
  ['a number that is text', { 'patchledger.yaml': 'collector: main\nscan:\n  host-seconds: soon\n' }, 'patchledger.yaml:3:17: scan.host-seconds: Invalid input'],
  ['an empty settings file', { 'patchledger.yaml': '' }, 'patchledger.yaml:1:1: collector is missing'],
  ['a list where a mapping belongs', { 'patchledger.yaml': '- collector\n' }, 'patchledger.yaml:1:1: the file: Invalid input'],
  ['a key twice', { 'patchledger.yaml': 'collector: a\ncollector: b\n' }, 'patchledger.yaml:2:1: not YAML: Map keys must be unique'],
  ['a tab as indentation', inventory('hosts:\n\tweb: {}\n'), 'inventory/a.yaml:2:1: not YAML: '],
  ['an open bracket', inventory('hosts: {\n'), 'inventory/a.yaml:2:1: not YAML: '],
  ['two documents', inventory('hosts: {}\n---\nhosts: {}\n'), 'inventory/a.yaml:2:1: holds several documents; one file holds one'],
  ['not UTF-8', { 'inventory/a.yaml': Buffer.from([0x68, 0xff, 0xfe]) }, 'inventory/a.yaml:1:1: is not UTF-8 text'],
  ['a file that is too large', { 'inventory/a.yaml': Buffer.alloc(16 * 1024 * 1024 + 1, '#') }, 'inventory/a.yaml:1:1: is larger than 16 MiB'],
  [
    'an alias bomb',
    inventory(`a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefgh'.replace(/./g, (name) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${String.fromCharCode(name.charCodeAt(0) - 1)}`).join(',')}]\n`)}`),
    'inventory/a.yaml:1:1: not usable YAML: ',
  ],
  ['an unknown key of a host', inventory('hosts:\n  web1:\n    adress: x\n'), "inventory/a.yaml:3:5: unknown key 'adress' (did you mean 'address'?)"],
  ['an unknown key of a group', inventory('groups:\n  web:\n    host: {}\n'), "inventory/a.yaml:3:5: unknown key 'host' (did you mean 'hosts'?)"],
  ['a word of a closed list', inventory('hosts:\n  web1:\n    address: a\n    criticality: hgih\n'), "inventory/a.yaml:4:18: hosts.web1.criticality: 'hgih' is not valid (did you mean 'high'?)"],
  ['a transport that is none', inventory('hosts:\n  web1: { transport: telnet }\n'), "inventory/a.yaml:2:22: hosts.web1.transport: 'telnet' is not valid (expected one of local, ssh,"],
  ['a host id with a blank', inventory('hosts:\n  web 1: { address: a }\n'), "inventory/a.yaml:2:3: 'web 1': expected a host id"],
  ['a host id that leaves the folder', inventory('hosts:\n  ../etc: { address: a }\n'), "inventory/a.yaml:2:3: '../etc': expected a host id"],
  ['a host id that the site uses', inventory('hosts:\n  index: { address: a }\n'), "inventory/a.yaml:2:3: 'index': this word is taken by the site"],
  ['a host id that is too long', inventory(`hosts:\n  ${'a'.repeat(129)}: { address: a }\n`), 'inventory/a.yaml:2:3: '],
  ['an address that is an option', inventory('hosts:\n  web1: { address: "-oProxyCommand=x" }\n'), "inventory/a.yaml:2:20: hosts.web1.address: expected a host name, an IPv4 or an IPv6 address, found '-oProxyCommand=x'"],
  ['an address with shell in it', inventory('hosts:\n  web1: { address: "a;reboot" }\n'), 'inventory/a.yaml:2:20: hosts.web1.address: expected a host name'],
  ['a user that is an option', inventory('hosts:\n  web1: { address: a, user: -l }\n'), "inventory/a.yaml:2:29: hosts.web1.user: expected an account name, found '-l'"],
  ['a port out of range', inventory('hosts:\n  web1: { address: a, port: 70000 }\n'), 'inventory/a.yaml:2:29: hosts.web1.port: Too big'],
  ['a yes that is no boolean', inventory('hosts:\n  web1: { address: a, internet-exposed: yes }\n'), "inventory/a.yaml:2:41: hosts.web1.internet-exposed: Invalid input: expected boolean, received string, found 'yes'"],
  ['ssh without an address', inventory('hosts:\n  web1: {}\n'), "inventory/a.yaml:2:3: host 'web1' has no address; expected one, or transport: local"],
  ['this machine with an address', inventory('hosts:\n  box: { transport: local, address: a }\n'), "inventory/a.yaml:2:3: host 'box' is this machine (transport: local), so it takes no address"],
  ['a host twice in one file', inventory('hosts:\n  a: { address: x }\n  a: { address: y }\n'), 'inventory/a.yaml:3:3: not YAML: Map keys must be unique'],
  [
    'a host in two groups',
    inventory('groups:\n  g: { hosts: { a: { address: x } } }\n  h: { hosts: { a: { address: x } } }\n'),
    "inventory/a.yaml:3:17: host 'a' is also listed in inventory/a.yaml:2:17",
  ],
  [
    'a host in two files',
    { 'inventory/a.yaml': 'hosts: { a: { address: x } }\n', 'inventory/sub/b.yml': 'hosts: { a: { address: y } }\n' },
    "inventory/sub/b.yml:1:10: host 'a' is also listed in inventory/a.yaml:1:10",
  ],
  [
    'a group in two files',
    { 'inventory/a.yaml': 'groups: { g: {} }\n', 'inventory/b.yaml': 'groups: { g: {} }\n' },
    "inventory/b.yaml:1:11: group 'g' is also defined in inventory/a.yaml:1:11",
  ],
  ['a password', inventory('hosts:\n  web1:\n    address: a\n    password: hunter2\n'), "inventory/a.yaml:4:5: 'password' does not belong here: no secrets in these files"],
  ['a secret by another name', inventory('groups:\n  g: { ansible_ssh_pass: x }\n'), "inventory/a.yaml:2:8: 'ansible_ssh_pass' does not belong here"],
  ['a private key as a value', inventory('hosts:\n  web1:\n    address: a\n    owner: "-----BEGIN OPENSSH PRIVATE KEY-----"\n'), 'inventory/a.yaml:4:5: a private key does not belong here'],
  ['a primary policy that is none', { 'patchledger.yaml': 'collector: main\nprimary-policy: pp\n', ...policy('allowed: { days: 3 }') }, "patchledger.yaml:2:17: primary-policy: there is no policy 'pp' (did you mean 'p'?)"],
  ['two policies with one id', { ...policy('allowed: { days: 3 }'), 'policies/q.yaml': policy('allowed: { days: 3 }')['policies/p.yaml']! }, "policies/q.yaml:1:5: policy 'p' is also in policies/p.yaml"],
  ['two policies whose ids differ by capitals', { ...policy('allowed: { days: 3 }'), 'policies/q.yaml': policy('allowed: { days: 3 }')['policies/p.yaml']!.replace('id: p', 'id: P') }, "policies/q.yaml:1:5: policy 'P' is also in policies/p.yaml"],
  ['days and months at once', policy('allowed: { days: 3, months: 1 }'), 'policies/p.yaml:7:14: rules.0.allowed: expected exactly one of hours, days, months'],
  ['no time allowed', policy('fixes: {}'), 'policies/p.yaml:6:5: rules.0.allowed is missing'],
  ['a clock that is none', { 'policies/p.yaml': policy('allowed: { days: 3 }')['policies/p.yaml']!.replace('published', 'publised') }, "policies/p.yaml:4:8: clock: 'publised' is not valid (did you mean 'published'?)"],
  ['a kind of fix that is none', policy('fixes: { kinds: [securty] }\n    allowed: { days: 3 }'), "policies/p.yaml:7:22: rules.0.fixes.kinds.0: 'securty' is not valid (did you mean 'security'?)"],
  ['a CVE id that is none', policy('fixes: { cves: [CVE-24-1] }\n    allowed: { days: 3 }'), "policies/p.yaml:7:21: rules.0.fixes.cves.0: expected a CVE id such as CVE-2024-6387, found 'CVE-24-1'"],
  ['an exception that never ends', exception(''), 'exceptions/e.yaml:2:5: exceptions.0.until is missing'],
  ['an exception that ends before it begins', exception('    until: 2025-12-31\n'), "exceptions/e.yaml:9:12: 'e1' ends before it begins: until 2025-12-31, from 2026-01-01"],
  [
    'two exceptions with one id',
    { ...exception('    until: 2026-02-01\n'), 'exceptions/f.yaml': exception('    until: 2026-03-01\n')['exceptions/e.yaml']! },
    "exceptions/f.yaml:2:9: 'e1' is also in exceptions/e.yaml:2:9",
  ],
  ['a day that is none', exception('    until: 2026-02-30\n'), 'exceptions/e.yaml:9:12: exceptions.0.until: expected YYYY-MM-DD'],
  ['an approval without an approver', { 'approvals/a.yaml': 'approvals:\n  - id: a\n    fixes: {}\n    when: 2026-01-01\n' }, 'approvals/a.yaml:2:5: approvals.0.approver is missing'],
];

describe('faults', () => {
  test.each(faults)('%s', async (_name, files, expected) => {
    const [first = 'no problem was found'] = await problemsOf(files);

    expect(first.slice(0, expected.length)).toBe(expected);
  });

  test('all problems of all files are named at once, in order', async () => {
    const problems = await problemsOf({
      'patchledger.yaml': 'collector: main\ntitel: x\nzoen: y\n',
      'inventory/b.yaml': 'hosts: { web1: {} }\n',
      'inventory/a.yaml': 'hosts:\n  x y: {}\n',
    });

    expect(problems.map((line) => line.split(': ')[0])).toEqual(['inventory/a.yaml:2:3', 'inventory/b.yaml:1:10', 'patchledger.yaml:2:1', 'patchledger.yaml:3:1']);
  });

  test('more than twenty are counted', async () => {
    const hosts = Array.from({ length: 30 }, (_, index) => `  h${index}: {}\n`).join('');
    const problems = await problemsOf(inventory(`hosts:\n${hosts}`));

    expect(problems).toHaveLength(21);
    expect(problems.at(-1)).toBe('… and 10 more');
  });

  test('a byte order mark, empty files and empty groups are no faults', async () => {
    const problems = await problemsOf({
      'patchledger.yaml': '\ufeffcollector: main\n',
      'inventory/a.yaml': '',
      'inventory/b.yaml': 'groups: { g: , h: {} }\nhosts: { box: { transport: local } }\n',
      'exceptions/e.yaml': '# nothing yet\n',
    });

    expect(problems).toEqual([]);
  });

  test('an exception of one day, and one id in different lists, are no faults', async () => {
    const problems = await problemsOf({
      ...exception('    until: 2026-01-01\n'),
      'approvals/a.yaml': 'approvals: [{ id: e1, fixes: {}, approver: b, when: 2026-01-01 }]\n',
    });

    expect(problems).toEqual([]);
  });

  test('a copy in the record judges as it is', () => {
    const files = { ...good, ...exception('    until: 2025-12-31\n') };
    const copies = Object.entries(files).map(([path, text]) => ({ path, content: Buffer.from(text) }));

    expect(readContent(copies).exceptions).toHaveLength(1);
  });

  test('whatever the bytes, the answer is a workspace or a list of problems', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('patchledger.yaml', 'inventory/a.yaml', 'policies/p.yaml', 'exceptions/e.yaml'),
        fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map((text) => Buffer.from(text)), fc.string({ unit: 'binary' }).map((text) => Buffer.from(text))),
        async (path, content) => {
          for (const line of await problemsOf({ [path]: content })) expect(line).toMatch(/^(patchledger|inventory|policies|exceptions|… and)/);
        },
      ),
      { numRuns: 200 },
    );
  });
});
