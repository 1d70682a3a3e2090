/** Who left the inventory: between which runs, and with which of people's files. Who was never read, and since when. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { appendEntry } from '#data/ledger/append.ts';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { sha256 } from '#data/ledger/manifest.ts';
import { foldLedger } from '#reports/findings/fold.ts';
import { member, snapshotOf } from './story.ts';

interface Night {
  /** Hosts of the inventory that the run tried, and whether it read them. */
  hosts: { [id: string]: 'read' | 'unreachable' };
  /** Of the inventory, but not tried: the run was of some hosts only, or they are read by hand. */
  untried?: { [id: string]: 'ssh' | 'bundle' };
  files: { [path: string]: string };
}

const day = (number: number): string => `2026-09-${String(number).padStart(2, '0')}T03:00:00.000Z`;

/** One run a night, of one collector, from 1 September on. */
async function tellNights(nights: Night[]): Promise<(sql: string, entries?: number) => Promise<object[]>> {
  const root = mkdtempSync(join(tmpdir(), 'patchledger-retired-'));
  const ledger = join(root, 'ledger');
  for (const [index, { hosts, untried = {}, files }] of nights.entries()) {
    const at = day(index + 1);
    const workspaceFiles = Object.entries(files).map(([path, text]) => ({
      path,
      content: Buffer.from(text),
      sha256: sha256(Buffer.from(text)),
    }));
    const entry = {
      collector: 'main',
      kind: 'scan' as const,
      startedAt: new Date(at),
      programVersion: 'test',
    };
    await appendEntry(
      ledger,
      { ...entry, recordedAt: () => new Date(at), workspaceFiles },
      async (tables) => {
        for (const id of Object.keys(hosts)) tables.add('population', [member(id)]);
        for (const [id, transport] of Object.entries(untried))
          tables.add('population', [{ ...member(id), transport }]);
        for (const [id, how] of Object.entries(hosts)) {
          const snapshot = snapshotOf(id, how === 'read' ? { packages: {} } : how, at);
          tables.add('scans', snapshot.scans);
          tables.add('readings', snapshot.readings);
        }
        return {};
      },
    );
  }
  return async (sql, entries = nights.length) => {
    const { path } = await foldLedger({
      cacheRoot: join(root, 'cache'),
      entries: listEntries(ledger).slice(0, entries),
    });
    return withDatabase(path, { readOnly: true }, (connection) => readRows(connection, sql));
  };
}

const short = (text: string): string => sha256(Buffer.from(text)).slice(0, 12);

describe('retired', () => {
  const sql = 'SELECT host_id, gone_not_before, gone_after_at, gone_sequence, gone_with FROM retired_hosts';
  const files = { 'patchledger.yaml': 'a', 'inventory/web.yaml': 'web1 web2', 'inventory/db.yaml': 'db' };
  const both: Night = { hosts: { web1: 'read', web2: 'read' }, files };

  test('between two runs, with the file that was changed', async () => {
    const rows = await tellNights([
      both,
      both,
      { hosts: { web1: 'read' }, files: { ...files, 'inventory/web.yaml': 'web1', 'patchledger.yaml': 'b' } },
      { hosts: { web1: 'read' }, files: { ...files, 'inventory/web.yaml': 'web1, still' } },
    ]);
    const expected = [
      {
        host_id: 'web2',
        gone_not_before: day(2),
        gone_after_at: day(3),
        gone_sequence: 3,
        gone_with: [`inventory/web.yaml (${short('web1 web2')} → ${short('web1')})`],
      },
    ];

    expect(await rows(sql)).toEqual(expected);
    expect(await rows(sql, 2)).toEqual([]);
    // An extended cache says the same as one that is made anew.
    expect(await rows(sql, 3)).toEqual(expected);
    expect(await rows(sql)).toEqual(expected);
  });

  test('with its whole file, and another one that was new', async () => {
    const rows = await tellNights([
      both,
      { hosts: { web3: 'read' }, files: { 'inventory/db.yaml': 'db', 'inventory/new.yaml': 'web3' } },
    ]);

    expect(await rows(`${sql} WHERE host_id = 'web1'`)).toMatchObject([
      {
        gone_with: [
          `inventory/new.yaml (new → ${short('web3')})`,
          `inventory/web.yaml (${short('web1 web2')} → deleted)`,
        ],
      },
    ]);
  });

  test('one that comes back is not retired, and was listed since its first time', async () => {
    const rows = await tellNights([both, { hosts: { web1: 'read' }, files: {} }, both]);

    expect(await rows(sql)).toEqual([]);
    expect(await rows("SELECT listed_since, standing FROM hosts WHERE host_id = 'web2'")).toEqual([
      { listed_since: day(1), standing: 'read' },
    ]);
  });
});

test('never read: since when it should exist, and how often it was tried', async () => {
  const rows = await tellNights([
    { hosts: { web: 'read' }, files: {} },
    { hosts: { web: 'read', new: 'unreachable' }, untried: { vault: 'bundle' }, files: {} },
    { hosts: { web: 'read', new: 'unreachable' }, untried: { vault: 'bundle' }, files: {} },
  ]);

  expect(
    await rows(
      "SELECT host_id, listed_since, failing_since, failed_scans FROM hosts WHERE standing = 'never-read' ORDER BY host_id",
    ),
  ).toEqual([
    { host_id: 'new', listed_since: day(2), failing_since: day(2), failed_scans: 2 },
    { host_id: 'vault', listed_since: day(2), failing_since: null, failed_scans: 0 },
  ]);
});

test('a run is a whole one when it tried every host that can be reached', async () => {
  const rows = await tellNights([
    { hosts: { web: 'read', db: 'unreachable' }, files: {} },
    { hosts: { web: 'read' }, untried: { db: 'ssh' }, files: {} },
    { hosts: { web: 'read', db: 'read' }, untried: { vault: 'bundle' }, files: {} },
    { hosts: {}, untried: { vault: 'bundle' }, files: {} },
  ]);

  expect(await rows('SELECT sequence, population, hosts_tried, whole FROM runs ORDER BY sequence')).toEqual([
    { sequence: 1, population: 2, hosts_tried: 2, whole: true },
    { sequence: 2, population: 2, hosts_tried: 1, whole: false },
    { sequence: 3, population: 3, hosts_tried: 2, whole: true },
    { sequence: 4, population: 1, hosts_tried: 0, whole: true },
  ]);
});
