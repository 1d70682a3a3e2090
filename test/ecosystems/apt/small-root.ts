/**
 * A small world for the real apt: repositories of a few packages, and a package database that says
 * what is installed. Commands see it in place of the machine's own, in a mount namespace.
 */
import { mkdirSync, mkdtempSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { mustRun, runTool } from '#test/tools.ts';
import type { Ran } from '#test/tools.ts';

interface Package {
  name: string;
  version: string;
  architecture?: string;
  /** Further control fields, one a line. */
  fields?: string;
}

interface Installed extends Package {
  /** Default `install ok installed`. */
  status?: string;
}

interface Repository {
  name: string;
  /** Fields of the Release file, one a line. */
  release: string;
  packages: Package[];
}

export interface SmallRoot {
  folder: string;
  /** Words that run a command inside: `[...inside, 'apt-get', 'update']`. */
  inside: string[];
  run: (command: string[], input?: string) => Ran;
}

export interface Plan {
  installed: Installed[];
  repositories: Repository[];
  preferences?: string;
  /** More lines for sources.list. */
  sources?: string;
  foreign?: string[];
  files?: { [path: string]: string };
  /** Whether `apt-get update` is run; default true. */
  update?: boolean;
}

const binds = {
  etc: '/etc/apt',
  aptlib: '/var/lib/apt',
  dpkg: '/var/lib/dpkg',
  cache: '/var/cache/apt',
  log: '/var/log',
};

export function smallRoot(plan: Plan): SmallRoot {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-apt-'));
  chmodSync(folder, 0o755);
  for (const path of [
    'etc/apt.conf.d',
    'etc/preferences.d',
    'etc/sources.list.d',
    'etc/trusted.gpg.d',
    'aptlib/lists/partial',
    'aptlib/periodic',
    'dpkg/info',
    'dpkg/updates',
    'dpkg/triggers',
    'cache/archives/partial',
    'log/apt',
    'repo',
  ]) {
    mkdirSync(join(folder, path), { recursive: true });
  }
  const write = (path: string, text: string) => writeFileSync(join(folder, path), text);
  write('etc/apt.conf.d/00test', 'APT::Sandbox::User "root";\nAcquire::Languages "none";\n');
  write(
    'etc/sources.list',
    `${plan.repositories.map((repository) => sourceLine(folder, repository)).join('\n')}\n${plan.sources ?? ''}\n`,
  );
  write('etc/preferences', plan.preferences ?? '');
  write('dpkg/arch', ['amd64', ...(plan.foreign ?? [])].map((name) => `${name}\n`).join(''));
  write('dpkg/status', plan.installed.map(statusParagraph).join('\n'));
  for (const row of plan.installed) {
    const multi = row.fields?.includes('Multi-Arch: same') ? `:${row.architecture ?? 'amd64'}` : '';
    write(`dpkg/info/${row.name}${multi}.list`, '/.\n');
  }
  for (const repository of plan.repositories) writeRepository(folder, repository);
  for (const [path, text] of Object.entries(plan.files ?? {})) write(path, text);
  const mounts = Object.entries(binds).map(([own, path]) => `mount --bind '${join(folder, own)}' ${path}`);
  const inside = ['unshare', '--mount', 'sh', '-c', `${mounts.join(' && ')} && exec "$@"`, 'inside'];
  const root = {
    folder,
    inside,
    run: (command: string[], input = '') => runTool([...inside, ...command], input),
  };
  if (plan.update !== false) mustRun([...inside, 'apt-get', 'update']);
  return root;
}

function control(row: Package): string {
  return [
    `Package: ${row.name}`,
    `Version: ${row.version}`,
    `Architecture: ${row.architecture ?? 'amd64'}`,
    'Maintainer: Nobody <nobody@example.org>',
    'Description: test',
    ...(row.fields === undefined ? [] : [row.fields]),
  ].join('\n');
}

function statusParagraph(row: Installed): string {
  return `${control(row).replace('\n', `\nStatus: ${row.status ?? 'install ok installed'}\n`)}\n`;
}

function sourceLine(folder: string, repository: Repository): string {
  return `deb [trusted=yes] file:${join(folder, 'repo', repository.name)} ${repository.name} main`;
}

/** Built by dpkg-deb and dpkg-scanpackages, laid out as archives are. */
function writeRepository(folder: string, { name, release, packages }: Repository): void {
  const base = join(folder, 'repo', name);
  mkdirSync(join(base, 'pool'), { recursive: true });
  for (const row of packages) {
    const tree = join(
      folder,
      'build',
      name,
      `${row.name}-${row.version.replaceAll(':', '_')}-${row.architecture ?? 'amd64'}`,
    );
    mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
    writeFileSync(join(tree, 'DEBIAN/control'), `${control(row)}\n`);
    mustRun(['dpkg-deb', '--build', '-Znone', '--root-owner-group', tree, join(base, 'pool')]);
  }
  const digests = ['amd64', 'i386'].map((architecture) => {
    const index = mustRun([
      'sh',
      '-c',
      `cd '${base}' && dpkg-scanpackages -m -a ${architecture} pool /dev/null`,
    ]);
    const path = `main/binary-${architecture}/Packages`;
    mkdirSync(join(base, 'dists', name, `main/binary-${architecture}`), { recursive: true });
    writeFileSync(join(base, 'dists', name, path), index);
    return ` ${createHash('sha256').update(index).digest('hex')} ${Buffer.byteLength(index)} ${path}`;
  });
  const text = `${release}\nDate: Mon, 02 Nov 2026 10:00:00 UTC\nArchitectures: amd64 i386\nComponents: main\nSHA256:\n${digests.join('\n')}\n`;
  writeFileSync(join(base, 'dists', name, 'Release'), text);
}
