/** Inventories of Ansible, trap by trap: what is taken, what is told, and what never comes into the record. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readContent } from '#data/workspace/load.ts';
import type { Workspace } from '#data/workspace/load.ts';
import { ansible, fateOf, lay, problemsOf, recordedText } from './sources.ts';

async function ini(text: string, more: { [path: string]: string | Uint8Array } = {}): Promise<Workspace> {
  return lay({ ...ansible('../ansible/hosts'), 'ansible/hosts': text, ...more }).load();
}

async function yaml(text: string, more: { [path: string]: string | Uint8Array } = {}): Promise<Workspace> {
  return lay({ ...ansible('../ansible/hosts.yml'), 'ansible/hosts.yml': text, ...more }).load();
}

const ids = ({ hosts }: Workspace): string[] => hosts.map(({ host_id }) => host_id);
const first = ({ hosts }: Workspace) => hosts[0];

describe('INI', () => {
  /** [what, file, what the first host is] */
  const taken: [string, string, object][] = [
    ['a bare name is reached by its name', 'web1\n', { host_id: 'web1', address: 'web1', port: 22, login: null, transport: 'ssh', groups: [] }],
    ['a port behind the name', 'web1:2222\n', { host_id: 'web1', address: 'web1', port: 2222 }],
    ['an IPv6 address in brackets with a port', 'six ansible_host=2001:db8::7 ansible_port=2200\n', { address: '2001:db8::7', port: 2200 }],
    ['an address as a name', '192.0.2.7 ansible_user=audit\n', { host_id: '192.0.2.7', address: '192.0.2.7', login: 'audit' }],
    ['capitals', 'Web1.Example.ORG\n', { host_id: 'web1.example.org', address: 'Web1.Example.ORG' }],
    ['the old names of variables go before the new ones, as in Ansible', 'a ansible_host=x ansible_ssh_host=y ansible_ssh_port=7\n', { address: 'y', port: 7 }],
    ['our own before both', 'a ansible_host=x ansible_ssh_host=y patchledger_address=z\n', { address: 'z' }],
    ['quotes and a comment behind them', `a patchledger_owner="Web # team" # not this\n`, { owner: 'Web # team' }],
    ['a comment in the midst of a word', 'web1#2\n', { host_id: 'web1' }],
    ['a number as an owner is text', 'a patchledger_owner=007\n', { owner: '007' }],
    ['truth in words of Python and of people', 'a patchledger_internet_exposed=True\n', { internet_exposed: true }],
    ['no as a word', 'a patchledger_internet_exposed=no\n', { internet_exposed: false }],
    ['tags with commas', 'a patchledger_tags=b,a\n', { tags: ['a', 'b'] }],
    ['tags as a list of Python', `a patchledger_tags="['x', 'y']"\n`, { tags: ['x', 'y'] }],
    ['an empty value says nothing', 'a ansible_user= ansible_host=""\n', { login: null, address: 'a' }],
    ['the one template that needs no Ansible', `a ansible_host="{{ inventory_hostname }}.example.org"\n`, { address: 'a.example.org' }],
    ['the short name as well', `a.b.c ansible_host="{{inventory_hostname_short}}.lan"\n`, { address: 'a.lan' }],
    ['local takes no address', 'localhost ansible_connection=local ansible_host=127.0.0.1\n', { transport: 'local', address: null, port: null }],
    ['a container', 'shop ansible_connection=community.docker.docker ansible_host=shop_web_1 ansible_user=root\n', { transport: 'command', command: ['docker', 'exec', '-i', '-u', 'root', 'shop_web_1', 'sh'], address: null }],
    ['podman', 'shop ansible_connection=containers.podman.podman\n', { command: ['podman', 'exec', '-i', 'shop', 'sh'] }],
    ['our transport goes before the connection', 'a ansible_connection=winrm patchledger_transport=bundle\n', { transport: 'bundle', address: null }],
    ['ssh in its many names', 'a ansible_connection=ansible.builtin.ssh\n', { transport: 'ssh' }],
    ['a proxy wants ssh itself', `a ansible_ssh_common_args='-o ProxyJump=bastion'\n`, { transport: 'openssh', address: 'a', port: null }],
    ['other arguments do not', `a ansible_ssh_common_args='-o StrictHostKeyChecking=no'\n`, { transport: 'ssh' }],
    ['variables of a group, with blanks and a sharp in the value', 'a\n[all:vars]\npatchledger_owner = Team # 1\n', { owner: 'Team # 1' }],
    ['a group before its parent is declared', '[kids]\na\n[top:children]\nkids\n[top:vars]\npatchledger_ring=early\n', { groups: ['top', 'kids'], ring: 'early' }],
    ['a child goes before its parent', '[k]\na\n[t:children]\nk\n[t:vars]\nansible_port=1\n[k:vars]\nansible_port=2\n', { port: 2 }],
    ['among equals the later name, unless priorities say otherwise', '[x]\na\n[y]\na\n[x:vars]\nansible_port=1\nansible_group_priority=5\n[y:vars]\nansible_port=2\n', { port: 1 }],
    ['all comes last, whatever it says', '[x]\na ansible_port=3\n[all:vars]\nansible_port=9\n', { port: 3 }],
    ['line ends of Windows and of old Macs', '[x]\r\na ansible_port=3\r[y]\rb\r\n', { host_id: 'a', port: 3, groups: ['x'] }],
  ];
  test.each(taken)('%s', async (_what, text, expected) => {
    expect(first(await ini(text))).toMatchObject(expected);
  });

  test('ranges: padded, of letters, with steps, two in a name', async () => {
    expect(ids(await ini('w[08:11]\n'))).toEqual(['w08', 'w09', 'w10', 'w11']);
    expect(ids(await ini('d-[a:c].x:2200\n'))).toEqual(['d-a.x', 'd-b.x', 'd-c.x']);
    expect(ids(await ini('r[0:6:3]\n'))).toEqual(['r0', 'r3', 'r6']);
    expect(ids(await ini('r[1:2]c[x:y]\n'))).toEqual(['r1cx', 'r1cy', 'r2cx', 'r2cy']);
  });

  /** [what, file, the first problem] */
  const faults: [string, string, string][] = [
    ['a section with a blank', '[web servers]\na\n', "../ansible/hosts:1:1: expected a section such as [web], [web:children] or [web:vars], found '[web servers]'"],
    ['a kind of section that is none', '[web:childen]\n', "../ansible/hosts:1:6: 'childen' is no kind of section (did you mean 'children'?)"],
    ['a child that is not there', '[web]\na\n[top:children]\nwebb\n', "../ansible/hosts:4:1: there is no group 'webb' (did you mean 'web'?)"],
    ['variables of nobody', 'a\n[webb:vars]\nx=1\n', "../ansible/hosts:2:1: there is no group 'webb'"],
    ['a word without a sign', 'a ansible_host\n', "../ansible/hosts:1:3: expected key=value, found 'ansible_host'"],
    ['a variable without a sign', 'a\n[all:vars]\n  nothing\n', "../ansible/hosts:3:3: expected key=value, found 'nothing'"],
    ['a quote that stays open', `a x="y\n`, '../ansible/hosts:1:1: a quotation mark is never closed'],
    ['a colon and no port', '[x]\na: x=1\n', "../ansible/hosts:2:1: 'a:': the name ends in ':' and no port follows"],
    ['a range of different widths', 'a[01:100]\n', "../ansible/hosts:1:1: 'a[01:100]': the range begins with 2 digits and ends with 3"],
    ['a range without an end', 'a[1:]\n', "../ansible/hosts:1:1: 'a[1:]': expected a range such as [01:50], [a:f] or [0:10:2]"],
    ['a range backwards, which names nobody', 'a[5:1]\n', "../ansible/hosts:1:1: 'a[5:1]': the range ends before it begins"],
    ['a range of a million', 'a[1:9]b[1:1000000]\n', "../ansible/hosts:1:1: 'a[1:9]b[1:1000000]': the range stands for more than 65536 names"],
    ['a name that is no host id', 'web_-\n', "../ansible/hosts:1:1: 'web_-': expected a host id"],
    ['an address as a name that no page can have', '2001:db8::1\n', "../ansible/hosts:1:1: '2001:db8::1': expected a host id"],
    ['capitals apart', 'web1\n[x]\nWEB1\n', "../ansible/hosts:3:1: host 'WEB1' is 'web1' of line 1 in other letters"],
    ['a group that cannot be a name', '[_x]\na\n', "../ansible/hosts:1:1: group '_x': expected a name"],
    ['a group below itself', '[x]\na\n[x:children]\ny\n[y:children]\nx\n', "../ansible/hosts:1:1: group 'x' is its own parent"],
    ['a port that is none', 'a ansible_port=ssh\n', "../ansible/hosts:1:3: port of host 'a': Invalid input: expected number, received string, found 'ssh'"],
    ['an address with shell in it', `a ansible_host="x;reboot"\n`, "../ansible/hosts:1:3: address of host 'a': expected a host name, an IPv4 or an IPv6 address, found 'x;reboot'"],
    ['an account that is an option', 'a ansible_user=-l\n', "../ansible/hosts:1:3: user of host 'a': expected an account name, found '-l'"],
    ['a variable of ours that is none', 'a patchledger_onwer=x\n', "../ansible/hosts:1:3: unknown variable 'patchledger_onwer' (did you mean 'patchledger_owner'?)"],
    ['a word of a closed list', 'a patchledger_criticality=hgih\n', "../ansible/hosts:1:3: criticality of host 'a': "],
    ['a number with a point that Ansible would round', 'a patchledger_ring=1.10\n', "../ansible/hosts:1:3: ring of host 'a': Invalid input: expected string, received number, found 1.1"],
    ['YAML among INI', 'a\n---\nall:\n', '../ansible/hosts:2:1: this looks like YAML; such a file ends in .yaml or .yml'],
    ['a program', '#!/usr/bin/env python3\nprint("{}")\n', '../ansible/hosts:1:1: is a program; Patchledger runs none: ansible-inventory -i … --list --yaml --export writes'],
    ['an encrypted inventory', '$ANSIBLE_VAULT;1.1;AES256\n3430\n', '../ansible/hosts:1:1: is encrypted, and Patchledger opens no vault'],
  ];
  test.each(faults)('%s', async (_what, text, expected) => {
    const [problem = 'no problem was found'] = await problemsOf(lay({ ...ansible('../ansible/hosts'), 'ansible/hosts': text }));

    expect(problem.slice(0, expected.length)).toBe(expected);
  });

  test.each([
    ['a source that is not there', {}, "patchledger.yaml:3:13: there is no file or folder '../ansible/hosts'"],
    ['bytes that are no text', { 'ansible/hosts': Buffer.from([0x61, 0xff]) }, '../ansible/hosts:1:1: is not UTF-8 text'],
    ['a file that is too large', { 'ansible/hosts': Buffer.alloc(16 * 1024 * 1024 + 1, 'a') }, '../ansible/hosts:1:1: is larger than 16 MiB'],
  ])('%s', async (_what, files, expected) => {
    expect((await problemsOf(lay({ ...ansible('../ansible/hosts'), ...files })))[0]).toBe(expected);
  });
});

describe('YAML', () => {
  test('groups with hosts, variables and children; one group in several places', async () => {
    const { hosts } = await yaml(
      'all:\n  hosts:\n    box: {ansible_connection: local}\n  children:\n    web:\n      vars: {patchledger_owner: Web team}\n      hosts:\n        web[1:2]: {ansible_user: audit}\n    prod:\n      children:\n        web:\n      vars: {patchledger_environment: production}\n',
    );

    expect(hosts.map(({ host_id, login, owner, environment, groups }) => [host_id, login, owner, environment, groups])).toEqual([
      ['box', null, null, null, []],
      ['web1', 'audit', 'Web team', 'production', ['prod', 'web']],
      ['web2', 'audit', 'Web team', 'production', ['prod', 'web']],
    ]);
  });

  const taken: [string, string, object][] = [
    ['yes is true, as in YAML 1.1', 'all: {hosts: {a: {patchledger_internet_exposed: yes}}}\n', { internet_exposed: true }],
    ['JSON', '{"all": {"hosts": {"a": {"ansible_port": 2200, "pw": "x"}}}}\n', { port: 2200 }],
    ['one name in the place of a mapping', 'all:\n  hosts: a\n', { host_id: 'a' }],
    ['hosts that share variables by an alias', 'all:\n  hosts:\n    a: &v {ansible_port: 5, secret: x}\n    b: *v\n', { port: 5 }],
    ['text that is marked as unsafe', 'all: {hosts: {a: {patchledger_owner: !unsafe "Web"}}}\n', { owner: 'Web' }],
    ['keys that are not of a group', 'all:\n  hosts: {a: }\n  notes: {x: 1}\n  what: 3\n', { host_id: 'a' }],
    ['a key of our own as a list', 'all: {hosts: {a: {patchledger_tags: [b, a]}}}\n', { tags: ['a', 'b'] }],
    ['a command in words', 'all: {hosts: {a: {patchledger_transport: command, patchledger_command: [lxc, exec, a, --, sh]}}}\n', { transport: 'command', command: ['lxc', 'exec', 'a', '--', 'sh'] }],
  ];
  test.each(taken)('%s', async (_what, text, expected) => {
    expect(first(await yaml(text))).toMatchObject(expected);
  });

  const faults: [string, string, string][] = [
    ['the configuration of a plug-in', 'plugin: amazon.aws.aws_ec2\nregions: [eu-central-1]\n', '../ansible/hosts.yml:1:1: this is the configuration of a plug-in; Patchledger runs no plug-in and no program'],
    ['a list', '- a\n', '../ansible/hosts.yml:1:1: expected groups by name'],
    ['nothing', '# nothing\n', '../ansible/hosts.yml:1:1: expected groups by name'],
    ['hosts as a list', 'all:\n  hosts: [a, b]\n', "../ansible/hosts.yml:2:10: hosts of group 'all': expected a mapping"],
    ['variables that are none', 'all:\n  hosts:\n    a: up\n', "../ansible/hosts.yml:3:8: host 'a': expected variables by name"],
    ['a number as a host', 'all:\n  hosts:\n    7:\n', '../ansible/hosts.yml:3:5: expected the name of a host; numbers need quotes'],
    ['a tab', 'all:\n\thosts:\n', '../ansible/hosts.yml:2:1: not YAML: '],
    ['two documents', 'all: {}\n---\nall: {}\n', '../ansible/hosts.yml:2:1: holds several documents; one file holds one'],
    ['a variable twice', 'all:\n  hosts:\n    a:\n      ansible_port: 1\n      ansible_port: 2\n', "../ansible/hosts.yml:5:7: 'ansible_port' is said twice"],
    ['variables by a merge', 'all:\n  vars: &v {ansible_port: 1}\n  hosts:\n    a: {<<: *v}\n', '../ansible/hosts.yml:4:9: variables that Patchledger uses come by <<; write them out'],
    ['an alias to what is left out', 'all:\n  vars:\n    site: &s lab.example.org\n  hosts:\n    a: {ansible_host: *s}\n', '../ansible/hosts.yml:1:1: the hosts cannot be read apart from all else that stands here; write hosts'],
    ['a variable of ours that is none', 'all: {vars: {patchledger_rings: x}, hosts: {a: }}\n', "../ansible/hosts.yml:1:14: unknown variable 'patchledger_rings' (did you mean 'patchledger_ring'?)"],
  ];
  test.each(faults)('%s', async (_what, text, expected) => {
    const [problem = 'no problem was found'] = await problemsOf(lay({ ...ansible('../ansible/hosts.yml'), 'ansible/hosts.yml': text }));

    expect(problem.slice(0, expected.length)).toBe(expected);
  });
});

describe('files beside the inventory', () => {
  const layers = {
    ...ansible('../ansible/hosts'),
    'ansible/hosts': '[web]\na ansible_port=30\n[web:vars]\nansible_port=20\nansible_user=inline\n[all:vars]\nansible_port=10\n',
    'ansible/group_vars/all.yml': 'ansible_user: all\npatchledger_owner: all\npatchledger_ring: all\n',
    'ansible/group_vars/web/20-late.yml': 'patchledger_owner: late\n',
    'ansible/group_vars/web/10-early.yaml': 'patchledger_owner: early\npatchledger_ring: early\n',
    'ansible/group_vars/web/.hidden.yml': 'patchledger_owner: hidden\n',
    'ansible/group_vars/web/notes.txt': 'patchledger_owner: notes\n',
    'ansible/host_vars/a': 'patchledger_environment: test\n',
  };

  test('are laid over it in the order of Ansible, and of several the first ending counts', async () => {
    expect(first(await lay(layers).load())).toMatchObject({ port: 30, login: 'all', owner: 'late', ring: 'early', environment: 'test' });
  });

  test('a folder is read as Ansible reads it: no .ini, no copies of editors, one file after the other', async () => {
    const workspace = await lay({
      ...ansible('../ansible/prod/'),
      'ansible/prod/01-hosts': '[web]\na\nb\n',
      'ansible/prod/02-more.yml': 'web: {hosts: {b: {ansible_port: 7}}, vars: {patchledger_owner: x}}\n',
      'ansible/prod/old.ini': 'gone\n',
      'ansible/prod/01-hosts~': 'copy\n',
      'ansible/prod/deeper/more': 'c\n',
      'ansible/prod/group_vars/web.yml': 'patchledger_ring: early\n',
      'ansible/group_vars/web.yml': 'patchledger_ring: of-another\n',
    }).load();

    expect(workspace.hosts.map(({ host_id, port, owner, ring }) => [host_id, port, owner, ring])).toEqual([
      ['a', 22, 'x', 'early'],
      ['b', 7, 'x', 'early'],
      ['c', 22, null, null],
    ]);
  });

  test('an encrypted file is not read, and that is told; an encrypted value keeps the host from being contacted', async () => {
    const { population, hosts } = await lay({
      ...ansible('../ansible/hosts'),
      'ansible/hosts': '[web]\na\nb patchledger_owner=x\n',
      'ansible/group_vars/web/vault.yml': '$ANSIBLE_VAULT;1.1;AES256\n6464\n',
      'ansible/host_vars/a.yml': 'ansible_host: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  6161\n',
    }).load();

    expect(hosts.map(({ host_id, address }) => [host_id, address])).toEqual([['a', null], ['b', 'b']]);
    expect(population.notices).toMatchObject([
      { file: '../ansible/group_vars/web/vault.yml', hostId: null, message: 'is encrypted and was not read; what it says of hosts is not known' },
      { file: '../ansible/host_vars/a.yml', line: 1, hostId: 'a', preventsContact: true, message: "host 'a': the address is encrypted, and Patchledger opens no vault" },
    ]);
  });
});

describe('what only Ansible knows is told, host by host', () => {
  /** [what, line, the notice, whether it prevents contact] */
  const doubts: [string, string, string, boolean][] = [
    ['a template as an address', `a ansible_host="{{ ip }}"`, "1:3 host 'a': the address is a template ('{{ ip }}'), which only Ansible can fill in", true],
    ['a template as an account', `a ansible_user="{{ who }}"`, "1:3 host 'a': the user is a template ('{{ who }}'), which only Ansible can fill in", true],
    ['a template as an owner', `a patchledger_owner="{{ who }}"`, "1:3 host 'a': the owner is a template ('{{ who }}'), which only Ansible can fill in", false],
    ['a connection of Windows', 'a ansible_connection=winrm', "1:3 host 'a': Patchledger reaches no host by the connection 'winrm'; expected ssh, local, docker or podman", true],
    ['arguments that are a template', `a ansible_ssh_common_args="{{ proxy }}"`, "1:3 host 'a': ansible_ssh_common_args is a template ('{{'), which only Ansible can fill in", true],
    ['a container of another machine', 'a ansible_connection=docker ansible_docker_extra_args="-H=tcp://x:1"', "1:29 host 'a': its docker is called with arguments that Patchledger does not pass on", true],
    ['a proxy', `a ansible_ssh_common_args="-J bastion"`, "1:3 leads through another host; Patchledger does not pass it on but uses the system's ssh: write ProxyJump into ~/.ssh/config", false],
  ];
  test.each(doubts)('%s', async (_what, line, message, prevents) => {
    const { population } = await ini(`${line}\n`);

    expect(population.notices.map((one) => `${one.line}:${one.column} ${one.message}`)).toEqual([message]);
    expect(population.notices[0]?.preventsContact).toBe(prevents);
  });

  test('our own file may say it in plain words, and then nothing is in doubt', async () => {
    const { population, hosts } = await ini(`a ansible_host="{{ ip }}" ansible_connection=winrm\n`, {
      'ws/inventory/a.yaml': 'hosts: { a: { address: 192.0.2.1, transport: ssh } }\n',
    });

    expect(hosts).toMatchObject([{ host_id: 'a', address: '192.0.2.1', transport: 'ssh' }]);
    expect(population.notices.filter(({ preventsContact }) => preventsContact)).toEqual([]);
  });
});

describe('the record', () => {
  const secretive = {
    ...ansible('../ansible/hosts, ../ansible/more.yml'),
    'ansible/hosts':
      '# hunter01\na ansible_password=hunter02 mysql="hunter03 x" ansible_port=7 # hunter04\n; hunter05\n[web]\nb hunter_key=1\n[web:vars]\nansible_become_pass = hunter06\npatchledger_owner = Web\nansible_ssh_common_args=-o ProxyCommand="sshpass -p hunter07 ssh x"\n',
    'ansible/more.yml':
      '# hunter08\nall:\n  vars: {db: hunter09, list: [hunter10], ansible_port: 8}\n  children:\n    app:\n      hosts:\n        c: {pw: "hunter11", patchledger_owner: App, deep: {er: hunter12}}\n        d:\n          text: |\n            hunter13\n            # hunter14\n          folded: >-\n            hunter15\n          ansible_ssh_extra_args: "-J hunter16@x"\n          vaulted: !vault |\n            hunter17\n          ansible_user: !vault |\n            hunter18\n  hunter19: {x: 1}\n',
    'ansible/group_vars/web.yml': 'password: hunter20\n"quoted": hunter21\n? complex\n: hunter22\n- : hunter23\n'.replace('- : hunter23\n', ''),
    'ansible/group_vars/app/main.yml': 'patchledger_ring: early\nnested:\n  - {a: hunter24}\n  - |\n    hunter25\n',
    'ansible/group_vars/app/vault.yml': '$ANSIBLE_VAULT;1.1;AES256\nhunter26\n',
    'ansible/host_vars/a.yml': 'only: hunter27\n',
  };

  test('has of such files what says which hosts there are, with lines and columns as they were, and no secret', async () => {
    const workspace = await lay(secretive).load();
    const text = recordedText(workspace);

    expect(text).not.toContain('hunter');
    expect(workspace.files.map(({ path }) => path)).toEqual([
      '../ansible/group_vars/app/main.yml',
      '../ansible/group_vars/app/vault.yml',
      '../ansible/hosts',
      '../ansible/more.yml',
      'patchledger.yaml',
    ]);
    const column = (of: string): number => of.split('\n').find((line) => line.startsWith('a '))?.indexOf('ansible_port') ?? -1;
    expect(column(text)).toBe(column(secretive['ansible/hosts']));
    expect(workspace.hosts.map(({ host_id, port, owner, ring, transport }) => [host_id, port, owner, ring, transport])).toEqual([
      ['a', 7, null, null, 'ssh'],
      ['b', null, 'Web', null, 'openssh'],
      ['c', 8, 'App', 'early', 'ssh'],
      ['d', 8, null, 'early', 'openssh'],
    ]);
  });

  test('gives the same population again, with the same places', async () => {
    const workspace = await lay(secretive).load();
    const again = readContent(workspace.files);

    expect(again.hosts).toEqual(workspace.hosts);
    expect(again.population).toEqual(workspace.population);
  });

  test('a file of ours that lies among them is read as theirs, once', async () => {
    const workspace = await lay({
      ...ansible('inventory/prod.yaml'),
      'ws/inventory/prod.yaml': 'all: {hosts: {a: {secret: hunter2}}}\n',
      'ws/inventory/own.yaml': 'hosts: { b: { transport: local } }\n',
      'ws/inventory/group_vars/all.yaml': 'patchledger_owner: x\n',
    }).load();

    expect(workspace.hosts.map(({ host_id, owner }) => [host_id, owner])).toEqual([['a', 'x'], ['b', null]]);
    expect(workspace.files.map(({ path }) => path)).toEqual(['inventory/group_vars/all.yaml', 'inventory/own.yaml', 'inventory/prod.yaml', 'patchledger.yaml']);
    expect(recordedText(workspace)).not.toContain('hunter');
  });
});

describe('whatever stands in such a file', () => {
  const piece = fc.constantFrom('[', ']', '{', '}', ':', 'a', 'all', 'hosts', 'vars', 'children', '=', '"', "'", '\\', '#', '\n', '\r', '  ', '- ', '&x', '*x', '<<', '!vault', '|', '? ', 'ansible_host', 'ansible_port', '1', '[1:3]', 'patchledger_tags', '{{', '\t');
  const content = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.array(piece, { maxLength: 40 }).map((all) => Buffer.from(all.join(''))),
    fc.array(piece, { maxLength: 40 }).map((all) => Buffer.from(`all:\n  hosts:\n    ${all.join('')}`)),
  );
  test('it loads, or its problems are named; never anything else', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('hosts', 'hosts.yml', 'group_vars/all'), content, async (path, bytes) => {
        const files = { 'ansible/hosts': 'a\n', [`ansible/${path}`]: bytes };
        const laid = lay({ ...ansible(path === 'hosts.yml' ? '../ansible/hosts.yml' : '../ansible/hosts'), ...files });
        expect(await fateOf(laid)).toMatch(/^(loads|problems with places)$/);
      }),
      { numRuns: 600 },
    );
  });

  test.each([
    ['brackets without end', '['.repeat(100_000)],
    ['mappings without end', Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')],
    ['aliases of aliases', `a: &a [x,x]\n${'bcdefghijklmnop'.replace(/./g, (name) => `${name}: &${name} [*${String.fromCharCode(name.charCodeAt(0) - 1)},*${String.fromCharCode(name.charCodeAt(0) - 1)}]\n`)}`],
    ['a mapping within itself', 'all: &a {children: {x: *a}}\n'],
    ['merges within themselves', 'all:\n  vars: &a\n    <<: *a\n  hosts: {h: *a}\n'],
  ])('%s', async (_what, text) => {
    expect(await fateOf(lay({ ...ansible('../ansible/hosts.yml'), 'ansible/hosts.yml': text }))).toBe('problems with places');
  });
});
