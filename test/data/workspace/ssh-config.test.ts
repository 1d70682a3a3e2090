/** Hosts from a configuration of ssh: trap by trap, and at random against what `ssh -G` says. */
import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readContent } from '#data/workspace/load.ts';
import type { Workspace } from '#data/workspace/load.ts';
import { fateOf, lay, problemsOf, recordedText, settings, sshConfig } from './sources.ts';

async function config(text: string, more: { [path: string]: string } = {}): Promise<Workspace> {
  return lay({ ...sshConfig, 'home/.ssh/config': text, ...more }).load();
}

const short = ({ hosts }: Workspace) =>
  hosts.map(({ host_id, transport, login, address, port }) => `${host_id} ${transport} ${login ?? ''}@${address}:${port ?? ''}`);

describe('names', () => {
  /** [what, file, what comes of it] */
  const taken: [string, string, string[]][] = [
    ['a name without anything', 'Host web1\n', ['web1 ssh @web1:22']],
    ['HostName, Port and User', 'Host web1\n  HostName 192.0.2.1\n  Port 2222\n  User audit\n', ['web1 ssh audit@192.0.2.1:2222']],
    ['no patterns and no negations', 'Host *.example.org web? !web1\n  User x\nHost web1\n', ['web1 ssh @web1:22']],
    ['the first value holds, also before any Host', 'User first\nHost web1\n  User second\n  Port 7\nHost *\n  Port 8\n', ['web1 ssh first@web1:7']],
    ['patterns give what is not said yet', 'Host web1\n  Port 7\nHost web*\n  User w\n  Port 9\n', ['web1 ssh w@web1:7']],
    ['a negation takes a name out', 'Host web1 web2\nHost web* !web2\n  User w\n', ['web1 ssh w@web1:22', 'web2 ssh @web2:22']],
    ['keywords know no capitals, and may have a sign', 'hOST=web1\n  HOSTNAME = "192.0.2.1"\n\tport\t7\n', ['web1 ssh @192.0.2.1:7']],
    ['comments at the end of a line', 'Host web1 # the shop\n  User audit # as always\n', ['web1 ssh audit@web1:22']],
    ['%h and %% in HostName', 'Host web1\n  HostName %h.example.org\n', ['web1 ssh @web1.example.org:22']],
    ['several names of one HostName are one host', 'Host web1 web1.example.org w\n  HostName 192.0.2.1\n', ['web1 ssh @192.0.2.1:22']],
    ['several names without one are several', 'Host web1 web2\n  User a\n', ['web1 ssh a@web1:22', 'web2 ssh a@web2:22']],
    ['capitals', 'Host Web1\n', ['web1 ssh @Web1:22']],
    ['a jump host: ssh finds the rest under the name', 'Host in\n  HostName 10.0.0.1\n  User a\n  ProxyJump out\n', ['in openssh @in:']],
    ['a proxy command', 'Host in\n  ProxyCommand nc %h %p\n', ['in openssh @in:']],
    ['none is no proxy, and the first that is said holds', 'Host out\n  ProxyJump none\nHost in out\n  ProxyJump x\n', ['in openssh @in:', 'out ssh @out:22']],
    ['a key of its own', 'Host web1\n  IdentityFile ~/.ssh/id_audit\n', ['web1 openssh @web1:']],
    ['a key that is tried anyway', 'Host web1\n  IdentityFile ~/.ssh/id_ed25519\n', ['web1 ssh @web1:22']],
    ['Match: ssh knows whom it matches', 'Host web1\n  Port 7\nMatch user root\n  Port 8\n', ['web1 openssh @web1:']],
    ['what stands under Match is nobody else’s', 'Match all\n  User m\nHost web1\n', ['web1 openssh @web1:']],
  ];
  test.each(taken)('%s', async (_what, text, expected) => {
    expect(short(await config(text))).toEqual(expected);
  });

  test('Include: with patterns, relative to ~/.ssh, within a Host, and again', async () => {
    const workspace = await config('Include conf.d/*.conf deeper ~/.ssh/not-there\nHost web*\n  Include users\nHost db\n', {
      'home/.ssh/conf.d/10-a.conf': 'Host web1\n  Port 7\n',
      'home/.ssh/conf.d/20-b.conf': 'Host web1\n  Port 8\nHost db\n  User b\n',
      'home/.ssh/conf.d/.hidden.conf': 'Host hidden\n',
      'home/.ssh/conf.d/notes.txt': 'Host notes\n',
      'home/.ssh/deeper': 'Include deepest\n',
      'home/.ssh/deepest': 'Host deep\n',
      'home/.ssh/users': 'User w\n',
    });

    expect(short(workspace)).toEqual(['db ssh b@db:22', 'deep ssh @deep:22', 'web1 ssh w@web1:7']);
    expect(workspace.files.map(({ path }) => path)).toEqual([
      'patchledger.yaml',
      '~/.ssh/conf.d/10-a.conf',
      '~/.ssh/conf.d/20-b.conf',
      '~/.ssh/config',
      '~/.ssh/deeper',
      '~/.ssh/deepest',
      '~/.ssh/users',
    ]);
    expect(readContent(workspace.files).hosts).toEqual(workspace.hosts);
  });

  test('each host says where it stands', async () => {
    const { population } = await config('# one\n\nHost a\nInclude more\n', { 'home/.ssh/more': '  Host b c\n' });

    expect([...population.origins]).toEqual([
      ['a', [{ kind: 'ssh-config', file: '~/.ssh/config', line: 3, column: 1 }]],
      ['b', [{ kind: 'ssh-config', file: '~/.ssh/more', line: 1, column: 3 }]],
      ['c', [{ kind: 'ssh-config', file: '~/.ssh/more', line: 1, column: 3 }]],
    ]);
  });
});

describe('faults and doubts', () => {
  const faults: [string, { [path: string]: string }, string][] = [
    ['no such file', {}, "patchledger.yaml:3:16: there is no file '~/.ssh/config'"],
    ['files in a circle', { 'home/.ssh/config': 'Include more\n', 'home/.ssh/more': 'Include config\n' }, "~/.ssh/more:1:1: '~/.ssh/config' is included by what it includes"],
    ['a port that is none', { 'home/.ssh/config': 'Host a\n  Port ssh\n' }, "~/.ssh/config:2:3: port of 'a': Invalid input: expected number, received string"],
    ['a token that no HostName has', { 'home/.ssh/config': 'Host a\n  HostName %n.x\n' }, "~/.ssh/config:2:3: address of 'a': expected a host name, an IPv4 or an IPv6 address"],
    ['a name that is no host id', { 'home/.ssh/config': 'Host a:b\n' }, "~/.ssh/config:1:1: 'a:b': expected a host id"],
    ['two values', { 'home/.ssh/config': 'Host a\n  HostName b c\n' }, "~/.ssh/config:2:3: expected one value for hostname, found 'b c'"],
  ];
  test.each(faults)('%s', async (_what, files, expected) => {
    const [problem = 'no problem was found'] = await problemsOf(lay({ ...sshConfig, ...files }));

    expect(problem.slice(0, expected.length)).toBe(expected);
  });

  test('what only ssh can follow, in a file that ssh does not read by itself, prevents contact', async () => {
    const { population } = await lay({ ...settings('  ssh-config: [team.conf]\n'), 'ws/team.conf': 'Host in\n  ProxyJump out\nHost out\n' }).load();

    expect(population.notices).toEqual([
      {
        file: 'team.conf',
        line: 2,
        column: 3,
        hostId: 'in',
        preventsContact: true,
        isDuplicate: false,
        message: "host 'in': only ssh itself can follow this, and it reads ~/.ssh/config, not team.conf",
      },
    ]);
  });

  test('commands, keys and comments do not come into the record', async () => {
    const workspace = await config(
      '# hunter1\nHost a\n  ProxyCommand sshpass -p hunter2 ssh out # hunter3\n  IdentityFile /home/x/hunter4\n  SetEnv TOKEN=hunter5\nMatch exec "test hunter6"\n',
    );

    expect(recordedText(workspace)).not.toContain('hunter');
    expect(readContent(workspace.files).population).toEqual(workspace.population);
  });
});

test('whatever stands in such a file, it loads, or its problems are named', async () => {
  const piece = fc.constantFrom('Host', 'Match', 'Include', 'HostName', 'Port', ' ', '=', '"', '\\', '#', '\n', '*', '?', '!', 'a', '%h', '[', ']', 'config', '7', 'ProxyJump');
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.array(piece, { maxLength: 50 }).map((all) => Buffer.from(all.join('')))), async (content) => {
      expect(await fateOf(lay({ ...sshConfig, 'home/.ssh/config': content }))).toMatch(/^(loads|problems with places)$/);
    }),
    { numRuns: 1000 },
  );
});

const names = ['web1', 'web2', 'db.example.org', '192.0.2.7', 'in', 'a-b_c'];
const patterns = fc.uniqueArray(fc.constantFrom(...names, 'web*', '*', '?n', '!web2', '*.example.org', '!db*'), { minLength: 1, maxLength: 3 });
const option = fc.constantFrom(
  'HostName 10.0.0.1',
  'HostName=%h.lan',
  'hostname "Quoted.example.org"',
  'Port 2222',
  'Port = 2200',
  'User audit',
  'USER deploy # who',
  'ProxyJump out',
  'ProxyJump none',
  'ProxyCommand nc %h %p',
  'ProxyCommand none',
  'ForwardAgent no',
  'ServerAliveInterval 5',
  '# a comment',
  '',
);
const block = fc.tuple(patterns, fc.array(option, { maxLength: 4 })).map(([words, options]) => [`Host ${words.join(' ')}`, ...options.map((one) => `  ${one}`)]);
const file = fc.tuple(fc.array(option, { maxLength: 2 }), fc.array(block, { maxLength: 5 }), fc.boolean()).map(([top, blocks, include]) => ({ top, blocks, include }));

test('at random: address, port, account and proxy are those of ssh -G', { timeout: 300_000 }, () => {
  return fc.assert(
    fc.asyncProperty(file, file, async (outer, inner) => {
      const text = ({ top, blocks }: typeof outer, include: string): string =>
        [...top, ...blocks.flatMap((lines, index) => (index === 1 ? [...lines, include] : lines)), ''].join('\n');
      const laid = lay({ ...sshConfig });
      const included = join(laid.home, '.ssh/inner.conf');
      const again = lay({
        ...sshConfig,
        'home/.ssh/config': text(outer, outer.include ? `Include ${included}` : ''),
      });
      writeFileSync(included, text(inner, ''));
      const main = join(again.home, '.ssh/config');
      for (const path of [included, main]) chmodSync(path, 0o600);
      const { hosts } = await again.load();

      for (const host of hosts) {
        const name = names.find((one) => one === host.host_id) ?? host.host_id;
        const said = new Map(
          execFileSync('ssh', ['-F', main, '-T', '-G', name], { encoding: 'utf8' })
            .split('\n')
            .map((line) => [line.split(' ')[0] ?? '', line.split(' ').slice(1).join(' ')] as const),
        );
        const proxied = [said.get('proxyjump'), said.get('proxycommand')].some((value) => value !== undefined && value !== 'none');
        const user = said.get('user') ?? '';
        // Without a User of the file ssh says who we are.
        const login = ['audit', 'deploy'].includes(user) ? user : null;
        const { transport, address, port } = host;
        expect([name, transport, address?.toLowerCase(), port, host.login]).toEqual(
          proxied ? [name, 'openssh', name, null, null] : [name, 'ssh', said.get('hostname'), Number(said.get('port')), login],
        );
      }
    }),
    { numRuns: 150 },
  );
});
