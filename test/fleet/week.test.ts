/** A week of nightly runs over real hosts that fail, return, are upgraded and retire: drawn anew each time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFindings } from '#cli/findings.ts';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { queryFindings } from '#reports/findings/query.ts';
import { inventoryOf, settingsOf, startFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import type { FleetHost } from './host.ts';
import { inside } from './old-library.ts';
import { securityUpgrades } from './roots.ts';
import { drawWeek, failedNights, nights, readNights, standingOf } from './week.ts';
import type { HostWeek } from './week.ts';

const seed = Date.now() % 1_000_000;
const day = 86_400_000;
/** The last night is this one, so that no host's lists are of the future. */
const lastNight = Math.floor(Date.now() / 1000) * 1000;
const startOf = (night: number): number => lastNight - (nights - 1 - night) * day;

interface Upgrade {
  host: HostWeek;
  package: string;
  /** By the collector's clock, in milliseconds. */
  from: number;
  to: number;
}

let fleet: Fleet;
let folder: string;
let where: Places;
let week: HostWeek[];
const upgrades: Upgrade[] = [];
/** How the run of each night ended for each host that it tried. */
const told: { night: number; id: string; status: string }[] = [];

/** The host's clock shows `at` when ours shows `now`, for whatever starts after this. */
function setClock(host: FleetHost, at: number, now = Date.now()): void {
  inside(host, `echo '${Math.round((at - now) / 1000)}' | sed 's/^[0-9]/+&/' >/etc/faketimerc`);
}

function hostOf(id: string): FleetHost {
  const host = fleet.hosts.find((one) => one.id === id);
  if (host === undefined) throw new Error(`no ${id}`);
  return host;
}

/** Makes the next scan end as the story says. */
function arrange(host: FleetHost, how: HostWeek['nights'][number]): void {
  const keys = '/etc/ssh/keys/authorized_keys';
  inside(host, `test ! -e ${keys}.off || mv ${keys}.off ${keys}; usermod -s /bin/sh patchledger`);
  if (how === 'auth-failed') inside(host, `mv ${keys} ${keys}.off`);
  if (how === 'cut-off') inside(host, 'usermod -s /bin/false patchledger');
  if (how === 'timed-out')
    inside(
      host,
      "printf '#!/bin/sh\\nexec sleep 600\\n' >/bin/stuck; chmod 755 /bin/stuck; usermod -s /bin/stuck patchledger",
    );
}

/** Upgrades one package that comes with no other, at an instant of the host's own clock. */
function upgrade(host: HostWeek, at: number): void {
  const real = hostOf(host.id);
  const held = inside(real, 'apt-mark showhold').split('\n');
  const names = securityUpgrades(inside(real, 'apt-get -s upgrade'))
    .filter(({ installed, name }) => installed && !held.includes(name))
    .map(({ name }) => name);
  for (const name of names) {
    setClock(real, at + host.skewSeconds * 1000);
    const before = Date.now();
    const line = `LD_PRELOAD=$(find /usr/lib -name libfaketime.so.1) DEBIAN_FRONTEND=noninteractive apt-get install -y -q --only-upgrade ${name}`;
    if (real.inside(['sh', '-c', line]).status !== 0) continue;
    upgrades.push({ host, package: name, from: at - 1000, to: at + Date.now() - before + 2000 });
    return;
  }
  throw new Error(`${host.id} could upgrade none of ${names.join(' ')}`);
}

async function oneNight(night: number): Promise<void> {
  const start = startOf(night);
  const now = Math.floor(Date.now() / 1000) * 1000;
  const members = week.filter((host) => host.nights[night] !== 'gone');
  writeFileSync(
    join(where.root, 'inventory', 'hosts.yaml'),
    inventoryOf(members.map(({ id }) => hostOf(id))),
  );
  for (const host of week) {
    if (host.upgrade?.night === night) upgrade(host, start - host.upgrade.secondsBefore * 1000);
    arrange(hostOf(host.id), host.nights[night] ?? 'gone');
    setClock(hostOf(host.id), start + host.skewSeconds * 1000, now);
  }
  const run = await runScan({ places: where, waitSeconds: 5, clock: () => start + Date.now() - now });
  told.push(...run.scans.map(({ host_id, status }) => ({ night, id: host_id, status })));
}

beforeAll(async () => {
  console.error(`the week is drawn with seed ${seed}`);
  fleet = await startFleet((text) => console.error(text), '127.86');
  const sshdConfig = ['SetEnv LD_PRELOAD=LIBFAKETIME'];
  const prepare = [
    // What the image logged is of today: later than the week.
    ': >/var/log/dpkg.log; : >/var/log/apt/history.log',
    'lib=$(find /usr/lib -name libfaketime.so.1)',
    'sed -i "s|LIBFAKETIME|$lib|" /etc/ssh/sshd_config',
  ];
  await Promise.all(fleet.hosts.splice(0).map((host) => host.stop()));
  const releases = ['bookworm', 'bullseye', 'bookworm', 'trixie', 'bookworm', 'trixie'] as const;
  for (const [index, release] of releases.entries())
    await fleet.add(release, {
      id: `w${index}-${release}`,
      address: `127.86.1.${index + 1}`,
      sshdConfig,
      prepare,
    });
  week = drawWeek(
    seed,
    fleet.hosts.map(({ id }) => id),
  );
  folder = mkdtempSync(join(tmpdir(), 'patchledger-week-'));
  where = places(join(folder, 'workspace'));
  initWorkspace(where.root, { hostname: 'collector' });
  // A host that is stuck is given up after a while; nobody else waits for it.
  const settings = 'scan: { host-seconds: 40, attempts: 1 }\n';
  writeFileSync(join(where.root, 'patchledger.yaml'), `collector: here\n${settings}${settingsOf(fleet)}`);
  for (let night = 0; night < nights; night++) await oneNight(night);
}, 1_200_000);
afterAll(async () => {
  await fleet.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(sql: string): Promise<{ [column: string]: unknown }[]> {
  const { columns, rows } = await queryFindings((await openFindings(where)).path, sql);
  return rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
}

function nightOf(instant: unknown): number {
  return Math.floor(
    (Date.parse(`${String(instant).replace(' ', 'T').replace(/Z?$/, 'Z')}`) - startOf(0)) / day,
  );
}

describe(`a week drawn with seed ${seed}`, () => {
  test('every scan of every night ends as the script says', () => {
    const wanted = week.flatMap(({ id, nights: story }) =>
      story.flatMap((status, night) => (status === 'gone' ? [] : [{ night, id, status }])),
    );
    const order = (a: { night: number; id: string }, b: { night: number; id: string }) =>
      a.night - b.night || (a.id < b.id ? -1 : 1);
    expect(told.sort(order)).toEqual(wanted.sort(order));
  });

  test('coverage: population, tried, read and unread of every run', async () => {
    const wanted = Array.from({ length: nights }, (_, night) => {
      const listed = week.filter((host) => host.nights[night] !== 'gone').length;
      const read = week.filter((host) => host.nights[night] === 'ok').length;
      return {
        population: listed,
        hosts_tried: listed,
        hosts_read: read,
        hosts_unread: listed - read,
        whole: true,
      };
    });
    expect(
      await ask(
        'SELECT population, hosts_tried, hosts_read, hosts_unread, whole FROM runs ORDER BY sequence',
      ),
    ).toEqual(wanted);
  });

  test('who was last seen when, who never, and since when who fails', async () => {
    const rows = await ask(
      'SELECT host_id, standing, last_read_at, failing_since, failed_scans FROM hosts ORDER BY host_id',
    );
    const said = rows.map((row) => ({
      id: row['host_id'],
      standing: row['standing'],
      lastRead: row['last_read_at'] === null ? null : nightOf(row['last_read_at']),
      failingSince: row['failing_since'] === null ? null : nightOf(row['failing_since']),
      failed: Number(row['failed_scans']),
    }));
    const wanted = week.map((host) => ({
      id: host.id,
      standing: standingOf(host),
      lastRead: readNights(host).at(-1) ?? null,
      failingSince: failedNights(host)[0] ?? null,
      failed: failedNights(host).length,
    }));
    expect(said).toEqual(wanted);
  });

  test('who left the inventory is retired, between the last run that listed it and the first that did not', async () => {
    const rows = await ask(
      "SELECT host_id, gone_not_before, gone_after_at, gone_with[1] LIKE 'inventory/hosts.yaml (%' AS by_file FROM retired_hosts",
    );
    const gone = week.filter((host) => host.nights.includes('gone'));
    expect(
      rows.map((row) => [row['host_id'], nightOf(row['gone_not_before']), nightOf(row['gone_after_at'])]),
    ).toEqual(gone.map((host) => [host.id, host.nights.indexOf('gone') - 1, host.nights.indexOf('gone')]));
    expect(rows.map((row) => row['by_file'])).toEqual(gone.map(() => true));
  });

  test('clock skew is measured', async () => {
    const rows = await ask('SELECT host_id, clock_offset_ms, clock_uncertainty_ms FROM scans WHERE was_read');
    expect(rows.length).toBeGreaterThan(nights);
    for (const row of rows) {
      const skew = (week.find(({ id }) => id === row['host_id'])?.skewSeconds ?? NaN) * 1000;
      const off = Math.abs(Number(row['clock_offset_ms']) - skew);
      expect(off, String(row['host_id'])).toBeLessThan(Number(row['clock_uncertainty_ms']) + 1);
    }
  });

  test('upgrades: the bounds hold what was done, whatever the clock of the host showed; silence closes nothing', async () => {
    const rows = await ask(
      'SELECT host_id, package, status, closed_evidence, epoch_ms(closed_not_before) AS closed_from, epoch_ms(closed_not_after) AS closed_to, last_confirmed_at FROM update_spells WHERE installed_version IS NOT NULL ORDER BY ALL',
    );
    expect(upgrades.length).toBe(week.filter((host) => host.upgrade !== null).length);
    for (const { host, package: name, from, to } of upgrades) {
      const spell = rows.find((row) => row['host_id'] === host.id && row['package'] === name);
      const { night } = host.upgrade ?? { night: nights };
      const seen = readNights(host).some((one) => one >= night);
      const open = host.nights.includes('gone') ? 'host-retired' : 'open';
      expect([host.id, name, spell?.['status']]).toEqual([host.id, name, seen ? 'installed' : open]);
      const lastWith = readNights(host).findLast((one) => one < night);
      expect([name, nightOf(spell?.['last_confirmed_at'])]).toEqual([name, lastWith]);
      const logged = seen ? [spell?.['closed_evidence']] : ['package-manager-log'];
      expect(logged).toEqual(['package-manager-log']);
      const bounds = seen ? [Number(spell?.['closed_from']), Number(spell?.['closed_to'])] : [from, to];
      // What the log dates lies within what was done, and within a minute.
      expect(bounds[0]).toBeLessThanOrEqual(to);
      expect(bounds[1]).toBeGreaterThanOrEqual(from);
      expect((bounds[1] ?? 0) - (bounds[0] ?? 0)).toBeLessThan(60_000);
    }
  });
});
