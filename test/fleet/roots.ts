/**
 * Roots of Debian releases with real security updates pending: installed from the main archive, and only
 * then told of the security archive.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findArchives } from './archives.ts';
import { choosePackages, parseIndex } from './choose.ts';
import { inRoot, keptRoot } from './kept.ts';
import { attempt, runIsolated } from './run.ts';

export const releases = ['bullseye', 'bookworm', 'trixie'] as const;
export type Release = (typeof releases)[number];

/** The account that the collector logs in with. */
export const account = { name: 'patchledger', id: 1500 };

const files = ['choose.ts', 'archives.ts', 'roots.ts', 'kept.ts', 'run.ts'];
/** What variants of a host need: other login shells, a wrong clock, another language. */
const tools = ['tcsh', 'fish', 'libfaketime', 'locales'];
const pendingWanted = 8;
const leastPending = 5;

/** Gives the root of a release; see `keptRoot`. */
export function rootOf(release: Release, say: (text: string) => void = () => {}): Promise<string> {
  return keptRoot({ name: release, files, build: (folder) => build(release, folder) }, say);
}

async function build(release: Release, root: string): Promise<void> {
  const { main, security } = findArchives();
  await attempt(3, async () => {
    rmSync(root, { recursive: true, force: true });
    await runIsolated([
      'debootstrap',
      '--variant=minbase',
      '--include=openssh-server,ca-certificates',
      release,
      root,
      main,
    ]);
  });
  writeFileSync(join(root, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const mainLine = `deb ${main} ${release} main\n`;
  const securityLine = `deb ${security} ${release}-security main\n`;
  const sources = (text: string) => writeFileSync(join(root, 'etc/apt/sources.list'), text);
  sources(mainLine);
  await attempt(3, () =>
    inRoot(
      root,
      `apt-get -q update && apt-get -q install -y --no-install-recommends ${tools.join(' ')} && localedef -i de_DE -f UTF-8 de_DE.UTF-8`,
    ),
  );
  const installed = new Set((await inRoot(root, "dpkg-query -W -f '${Package}\\n'")).trim().split('\n'));
  const indexOf = async (line: string) => parseIndex(await readIndex(root, line));
  const choice = choosePackages(await indexOf(mainLine), await indexOf(securityLine), {
    installed,
    count: pendingWanted,
  });
  await attempt(3, () =>
    inRoot(root, `INITRD=No apt-get -q install -y --no-install-recommends ${choice.packages.join(' ')}`),
  );
  sources(mainLine + securityLine);
  await attempt(3, () => inRoot(root, 'apt-get -q update && apt-get -q clean'));
  await inRoot(root, `useradd -m -u ${account.id} -s /bin/sh -p '*' ${account.name}`);
  const [held = '', pinned = ''] = choice.packages.filter((name) => name !== choice.needsNew);
  await inRoot(root, `apt-mark hold ${held}`);
  const version = (await inRoot(root, `dpkg-query -W -f '\${Version}' ${pinned}`)).trim();
  writeFileSync(
    join(root, 'etc/apt/preferences.d/fleet'),
    `Package: ${pinned}\nPin: version ${version}\nPin-Priority: 1001\n`,
  );
  await checkPending(root, release);
}

/** The Packages file that one line of sources.list names, fetched beside the root's own lists. */
async function readIndex(root: string, line: string): Promise<string> {
  writeFileSync(join(root, 'tmp/one.list'), line);
  const options =
    '-o Dir::Etc::sourcelist=/tmp/one.list -o Dir::Etc::sourceparts=- -o Dir::State::lists=/tmp/lists -o Acquire::Languages=none';
  await inRoot(root, 'rm -rf /tmp/lists && mkdir -p /tmp/lists/partial');
  await attempt(3, () => inRoot(root, `apt-get -q ${options} update`));
  const text = await inRoot(
    root,
    `apt-get ${options} indextargets --format '$(FILENAME)' 'Created-By: Packages' | xargs /usr/lib/apt/apt-helper cat-file`,
  );
  await inRoot(root, 'rm -rf /tmp/lists /tmp/one.list');
  return text;
}

async function checkPending(root: string, release: string): Promise<void> {
  const pending = securityUpgrades(await inRoot(root, 'apt-get -s dist-upgrade'));
  const isNew = pending.some(({ installed }) => !installed);
  if (pending.length >= leastPending + 1 && isNew) return;
  throw new Error(
    `the root of ${release} has ${pending.length} pending security updates${isNew ? '' : ' and none that needs a new package'}; at least ${leastPending}, and one of these, are wanted`,
  );
}

/** `Inst` lines of a simulation that come from the security archive. */
export function securityUpgrades(simulated: string): { name: string; installed: boolean }[] {
  return simulated
    .split('\n')
    .filter((line) => /^Inst .*Debian-Security:/.test(line))
    .map((line) => ({ name: line.split(' ')[1] ?? '', installed: / \[/.test(line.split('(')[0] ?? '') }));
}
