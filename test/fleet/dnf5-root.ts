/**
 * A Fedora, as far as its packages go: dnf 5, which Debian has in its unstable release only. That may not install on any
 * given day, so no test needs this root: what it answered is recorded in `test/fixtures/hosts/fedora43/`.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findArchives } from './archives.ts';
import { layRepositories } from './dnf-root.ts';
import { past } from './dnf-world.ts';
import { inRoot, keptRoot } from './kept.ts';
import { account } from './roots.ts';
import { attempt, runIsolated } from './run.ts';

const files = ['dnf5-root.ts', 'dnf-root.ts', 'dnf-world.ts', 'kept.ts', '../ecosystems/rpm/build.ts'];

const fedoraRelease = `NAME="Fedora Linux"
VERSION="43 (Server Edition)"
ID=fedora
VERSION_ID=43
VERSION_CODENAME=""
PLATFORM_ID="platform:f43"
PRETTY_NAME="Fedora Linux 43 (Server Edition)"
`;

/** Gives the root of the Fedora host; see `keptRoot`. */
export function dnf5Root(say: (text: string) => void = () => {}): Promise<string> {
  return keptRoot({ name: 'fedora43', files, build }, say);
}

async function build(root: string): Promise<void> {
  await attempt(3, async () => {
    rmSync(root, { recursive: true, force: true });
    const packages = '--include=openssh-server,ca-certificates,rpm,dnf5,libfaketime';
    await runIsolated(['debootstrap', '--variant=minbase', packages, 'sid', root, findArchives().main]);
  });
  const write = (path: string, text: string) => writeFileSync(join(root, path), text);
  rmSync(join(root, 'etc/os-release'));
  write('etc/os-release', fedoraRelease);
  mkdirSync(join(root, 'etc/rpm'), { recursive: true });
  write('etc/rpm/macros', '%_dbpath /var/lib/rpm\n');
  write('etc/dnf/libdnf5-plugins/local.conf', '[main]\nenabled = 0\n');
  layRepositories(root);
  await inRoot(root, `useradd -m -u ${account.id} -s /bin/sh -p '*' ${account.name}`);
  for (const { daysAgo, command } of past) {
    const faked = `LD_PRELOAD=/usr/lib/$(uname -m)-linux-gnu/faketime/libfaketime.so.1 FAKETIME=-${daysAgo}d sh -c`;
    await inRoot(root, `${faked} '${command.replaceAll('dnf ', 'dnf5 ')}'`);
  }
  await inRoot(root, 'dnf5 -q versionlock add sudo');
  write('etc/dnf/dnf.conf', '[main]\ngpgcheck=0\ninstallonly_limit=3\nbest=False\nexcludepkgs=httpd*\n');
  await inRoot(root, 'dnf5 -q clean all && dnf5 -q makecache');
}
