/** The shared sections on a real rpm database, made by rpm of packages made by rpmbuild. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ownersSection, withOwners } from '#ecosystems/rpm/mapping-owners.ts';
import { packagesSection, parseRpmPackages } from '#ecosystems/rpm/packages.ts';
import { mustRun, runTool } from '#test/tools.ts';
import { contextOf } from '../contract.ts';
import { buildSource } from './build.ts';
import type { Source } from './build.ts';

const library = '/usr/lib/patchledger-test/libown.so.1';
const sources: Source[] = [
  {
    name: 'own',
    version: '1.0~rc1',
    release: '1.el9^x',
    epoch: 2,
    builtAt: 1_700_000_000,
    vendor: 'Nobody',
    files: { [library]: '' },
    binaries: [{ name: 'own-Part', version: '3.1' }],
  },
  { name: 'streamed', version: '18.1', release: '2', architecture: 'noarch', module: 'nodejs:18:9010:rhel9' },
  { name: 'kernel-core', version: '5.14.0', release: '1.el9' },
  { name: 'kernel-core', version: '5.14.0', release: '2.el9' },
];
let folder = '';
/** rpm of Debian keeps its database in the home folder. */
const rpm = (words: string[]) => mustRun(['env', `HOME=${folder}`, 'rpm', ...words]);
const runSection = (command: string) => mustRun(['env', `HOME=${folder}`, 'sh', '-c', command]);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'patchledger-rpm-'));
  const files = sources.flatMap((source) => buildSource(source, join(folder, 'rpms')));
  rpm(['-i', '--justdb', '--nodeps', '--nosignature', ...files]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the sections are clean POSIX shell', () => {
  for (const { command } of [packagesSection, ownersSection]) {
    expect(runTool(['shellcheck', '--shell=sh', '--severity=style', '-'], `${command}\n`).stdout).toBe('');
  }
});

test('what is read is what rpm says of its packages', () => {
  const { rows, reading } = parseRpmPackages(
    contextOf({ 'rpm-packages': runSection(packagesSection.command) }),
  );
  expect(reading).toEqual({ subject: 'packages', status: 'complete', reason: null });
  const said = rpm([
    '-qa',
    '--queryformat',
    '%{NAME} %{EPOCHNUM}:%{VERSION}-%{RELEASE}.%{ARCH} %{INSTALLTIME} %{BUILDTIME}\n',
  ]);
  const seconds = (instant: string | null) => Date.parse(instant ?? '') / 1000;
  const ours = rows.map(
    (row) =>
      `${row.package} ${row.version.includes(':') ? '' : '0:'}${row.version}.${row.architecture} ${seconds(row.installed_at)} ${seconds(row.built_at)}`,
  );
  expect(ours.sort()).toEqual(said.trim().split('\n').sort());
  expect(
    rows
      .filter((row) => !row.package.startsWith('kernel'))
      .map((row) => [row.package, row.source_package, row.source_version, row.module, row.origin])
      .sort(),
  ).toEqual([
    ['own', 'own', '2:1.0~rc1-1.el9^x', null, 'Nobody'],
    ['own-Part', 'own', '1.0~rc1-1.el9^x', null, 'Nobody'],
    ['streamed', 'streamed', '18.1-2', 'nodejs:18', null],
  ]);
});

test('an rpm that does not know the tag for modules still answers', () => {
  const old = packagesSection.command.replace('rpm --querytags', 'rpm --querytags | grep -v MODULARITYLABEL');
  const { rows, reading } = parseRpmPackages(contextOf({ 'rpm-packages': runSection(old) }));
  expect([rows.length, reading.status, rows.filter((row) => row.module !== null)]).toEqual([
    5,
    'complete',
    [],
  ]);
});

test('paths are given to rpm as words of their own: whatever they hold, each has its own owner', () => {
  const paths = [library, `${library}.0.7`, '/opt/$(touch x) "y"/lib.so.1', '/no body/x'];
  const deleted = paths.map((path) => `7f00-7f01 r-xp 00000000 fe:01 1 ${path} (deleted)\n`).join('');
  const command = ownersSection.command.replace(
    "grep -hF ' (deleted)' /proc/[0-9]*/maps 2>/dev/null",
    'printf %s "$MAPS"',
  );
  const text = mustRun(['env', `HOME=${folder}`, `MAPS=${deleted}`, 'sh', '-c', command]);
  const rows = paths.map((path) => ({ host_id: 'h', pid: 1, process: 'x', path, package: null }));
  expect(withOwners(rows, text).map((row) => row.package)).toEqual(['own', 'own', null, null]);
});
