import { readFileSync, writeFileSync, mkdtempSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { addKnownKey, removeKnownKeys } from '#collector/transport/ssh/known-hosts-file.ts';
import {
  fingerprintOf,
  judgeKey,
  keyFinder,
  knownName,
  knownTypes,
  parseKnownHosts,
} from '#collector/transport/ssh/known-hosts.ts';
import { mustRun, runTool } from '#test/tools.ts';
import { makeKey } from './sshd.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchledger-known-'));
const keys: { [name: string]: string } = {};

beforeAll(() => {
  for (const [name, type] of [
    ['ed', 'ed25519'],
    ['ed2', 'ed25519'],
    ['rsa', 'rsa'],
    ['ecdsa', 'ecdsa'],
  ] as const) {
    makeKey(join(folder, name), type);
    keys[name] = readFileSync(join(folder, `${name}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  }
});

const blob = (name: string) => Buffer.from(keys[name]?.split(' ')[1] ?? '', 'base64');
const known = (text: string) => parseKnownHosts(text, 'kh');
const judge = (text: string, address: string, key: string, port = 22) =>
  judgeKey(keyFinder(known(text).keys)(knownName(address, port)), blob(key));

describe('known_hosts', () => {
  test('a key that somebody vouched for, for this very address and port', () => {
    const text = `web1 ${keys['ed']}\n[web1]:2222 ${keys['rsa']} a comment\n`;
    expect(judge(text, 'web1', 'ed')).toEqual({ verdict: 'known' });
    expect(judge(text, 'WEB1', 'ed')).toEqual({ verdict: 'known' });
    expect(judge(text, 'web1', 'rsa', 2222)).toEqual({ verdict: 'known' });
    expect(judge(text, 'web1', 'ed', 2222)).toEqual({
      verdict: 'unknown',
      otherTypes: ['ssh-rsa'],
      authority: false,
    });
    expect(judge(text, 'web2', 'ed')).toEqual({ verdict: 'unknown', otherTypes: [], authority: false });
  });

  test('another key of the same type is a change, of another type only unknown', () => {
    const text = `# comment\n\nweb1,10.0.0.1 ${keys['ed']}\n`;
    expect(judge(text, '10.0.0.1', 'ed2')).toEqual({ verdict: 'changed', place: 'kh:3' });
    expect(judge(text, 'web1', 'rsa')).toEqual({
      verdict: 'unknown',
      otherTypes: ['ssh-ed25519'],
      authority: false,
    });
  });

  test('a revoked key is refused, also when another line knows it', () => {
    const text = `web1 ${keys['ed']}\n@revoked * ${keys['ed']}\n`;
    expect(judge(text, 'web1', 'ed')).toEqual({ verdict: 'revoked', place: 'kh:2' });
    expect(judge(text, 'web1', 'rsa').verdict).toBe('unknown');
    expect(knownTypes(keyFinder(known(text).keys)('web1'))).toEqual(['ssh-ed25519']);
  });

  test('an authority vouches for nobody here, and is said', () => {
    expect(judge(`@cert-authority *.example.org ${keys['ed']}\n`, 'a.example.org', 'ed')).toEqual({
      verdict: 'unknown',
      otherTypes: [],
      authority: true,
    });
  });

  test.each([
    ['*.example.org,!db.example.org', 'web.example.org', true],
    ['*.example.org,!db.example.org', 'db.example.org', false],
    ['!db.example.org', 'web.example.org', false],
    ['10.0.0.?', '10.0.0.7', true],
    ['10.0.0.?', '10.0.0.77', false],
    ['[*.example.org]:2222', 'web.example.org', false],
    ['*', 'anything', true],
    ['fe80::1%eth0', 'FE80::1%eth0', true],
  ])('pattern %s and %s: %s', (pattern, name, expected) => {
    expect(judge(`${pattern} ${keys['ed']}\n`, name, 'ed').verdict).toBe(expected ? 'known' : 'unknown');
  });

  // One that walks back exponentially would not come to its end.
  test('no pattern is slow', () => {
    const pattern = `${'*a'.repeat(200)}b`;
    expect(judge(`${pattern} ${keys['ed']}\n`, 'a'.repeat(253), 'ed').verdict).toBe('unknown');
  });

  test.each([
    ['web1', 'expected names, type and key, separated by spaces'],
    ['@lost web1 ssh-ed25519 AAAA', 'unknown marker @lost; expected @revoked or @cert-authority'],
    ['web1 ssh-ed25519 AAAAnonsense', 'this is not a key of type ssh-ed25519'],
    ['web1 ssh-rsa', 'expected names, type and key, separated by spaces'],
  ])('the line "%s" is named and ignored', (line, problem) => {
    const { keys: read, problems } = known(`web0 ${keys['ed']}\n${line}\n`);
    expect(read.map(({ place }) => place)).toEqual(['kh:1']);
    expect(problems).toEqual([`kh:2: ${problem}`]);
  });

  test('any bytes at all are read without an error', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: 'binary' }),
            fc.constantFrom('@revoked', '|1|', '*', ' ', '\n', keys['ed'] ?? ''),
          ),
        ),
        (parts) => {
          const read = known(parts.join(''));
          keyFinder(read.keys)('web1');
          expect(read.keys.length + read.problems.length).toBeLessThanOrEqual(
            parts.join('').split('\n').length,
          );
        },
      ),
    );
  });
});

describe('beside OpenSSH', () => {
  test('finds what ssh-keygen -F finds, hashed or not', () => {
    const file = join(folder, 'many');
    const lines = [
      `web1 ${keys['ed']}`,
      `web1,web2 ${keys['rsa']}`,
      `[web1]:2222 ${keys['ecdsa']}`,
      `*.example.org,!db.example.org ${keys['ed2']}`,
      `@revoked web3 ${keys['ed']}`,
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const plain = readFileSync(file, 'utf8');
    mustRun(['ssh-keygen', '-q', '-H', '-f', file]);
    const hashed = readFileSync(file, 'utf8');
    expect(hashed).toContain('|1|');
    for (const text of [plain, hashed]) {
      writeFileSync(file, text);
      for (const name of ['web1', 'web2', 'web3', '[web1]:2222', 'a.example.org', 'db.example.org', 'web9']) {
        const theirs = runTool(['ssh-keygen', '-F', name, '-f', file])
          .stdout.split('\n')
          .filter((line) => line !== '' && !line.startsWith('#'))
          .map((line) => line.split(' ').at(-1));
        const ours = keyFinder(known(text).keys)(name).map(({ key }) => key);
        expect(ours, name).toEqual(theirs);
      }
    }
  });

  test('prints the fingerprint that ssh-keygen prints', () => {
    for (const name of Object.keys(keys)) {
      const theirs = mustRun(['ssh-keygen', '-lf', join(folder, `${name}.pub`)]).split(' ')[1];
      expect(fingerprintOf(blob(name))).toBe(theirs);
    }
  });

  test('ssh-keygen reads what was added', () => {
    const file = join(folder, 'added');
    writeFileSync(file, `web0 ${keys['ed']}`);
    const [type = '', key = ''] = (keys['ed2'] ?? '').split(' ');
    addKnownKey(file, '[10.0.0.7]:2222', { type, key });

    expect(mustRun(['ssh-keygen', '-F', '[10.0.0.7]:2222', '-f', file])).toContain(key);
    expect(mustRun(['ssh-keygen', '-F', 'web0', '-f', file])).toContain(keys['ed']);
  });
});

describe('forgetting', () => {
  test('takes the lines of that host and no other', () => {
    const file = join(folder, 'forget');
    const others = `# kept\nweb1,web2 ${keys['rsa']}\n@revoked web1 ${keys['ed2']}\n[web1]:2222 ${keys['ed']}\n`;
    writeFileSync(file, `web1 ${keys['ed']}\n${others}`);

    const { removed, left } = removeKnownKeys(file, 'web1');

    expect(removed.map(({ place }) => place)).toEqual([`${file}:1`]);
    expect(left.map(({ place }) => place)).toEqual([`${file}:3`]);
    expect(readFileSync(file, 'utf8')).toBe(others);
    expect(existsSync(`${file}.new`)).toBe(false);
  });

  test('a file that is not there holds nothing', () => {
    expect(removeKnownKeys(join(folder, 'none'), 'web1')).toEqual({ removed: [], left: [] });
  });
});
