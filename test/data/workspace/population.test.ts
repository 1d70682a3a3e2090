/** Several places that list the same hosts: what is put together, what contradicts, what is counted twice. */
import { describe, expect, test } from 'vitest';
import { lay, problemsOf, settings } from './sources.ts';

const both = settings('  ansible: [../ansible/hosts]\n  ssh-config: [~/.ssh/config]\n');
const files = (own: string, theirs: string, ssh = ''): { [path: string]: string } => ({
  ...both,
  'ws/inventory/own.yaml': own,
  'ansible/hosts': theirs,
  'home/.ssh/config': ssh,
});

describe('one host in several places', () => {
  test('settings, groups and tags add up, and every place is remembered', async () => {
    const { hosts, population } = await lay(
      files(
        'groups: { own: { owner: Web team, tags: [a], hosts: { web1: { ring: canary } } } }\n',
        '[web]\nweb1 ansible_port=2222 patchledger_tags=b\n',
        'Host web1\n  HostName 192.0.2.1\n  User audit\n',
      ),
    ).load();

    expect(hosts).toMatchObject([
      { host_id: 'web1', address: '192.0.2.1', port: 2222, login: 'audit', owner: 'Web team', ring: 'canary', groups: ['own', 'web'], tags: ['a', 'b'] },
    ]);
    expect(population.origins.get('web1')).toEqual([
      { kind: 'inventory', file: 'inventory/own.yaml', line: 1, column: 55 },
      { kind: 'ansible', file: '../ansible/hosts', line: 2, column: 1 },
      { kind: 'ssh-config', file: '~/.ssh/config', line: 1, column: 1 },
    ]);
    expect(population.notices.map(({ message }) => message)).toEqual([
      "host 'web1' is also listed in inventory/own.yaml:1:55, and nothing contradicts",
      "host 'web1' is also listed in inventory/own.yaml:1:55, and nothing contradicts",
    ]);
  });

  test('the same said twice is no contradiction, whatever its capitals', async () => {
    expect(await problemsOf(lay(files('hosts: { a: { address: A.example.org., owner: X } }\n', 'a ansible_host=a.example.org patchledger_owner=X\n')))).toEqual([]);
  });

  test('what contradicts is named with both places, all at once', async () => {
    expect(
      await problemsOf(
        lay(files('hosts:\n  a: { address: x, port: 22, criticality: high }\n', 'a ansible_host=y ansible_port=23 patchledger_criticality=low\n', 'Host a\n  HostName z\n')),
      ),
    ).toEqual([
      "../ansible/hosts:1:3: host 'a': address is 'y' here and 'x' in inventory/own.yaml:2:3",
      "../ansible/hosts:1:18: host 'a': port is 23 here and 22 in inventory/own.yaml:2:3",
      "../ansible/hosts:1:34: host 'a': criticality is 'low' here and 'high' in inventory/own.yaml:2:3",
      "~/.ssh/config:2:3: host 'a': address is 'z' here and 'x' in inventory/own.yaml:2:3",
    ]);
  });

  test('two sources of others contradict each other, too', async () => {
    const laid = lay({ ...settings('  ansible: [../ansible/one, ../ansible/two]\n'), 'ansible/one': 'a patchledger_ring=x\n', 'ansible/two': '\n\nA patchledger_ring=y\n' });

    expect(await problemsOf(laid)).toEqual(["../ansible/two:3:3: host 'a': ring is 'y' here and 'x' in ../ansible/one:1:3"]);
  });

  test('how we get in is ours to say', async () => {
    const { hosts } = await lay(
      files('hosts:\n  a: { user: audit }\n  b: { transport: bundle }\n  c: { transport: openssh }\n', 'a ansible_user=deploy\nb ansible_host=192.0.2.2 ansible_port=7\nc ansible_user=deploy\n'),
    ).load();

    expect(hosts.map(({ host_id, transport, login, address, port }) => [host_id, transport, login, address, port])).toEqual([
      ['a', 'ssh', 'audit', 'a', 22],
      ['b', 'bundle', null, null, null],
      ['c', 'openssh', 'deploy', 'c', null],
    ]);
  });

  test('a jump host of ssh’s configuration goes with an address that Ansible has', async () => {
    const { hosts } = await lay(files('hosts: {}\n', 'a ansible_host=10.0.0.1 ansible_user=deploy\n', 'Host a\n  HostName 10.0.0.1\n  ProxyJump out\n')).load();

    expect(hosts).toMatchObject([{ transport: 'openssh', address: 'a', port: null, login: 'deploy' }]);
  });

  test('our own host without an address still wants one, unless another place has it', async () => {
    expect(await problemsOf(lay(files('hosts: { a: {}, b: {} }\n', 'a\n')))).toEqual(["inventory/own.yaml:1:17: host 'b' has no address; expected one, or transport: local"]);
  });
});

describe('one machine under several names', () => {
  test('the same address and port, the same command, this machine twice', async () => {
    const { population } = await lay(
      files(
        'hosts:\n  a: { address: X.example.org }\n  b: { address: x.example.org }\n  c: { address: x.example.org, port: 23 }\n  d: { transport: local }\n  e: { transport: local }\n',
        'f ansible_connection=docker ansible_host=k\ng ansible_connection=docker ansible_host=k\nh ansible_host=x.example.org.\n',
      ),
    ).load();

    expect(population.notices.filter(({ isDuplicate }) => isDuplicate).map(({ hostId, message }) => [hostId, message])).toEqual([
      ['b', "host 'b' is reached at x.example.org port 22, like 'a' of inventory/own.yaml:2:3"],
      ['h', "host 'h' is reached at x.example.org port 22, like 'a' of inventory/own.yaml:2:3"],
      ['e', "host 'e' is reached at this machine, like 'd' of inventory/own.yaml:5:3"],
      ['g', "host 'g' is reached at the command docker exec -i k sh, like 'f' of ../ansible/hosts:1:1"],
    ]);
  });
});

describe('leave-out', () => {
  const sources = { 'ansible/hosts': 'a\nb\n', 'home/.ssh/config': 'Host github.com gitlab.com\n' };

  test('hosts of others that are not of the population', async () => {
    const { hosts, population } = await lay({
      ...settings('  ansible: [../ansible/hosts]\n  ssh-config: [~/.ssh/config]\n  leave-out: [gitlab.com, github.com, b]\n'),
      ...sources,
    }).load();

    expect(hosts.map(({ host_id }) => host_id)).toEqual(['a']);
    expect(population.leftOut).toEqual(['b', 'github.com', 'gitlab.com']);
  });

  test('a name that nobody lists is told: it may be a slip', async () => {
    const laid = lay({ ...settings('  ansible: [../ansible/hosts]\n  ssh-config: [~/.ssh/config]\n  leave-out: [githup.com]\n'), ...sources });

    expect(await problemsOf(laid)).toEqual(["patchledger.yaml:5:15: leave-out: no source lists 'githup.com' (did you mean 'github.com'?)"]);
  });
});
