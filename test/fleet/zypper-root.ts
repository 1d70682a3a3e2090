/**
 * A root that says it is openSUSE Leap: Debian's zypper and rpm, repositories of small real packages with patches as
 * SUSE writes them, what is old in them installed by zypper itself.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSource } from '#test/ecosystems/rpm/build.ts';
import { mustRun } from '#test/tools.ts';
import { inRoot, keptRoot } from './kept.ts';
import { rootOf } from './roots.ts';
import { attempt } from './run.ts';
import { repositories, updateinfo } from './zypper-world.ts';
import type { RootMaker } from './fleet.ts';
import type { RepositoryPlan } from './zypper-world.ts';

const files = [
  'zypper-root.ts',
  'zypper-world.ts',
  '../ecosystems/rpm/build.ts',
  'roots.ts',
  'kept.ts',
  'run.ts',
];

export const zypperRoot: RootMaker = async (say) => {
  const base = await rootOf('bookworm', say);
  return keptRoot({ name: 'leap', files, build: (folder) => build(base, folder) }, say);
};

const osRelease = `NAME="openSUSE Leap"
VERSION="15.6"
ID="opensuse-leap"
ID_LIKE="suse opensuse"
VERSION_ID="15.6"
PRETTY_NAME="openSUSE Leap 15.6"
ANSI_COLOR="0;32"
CPE_NAME="cpe:/o:opensuse:leap:15.6"
`;

/** As on SUSE: kernels stand beside each other. */
const zyppConf = `[main]
multiversion = provides:multiversion(kernel)
multiversion.kernels = latest,latest-1,running
`;

const zypper = 'zypper --quiet --non-interactive --no-gpg-checks';

/** What is installed at first, then what is upgraded and removed later, so that the log tells of all three. */
const history = [
  `${zypper} install --from repo-oss openssl-3=3.1.4-150600.5.7.1 libopenssl3=3.1.4-150600.5.7.1 libfleet1=1.2-150600.1.1 vim=9.1.0 vim-data=9.1.0 python311-requests=2.31.0 libzypp=17.31.0 bind=2:9.18.24 curl=8.6.0-150600.2.1 libcurl4=8.6.0-150600.2.1 'tool=1.0~rc1' sudo=1.9.15-150600.1.1 nano=7.2 gone=1`,
  `${zypper} install --from repo-oss kernel-default=6.4.0-150600.21.1`,
  `${zypper} install --oldpackage --from repo-oss kernel-default=6.4.0-150600.22.3.1`,
  `${zypper} install sudo=1.9.15-150600.3.6.1`,
  `${zypper} remove gone`,
  `${zypper} addlock 'vi*' unheard-of`,
];

async function build(base: string, root: string): Promise<void> {
  rmSync(root, { recursive: true, force: true });
  mustRun(['cp', '-a', base, root]);
  await attempt(3, () =>
    inRoot(
      root,
      'apt-get -q update && apt-get -q install -y --no-install-recommends zypper rpm && apt-get -q clean',
    ),
  );
  const write = (path: string, text: string) => writeFileSync(join(root, path), text);
  write('etc/os-release', osRelease);
  write('etc/zypp/zypp.conf', zyppConf);
  // Debian's rpm looks into the home folder otherwise.
  mkdirSync(join(root, 'etc/rpm'), { recursive: true });
  write('etc/rpm/macros', '%_dbpath /var/lib/rpm\n');
  // Not the name of a release's folder: rpm asks whether it may own it.
  const library = readFileSync(join(root, 'lib/x86_64-linux-gnu/libdl.so.2'));
  for (const plan of repositories(library)) await addRepository(root, plan);
  for (const line of history) await inRoot(root, line);
  await inRoot(root, `${zypper} modifyrepo --disable repo-debug`);
  await inRoot(root, 'rm -f /var/log/zypper.log');
}

async function addRepository(root: string, plan: RepositoryPlan): Promise<void> {
  const name = plan.alias.replace(/\W/g, '-');
  const folder = join(root, 'srv/repositories', name);
  mkdirSync(folder, { recursive: true });
  for (const source of plan.sources) buildSource(source, folder);
  mustRun(['createrepo_c', '--quiet', folder]);
  if (plan.advisories.length > 0) {
    writeFileSync(join(folder, 'updateinfo.xml'), updateinfo(plan.advisories));
    mustRun([
      'modifyrepo_c',
      '--mdtype=updateinfo',
      join(folder, 'updateinfo.xml'),
      join(folder, 'repodata'),
    ]);
  }
  await inRoot(
    root,
    `${zypper} addrepo ${plan.options.join(' ')} file:/srv/repositories/${name} '${plan.alias}' && ${zypper} refresh '${plan.alias}'`,
  );
}
