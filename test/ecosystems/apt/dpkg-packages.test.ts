import { describe, expect, test } from 'vitest';
import { parseDpkgPackages } from '#ecosystems/apt/dpkg-packages.ts';
import { contextOf } from '../contract.ts';

const good = 'libssl3\tamd64\t3.0.15-1~deb12u1\topenssl\t3.0.15-1~deb12u1\tinstall\tinstalled';

function parse(lines: string[], times: string[] = []) {
  return parseDpkgPackages(
    contextOf({ 'dpkg-packages': `${lines.join('\n')}\n`, 'dpkg-install-times': `${times.join('\n')}\n` }),
  );
}

describe('dpkg packages', () => {
  test('a package, its source and when it was unpacked', () => {
    const { rows, reading, architecture } = parse(
      ['#architecture amd64', good],
      ['libssl3:amd64.list\t1700000000.25'],
    );
    expect(architecture).toBe('amd64');
    expect(reading).toEqual({ subject: 'packages', status: 'complete', reason: null });
    expect(rows).toEqual([
      {
        host_id: 'h1',
        package: 'libssl3',
        architecture: 'amd64',
        version: '3.0.15-1~deb12u1',
        source_package: 'openssl',
        source_version: '3.0.15-1~deb12u1',
        wanted: 'install',
        state: 'installed',
        origin: null,
        built_at: null,
        module: null,
        suite: null,
        installed_at: '2023-11-14T22:13:20.000Z',
      },
    ]);
  });

  test.each([
    ['hold', 'installed', '2023-11-14T22:13:20.000Z'],
    ['install', 'half-configured', '2023-11-14T22:13:20.000Z'],
    ['install', 'unpacked', '2023-11-14T22:13:20.000Z'],
    ['deinstall', 'half-installed', '2023-11-14T22:13:20.000Z'],
    ['deinstall', 'config-files', null],
  ])(
    'removed, not purged: %s, %s keeps its words; settings alone are not installed',
    (wanted, state, installedAt) => {
      const line = good.replace('install\tinstalled', `${wanted}\t${state}`);
      const { rows } = parse([line], ['libssl3:amd64.list\t1700000000']);
      expect(rows[0]).toMatchObject({ wanted, state, installed_at: installedAt });
    },
  );

  test('what was never installed is no row and no complaint', () => {
    const { rows, rejections } = parse([good, 'ghost\tamd64\t\tghost\t\tunknown\tnot-installed']);
    expect(rows).toHaveLength(1);
    expect(rejections).toEqual([]);
  });

  test('two architectures of one package are two rows', () => {
    expect(parse([good, good.replace('amd64', 'i386')]).rows.map((row) => row.architecture)).toEqual([
      'amd64',
      'i386',
    ]);
  });

  test.each([
    ['$(reboot)\tamd64\t1\tx\t1\tinstall\tinstalled', 'The name of a Debian package.'],
    ['x\tamd64;id\t1\tx\t1\tinstall\tinstalled', 'The name of an architecture.'],
    ["x\tamd64\t1'; DROP TABLE hosts; --\tx\t1\tinstall\tinstalled", 'A Debian version.'],
    ['x\tamd64\t=cmd()\tx\t1\tinstall\tinstalled', 'A Debian version.'],
    ['x\tamd64\t1.0-\tx\t1\tinstall\tinstalled', 'A Debian version.'],
    ['x\tamd64\t1\t<b>x</b>\t1\tinstall\tinstalled', 'The name of a Debian source package.'],
    ['x\tamd64\t1\tx\t1\tinstall\tthrilled', 'A state that dpkg knows.'],
    ['-rf\tamd64\t1\tx\t1\tinstall\tinstalled', 'The name of a Debian package.'],
    ['x\tamd64\t1\tx\t1\tinstall', 'Seven fields.'],
    ['\u202Egpj.exe\tamd64\t1\tx\t1\tinstall\tinstalled', 'The name of a Debian package.'],
    ['\x1b[31mx\tamd64\t1\tx\t1\tinstall\tinstalled', 'The name of a Debian package.'],
  ])('%j is rejected, and said', (line, expected) => {
    const { rows, rejections, reading } = parse([good, line]);
    expect(rows).toHaveLength(1);
    expect(rejections).toMatchObject([{ section: 'dpkg-packages', line: 2, reason: expected }]);
    // oxlint-disable-next-line no-control-regex -- that none is left is the point
    expect(rejections[0]!.excerpt).not.toMatch(/[\x00-\x1f\u202e]/);
    expect(reading.status).toBe('partial');
  });

  test('the same package twice is said, not counted twice', () => {
    const { rows, rejections } = parse([good, good.replace('3.0.15-1~deb12u1\topenssl', '9\topenssl')]);
    expect(rows.map((row) => row.version)).toEqual(['3.0.15-1~deb12u1']);
    expect(rejections).toHaveLength(1);
  });

  test('an empty database is unread, never "no packages"', () => {
    expect(parse(['#architecture amd64']).reading).toMatchObject({
      status: 'unread',
      reason: 'The package database names no package.',
    });
  });
});
