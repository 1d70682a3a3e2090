/**
 * A fleet for the site's tests: every standing, every kind of row and a host that lies in every text it can
 * print, written into a real record and folded.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appendEntry } from '#data/ledger/append.ts';
import { listEntries } from '#data/ledger/entries.ts';
import type { RowOf, ScanTableName, Snapshot } from '#data/model/tables.ts';
import type { ScanStatus } from '#data/model/words.ts';
import { templates } from '#data/workspace/templates.ts';
import { deriveFindings } from '#reports/derive.ts';
import { buildSite } from '#site/build.ts';
import { advisoryRows, writeFeed } from '#test/reports/findings/feed-story.ts';
import type { Advisory } from '#test/reports/findings/feed-story.ts';
import { writeComparison } from '#test/reports/findings/comparison-story.ts';
import { writePlans } from '#test/reports/plans/plan-story.ts';
import { writeFiles } from '#test/reports/policy/policy-story.ts';
import { member, snapshotOf } from '#test/reports/findings/story.ts';
import type { HostState } from '#test/reports/findings/story.ts';
import { halfDone, omissions, plans } from './fleet-plans.ts';
import { days, describe, explain, hostile } from './host-details.ts';

export interface Fleet {
  findingsPath: string;
  folder: string;
  hostIds: string[];
}

/** Builds the site of some findings in a folder; gives the site's own folder. */
export async function buildIn(
  folder: string,
  findingsPath: string,
  options: { threads?: number; id?: string } = {},
): Promise<string> {
  const outFolder = join(folder, 'out');
  await buildSite({
    findingsPath,
    outFolder,
    cacheFolder: join(folder, 'cache'),
    version: '0.1.0',
    ...options,
  });
  return join(outFolder, 'site');
}

interface Visit {
  state: HostState | ScanStatus;
  more?: (snapshot: Snapshot, at: string) => void;
  member?: Partial<RowOf<'population'>>;
}

/** Makes the record and its findings. */
export async function makeFleet(): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-fleet-'));
  const ledgerRoot = join(folder, 'ledger');
  const runs = ['2026-11-09T06:00:00.000Z', '2026-11-16T06:00:00.000Z', '2026-11-23T06:00:00.000Z'];
  await writeFeed(ledgerRoot, { at: '2026-11-08T00:00:00.000Z', feed: 'lifecycle', rows: lifecycleRows });
  await writeFeed(ledgerRoot, {
    at: '2026-11-08T01:00:00.000Z',
    feed: 'debian-dsa',
    rows: advisoryRows(advisories),
  });
  await writeFeed(ledgerRoot, { at: '2026-11-08T02:00:00.000Z', feed: 'kev', rows: exploitedRows });
  for (const [index, at] of runs.entries()) {
    if (index === 2) await writePlans(ledgerRoot, '2026-11-16T12:00:00.000Z', plans, omissions);
    await writeRun(ledgerRoot, at, visits(index, at));
  }
  await writeFiles(ledgerRoot, '2026-11-08T03:00:00.000Z', workspaceFiles);
  const hostIds = Object.keys(visits(2, runs[2] ?? ''));
  await writeComparison(ledgerRoot, {
    at: '2026-11-20T12:00:00.000Z',
    source: 'ServiceNow export',
    dated: '2026-11-19',
    csv: otherList,
    hostnames: { vault: 'hsm-1' },
    // At that time one host more stood in the inventory, and one less.
    hosts: Object.fromEntries([...hostIds.slice(1), 'left-since'].map((id) => [id, null])),
  });
  const { path } = await deriveFindings({
    cacheRoot: join(folder, 'cache'),
    entries: listEntries(ledgerRoot),
  });
  return { findingsPath: path, folder, hostIds };
}

/** What others know of the fleet: a machine that nobody listed, one that was listed since, a name that lies. */
const otherList = [
  'Name,IP,Status',
  'web-01.example.org,,Live',
  'web-02,,Live',
  'db-01,,Live',
  'mail-01,,Live',
  'lab-09,,Retired',
  'shadow-7,10.0.0.7,Live',
  'hsm-1,,Live',
  `"${hostile.html.replaceAll('"', '""')}",,"${hostile.formula.replaceAll('"', '""')}"`,
].join('\n');

/** The files that `init` writes, with exceptions: one in force, one that is doubtful in every way. */
const workspaceFiles = {
  ...Object.fromEntries(templates({ name: 'people' })),
  'exceptions/exceptions.yaml': `exceptions:
  - id: nginx-until-december
    fixes: { packages: [nginx] }
    reason: The module of the shop breaks with the new build; its maker promised a release.
    compensating-control: Reachable only through the filtering proxy.
    requested-by: Web team
    approver: Head of operations
    from: 2026-11-08
    until: 2026-12-15
    evidence: https://tickets.example.org/4711
  - id: database
    fixes: { packages: [postgresql-15] }
    reason: No window was found.
    compensating-control: none
    requested-by: Data team
    approver: data team
    from: 2026-10-01
    until: 2026-11-15
`,
};

const advisories: Advisory[] = [
  ['DSA-6101-1', '2026-10-20', 'nginx', '1.22.1-9+deb12u3', 'CVE-2026-20001', 'CVE-2026-20002'],
  ['DSA-6102-1', '2026-10-28', 'openssl', '3.0.17-1~deb12u3', 'CVE-2026-20003'],
  ['DSA-6103-1', '2026-11-02', 'postgresql-15', '15.14-0+deb12u1'],
  ['DSA-6104-1', '2026-11-03', 'curl', '7.88.1-10+deb12u13', 'CVE-2026-20004'],
];

const exploitedRows = {
  exploited_cves: [
    {
      cve: 'CVE-2026-20003',
      listed_not_before: '2026-11-01T00:00:00.000Z',
      listed_not_after: '2026-11-01T23:59:59.999Z',
      due_at: '2026-11-15T23:59:59.999Z',
      ransomware: false,
    },
  ],
};

const lifecycleRows = {
  releases: [
    {
      distribution: 'debian',
      version: '12',
      release: 'bookworm',
      released_at: '2023-06-10T00:00:00.000Z',
      support_ends_at: '2028-06-30T23:59:59.999Z',
      lts_ends_at: null,
      elts_ends_at: null,
    },
  ],
};

async function writeRun(ledgerRoot: string, at: string, hosts: Record<string, Visit>): Promise<void> {
  const instant = new Date(at);
  await appendEntry(
    ledgerRoot,
    {
      collector: 'main',
      kind: 'scan',
      startedAt: instant,
      recordedAt: () => new Date(instant.getTime() + 90_000),
      workspaceFiles: [],
      programVersion: '0.1.0',
    },
    async (tables) => {
      for (const [hostId, visit] of Object.entries(hosts)) {
        tables.add('population', [{ ...member(hostId), ...visit.member }]);
        const snapshot = snapshotOf(hostId, visit.state, at);
        visit.more?.(snapshot, at);
        for (const [name, rows] of Object.entries(snapshot)) tables.add(name as ScanTableName, rows);
      }
      return {};
    },
  );
}

function visits(run: number, at: string): Record<string, Visit> {
  return {
    'web-01.example.org': {
      state: { ...webServer(run), results: run < 2 ? [] : [halfDone] },
      more: describe('web-01', { lists: -0.1 }),
      member: webMember,
    },
    'web-02.example.org': {
      state: webServer(0),
      more: describe('web-02', { lists: -0.2 }),
      member: webMember,
    },
    'db-01': {
      state: database,
      more: describe('db-01', { root: true, lists: -0.4, reboot: true }),
      member: { owner: 'data', environment: 'production' },
    },
    'mail-01': {
      state: patched,
      more: describe('mail-01', { lists: -0.1, root: true }),
      member: { owner: 'messaging' },
    },
    'lab-09': {
      state: patched,
      more: describe('lab-09', { lists: -40, clock: -3_720_000 }),
      member: { owner: null },
    },
    'build-02': {
      state: run < 2 ? webServer(run) : 'unreachable',
      more:
        run < 2
          ? describe('build-02', { lists: -0.1 })
          : explain('no answer on port 22 within 10 s', 'check that the host is up and its address is right'),
      member: { owner: 'build' },
    },
    vault: {
      state: 'auth-failed',
      more: explain(
        'the host refused the key of audit',
        'add the public key to ~audit/.ssh/authorized_keys on the host',
      ),
      member: { owner: 'security', environment: 'production' },
    },
    'edge-07': {
      state: { ...database, readings: { updates: 'partial', processes: 'partial', mappings: 'unread' } },
      more: describe('edge-07', { lists: -1 }),
      member: { owner: 'network' },
    },
    liar: {
      state: lies,
      more: (snapshot) => lie(snapshot, at),
      member: { owner: hostile.html, tags: [hostile.formula] },
    },
    ...(run === 0 ? { 'old-3': { state: webServer(0), more: describe('old-3', { lists: -0.1 }) } } : {}),
  };
}

const webMember = {
  owner: 'web',
  environment: 'production',
  ring: 'early',
  criticality: 'high',
  internet_exposed: true,
  groups: ['fleet', 'web'],
};

const patched: HostState = {
  packages: { bash: '5.2.15-2+b8', openssl: '3.0.17-1~deb12u3' },
  log: [['2026-11-05T03:10:00.000Z', 'upgrade', 'openssl', '3.0.17-1~deb12u2', '3.0.17-1~deb12u3']],
};

const database: HostState = {
  packages: {
    'postgresql-15': '15.13-0+deb12u1',
    openssl: '3.0.17-1~deb12u2',
    'linux-image-amd64': '6.1.140-1',
  },
  offers: {
    'postgresql-15': {
      newest_version: '15.14-0+deb12u1',
      candidate_version: '15.14-0+deb12u1',
      security: true,
      security_version: '15.14-0+deb12u1',
      reason: 'held',
      action: 'none',
      in_upgrade: false,
      in_upgrade_with_new: false,
      in_full_upgrade: false,
      suite: 'stable-security',
    },
    openssl: {
      newest_version: '3.0.17-1~deb12u3',
      candidate_version: '3.0.17-1~deb12u3',
      security: true,
      security_version: '3.0.17-1~deb12u3',
      suite: 'stable-security',
    },
    'linux-image-amd64': {
      newest_version: '6.1.153-1',
      candidate_version: '6.1.153-1',
      reason: 'kept-back',
      in_upgrade: false,
    },
  },
};

function webServer(run: number): HostState {
  const done = run >= 2;
  return {
    packages: {
      nginx: done ? '1.22.1-9+deb12u3' : '1.22.1-9+deb12u2',
      curl: '7.88.1-10+deb12u12',
      tzdata: '2025b-0+deb12u1',
      ...Object.fromEntries(webLog(false).map(([, , name, , version]) => [name, version ?? ''])),
    },
    offers: {
      ...(done
        ? {}
        : {
            nginx: {
              newest_version: '1.22.1-9+deb12u3',
              candidate_version: '1.22.1-9+deb12u3',
              security: true,
              security_version: '1.22.1-9+deb12u3',
              suite: 'stable-security',
            },
          }),
      ...(run >= 1
        ? {
            curl: {
              newest_version: '7.88.1-10+deb12u14',
              candidate_version: '7.88.1-10+deb12u14',
              security: true,
              security_version: '7.88.1-10+deb12u14',
              suite: 'stable-security',
              reason: 'phased',
              phased_percent: 40,
            },
          }
        : {}),
      tzdata: {
        newest_version: '2025b-0+deb12u2',
        candidate_version: '2025b-0+deb12u2',
        suite: 'stable-updates',
      },
    },
    log: webLog(done),
  };
}

function webLog(done: boolean): NonNullable<HostState['log']> {
  const log: NonNullable<HostState['log']> = [];
  for (let week = 0; week < 18; week++) {
    for (let upgrade = 0; upgrade < 1 + ((week * 7) % 11); upgrade++) {
      log.push([
        days('2026-07-07T02:00:00.000Z', week * 7 + (upgrade % 5)),
        'upgrade',
        `lib${week}-${upgrade}`,
        '1.0-1',
        '1.0-2',
      ]);
    }
    if (week % 4 === 0)
      log.push([days('2026-07-08T02:30:00.000Z', week * 7), 'install', `tool${week}`, null, '2.1-3']);
  }
  if (done)
    log.push(['2026-11-18T04:22:10.000Z', 'upgrade', 'nginx', '1.22.1-9+deb12u2', '1.22.1-9+deb12u3']);
  return log;
}

const lies: HostState = {
  packages: { [hostile.html]: hostile.formula, [hostile.attribute]: hostile.plus, [hostile.long]: '1' },
  offers: {
    [hostile.html]: {
      newest_version: '9',
      candidate_version: '9',
      security: true,
      origin: hostile.at,
      suite: hostile.escape,
    },
  },
  log: [['2026-11-20T00:00:00.000Z', 'upgrade', hostile.minus, hostile.formula, hostile.html]],
};

function lie(snapshot: Snapshot, at: string): void {
  describe(hostile.html, { lists: -0.1 })(snapshot, at);
  const text = Object.values(hostile);
  for (const scan of snapshot.scans)
    Object.assign(scan, {
      os_name: hostile.html,
      kernel_release: hostile.attribute,
      scan_user: hostile.link,
      time_zone: hostile.formula,
      virtualization: hostile.escape,
    });
  for (const row of snapshot.repositories)
    Object.assign(row, {
      uri: `javascript:alert(1)//${row.suite}`,
      origin: hostile.html,
      label: hostile.link,
    });
  for (const row of snapshot.mappings) Object.assign(row, { process: hostile.html, package: hostile.at });
  for (const row of snapshot.sections) Object.assign(row, { command: hostile.link, stderr: hostile.html });
  snapshot.software = text.map((name, index) => ({
    host_id: 'liar',
    kind: 'opt',
    name: `${name}${index}`,
    version: name,
  }));
  snapshot.rejections = text.map((excerpt, index) => ({
    host_id: 'liar',
    section: 'packages',
    line: index + 1,
    reason: 'a package line has five fields',
    excerpt,
  }));
}
