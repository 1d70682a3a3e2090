/**
 * A patch night on a real Rocky host, and what the findings make of it: advisories of the host's own repositories become
 * exposures, upgrades close them, a library that is still in use and a kernel that is not booted do not.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { deriveFindings } from '#reports/derive.ts';
import { queryFindings } from '#reports/findings/query.ts';
import { untilClocksAgree } from './clocks.ts';
import { dnfRoot } from './dnf-root.ts';
import { inventoryOf, settingsOf, startEmptyFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import type { FleetHost } from './host.ts';
import { inside, startUser, stopUsers } from './old-library.ts';

let fleet: Fleet;
let host: FleetHost;
let where: Places;
let folder: string;
const library = { file: '/usr/lib64/libfleetssl.so.3', source: 'openssl', packages: ['openssl-libs'] };

beforeAll(async () => {
  fleet = startEmptyFleet((text) => console.error(text), '127.91');
  // What holds /proc/1 keeps the time of its birth, which dnf's plugin takes for that of the boot.
  const prepare = [
    "touch -d '125 days ago' /etc/machine-id",
    '(cd /proc/1 && exec setsid sleep 86396) </dev/null >/dev/null 2>&1 &',
  ];
  host = await fleet.add(dnfRoot, { id: 'rocky9', address: '127.91.1.1', prepare });
  folder = mkdtempSync(join(tmpdir(), 'patchledger-dnf-night-'));
  where = places(join(folder, 'workspace'));
  initWorkspace(where.root, { hostname: 'collector' });
  // As root: an ordinary account cannot see which libraries others use.
  writeFileSync(join(where.root, 'inventory', 'hosts.yaml'), inventoryOf([{ ...host, user: 'root' }]));
  writeFileSync(join(where.root, 'patchledger.yaml'), `collector: here\n${settingsOf(fleet)}`);
}, 900_000);
afterAll(async () => {
  await fleet.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function scan(): Promise<void> {
  await untilClocksAgree();
  const { scans } = await runScan({ places: where, only: [], waitSeconds: 5 });
  expect(scans.map(({ status, reason }) => [status, reason])).toEqual([['ok', null]]);
}

async function ask(sql: string): Promise<unknown[][]> {
  const { path } = await deriveFindings({ cacheRoot: where.cache, entries: listEntries(where.ledger) });
  return (await queryFindings(path, sql)).rows;
}

const open =
  "SELECT fixes.source, fixed_version, kind, advisories, exposures.reason FROM exposures JOIN fixes USING (fix_id) WHERE status = 'open' ORDER BY ALL";
const statusOf = (source: string) =>
  `SELECT fixed_version, status FROM exposures JOIN fixes USING (fix_id) WHERE fixes.source = '${source}' ORDER BY fixed_version`;

describe('before the night', () => {
  test(
    'every advisory on something newer is an open exposure, with what stands in the way',
    { timeout: 120_000 },
    async () => {
      startUser(host, library, false);
      await scan();
      expect(await ask(`${open.replace('ORDER', "AND kind = 'security' ORDER")}`)).toEqual([
        ['curl', '7.76.1-29.el9_4', 'security', ['RLSA-2026:2005'], 'none-yet-tried'],
        ['glibc', '2.34-100.el9_4.2', 'security', ['RLSA-2026:2003'], 'none-yet-tried'],
        ['htop', '3.3.0-1.el9', 'security', ['FEDORA-EPEL-2026-4a08954c02'], 'none-yet-tried'],
        ['httpd', '2.4.57-8.el9', 'security', ['RLSA-2026:2011'], 'pinned'],
        ['kernel', '5.14.0-427.18.1.el9_4', 'security', ['RLSA-2026:2004'], 'none-yet-tried'],
        ['nodejs', '1:18.20.2-1.module+el9.3', 'security', ['RLSA-2026:2013'], 'none-yet-tried'],
        ['openssl', '1:3.0.7-25.el9_3', 'security', ['RLSA-2026:2001'], 'none-yet-tried'],
        ['perl', '4:5.32.1-481.1.el9_4', 'security', ['RLSA-2026:2012'], 'none-yet-tried'],
        ['perl-Errno', '4:1.30-481.1.el9_4', 'security', ['RLSA-2026:2012'], 'none-yet-tried'],
        ['sudo', '1.9.5p2-10.el9_3', 'security', ['RLSA-2026:2006'], 'held'],
      ]);
    },
  );

  test('other updates are bugfixes where an advisory says so, and not classified where none does', async () => {
    expect(
      (await ask(`${open.replace('ORDER', "AND kind <> 'security' ORDER")}`)).map((row) => row.slice(0, 4)),
    ).toEqual([
      ['containerd.io', '1.6.31-3.1.el9', 'unclassified', []],
      ['docker-ce', '3:26.0.1-1.el9', 'unclassified', []],
      ['rc-tool', '2.0-1.el9', 'bugfix', ['FEDORA-EPEL-2026-deafa21e1d']],
      ['tzdata', '2026a-1.el9', 'unclassified', []],
      ['vim-minimal', '2:8.2.2637-21.el9', 'bugfix', ['RLEA-2026:2010']],
    ]);
  });

  test("day one has history: the log dates what was fixed weeks ago, the advisory's day of issue the start", async () => {
    const rows = await ask(
      "SELECT status, date_diff('day', opened_not_before, installed_not_before), installed_evidence FROM exposures JOIN fixes USING (fix_id) WHERE fixes.source = 'strace'",
    );
    expect(rows).toEqual([['closed', 10, 'package-manager-log']]);
    expect(await ask('SELECT kind, package FROM log_breaks')).toEqual([]);
  });
});

describe('after the night', () => {
  test('what was upgraded is closed, what was locked or excluded is not', { timeout: 120_000 }, async () => {
    inside(
      host,
      'dnf -q -y --setopt=installonly_limit=2 upgrade >/tmp/said 2>&1 || { cat /tmp/said >&2; exit 1; }',
    );
    await scan();
    expect((await ask(open)).map((row) => [row[0], row[4]])).toEqual([
      ['httpd', 'pinned'],
      ['sudo', 'held'],
    ]);
    expect(await ask(statusOf('curl'))).toEqual([['7.76.1-29.el9_4', 'closed']]);
  });

  test('a library that a process still maps is not in effect, though its file has gone with its version', async () => {
    expect(await ask(statusOf('openssl'))).toEqual([['1:3.0.7-25.el9_3', 'installed-not-effective']]);
    expect(await ask('SELECT DISTINCT package, path FROM current_mappings')).toEqual([
      ['openssl-libs', '/usr/lib64/libfleetssl.so.3.0.7'],
    ]);
    // The host's own command finds no process on an overlay: it leaves out files of devices without a number of their own.
    const found = inside(host, 'dnf -q -C needs-restarting || true');
    expect(found).not.toContain('sleep');
    stopUsers(host, false);
    await scan();
    expect(await ask(statusOf('openssl'))).toEqual([['1:3.0.7-25.el9_3', 'closed']]);
  });

  test('needs-restarting -r ends with 1, and a reboot is asked for', async () => {
    const ran = host.inside(['sh', '-c', 'dnf -q -C needs-restarting -r']);
    expect([ran.status, ran.stdout.includes('  * glibc')]).toEqual([1, true]);
    expect(await ask('SELECT reboot_required, reboot_packages FROM hosts')).toEqual([
      [true, ['glibc', 'kernel']],
    ]);
  });

  test('the kernel that was taken away to make room leaves no gap in the history', async () => {
    const erased = inside(host, "grep -c 'Erase: kernel-core-5.14.0-427.13.1' /var/log/dnf.rpm.log");
    expect(erased.trim()).toBe('1');
    expect(await ask('SELECT kind, package FROM log_breaks')).toEqual([]);
    expect(
      await ask("SELECT package, version FROM package_timeline WHERE current AND package = 'kernel-core'"),
    ).toEqual([['kernel-core', '5.14.0-427.18.1.el9_4']]);
  });
});
