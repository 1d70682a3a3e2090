/**
 * A small world for the real pacman: packages of a few bytes, repositories made by repo-add, and folders of its own in
 * the place of the machine's, in a mount namespace of its own.
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun, runTool } from '#test/tools.ts';
import type { Ran } from '#test/tools.ts';

export interface SmallPackage {
  name: string;
  version: string;
  /** More lines of .PKGINFO: `depend = x`, `replaces = y`, `group = z`. */
  info?: string[];
}

export interface World {
  /** Lines under [options]. */
  options?: string[];
  installed: SmallPackage[];
  /** By name, in the order of pacman.conf. */
  repositories: { [name: string]: SmallPackage[] };
  /** Whether the databases are fetched; default true. */
  refresh?: boolean;
}

export interface SmallRoot {
  folder: string;
  /** Words before a command that runs it in there, as root. */
  inside: string[];
  run: (command: string[]) => Ran;
}

const builtSeconds = 1_772_359_200;

export function smallRoot(world: World): SmallRoot {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-pacman-'));
  chmodSync(folder, 0o755);
  for (const path of ['lib', 'log', 'cache', 'installed', 'repo']) mkdirSync(join(folder, path));
  const names = Object.keys(world.repositories);
  const sections = names.map((name) => `[${name}]\nServer = file://${join(folder, 'repo', name)}\n`);
  const options = [
    'Architecture = x86_64',
    'SigLevel = Never',
    'LocalFileSigLevel = Never',
    ...(world.options ?? []),
  ];
  writeFileSync(join(folder, 'pacman.conf'), `[options]\n${options.join('\n')}\n${sections.join('')}`);
  // A Debian machine has dpkg too: its release says that pacman is at home.
  writeFileSync(join(folder, 'os-release'), 'ID=arch\nNAME="Arch Linux"\n');
  const binds = [
    `mount --bind '${join(folder, 'os-release')}' /etc/os-release`,
    `mount --bind '${join(folder, 'pacman.conf')}' /etc/pacman.conf`,
    `mount --bind '${join(folder, 'lib')}' /var/lib/pacman`,
    `mount --bind '${join(folder, 'log')}' /var/log`,
    `mount --bind '${join(folder, 'cache')}' /var/cache/pacman`,
    // What packages lay down goes nowhere.
    'mkdir -p /usr/share/patchledger-small',
    'mount -t tmpfs none /usr/share/patchledger-small',
  ];
  const inside = ['unshare', '--mount', 'sh', '-c', `${binds.join(' && ')} && exec "$@"`, 'inside'];
  const root = { folder, inside, run: (command: string[]) => runTool([...inside, ...command]) };
  const installed = world.installed.map((one) => build(join(folder, 'installed'), one));
  if (installed.length > 0) mustRun([...inside, 'pacman', '-U', '-dd', '--noconfirm', ...installed]);
  for (const name of names) publish(join(folder, 'repo', name), name, world.repositories[name] ?? []);
  if (world.refresh !== false) mustRun([...inside, 'pacman', '-Sy']);
  return root;
}

function publish(folder: string, name: string, packages: SmallPackage[]): void {
  mkdirSync(folder);
  const files = packages.map((one) => build(folder, one));
  mustRun(['repo-add', '-q', join(folder, `${name}.db.tar.gz`), ...files]);
}

/** As makepkg lays a package out (alpm's PKGINFO); makepkg itself takes seconds for each. */
function build(folder: string, { name, version, info = [] }: SmallPackage): string {
  const tree = mkdtempSync(join(tmpdir(), 'patchledger-package-'));
  mkdirSync(join(tree, 'usr/share/patchledger-small'), { recursive: true });
  writeFileSync(join(tree, 'usr/share/patchledger-small', name), version);
  const lines = [
    `pkgname = ${name}`,
    `pkgbase = ${name}`,
    `pkgver = ${version}`,
    'pkgdesc = a package',
    'url = none',
  ];
  const more = [`builddate = ${builtSeconds}`, 'packager = nobody', 'size = 10', 'arch = any', ...info];
  writeFileSync(join(tree, '.PKGINFO'), `${[...lines, ...more].join('\n')}\n`);
  const file = join(folder, `${name}-${version}-any.pkg.tar.gz`);
  mustRun(['bsdtar', '-czf', file, '-C', tree, '.PKGINFO', 'usr']);
  rmSync(tree, { recursive: true });
  return file;
}
