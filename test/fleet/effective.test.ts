/**
 * The whole way on real hosts: real pending security updates are exposures with real advisories, and a library
 * that is upgraded under a running process is installed and not effective until that process has gone.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadShippedFacts } from '#cli/feeds.ts';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { deriveFindings } from '#reports/derive.ts';
import { queryFindings } from '#reports/findings/query.ts';
import { untilClocksAgree } from './clocks.ts';
import { inventoryOf, settingsOf, startFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { inside, pendingLibrary, startUser, stopUsers } from './old-library.ts';
import { securityUpgrades } from './roots.ts';

const releases = ['debian11', 'debian12', 'debian13'];
let fleet: Fleet;
let where: Places;
let folder: string;

beforeAll(async () => {
  fleet = await startFleet((text) => console.error(text), '127.78');
  folder = mkdtempSync(join(tmpdir(), 'patchledger-effective-'));
  where = places(join(folder, 'workspace'));
  initWorkspace(where.root, { hostname: 'collector' });
  // Each host twice: read as an ordinary account, and as root.
  const asRoot = fleet.hosts.map((host) => ({ ...host, id: `${host.id}-root`, user: 'root' }));
  writeFileSync(join(where.root, 'inventory', 'hosts.yaml'), inventoryOf([...fleet.hosts, ...asRoot]));
  writeFileSync(join(where.root, 'patchledger.yaml'), `collector: here\n${settingsOf(fleet)}`);
  await loadShippedFacts(where, 5);
}, 900_000);
afterAll(async () => {
  await fleet.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Scans some hosts, or all, and expects each to be read. */
async function scan(...only: string[]): Promise<void> {
  const { scans } = await runScan({ places: where, only, waitSeconds: 5 });
  expect(scans.map(({ host_id, status, reason }) => [host_id, status, reason])).toEqual(
    scans.map(({ host_id }) => [host_id, 'ok', null]),
  );
}

async function ask(sql: string): Promise<{ [column: string]: unknown }[]> {
  const { path } = await deriveFindings({ cacheRoot: where.cache, entries: listEntries(where.ledger) });
  const { columns, rows } = await queryFindings(path, sql);
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
}

describe('real pending updates', () => {
  test('every one of them is an open exposure, as an account and as root, with real advisories', async () => {
    await scan();
    const rows = await ask(
      `SELECT host_id, source, fixed_version, kind FROM exposures JOIN fixes USING (fix_id)
       WHERE status = 'open' AND kind IN ('security', 'security-unlisted')`,
    );
    for (const id of releases) {
      const host = fleet.hosts.find((one) => one.id === id);
      if (host === undefined) throw new Error(`no ${id}`);
      const pending = securityUpgrades(inside(host, 'apt-get -s dist-upgrade')).filter(
        ({ installed }) => installed,
      );
      const sources = pending.map(({ name }) =>
        inside(host, `dpkg-query -W -f '\${source:Package}' ${name}`),
      );
      expect(pending.length).toBeGreaterThanOrEqual(5);
      for (const account of [id, `${id}-root`]) {
        const open = new Set(rows.filter(({ host_id }) => host_id === account).map(({ source }) => source));
        const kernels = sources.filter((source) => /^linux(-signed-\w+|-latest)?$/.test(source));
        expect([account, sources.filter((source) => !open.has(source) && !kernels.includes(source))]).toEqual(
          [account, []],
        );
      }
    }
    // Whether what is pending this week has an advisory of a loaded feed is up to the archives; what hosts have, has some.
    const advisories = await ask('SELECT DISTINCT unnest(advisories) AS name FROM fixes');
    const debian = advisories.filter(({ name }) => /^(DSA|DLA)-\d+-\d+$/.test(String(name)));
    expect(debian.length).toBeGreaterThan(0);
  });
});

describe.each(['debian11', 'debian12'])('%s: a library is upgraded under a running process', (id) => {
  test('it is not effective until that process is gone; an account sees its own processes only', async () => {
    const host = fleet.hosts.find((one) => one.id === id);
    if (host === undefined) throw new Error(`no ${id}`);
    const library = pendingLibrary(host);
    const { source } = library;
    const statuses = (account: string): string =>
      `SELECT DISTINCT status FROM exposures JOIN fixes USING (fix_id) JOIN (SELECT fix_id FROM exposures WHERE host_id = '${account}' GROUP BY fix_id) USING (fix_id)
       WHERE host_id = '${account}' AND source = '${source}' AND kind IN ('security', 'security-unlisted') AND NOT pre_empted`;
    // One after the other: root would see processes of the other scan that are gone before it can look.
    const scanBoth = async (): Promise<void> => {
      await scan(id);
      await scan(`${id}-root`);
    };
    startUser(host, library, false);
    startUser(host, library, true);
    await untilClocksAgree();
    inside(
      host,
      `DEBIAN_FRONTEND=noninteractive apt-get install -y -q --only-upgrade ${library.packages.join(' ')} >/dev/null 2>&1`,
    );

    await untilClocksAgree();
    await scanBoth();
    const asRoot = await ask(statuses(`${id}-root`));
    expect(asRoot).toEqual([{ status: 'installed-not-effective' }]);
    // Its own process proves that the old copy is in use.
    expect(await ask(statuses(id))).toEqual([{ status: 'installed-not-effective' }]);

    // Without its own process there is nothing that the account could see: unknown, not effective.
    stopUsers(host, true);
    await scanBoth();
    expect(await ask(statuses(`${id}-root`))).toEqual([{ status: 'installed-not-effective' }]);
    expect(await ask(statuses(id))).toEqual([{ status: 'installed-not-effective' }]);

    stopUsers(host, false);
    await scanBoth();
    expect(await ask(statuses(`${id}-root`))).toEqual([{ status: 'closed' }]);
    const dates = await ask(
      `SELECT DISTINCT installed_evidence, effective_evidence FROM exposures JOIN fixes USING (fix_id)
       WHERE host_id = '${id}-root' AND source = '${source}' AND status = 'closed' AND installed_not_after > opened_not_before AND kind IN ('security', 'security-unlisted') AND NOT pre_empted`,
    );
    expect(dates).toEqual([
      { installed_evidence: 'package-manager-log', effective_evidence: 'process-maps' },
    ]);
  });
});
