import { describe, expect, test } from 'vitest';
import { withOwners } from '#ecosystems/rpm/mapping-owners.ts';
import { parseRpmPackages } from '#ecosystems/rpm/packages.ts';
import { redhatSources } from '#ecosystems/rpm/sources.ts';
import { contextOf, outputOf } from '../contract.ts';

const bash =
  'bash\t(none)\t5.1.8\t9.el9\tx86_64\tbash-5.1.8-9.el9.src.rpm\t1700000000\t1690000000\t(none)\tRocky Enterprise Software Foundation';
const line = (fields: { [place: number]: string }) =>
  bash
    .split('\t')
    .map((text, place) => fields[place] ?? text)
    .join('\t');

function read(...lines: string[]): ReturnType<typeof parseRpmPackages> {
  return parseRpmPackages(contextOf({ 'rpm-packages': `${lines.join('\n')}\n` }));
}

describe('parseRpmPackages', () => {
  test('a package with its source and its times', () => {
    expect(read(bash).rows).toEqual([
      {
        host_id: 'h1',
        package: 'bash',
        architecture: 'x86_64',
        version: '5.1.8-9.el9',
        source_package: 'bash',
        source_version: '5.1.8-9.el9',
        wanted: 'install',
        state: 'installed',
        origin: 'Rocky Enterprise Software Foundation',
        suite: null,
        installed_at: '2023-11-14T22:13:20.000Z',
        built_at: '2023-07-22T04:26:40.000Z',
        module: null,
      },
    ]);
    expect(read(bash).reading).toEqual({ subject: 'packages', status: 'complete', reason: null });
  });

  test("the install time is by the host's clock, the build time is not", () => {
    const clock = { offsetMs: 60_000, uncertaintyMs: 0 };
    const [row] = parseRpmPackages(contextOf({ 'rpm-packages': bash }, { clock })).rows;
    expect([row?.installed_at, row?.built_at]).toEqual([
      '2023-11-14T22:12:20.000Z',
      '2023-07-22T04:26:40.000Z',
    ]);
  });

  test.each([
    ['(none)', '5.1.8-9.el9'],
    ['0', '5.1.8-9.el9'],
    ['1', '1:5.1.8-9.el9'],
  ])('an epoch of %s gives %s, and the source has it too', (epoch, version) => {
    const [row] = read(line({ 1: epoch })).rows;
    expect([row?.version, row?.source_version]).toEqual([version, version]);
  });

  test('a binary with a version of its own does not lend its epoch to the source', () => {
    const [row] = read(
      line({ 0: 'perl-Errno', 1: '4', 2: '1.30', 3: '481.el9', 5: 'perl-5.32.1-481.el9.src.rpm' }),
    ).rows;
    expect([row?.version, row?.source_package, row?.source_version]).toEqual([
      '4:1.30-481.el9',
      'perl',
      '5.32.1-481.el9',
    ]);
  });

  test('glibc.i686 and glibc.x86_64 are two packages, and several kernels are several', () => {
    const rows = read(
      bash,
      line({ 0: 'glibc' }),
      line({ 0: 'glibc', 4: 'i686' }),
      line({ 0: 'kernel-core' }),
      line({ 0: 'kernel-core', 3: '10.el9' }),
    );
    expect(rows.rows.map((row) => `${row.package}-${row.version}.${row.architecture}`)).toEqual([
      'bash-5.1.8-9.el9.x86_64',
      'glibc-5.1.8-9.el9.x86_64',
      'glibc-5.1.8-9.el9.i686',
      'kernel-core-5.1.8-9.el9.x86_64',
      'kernel-core-5.1.8-10.el9.x86_64',
    ]);
    expect([rows.reading.status, rows.architecture]).toEqual(['complete', 'x86_64']);
  });

  test('gpg-pubkey is no package, and no rejection', () => {
    const rows = read(
      bash,
      'gpg-pubkey\t(none)\t350d275d\t6279464b\t(none)\t(none)\t1700000000\t0\t(none)\t(none)',
    );
    expect([rows.rows.length, rows.rejections, rows.reading.status]).toEqual([1, [], 'complete']);
  });

  test('a module stream is its name and stream, without the build', () => {
    const [row] = read(line({ 8: 'nodejs:18:9010020221009220316:rhel9' })).rows;
    expect(row?.module).toBe('nodejs:18');
  });

  test('a package without a source is its own', () => {
    const [row] = read(line({ 5: '(none)' })).rows;
    expect([row?.source_package, row?.source_version]).toEqual(['bash', '5.1.8-9.el9']);
  });

  test.each([
    [line({ 0: 'a;id' }), 'The name of an rpm package.'],
    [line({ 2: '$(id)' }), 'An rpm version.'],
    [line({ 4: 'x86-64' }), 'The name of an architecture.'],
    [line({ 5: 'bash.rpm' }), 'The file name of a source package.'],
    ['Last login: Mon Nov 23 10:00:00 2026', 'Ten fields.'],
    [bash, 'Each package once.'],
  ])('%j is rejected and the reading is not complete', (bad, reason) => {
    const packages = read(bash, bad);
    expect(packages.rejections.map((row) => row.reason)).toEqual([reason]);
    expect([packages.rows.length, packages.reading.status]).toEqual([1, 'partial']);
  });

  test('an empty database is never "nothing installed"', () => {
    expect(parseRpmPackages(contextOf({ 'rpm-packages': '' })).reading).toEqual({
      subject: 'packages',
      status: 'unread',
      reason: 'The package database names no package.',
    });
  });

  test('a damaged database keeps what it gave and says so', () => {
    const output = outputOf(bash, { exitStatus: 1, stderr: 'error: rpmdb: damaged header #10 retrieved' });
    expect(parseRpmPackages(contextOf({ 'rpm-packages': output })).reading).toEqual({
      subject: 'packages',
      status: 'partial',
      reason: "'rpm-packages' ended with status 1: error: rpmdb: damaged header #10 retrieved.",
    });
  });
});

describe('sources', () => {
  const perl = {
    package: 'perl-libs',
    version: '4:5.32.1-481.el9',
    source_package: 'perl',
    source_version: '4:5.32.1-481.el9',
  };
  const errno = {
    package: 'perl-Errno',
    version: '1.30-481.el9',
    source_package: 'perl',
    source_version: '5.32.1-481.el9',
  };

  test('a binary with the version of its source stands for the source, also in other versions', () => {
    expect(redhatSources.sourceOf(perl)).toEqual({ source: 'perl', version: '4:5.32.1-481.el9' });
    expect(redhatSources.sourceOfLogged('perl-libs', '4:5.32.1-482.el9', perl)).toEqual({
      source: 'perl',
      version: '4:5.32.1-482.el9',
    });
  });

  test('one with a version of its own stands for itself', () => {
    expect(redhatSources.sourceOf(errno)).toEqual({ source: 'perl-Errno', version: '1.30-481.el9' });
    expect(redhatSources.sourceOfLogged('perl-Errno', '1.31-1.el9', errno)).toEqual({
      source: 'perl-Errno',
      version: '1.31-1.el9',
    });
  });

  test('of a package that nobody has seen nothing can be told, nor of what is no version', () => {
    expect(redhatSources.sourceOfLogged('unseen', '1-1', null)).toBeNull();
    expect(redhatSources.sourceOfLogged('perl-libs', '$(id)', perl)).toBeNull();
  });
});

describe('withOwners', () => {
  const mapping = {
    host_id: 'h1',
    pid: 1,
    process: 'sshd',
    path: '/usr/lib64/libcrypto.so.3.0.7',
    package: null,
  };

  test('a path has the owner that rpm names, and no other', () => {
    const other = { ...mapping, path: '/opt/x' };
    expect(
      withOwners([mapping, other], 'openssl-libs\t/usr/lib64/libcrypto.so.3.0.7\n$(id)\t/opt/x\n/opt/x\n'),
    ).toEqual([{ ...mapping, package: 'openssl-libs' }, other]);
  });
});
