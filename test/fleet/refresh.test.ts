/** Package lists refreshed on real hosts: as root, by a sudo rule, without the right, without a server, and unasked. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openFindings } from '#cli/findings.ts';
import { runScan } from '#cli/run.ts';
import type { RunResult } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { queryFindings } from '#reports/findings/query.ts';
import { settingsOf, startFleet } from './fleet.ts';
import type { Fleet } from './fleet.ts';
import { inside } from './old-library.ts';

const day = 86_400_000;
const installSudo = 'apt-get -q install -y --no-install-recommends sudo';
/** As if nobody had refreshed for two months: the lists of the security archive are not even there. */
const makeOld = [
  'rm -f /var/lib/apt/lists/*security*',
  'find /var/lib/apt /var/cache/apt -exec touch -h -d "60 days ago" {} +',
];
const asRoot = ['PermitRootLogin prohibit-password'];

interface Member {
  id: string;
  user: string;
  refresh: boolean;
  prepare: string[];
}

const members: Member[] = [
  { id: 'root', user: 'root', refresh: true, prepare: makeOld },
  {
    id: 'rule',
    user: 'patchledger',
    refresh: true,
    prepare: [
      installSudo,
      'echo "patchledger ALL=(root) NOPASSWD: /usr/bin/apt-get update" >/etc/sudoers.d/patchledger',
      ...makeOld,
    ],
  },
  { id: 'no-rule', user: 'patchledger', refresh: true, prepare: [installSudo, ...makeOld] },
  { id: 'no-sudo', user: 'patchledger', refresh: true, prepare: makeOld },
  {
    id: 'no-server',
    user: 'root',
    refresh: true,
    prepare: [
      // The lists stay: their names are made from the address, so the server is taken away, not renamed.
      `printf 'Acquire::http::Proxy "http://127.95.9.9:9/";\\nAcquire::https::Proxy "http://127.95.9.9:9/";\\nAcquire::Retries "0";\\n' >/etc/apt/apt.conf.d/99gone`,
    ],
  },
  { id: 'unasked', user: 'root', refresh: false, prepare: makeOld },
];

let fleet: Fleet;
let where: Places;
let folder: string;
let before: RunResult;
let after: RunResult;
let scannedAt: number;
/** The files of each host's lists: at first, after a scan, after a scan with a refresh. */
const listsOf = new Map<string, [first: string, scanned: string, refreshed: string]>();

function listed(id: string): string {
  const host = fleet.hosts.find((one) => one.id === id);
  if (host === undefined) throw new Error(`no ${id}`);
  return inside(host, 'cd /var/lib/apt/lists; stat -c "%n %s %Y %Z" * partial | sort');
}

beforeAll(async () => {
  fleet = await startFleet((text) => console.error(text), '127.95');
  await Promise.all(fleet.hosts.splice(0).map((host) => host.stop()));
  for (const [index, { id, prepare }] of members.entries())
    await fleet.add('bookworm', { id, address: `127.95.1.${index + 1}`, sshdConfig: asRoot, prepare });
  folder = mkdtempSync(join(tmpdir(), 'patchledger-refresh-'));
  where = places(join(folder, 'workspace'));
  initWorkspace(where.root, { hostname: 'collector' });
  writeFileSync(join(where.root, 'patchledger.yaml'), `collector: here\n${settingsOf(fleet)}`);
  const line = ({ id, user, refresh }: Member, index: number): string =>
    `      ${id}: { address: 127.95.1.${index + 1}, port: 2222, user: ${user}${refresh ? '' : ', refresh: false'} }`;
  writeFileSync(
    join(where.root, 'inventory/hosts.yaml'),
    `groups:\n  all:\n    refresh: true\n    hosts:\n${members.map(line).join('\n')}\n`,
  );
  const listsBefore = members.map(({ id }) => listed(id));
  before = await runScan({ places: where, waitSeconds: 5 });
  const listsBetween = members.map(({ id }) => listed(id));
  scannedAt = Date.now();
  after = await runScan({ places: where, refresh: true, waitSeconds: 5 });
  for (const [index, { id }] of members.entries())
    listsOf.set(id, [listsBefore[index] ?? '', listsBetween[index] ?? '', listed(id)]);
}, 1_200_000);
afterAll(async () => {
  await fleet.stop();
  rmSync(folder, { recursive: true, force: true });
});

function scanOf(run: RunResult, id: string): RunResult['scans'][number] {
  const scan = run.scans.find(({ host_id: host }) => host === id);
  if (scan === undefined) throw new Error(`no scan of ${id}`);
  return scan;
}

function gapOf(run: RunResult, id: string, subject: string): RunResult['gaps'][number] | undefined {
  return run.gaps.find((gap) => gap.host_id === id && gap.subject === subject);
}

async function ask(sql: string): Promise<unknown[][]> {
  return (await queryFindings((await openFindings(where)).path, sql)).rows;
}

describe('hosts that may be asked', () => {
  test.each(['root', 'rule'])(
    '%s: the lists are fresh, and what they hold is read in the same scan',
    async (id) => {
      expect(Date.parse(scanOf(before, id).lists_checked_at ?? '')).toBeLessThan(Date.now() - 59 * day);
      expect(gapOf(before, id, 'updates')?.reason).toMatch(/package lists are absent/);

      expect(scanOf(after, id)).toMatchObject({ status: 'ok', reason: null });
      expect(Date.parse(scanOf(after, id).lists_checked_at ?? '')).toBeGreaterThan(Date.now() - day);
      expect(listsOf.get(id)?.[0]).not.toContain('security');
      expect(listsOf.get(id)?.[2]).toContain('security');
      const security = await ask(`SELECT count(*) FROM current_updates WHERE host_id = '${id}' AND security`);
      expect(Number(security[0]?.[0])).toBeGreaterThanOrEqual(5);
    },
  );

  test('the command stands among the sections, with its exit status', async () => {
    const rows = await ask(
      "SELECT host_id, exit_status, command FROM current_sections WHERE section = 'refresh' ORDER BY host_id",
    );
    const command = 'if [ "$(id -u)" = 0 ]; then apt-get update; else sudo -n apt-get update; fi';
    expect(rows.map(([id, status, text]) => [id, Number(status), text])).toEqual([
      ['no-rule', 1, command],
      ['no-server', expect.any(Number), command],
      ['no-sudo', 127, command],
      ['root', 0, command],
      ['rule', 0, command],
    ]);
  });
});

describe('a refresh that fails hides nothing', () => {
  test.each([
    ['no-rule', /The refresh of its package lists failed: 'refresh' ended with status 1: sudo: /],
    [
      'no-sudo',
      /The refresh of its package lists failed: 'refresh' ended with status 127: .*sudo: not found/,
    ],
    ['no-server', /The refresh of its package lists (failed|was not complete): .*fail/i],
  ])('%s: the host is read as before, and the reading says why', (id, reason) => {
    expect(scanOf(after, id)).toMatchObject({
      status: 'partial',
      next_step: 'Run apt-get update on the host, as root, and look at what it says.',
    });
    expect(gapOf(after, id, 'repositories')).toMatchObject({
      status: 'partial',
      reason: expect.stringMatching(reason),
    });
    expect(gapOf(after, id, 'packages')).toBeUndefined();
  });

  test('how old the lists are says the rest: a refresh that brought nothing makes them no younger', async () => {
    const [first, , refreshed] = listsOf.get('no-server') ?? [];
    expect(refreshed).not.toBe(first);
    const { lists_checked_at: checked } = scanOf(after, 'no-server');
    expect(Date.parse(checked ?? '')).toBeLessThan(scannedAt);
    expect(Date.parse(scanOf(after, 'root').lists_checked_at ?? '')).toBeGreaterThan(scannedAt - 1000);
  });
});

test('a scan without --refresh leaves every list as it is', () => {
  for (const { id } of members) expect([id, listsOf.get(id)?.[1]]).toEqual([id, listsOf.get(id)?.[0]]);
});

test('a host that the inventory does not name is never asked, whatever the command line says', () => {
  const [first, , refreshed] = listsOf.get('unasked') ?? [];
  expect(refreshed).toBe(first);
  expect(scanOf(after, 'unasked').lists_checked_at).toBe(scanOf(before, 'unasked').lists_checked_at);
});
