/**
 * A root that pacman manages: Debian 12 with pacman, small packages built by makepkg, in repositories made by
 * repo-add. What is older than the repositories is installed by pacman itself, so that its log tells of it.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mustRun } from '#test/tools.ts';
import { inRoot, keptRoot } from './kept.ts';
import { rootOf } from './roots.ts';
import { attempt } from './run.ts';

const files = ['pacman-root.ts', 'kept.ts', 'roots.ts', 'run.ts'];

/** When the builds of the two generations were made, in seconds since 1970. */
export const builtAt = { old: 1_772_359_200, new: 1_793_527_200 } as const;

interface Build {
  /** One base, one version, one or several packages. */
  packages: string[];
  version: string;
  /** More lines of the PKGBUILD. */
  lines?: string[];
  /** Lines of shell that lay files under $pkgdir; by default a text. */
  lay?: string;
  repository?: 'core' | 'extra';
}

const library = (version: string) =>
  `install -D "$(readlink -f /lib/*/libutil.so.1)" "$pkgdir/usr/lib/fleet/$pkgname.so.1"; printf '${version}' >>"$pkgdir/usr/lib/fleet/$pkgname.so.1"`;
const kernel = (release: string) =>
  `mkdir -p "$pkgdir/usr/lib/modules/${release}"; printf '%s\\n' "$pkgname" >"$pkgdir/usr/lib/modules/${release}/pkgbase"`;

/** Installed in this order, then the repositories move on to `newer`. */
const older: Build[] = [
  { packages: ['tool', 'libtool'], version: '1:1.0-1', lines: ["arch=('x86_64')"], lay: library('1.0') },
  { packages: ['held'], version: '1.0-1' },
  { packages: ['heldold'], version: '1.0-1' },
  { packages: ['grouped'], version: '1.0-1', lines: ["groups=('fleet-held')"] },
  { packages: ['oldname'], version: '1.0-1' },
  { packages: ['needsnew'], version: '1.0-1.1' },
  { packages: ['prerelease'], version: '2.0rc1-1' },
  { packages: ['linux'], version: '6.6.1.arch1-1', lay: kernel('6.6.1-arch1-1') },
  { packages: ['linux-lts'], version: '6.1.60-1', lay: kernel('6.1.60-1-lts') },
  { packages: ['current'], version: '20240101.r5.g1234567-1' },
  { packages: ['rolled'], version: '2.1-1' },
  { packages: ['gone'], version: '1.0-1' },
];
const foreign: Build[] = [
  { packages: ['foreign'], version: '1.0-1' },
  { packages: ['rolled'], version: '2.0-1' },
];
const newer: Build[] = [
  { packages: ['tool', 'libtool'], version: '1:1.1-1', lines: ["arch=('x86_64')"], lay: library('1.1') },
  { packages: ['held'], version: '2.0-1' },
  { packages: ['heldnew'], version: '2.0-1', lines: ["replaces=('heldold')", "conflicts=('heldold')"] },
  { packages: ['grouped'], version: '2.0-1', lines: ["groups=('fleet-held')"] },
  { packages: ['newname'], version: '1.1-1', lines: ["replaces=('oldname<2')", "conflicts=('oldname')"] },
  { packages: ['needsnew'], version: '2.0-1', lines: ["depends=('fresh')"] },
  { packages: ['fresh'], version: '1.0-1' },
  { packages: ['prerelease'], version: '2.0-1' },
  { packages: ['linux'], version: '6.6.2.arch1-1', lay: kernel('6.6.2-arch1-1') },
  { packages: ['tool'], version: '2:9.0-1', repository: 'extra' },
];

const settings = `[options]
Architecture = x86_64
SigLevel = Never
LocalFileSigLevel = Never
IgnorePkg = held*
IgnoreGroup = fleet-held
[core]
Server = file:///srv/pacman/$repo
[extra]
Server = file:///srv/pacman/$repo
`;

/** Gives the root; see `keptRoot`. */
export function pacmanRoot(say: (text: string) => void = () => {}): Promise<string> {
  return keptRoot({ name: 'arch', files, build: (root) => build(root, say) }, say);
}

async function build(root: string, say: (text: string) => void): Promise<void> {
  const debian = await rootOf('bookworm', say);
  rmSync(root, { recursive: true, force: true });
  mustRun(['cp', '-a', debian, root]);
  const tools = 'pacman-package-manager makepkg libarchive-tools fakeroot file';
  await attempt(3, () =>
    inRoot(
      root,
      `apt-get -q update && apt-get -q install -y --no-install-recommends ${tools} && apt-get -q clean`,
    ),
  );
  writeFileSync(join(root, 'etc/pacman.conf'), settings);
  await buildPackages(root, 'old', older);
  await buildPackages(root, 'foreign', foreign);
  await buildPackages(root, 'new', newer);
  await inRoot(root, installOld);
  rmSync(join(root, 'usr/lib/os-release'));
  writeFileSync(
    join(root, 'usr/lib/os-release'),
    'NAME="Arch Linux"\nPRETTY_NAME="Arch Linux"\nID=arch\nBUILD_ID=rolling\n',
  );
}

const installOld = `set -e
publish() {
  for name in core extra; do
    (cd "/srv/pacman/$name" && repo-add -q "$name.db.tar.gz" $(ls | grep 'pkg.tar.gz$'))
  done
}
mkdir -p /srv/pacman/core /srv/pacman/extra
cp /srv/build/old/core/*.pkg.tar.gz /srv/pacman/core
publish
pacman -Sy --noconfirm ${older.flatMap((one) => one.packages).join(' ')}
sleep 1
pacman -U --noconfirm /srv/build/foreign/core/*.pkg.tar.gz
pacman -U --noconfirm /srv/build/foreign/core/foreign-*.pkg.tar.gz
sleep 1
pacman -R --noconfirm gone
rm /srv/pacman/*/*
cp /srv/build/old/core/current-* /srv/build/old/core/linux-lts-* /srv/build/old/core/rolled-* /srv/build/new/core/*.pkg.tar.gz /srv/pacman/core
cp /srv/build/new/extra/*.pkg.tar.gz /srv/pacman/extra
publish
pacman -Sy
`;

/** makepkg refuses to be root. */
async function buildPackages(root: string, generation: string, builds: Build[]): Promise<void> {
  const folder = join(root, 'srv/build', generation);
  for (const [index, one] of builds.entries()) {
    const place = join(folder, 'sources', String(index));
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, 'PKGBUILD'), pkgbuild(one));
  }
  for (const name of ['core', 'extra']) mkdirSync(join(folder, name), { recursive: true });
  const time = generation === 'new' ? builtAt.new : builtAt.old;
  const repositories = builds.map((one) => one.repository ?? 'core');
  const lines = readdirSync(join(folder, 'sources')).map(
    (index) =>
      `cd /srv/build/${generation}/sources/${index} && PKGDEST=/srv/build/${generation}/${repositories[Number(index)]} makepkg -d >/dev/null`,
  );
  const script = ['set -e', `export HOME=/tmp PKGEXT=.pkg.tar.gz SOURCE_DATE_EPOCH=${time}`, ...lines].join(
    '\n',
  );
  await inRoot(root, `chown -R nobody /srv/build && setpriv --reuid nobody --clear-groups sh -c '${script}'`);
}

function pkgbuild({ packages, version, lines = [], lay }: Build): string {
  const [, epoch = '0', number = '', release = '1'] = /^(?:(\d+):)?(.*)-([\d.]+)$/.exec(version) ?? [];
  const text =
    'mkdir -p "$pkgdir/usr/share/fleet"; printf "%s %s\\n" "$pkgname" "$pkgver" >"$pkgdir/usr/share/fleet/$pkgname"';
  return [
    `pkgbase=${packages.length === 1 ? packages[0] : `${packages[0]}-base`}`,
    `pkgname=(${packages.join(' ')})`,
    `pkgver=${number}`,
    `pkgrel=${release}`,
    `epoch=${epoch}`,
    "pkgdesc='A package of the fleet'",
    "arch=('any')",
    "license=('MIT')",
    "options=('!strip')",
    ...lines,
    ...packages.map((name) => `package_${name}() { ${lay ?? text}; }`),
    '',
  ].join('\n');
}
