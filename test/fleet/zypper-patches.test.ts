/** A SUSE host from its first scan over real patches to the findings: what patch brings, what it leaves, what it says. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFindings } from '#cli/findings.ts';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { queryFindings } from '#reports/findings/query.ts';
import { untilClocksAgree } from './clocks.ts';
import { inventoryOf, settingsOf, startEmptyFleet } from './fleet.ts';
import { inside } from './old-library.ts';
import { zypperRoot } from './zypper-root.ts';
import { libraryPath } from './zypper-world.ts';
import type { Fleet } from './fleet.ts';
import type { FleetHost } from './host.ts';

const network = '127.92';
let fleet: Fleet;
let host: FleetHost;
let folder: string;
let where: Places;

beforeAll(async () => {
  fleet = startEmptyFleet((text) => console.error(text), network);
  host = await fleet.add(zypperRoot, { id: 'leap', address: `${network}.1.15` });
  folder = mkdtempSync(join(tmpdir(), 'patchledger-zypper-'));
  where = places(join(folder, 'workspace'));
  initWorkspace(where.root, { hostname: 'collector' });
  const hosts = [{ ...host, user: 'root' }];
  writeFileSync(join(where.root, 'inventory', 'hosts.yaml'), inventoryOf(hosts));
  writeFileSync(join(where.root, 'patchledger.yaml'), `collector: here\n${settingsOf(fleet)}`);
  await scan();
}, 900_000);
afterAll(async () => {
  await fleet.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function scan(): Promise<void> {
  await untilClocksAgree();
  const { scans } = await runScan({ places: where, waitSeconds: 5 });
  expect(scans.map(({ status, reason }) => [status, reason])).toEqual([['ok', null]]);
}

async function ask(sql: string): Promise<{ [column: string]: unknown }[]> {
  const { columns, rows } = await queryFindings((await openFindings(where)).path, sql);
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
}

/** `source fixed-version kind reason` of what is open. */
async function open(): Promise<string[]> {
  const rows = await ask(
    "SELECT source, fixed_version, kind, reason FROM exposures JOIN fixes USING (fix_id) WHERE status = 'open' ORDER BY ALL",
  );
  return rows.map((row) => Object.values(row).join(' '));
}

/** Runs zypper as root, for real; gives its exit status. */
function zypper(words: string): number | null {
  const line = `HOME=/root zypper --non-interactive --no-gpg-checks ${words} >/tmp/zypper.out 2>&1`;
  return host.inside(['sh', '-c', line]).status;
}

function installed(): Set<string> {
  return new Set(inside(host, "rpm -qa --queryformat '%{NAME} %{VERSION}-%{RELEASE}\\n'").trim().split('\n'));
}

describe('before anything is done', () => {
  test('what is missing is known by its patches, with kind and reason; so is what came by itself', async () => {
    expect(await open()).toEqual([
      'bind 2:9.18.28-150600.3.3.1 security none-yet-tried',
      'curl 8.6.0-150600.4.9.1 bugfix none-yet-tried',
      'libfleet 1.2-150600.3.3.1 bugfix none-yet-tried',
      'libzypp 17.34.1-150600.3.19.1 bugfix none-yet-tried',
      'nano 8.0-1.1 unclassified pinned',
      'openssl-3 3.1.4-150600.5.15.1 security none-yet-tried',
      'python-requests 2.32.3-150600.3.1 bugfix none-yet-tried',
      'tool 1.0-2.1 bugfix none-yet-tried',
      'vim 9.1.0330-150500.20.12.1 security held',
    ]);
  });

  test('fixes have the dates, CVEs and ratings of their patches', async () => {
    expect(
      await ask(
        "SELECT advisories, published_evidence, strftime(published_not_before, '%Y-%m-%d') AS published, severity, severity_source FROM fixes JOIN fix_severities USING (fix_id) WHERE source = 'openssl-3'",
      ),
    ).toEqual([
      {
        advisories: ['openSUSE-SLE-15.6-2026-1234'],
        published_evidence: 'advisory',
        published: '2026-09-10',
        severity: 'high',
        severity_source: 'updateinfo',
      },
    ]);
    expect(await ask("SELECT cve FROM fix_cves WHERE fix_id LIKE '%/openssl-3/%' ORDER BY cve")).toEqual([
      { cve: 'CVE-2026-1001' },
      { cve: 'CVE-2026-1002' },
    ]);
  });

  test('what happened to the image before the machine was born is in the log, and no exposure of it', async () => {
    const count = inside(host, "grep -cE '[|](install|remove ) *[|]' /var/log/zypp/history").trim();
    expect(await ask('SELECT of_image, count(*) AS events FROM install_events GROUP BY ALL')).toEqual([
      { of_image: true, events: Number(count) },
    ]);
    expect(await ask("FROM exposures JOIN fixes USING (fix_id) WHERE source = 'sudo'")).toEqual([]);
    expect(await ask('FROM log_breaks')).toEqual([]);
  });
});

describe('patches, for real', () => {
  test('exit 102/103 are successes; an unattended patch brings exactly what is in the narrowest upgrade', async () => {
    const narrow = await ask(
      'SELECT package, candidate_version FROM current_updates WHERE in_upgrade ORDER BY ALL',
    );
    const before = installed();

    expect(zypper('patch'), '103: zypper itself first, run it again').toBe(103);
    const first = [...installed()].filter((line) => !before.has(line));
    expect(first).toEqual(['libzypp 17.34.1-150600.3.19.1']);
    // A patch on what is locked stops all the others, until it is locked, too.
    expect(zypper('patch'), 'the rest').toBe(4);
    expect(zypper('addlock --type patch openSUSE-SLE-15.6-2026-1301')).toBe(0);
    // The kernel stays, and the exit status is that of a success.
    expect(zypper('patch'), 'the rest').toBe(0);
    const brought = [...installed()].filter((line) => !before.has(line)).sort();

    expect(
      narrow.map(
        (row) => `${String(row['package'])} ${String(row['candidate_version']).replace(/^\d+:/, '')}`,
      ),
    ).toEqual(brought);
    expect(inside(host, 'rpm -q kernel-default')).not.toContain('23.25.1');
    await scan();
    expect(await open()).toEqual([
      'curl 8.6.0-150600.4.9.1 bugfix none-yet-tried',
      'libfleet 1.2-150600.3.3.1 bugfix none-yet-tried',
      'nano 8.0-1.1 unclassified pinned',
      'python-requests 2.32.3-150600.3.1 bugfix none-yet-tried',
      'tool 1.0-2.1 bugfix none-yet-tried',
      'vim 9.1.0330-150500.20.12.1 security held',
    ]);
    expect(
      await ask(
        "SELECT DISTINCT installed_evidence FROM exposures JOIN fixes USING (fix_id) WHERE source IN ('bind', 'openssl-3')",
      ),
    ).toEqual([{ installed_evidence: 'package-manager-log' }]);
    expect(await ask('FROM log_breaks')).toEqual([]);
  });

  test('interactive patches need --with-interactive: then 102 says that a reboot is due', async () => {
    expect(zypper('patch --with-interactive')).toBe(102);
    expect(inside(host, 'rpm -q kernel-default').trim().split('\n')).toHaveLength(3);
    await scan();
    const kernels = await ask('SELECT version FROM current_kernels ORDER BY version');
    expect(kernels.map((row) => row['version'])).toEqual([
      '6.4.0-150600.21.1',
      '6.4.0-150600.22.3.1',
      '6.4.0-150600.23.25.1',
    ]);
    expect(await ask("FROM current_updates WHERE package = 'kernel-default'")).toEqual([]);
  });

  test('a library that was replaced under a process is told with its package', async () => {
    inside(host, `LD_PRELOAD=${libraryPath} setsid sleep 86396 >/dev/null 2>&1 &`);
    await sleep(500);
    expect(zypper('update libfleet1')).toBe(0);
    await scan();
    expect(await ask(`SELECT process, package FROM current_mappings WHERE path = '${libraryPath}'`)).toEqual([
      { process: 'sleep', package: 'libfleet1' },
    ]);
  });
});
