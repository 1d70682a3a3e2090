/** A real host that pacman manages, read over SSH: what is recorded is what pacman says on the host. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Snapshot } from '#data/model/tables.ts';
import { deriveFindings } from '#reports/derive.ts';
import { queryFindings } from '#reports/findings/query.ts';
import { optionsFor, sshHost } from '#test/collector/ssh/sshd.ts';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { untilClocksAgree } from './clocks.ts';
import { inventoryOf, settingsOf, startEmptyFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import type { FleetHost } from './host.ts';
import { inside, startUser, stopUsers } from './old-library.ts';
import { builtAt, pacmanRoot } from './pacman-root.ts';

let fleet: Fleet;
let arch: FleetHost;
let snapshot: Snapshot;

async function scan(host: FleetHost, login = host.user): Promise<Snapshot> {
  const { id, address, port } = host;
  const reached = sshHost({ host_id: id, address, port, login });
  return scanHost(reached, { transports: { ssh: sshTransport(optionsFor(fleet.folder)) } });
}

beforeAll(async () => {
  fleet = startEmptyFleet((text) => console.error(text), '127.93');
  arch = await fleet.add(pacmanRoot, { id: 'arch', address: '127.93.1.1' });
  snapshot = await scan(arch);
}, 900_000);
afterAll(() => fleet.stop());

/** What a command says on the host, to the account that the collector logs in with. */
function says(...command: string[]): string[] {
  const ran = arch.inside(command, { asAccount: true });
  if (ran.status !== 0) throw new Error(`${command.join(' ')}: ${ran.status} ${ran.stderr}`);
  return ran.stdout.trim().split('\n');
}

const update = (name: string) => snapshot.updates.find((row) => row.package === name);
const instant = (seconds: number) => new Date(seconds * 1000).toISOString();

describe('what is recorded of the host', () => {
  test('is complete but for what only root may read, and nothing is rejected', () => {
    expect(snapshot.scans[0]).toMatchObject({
      status: 'ok',
      ecosystem: 'pacman',
      os_id: 'arch',
      release: 'arch',
      architecture: says('pacman-conf', 'Architecture')[0],
      is_root: false,
    });
    const incomplete = snapshot.readings.filter((row) => row.status !== 'complete');
    expect(incomplete.map((row) => [row.subject, row.needs_root])).toEqual([['mappings', true]]);
    expect(snapshot.rejections).toEqual([]);
  });

  test('packages are those of pacman -Q, with base, architecture and dates of pacman -Qi', () => {
    expect(snapshot.packages.map((row) => `${row.package} ${row.version}`).sort()).toEqual(
      says('pacman', '-Q').sort(),
    );
    for (const row of snapshot.packages) {
      const said = says('pacman', '-Qi', row.package);
      const field = (name: string) => said.find((line) => line.startsWith(name))?.split(' : ')[1];
      const [built, installed] = ['Build Date', 'Install Date'].map((name) =>
        new Date(`${field(name)?.replace(/^\w+ /, '')} UTC`).toISOString(),
      );
      expect([row.architecture, row.built_at, row.installed_at]).toEqual([
        field('Architecture'),
        built,
        installed,
      ]);
    }
    const base = snapshot.packages.filter((row) => row.source_package === 'tool-base');
    expect(base.map((row) => row.package).sort()).toEqual(['libtool', 'tool']);
  });

  test('what no repository has any more is of no origin', () => {
    const foreign = says('pacman', '-Qm').map((line) => line.split(' ')[0]);
    const offered = says('pacman', '-Qn').map((line) => line.split(' ')[0]);
    const origins = new Map(snapshot.packages.map((row) => [row.package, row.origin]));
    for (const name of foreign) expect([name, origins.get(name ?? '')]).toEqual([name, null]);
    const current = offered.filter((name) => update(name ?? '') === undefined);
    for (const name of current) expect([name, origins.get(name ?? '')]).toEqual([name, 'core']);
    expect(current.length).toBeGreaterThan(0);
  });

  test('updates are those of pacman -Qu, held ones marked as it marks them', () => {
    const rows = snapshot.updates.filter(
      (row) => row.installed_version !== null && row.candidate_version !== null,
    );
    const shown = rows.map(
      (row) =>
        `${row.package} ${row.installed_version} -> ${row.candidate_version}${row.reason === 'held' ? ' [ignored]' : ''}`,
    );
    expect(shown.sort()).toEqual(says('pacman', '-Qu').sort());
    expect(shown.filter((line) => line.endsWith('[ignored]')).length).toBe(2);
  });

  test('what would be done is what pacman -Sup would do, with the build dates of the repositories', () => {
    const taken = snapshot.updates.filter((row) => row.in_full_upgrade && row.action !== 'remove');
    expect(taken.map((row) => `${row.origin} ${row.package} ${row.candidate_version}`).sort()).toEqual(
      says('pacman', '-Sup', '--noconfirm', '--print-format', '%r %n %v').sort(),
    );
    expect(update('tool')).toMatchObject({
      candidate_version: '1:1.1-1',
      newest_version: '2:9.0-1',
      candidate_built_at: instant(builtAt.new),
      reason: 'none-yet-tried',
      security: null,
    });
    expect(update('rolled')).toMatchObject({ candidate_built_at: instant(builtAt.old) });
    expect(update('oldname')).toMatchObject({ action: 'remove', candidate_version: null });
    expect(update('heldold')).toMatchObject({ action: 'none', reason: 'held' });
    expect(update('fresh')).toMatchObject({ action: 'install', installed_version: null });
  });

  test('repositories are those of pacman-conf, with the times of their databases', () => {
    expect(snapshot.repositories.map((row) => row.suite)).toEqual(says('pacman-conf', '--repo-list'));
    for (const row of snapshot.repositories) {
      const server = says('pacman-conf', '--repo', row.suite, 'Server')[0];
      const modified = Number(says('stat', '-c', '%Y', `/var/lib/pacman/sync/${row.suite}.db`)[0]);
      expect(row).toMatchObject({
        uri: server,
        present: true,
        released_at: instant(modified),
        security: null,
      });
    }
    const changed = says('stat', '-c', '%Z', '/var/lib/pacman/sync/core.db', '/var/lib/pacman/sync/extra.db');
    expect(snapshot.scans[0]?.lists_checked_at).toBe(instant(Math.max(...changed.map(Number))));
  });

  test('events are the lines of the log, to the second, with the command of their transaction', () => {
    const lines = says('cat', '/var/log/pacman.log').filter((line) =>
      /\[ALPM\] (installed|upgraded|downgraded|reinstalled|removed) /.test(line),
    );
    const verbs = {
      install: 'installed',
      downgrade: 'downgraded',
      reinstall: 'reinstalled',
      remove: 'removed',
    };
    const shown = snapshot.events.map((row) => {
      const versions =
        row.action === 'downgrade'
          ? [row.old_version, row.new_version]
          : [row.new_version ?? row.old_version];
      return `[${row.local_time}+0000] [ALPM] ${verbs[row.action as keyof typeof verbs]} ${row.package} (${versions.join(' -> ')})`;
    });
    expect(shown.sort()).toEqual(lines.sort());
    expect(new Set(snapshot.events.map((row) => row.action))).toEqual(
      new Set(['install', 'downgrade', 'reinstall', 'remove']),
    );
    expect(snapshot.events.find((row) => row.action === 'remove')).toMatchObject({
      package: 'gone',
      command: 'pacman -R --noconfirm gone',
    });
  });

  test('kernels are the packages that own an image; what runs is none of them', () => {
    const owners = says('sh', '-c', 'pacman -Qqo /usr/lib/modules/*/pkgbase').sort();
    expect(snapshot.kernels.map((row) => row.package).sort()).toEqual(owners);
    const places = says('sh', '-c', 'ls -d /usr/lib/modules/*/pkgbase').sort();
    expect(snapshot.kernels.map((row) => `/usr/lib/modules/${row.release}/pkgbase`).sort()).toEqual(places);
    expect(snapshot.kernels.some((row) => row.running || row.same_flavour)).toBe(false);
    // The kernel is that of the machine around it.
    expect(snapshot.scans[0]?.reboot_required).toBe(false);
  });

  test('root is told the same, and the maps of all processes', async () => {
    const asRoot = await scan(arch, 'root');
    expect(asRoot.readings.filter((row) => row.status !== 'complete')).toEqual([]);
    for (const table of ['packages', 'updates', 'repositories', 'kernels', 'events'] as const) {
      expect([table, asRoot[table]]).toEqual([table, snapshot[table]]);
    }
  });

  test('reading leaves the folders of pacman as they were', async () => {
    const state = () =>
      inside(
        arch,
        "find /var/lib/pacman /var/cache/pacman /var/log/pacman.log /etc -printf '%p %T@ %C@ %s %i\\n' | sort",
      );
    const before = state();
    await scan(arch, 'root');
    expect(state()).toBe(before);
  });
});

describe('the whole way', () => {
  let where: Places;
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'patchledger-arch-'));
    where = places(join(folder, 'workspace'));
    initWorkspace(where.root, { hostname: 'collector' });
    writeFileSync(join(where.root, 'inventory', 'hosts.yaml'), inventoryOf([{ ...arch, user: 'root' }]));
    writeFileSync(join(where.root, 'patchledger.yaml'), `collector: here\n${settingsOf(fleet)}`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function ask(sql: string): Promise<{ [column: string]: unknown }[]> {
    const { path } = await deriveFindings({ cacheRoot: where.cache, entries: listEntries(where.ledger) });
    const { columns, rows } = await queryFindings(path, sql);
    return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
  }
  const scanned = async () =>
    (await runScan({ places: where, only: ['arch'], waitSeconds: 5 })).scans.map((row) => [
      row.status,
      row.reason,
    ]);

  test('every update on offer is a fix that nobody classified: the host looks neither compliant nor unsafe', async () => {
    expect(await scanned()).toEqual([['ok', null]]);
    const fixes = await ask(
      "SELECT source, fixed_version, kind, status, ecosystem FROM exposures JOIN fixes USING (fix_id) WHERE host_id = 'arch' ORDER BY source",
    );
    // Of kernels those of the flavour that runs count: here that is the machine's own.
    const open = fixes.map((row) => `${String(row['source'])} ${String(row['fixed_version'])}`);
    expect(open).toEqual([
      'grouped 2.0-1',
      'held 2.0-1',
      'needsnew 2.0-1',
      'prerelease 2.0-1',
      'rolled 2.1-1',
      'tool-base 1:1.1-1',
    ]);
    expect(new Set(fixes.map((row) => `${String(row['kind'])} ${String(row['status'])}`))).toEqual(
      new Set(['unclassified open']),
    );
    expect(
      await ask("SELECT verdict, security_updates, unclear_updates FROM host_lines WHERE host_id = 'arch'"),
    ).toEqual([{ verdict: 'unclear-pending', security_updates: 0, unclear_updates: 9 }]);
  });

  test('a library that is upgraded under a running process is not in effect until that process is gone', async () => {
    const library = {
      file: '/usr/lib/fleet/libtool.so.1',
      source: 'tool-base',
      packages: ['libtool', 'tool'],
    };
    startUser(arch, library, false);
    await untilClocksAgree();
    inside(arch, 'pacman -Su --noconfirm');
    await untilClocksAgree();
    expect(await scanned()).toEqual([['ok', null]]);
    const mapped = await ask("SELECT package, path FROM current_mappings WHERE host_id = 'arch'");
    expect(mapped).toEqual([{ package: 'libtool', path: library.file }]);
    const state = () =>
      ask(
        "SELECT status, installed_evidence FROM exposures JOIN fixes USING (fix_id) WHERE source = 'tool-base'",
      );
    expect(await state()).toEqual([
      { status: 'installed-not-effective', installed_evidence: 'package-manager-log' },
    ]);
    stopUsers(arch, false);
    expect(await scanned()).toEqual([['ok', null]]);
    expect(await state()).toEqual([{ status: 'closed', installed_evidence: 'package-manager-log' }]);
    const commands = await ask("SELECT DISTINCT command FROM install_events WHERE action = 'upgrade'");
    expect(commands).toEqual([{ command: 'pacman -Su --noconfirm' }]);
  }, 120_000);
});
