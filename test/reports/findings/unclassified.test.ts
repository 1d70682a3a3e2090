/** Recorded hosts of families that know no advisories, all the way: what is on offer there is of no known kind. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appendEntry } from '#data/ledger/append.ts';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import { listEntries } from '#data/ledger/entries.ts';
import type { ScanTableName } from '#data/model/tables.ts';
import { foldLedger } from '#reports/findings/fold.ts';
import { recording, replaySnapshot } from '#test/fixtures/replay.ts';
import { member } from './story.ts';

const hosts = ['alpine2', 'alpine3', 'arch'];
const root = mkdtempSync(join(tmpdir(), 'patchledger-unclassified-'));
let path: string;

beforeAll(async () => {
  const recordedAt = new Date(Math.max(...hosts.map((name) => recording(name).recordedAtMs)));
  await appendEntry(
    join(root, 'ledger'),
    {
      collector: 'main',
      kind: 'scan',
      startedAt: recordedAt,
      recordedAt: () => recordedAt,
      programVersion: 'test',
      workspaceFiles: [],
    },
    async (tables) => {
      for (const name of hosts) {
        tables.add('population', [member(name)]);
        const snapshot = await replaySnapshot(name, { recorded: name });
        for (const [table, rows] of Object.entries(snapshot)) tables.add(table as ScanTableName, rows);
      }
      return {};
    },
  );
  const folded = await foldLedger({
    cacheRoot: join(root, 'cache'),
    entries: listEntries(join(root, 'ledger')),
  });
  path = folded.path;
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

const rows = (sql: string) =>
  withDatabase(path, { readOnly: true }, (connection) => readRows(connection, sql));

describe.each(hosts)('%s', (host) => {
  test('pacman and apk carry no advisories: a host with updates looks neither compliant nor unsafe', async () => {
    const [line] = await rows(
      `SELECT verdict, security_updates, unclear_updates FROM host_lines WHERE host_id = '${host}'`,
    );
    expect(line).toMatchObject({ verdict: 'unclear-pending', security_updates: 0 });
    expect(line?.['unclear_updates']).toBeGreaterThan(5);
    const kinds = await rows(
      `SELECT DISTINCT kind, status FROM exposures JOIN fixes USING (fix_id) WHERE host_id = '${host}'`,
    );
    expect(kinds).toEqual([{ kind: 'unclassified', status: 'open' }]);
  });

  test('a fix is one of the source, in the version that is on offer; the kernel is that of the running flavour', async () => {
    const fixes = await rows(
      `SELECT source || ' ' || fixed_version AS fix FROM exposures JOIN fixes USING (fix_id) WHERE host_id = '${host}' ORDER BY fix`,
    );
    const expected =
      host === 'arch'
        ? ['linux 6.6.2.arch1-1', 'tool-base 1:1.1-1']
        : ['curl 8.16.0-r0', 'linux-lts 6.12.58-r0', 'openssl 3.5.5-r0', 'pinned 1.1-r0'];
    expect(fixes.map((row) => row['fix'])).toEqual(expect.arrayContaining(expected));
    expect(
      fixes
        .map((row) => row['fix'])
        .filter((fix) => /^(libssl3|libcrypto3|libtool|libcurl) /.test(String(fix))),
    ).toEqual([]);
  });
});

test('why each is not applied is told as the host tells it', async () => {
  const reasons = await rows(
    "SELECT DISTINCT host_id, package, reason FROM current_updates WHERE reason <> 'none-yet-tried' AND host_id <> 'alpine2' ORDER BY ALL",
  );
  expect(reasons.map((row) => [row['host_id'], row['package'], row['reason']])).toEqual([
    ['alpine3', 'fromfile', 'held'],
    ['alpine3', 'kb', 'kept-back'],
    ['alpine3', 'pinned', 'pinned'],
    ['arch', 'grouped', 'held'],
    ['arch', 'held', 'held'],
    ['arch', 'heldold', 'held'],
  ]);
});
