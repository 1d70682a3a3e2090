/**
 * The loop on real hosts: scan, plan, dry run, apply, apply again, scan. What the script claims is one thing, what
 * the next scan sees is another.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadShippedFacts } from '#cli/feeds.ts';
import { openFindings } from '#cli/findings.ts';
import { remediate } from '#cli/remediate.ts';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { queryFindings } from '#reports/findings/query.ts';
import { untilClocksAgree } from './clocks.ts';
import { digestOf } from './digest.ts';
import { inventoryOf, settingsOf, startFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import type { FleetHost } from './host.ts';
import { inside, pendingLibrary, startUser, stopUsers } from './old-library.ts';
import type { Library } from './old-library.ts';
import { offerLibrary, offerRenamedLibrary } from './own-security.ts';
import { securityUpgrades } from './roots.ts';

let fleet: Fleet;
let where: Places;
let folder: string;

beforeAll(async () => {
  fleet = await startFleet((text) => console.error(text), '127.83');
  folder = mkdtempSync(join(tmpdir(), 'patchledger-remediation-'));
  where = places(join(folder, 'workspace'));
  initWorkspace(where.root, { hostname: 'collector' });
  const asRoot = fleet.hosts.map((host) => ({ ...host, user: 'root' }));
  writeFileSync(join(where.root, 'inventory', 'hosts.yaml'), inventoryOf(asRoot));
  writeFileSync(join(where.root, 'patchledger.yaml'), `collector: here\n${settingsOf(fleet)}`);
  await loadShippedFacts(where, 5);
}, 900_000);
afterAll(async () => {
  await fleet.stop();
  rmSync(folder, { recursive: true, force: true });
});

function hostOf(id: string): FleetHost {
  const host = fleet.hosts.find((one) => one.id === id);
  if (host === undefined) throw new Error(`no ${id}`);
  return host;
}

async function scan(id: string): Promise<void> {
  await untilClocksAgree();
  const { scans } = await runScan({ places: where, only: [id], waitSeconds: 5 });
  expect(scans.map(({ status, reason }) => [status, reason])).toEqual([['ok', null]]);
}

async function ask(sql: string): Promise<{ [column: string]: unknown }[]> {
  const { columns, rows } = await queryFindings((await openFindings(where)).path, sql);
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
}

/** Outcomes of the last plan: how many fixes of each, by source. */
function outcomes(id: string): Promise<{ [column: string]: unknown }[]> {
  return ask(
    `SELECT source, outcome, detail FROM outcomes JOIN plan_fixes USING (host_id, plan, fix_id)
     WHERE host_id = '${id}' AND replaced_at IS NULL GROUP BY ALL ORDER BY ALL`,
  );
}

function upgradable(host: FleetHost): string[] {
  return securityUpgrades(inside(host, 'apt-get -s dist-upgrade'))
    .filter(({ installed }) => installed)
    .map(({ name }) => name);
}

function sourceOf(host: FleetHost, name: string): string {
  return inside(host, `dpkg-query -W -f '\${source:Package}' ${name}`);
}

/**
 * Sources whose pending packages nothing uses and the mirror still has. Mirrors drop builds of old releases, and what
 * runs here (sshd, its libraries) would stay installed and not effective.
 */
function quietSources(
  host: FleetHost,
  count: number,
  { besides = [] }: { besides?: (string | undefined)[] } = {},
): string[] {
  const used = inside(host, 'cat /proc/[0-9]*/maps 2>/dev/null || true');
  const holds = inside(host, 'apt-mark showhold').split('\n');
  const bySource = Map.groupBy(upgradable(host), (name) => sourceOf(host, name));
  const installed = inside(host, "dpkg-query -W -f '${source:Package} ${Package}\\n'").split('\n');
  // An upgrade that brings a library under a new name leaves the old one, which still lacks the fix.
  const isPart = (names: string[], source: string): boolean =>
    installed.filter((line) => line.startsWith(`${source} `)).length > names.length;
  const found: string[] = [];
  for (const [source, names] of bySource) {
    if (found.length === count) break;
    if (besides.includes(source) || /^(linux|apt$|dpkg$)/.test(source)) continue;
    if (names.some((name) => holds.includes(name)) || isPart(names, source)) continue;
    const files = inside(host, `dpkg -L ${names.join(' ')}`).split('\n');
    if (files.some((file) => /\.so|bin\//.test(file) && used.includes(basename(file)))) continue;
    const fetched = host.inside(['sh', '-c', `apt-get install -y -q -d --only-upgrade ${names.join(' ')}`]);
    if (fetched.status === 0) found.push(source);
  }
  inside(host, 'apt-get clean');
  if (found.length < count)
    throw new Error(
      `${host.id} has ${found.length} such sources, wanted ${count}; pending: ${[...bySource.keys()].join(' ')}`,
    );
  return found;
}

/** The approvals file: these source packages on this host. */
function approveOnly(host: FleetHost, sources: string[]): void {
  writeFileSync(
    join(where.root, 'approvals', 'approvals.yaml'),
    `approvals:\n  - { id: night, fixes: { packages: [${sources.join(', ')}] }, hosts: { ids: [${host.id}] }, approver: Test, when: 2026-01-01 }\n`,
  );
}

function versions(host: FleetHost): string {
  return inside(host, "dpkg-query -W -f '${Package} ${Architecture} ${Version} ${Status}\\n'");
}

/** Runs the host's script inside it, as root, the way an admin would. */
function run(host: FleetHost, ...words: string[]): { status: number | null; text: string } {
  const script = readFileSync(join(where.scripts, `${host.id}.sh`), 'utf8');
  const ran = host.inside(['sh', '-s', '--', ...words], { input: script });
  return { status: ran.status, text: ran.stdout + ran.stderr };
}

async function plan(id: string): Promise<void> {
  const { plans, omissions } = await remediate(where, [id], 5);
  expect(omissions.filter(({ reason }) => reason === 'not-simulated')).toEqual([]);
  expect(plans.map(({ host_id }) => host_id)).toEqual([id]);
}

/** Debian 13 has no pending library that nothing uses yet: it gets one of our own. */
function unusedLibrary(host: FleetHost): Library {
  return host.id === 'debian13' ? offerLibrary(host, 'trixie') : pendingLibrary(host);
}

describe.each(['debian11', 'debian12', 'debian13'])('%s', (id) => {
  test('scan, plan, dry run, apply, apply again, scan: closed with the evidence of the log', async () => {
    const host = hostOf(id);
    const library = unusedLibrary(host);
    const quiet = quietSources(host, 1, { besides: [library.source] });
    const held = upgradable(host).find((name) => {
      const source = sourceOf(host, name);
      return (
        ![...quiet, library.source].includes(source) &&
        upgradable(host).filter((other) => sourceOf(host, other) === source).length === 1
      );
    });
    if (held === undefined) throw new Error('nothing that can be held by itself');
    inside(host, `apt-mark hold ${held}`);
    const holds = inside(host, 'apt-mark showhold');
    approveOnly(host, [...quiet, library.source, sourceOf(host, held)]);
    startUser(host, library, false);
    await scan(id);
    await plan(id);

    const before = digestOf(host);
    const dry = run(host);
    expect([dry.status, dry.text]).toEqual([2, expect.stringContaining(held)]);
    expect(digestOf(host)).toBe(before);

    const applied = run(host, '--apply');
    expect([0, 3], applied.text).toContain(applied.status);
    const after = versions(host);
    expect(run(host, '--apply').status).toBe(applied.status);
    expect(versions(host)).toBe(after);
    expect(upgradable(host).filter((name) => quiet.includes(sourceOf(host, name)))).toEqual([]);
    expect(inside(host, 'apt-mark showhold')).toBe(holds);

    await scan(id);
    expect(await outcomes(id)).toContainEqual({
      source: library.source,
      outcome: 'installed-not-effective',
      detail: 'by-plan',
    });
    stopUsers(host, false);
    await scan(id);
    const last = await outcomes(id);
    expect(new Set(last.map(({ source }) => source))).toEqual(new Set([...quiet, library.source]));
    expect(last).toEqual(last.map(({ source }) => ({ source, outcome: 'verified', detail: 'by-plan' })));
    expect(
      await ask(
        `SELECT DISTINCT installed_evidence, status FROM exposures JOIN plan_fixes USING (host_id, fix_id) WHERE host_id = '${id}' AND installed_not_after > opened_not_before`,
      ),
    ).toEqual([{ installed_evidence: 'package-manager-log', status: 'closed' }]);
    expect(
      await ask(
        `SELECT DISTINCT exposures.status, plan_omissions.reason FROM exposures JOIN plan_omissions USING (host_id, fix_id) JOIN fixes USING (fix_id) WHERE host_id = '${id}' AND source = '${sourceOf(host, held)}' AND exposures.status = 'open'`,
      ),
    ).toEqual([{ status: 'open', reason: 'held' }]);
    expect(await ask(`SELECT outcome FROM plan_outcomes WHERE host_id = '${id}'`)).toEqual([
      { outcome: 'verified' },
    ]);
  }, 300_000);
});

test('debian11: what came by other means, and a claim that the scan contradicts', async () => {
  const host = hostOf('debian11');
  const [byHand = '', claimed = ''] = quietSources(host, 2);
  approveOnly(host, [byHand, claimed]);
  await scan('debian11');
  await plan('debian11');
  const names = upgradable(host).filter((name) => sourceOf(host, name) === byHand);
  inside(host, `DEBIAN_FRONTEND=noninteractive apt-get install -y -q --only-upgrade ${names.join(' ')}`);
  const [made] = await ask(
    "SELECT plan, machine_id FROM plans WHERE host_id = 'debian11' AND replaced_at IS NULL",
  );
  const result = {
    format: 1,
    plan: made?.['plan'],
    host: 'debian11',
    machine: made?.['machine_id'],
    state: 'finished',
    reason: 'done',
    exit: 0,
    started: '2026-01-01T00:00:00Z',
    ended: '2026-01-01T00:01:00Z',
    reboot_needed: false,
    packages: [],
  };
  const folder = '/var/lib/patchledger/results';
  host.inside(['sh', '-c', `mkdir -p ${folder} && cat >${folder}/0123456789abcdef-20260101t000000z-1.json`], {
    input: JSON.stringify(result),
  });
  await scan('debian11');
  const found = await outcomes('debian11');
  expect(found).toContainEqual({ source: byHand, outcome: 'verified', detail: 'by-other-means' });
  expect(found).toContainEqual({ source: claimed, outcome: 'still-missing', detail: 'claim-contradicted' });
}, 300_000);

test('debian13: a library under a new name leaves the old one, which still lacks the fix', async () => {
  const host = hostOf('debian13');
  const { source } = offerRenamedLibrary(host, 'trixie');
  approveOnly(host, [source]);
  await scan('debian13');
  await plan('debian13');
  expect(run(host).text).toMatch(/left +\S+ \S+ \S+, (not-offered|pinned)/);
  expect([0, 3]).toContain(run(host, '--apply').status);
  await scan('debian13');
  expect(await outcomes('debian13')).toEqual([
    { source, outcome: 'still-missing', detail: 'partly-installed' },
  ]);
}, 300_000);
