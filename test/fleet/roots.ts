/**
 * Roots of Debian releases with real security updates pending: installed from the main archive, and only
 * then told of the security archive. Kept by content outside the checkout.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { withWriterLock } from '#data/ledger/lock.ts';
import { mustRun } from '#test/tools.ts';
import { findArchives } from './archives.ts';
import { choosePackages, parseIndex } from './choose.ts';
import { attempt, runIsolated } from './run.ts';

export const releases = ['bullseye', 'bookworm', 'trixie'] as const;
export type Release = (typeof releases)[number];

/** The account that the collector logs in with. */
export const account = { name: 'patchledger', id: 1500 };

const recipe = ['choose.ts', 'archives.ts', 'roots.ts', 'run.ts'];
/** What variants of a host need: other login shells, a wrong clock, another language. */
const tools = ['tcsh', 'fish', 'libfaketime', 'locales'];
const pendingWanted = 8;
const leastPending = 5;

/**
 * Gives the root of a release, building it when there is none for this recipe and week. Of several that
 * want it at once, one builds and the others wait.
 */
export async function rootOf(release: Release, say: (text: string) => void = () => {}): Promise<string> {
  const folder = join(cacheFolder(), 'roots');
  const path = join(folder, `${release}-${keyOf(release)}`);
  if (existsSync(path)) return path;
  return withWriterLock(join(cacheFolder(), 'locks', release), { waitSeconds: 1800 }, async () => {
    if (existsSync(path)) return path;
    mkdirSync(folder, { recursive: true });
    for (const name of readdirSync(folder)) {
      const old = join(folder, name);
      if (name.startsWith(`${release}-`) && !isInUse(old)) rmSync(old, { recursive: true, force: true });
    }
    const making = `${path}.part`;
    say(`making a root of ${release} (about two minutes)`);
    await build(release, making);
    renameSync(making, path);
    return path;
  });
}

/** Whether a host of any process is laid over the root: another checkout has another recipe. */
function isInUse(root: string): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/mountinfo`, 'utf8').includes(`lowerdir=${root},`);
      } catch {
        return false;
      }
    });
}

export function cacheFolder(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? homedir(), '.cache');
  return join(base, 'patchledger-test');
}

/** The same recipe gives another root each week, from Monday on: updates go on. */
function keyOf(release: Release): string {
  const hash = createHash('sha256').update(release).update(architecture());
  for (const name of recipe) hash.update(readFileSync(fileURLToPath(new URL(name, import.meta.url))));
  // Day 0 of 1970 was a Thursday.
  const week = Math.floor((Date.now() / 86_400_000 + 3) / 7);
  return hash.update(String(week)).digest('hex').slice(0, 16);
}

function architecture(): string {
  return mustRun(['dpkg', '--print-architecture']).trim();
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

/** Runs a line of shell inside a root, with its own /proc and a plain /dev; gives standard output. */
function inRoot(root: string, line: string): Promise<string> {
  const script = 'mount -t proc proc "$1/proc" && mount --bind /dev "$1/dev" && exec chroot "$1" sh -c "$2"';
  return runIsolated(['sh', '-c', script, 'sh', root, line]);
}
