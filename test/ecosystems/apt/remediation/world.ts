/** A real Debian host with a repository of small packages of its own, and plans for it. */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plan } from '#data/model/plan.ts';
import { renderAptScript } from '#ecosystems/apt/remediation/script.ts';
import { makeKey } from '#test/collector/ssh/sshd.ts';
import { startHost } from '#test/fleet/host.ts';
import type { FleetHost } from '#test/fleet/host.ts';
import { rootOf } from '#test/fleet/roots.ts';
import { mustRun } from '#test/tools.ts';
import type { Ran } from '#test/tools.ts';

interface SmallPackage {
  name: string;
  version: string;
  depends?: string;
  conflicts?: string;
  /** Content of /etc/NAME.conf, a configuration file. */
  conf?: string;
  scripts?: { [script: string]: string };
}

/** Not for ever: a test that fails must not leave a host waiting. */
const slow = 'n=0; while [ -e /run/slow ] && [ $n -lt 200 ]; do n=$((n + 1)); sleep 0.1; done';

/** What the repository holds. */
const packages: SmallPackage[] = [
  { name: 'demo-lib', version: '1.0' },
  { name: 'demo-lib', version: '2.0' },
  { name: 'demo', version: '1.0', depends: 'demo-lib', conf: 'old\n' },
  { name: 'demo', version: '1.5', depends: 'demo-lib', conf: 'old\n' },
  {
    name: 'demo',
    version: '2.0',
    depends: 'demo-lib (>= 2.0), demo-new',
    conf: 'new\n',
    scripts: {
      preinst: 'if [ -e /run/fail-before ]; then exit 1; fi',
      postinst: `${slow}; if [ -e /run/fail-after ]; then exit 1; fi`,
    },
  },
  { name: 'demo', version: '2.1', depends: 'demo-lib (>= 2.0), demo-new', conf: 'new\n' },
  { name: 'demo-new', version: '2.0' },
  { name: 'demo', version: '3.0', depends: 'demo-lib (>= 2.0), demo-more' },
  { name: 'demo-more', version: '3.0' },
  { name: 'demo', version: '4.0', conflicts: 'demo-other' },
  { name: 'demo-other', version: '1.0', scripts: { postinst: slow } },
  { name: 'demo-held', version: '1.0' },
  { name: 'demo-held', version: '2.0' },
];

export interface World {
  host: FleetHost;
  /** Runs a line as root in the host; throws when it fails. */
  must: (line: string) => string;
  /** Brings the host back to where the plan begins. */
  reset: () => void;
  /** Runs a script in the host as an admin would: the shell reads it from a file. */
  run: (script: string, words: string[], options?: { shell?: string; asAccount?: boolean }) => Ran;
  /** The newest result file; null when there is none. */
  result: () => Result | null;
  plan: Plan;
  script: string;
  /** The repository as it was built, outside of the host. */
  repository: string;
  stop: () => Promise<void>;
}

export interface Result {
  state: string;
  reason: string;
  exit: number | null;
  plan: string;
  reboot_needed: boolean;
  packages: { package: string; before: string | null; after: string | null; state: string }[];
}

/** @param address a loopback address of its own */
export async function startWorld(address: string): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-script-'));
  makeKey(join(folder, 'client'), 'ed25519');
  const host = await startHost({
    id: 'demo-host',
    address,
    root: await rootOf('bookworm'),
    publicKey: mustRun(['cat', join(folder, 'client.pub')]),
  });
  const must = (line: string): string => {
    const ran = host.inside(['sh', '-c', line]);
    if (ran.status !== 0) throw new Error(`${line}: ${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  };
  const archive = buildRepository(join(folder, 'repo'));
  host.inside(['sh', '-c', 'mkdir -p /srv && base64 -d | tar -x -C /srv'], { input: archive });
  must(
    'rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* && apt-mark showhold | xargs -r apt-mark unhold',
  );
  must('cp -a /srv/repo /srv/repo.good');
  const plan = planFor(
    createHash('sha256')
      .update(`patchledger:${must('cat /etc/machine-id').trim()}`)
      .digest('hex'),
  );
  const world: World = {
    host,
    must,
    plan,
    script: renderAptScript(plan),
    repository: join(folder, 'repo'),
    reset: () => void must(resetLine),
    run: (script, words, { shell = 'sh', asAccount = false } = {}) => {
      host.inside(['sh', '-c', 'cat >/srv/plan.sh'], { input: script });
      return host.inside(['sh', '-c', `cd / && exec ${shell} /srv/plan.sh "$@"`, 'sh', ...words], {
        asAccount,
      });
    },
    result: () => {
      const text = must('cd /var/lib/patchledger/results 2>/dev/null && cat "$(ls -t | head -n 1)" || true');
      return text === '' ? null : (JSON.parse(text) as Result);
    },
    stop: async () => {
      await host.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  world.reset();
  return world;
}

/** Whatever the test before left: processes, half-installed packages, holds, a broken repository. */
const resetLine = `
rm -rf /run/slow /run/fail-before /run/fail-after /srv/fill /var/lib/patchledger /var/log/patchledger /srv/repo
cp -a /srv/repo.good /srv/repo
echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list
for try in 1 2 3 4 5 6 7 8 9 10; do
  if ! pgrep -x 'apt-get|dpkg' >/dev/null 2>&1; then break; fi
  sleep 0.3
done
dpkg --configure -a >/dev/null 2>&1
apt-mark showhold | xargs -r apt-mark unhold >/dev/null
dpkg --purge demo demo-new demo-more demo-other demo-lib demo-held >/dev/null 2>&1
rm -f /etc/demo.conf*
apt-get clean
apt-get update >/dev/null 2>&1
apt-get install -y demo=1.0 demo-lib=1.0 demo-held=1.0 demo-other=1.0 >/dev/null 2>&1 || exit 1
apt-mark auto demo-lib >/dev/null
apt-mark hold demo-held >/dev/null
`;

/** A plan for the packages of the repository. */
export function planFor(machine: string): Plan {
  return {
    plan: 'a'.repeat(64),
    host_id: 'demo-host',
    ecosystem: 'apt',
    machine_id: machine,
    os_id: 'debian',
    os_version: '12',
    as_of: '2026-11-01T03:00:00.000Z',
    expires_at: '2099-01-01T00:00:00.000Z',
    head: 'b'.repeat(64),
    changes: [
      change('demo', '1.0', '2.0', true),
      change('demo-lib', '1.0', '2.0', false),
      change('demo-new', null, '2.0', false),
    ],
    fixes: [{ fix_id: 'bookworm/demo/2.0', source: 'demo', names: ['DSA-1-1'], approval: 'all' }],
    approvals: [
      { id: 'all', approver: 'CISO', when: '2026-01-01', ticket: 'CHG-1', ring: null, allows_newer: false },
    ],
    left_alone: [{ package: 'demo-held', architecture: 'all', installed_version: '1.0', reason: 'held' }],
    download_bytes: 2000,
    installed_bytes: 3000,
  };
}

export function change(
  name: string,
  old: string | null,
  now: string,
  wanted: boolean,
): Plan['changes'][number] {
  return {
    package: name,
    architecture: 'all',
    old_version: old,
    new_version: now,
    wanted,
    newer_origin: null,
  };
}

/** Names the lists of a flat repository in its Release file, in its folder. */
const releaseLine =
  'printf "Origin: Demo\\nSHA256:\\n %s %s Packages\\n" "$(sha256sum <Packages | cut -d " " -f 1)" "$(stat -c %s Packages)" >Release';

/** Takes versions of a package out of the host's repository, and lets apt know. */
export function withdraw(name: string, versions: string[]): string {
  const gone = versions.map((version) => version.replace('.', '[.]')).join('|');
  return `cd /srv/repo && awk -v RS= -v ORS='\\n\\n' '!(/(^|\\n)Package: ${name}\\n/ && /\\nVersion: (${gone})\\n/)' Packages >P && mv P Packages && ${releaseLine} && apt-get update`;
}

/** A flat repository, as base64 of a tar archive. */
function buildRepository(folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const row of packages) {
    const tree = `${folder}-${row.name}-${row.version}`;
    mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
    const fields = [
      `Package: ${row.name}`,
      `Version: ${row.version}`,
      'Architecture: all',
      'Maintainer: Nobody <nobody@example.org>',
      'Description: test',
      ...(row.depends === undefined ? [] : [`Depends: ${row.depends}`]),
      ...(row.conflicts === undefined ? [] : [`Conflicts: ${row.conflicts}`]),
    ];
    writeFileSync(join(tree, 'DEBIAN/control'), `${fields.join('\n')}\n`);
    for (const [script, text] of Object.entries(row.scripts ?? {}))
      writeFileSync(join(tree, 'DEBIAN', script), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    if (row.conf !== undefined) {
      mkdirSync(join(tree, 'etc'));
      writeFileSync(join(tree, `etc/${row.name}.conf`), row.conf);
      writeFileSync(join(tree, 'DEBIAN/conffiles'), `/etc/${row.name}.conf\n`);
    }
    mustRun(['dpkg-deb', '--build', '-Znone', '--root-owner-group', tree, folder]);
  }
  if (readdirSync(folder).length !== packages.length) throw new Error('not every package was built');
  mustRun([
    'sh',
    '-c',
    `cd '${folder}' && dpkg-scanpackages -m . /dev/null >Packages 2>/dev/null && ${releaseLine}`,
  ]);
  return mustRun(['sh', '-c', `tar -c -C '${join(folder, '..')}' repo | base64`]);
}
