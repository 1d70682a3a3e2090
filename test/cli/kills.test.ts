/**
 * Kills at every stage: strace sends SIGKILL at the n-th system call of a kind, so the program dies in
 * the middle of that very write, flush or rename. Afterwards the record must verify with all that was
 * committed, and the next run must go on as if nothing had been.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test, vi } from 'vitest';
import { openFindings } from '#cli/findings.ts';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { replayTransport } from '#collector/transport/replay.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { verifyLedger } from '#data/ledger/verify.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { queryFindings } from '#reports/findings/query.ts';
import { swapSite } from '#site/swap.ts';
import { recording } from '../fixtures/replay.ts';

vi.setConfig({ testTimeout: 900_000 });

const program = fileURLToPath(new URL('work.ts', import.meta.url));
const transports = { local: replayTransport(recording().bytes) };
let recordedKills = 0;

/** Every n-th number from 1 up to the last. */
function every(step: number, last: number): number[] {
  return Array.from({ length: Math.ceil(last / step) }, (_, index) => 1 + index * step);
}

/** Runs a step and kills it at the n-th call of a kind, counted in each thread; false when it never came to that. */
function killAt(call: string, count: number, args: string[]): boolean {
  const inject = ['-e', `trace=${call}`, '-e', `inject=${call}:signal=SIGKILL:when=${count}`];
  const { status, signal, error } = spawnSync(
    'strace',
    ['-f', '-qq', '-o', '/dev/null', ...inject, process.execPath, program, ...args],
    {
      stdio: 'ignore',
    },
  );
  if (error !== undefined)
    throw new Error('this test needs strace (Debian package strace)', { cause: error });
  const killed = signal === 'SIGKILL' || status === 137;
  if (killed) recordedKills++;
  return killed;
}

async function newWorkspace(): Promise<Places> {
  const root = join(mkdtempSync(join(tmpdir(), 'patchledger-kill-')), 'workspace');
  initWorkspace(root, { hostname: 'box' });
  const where = places(root);
  await runScan({ places: where, waitSeconds: 5, transports });
  return where;
}

const hashesOf = (where: Places): string[] => listEntries(where.ledger).map(({ hash }) => hash);

/** The record verifies, still holds what it held, and takes another run. */
async function expectIntact(where: Places, before: string[]): Promise<void> {
  const report = await verifyLedger(where.ledger, { against: before });
  expect(report.problems).toEqual([]);
  expect(hashesOf(where).slice(0, before.length)).toEqual(before);
  expect(hashesOf(where).length).toBeLessThanOrEqual(before.length + 1);
}

async function expectNextRun(where: Places): Promise<void> {
  const before = hashesOf(where);
  const run = await runScan({ places: where, waitSeconds: 5, transports });
  expect(run.entry.sequence).toBe(before.length + 1);
  expect(readdirSync(join(where.ledger, '.incoming'))).toEqual([]);
}

describe('killed while appending', () => {
  test.each([
    ['write', every(2, 52)],
    ['fsync', every(2, 36)],
    ['rename,mkdir', every(1, 3)],
    ['unlink,openat', every(40, 240)],
  ])('at %s', async (call, counts) => {
    const where = await newWorkspace();
    for (const count of counts) {
      const before = hashesOf(where);
      killAt(call, count, ['run', where.root]);

      await expectIntact(where, before);
      await expectNextRun(where);
    }
    expect((await verifyLedger(where.ledger)).ok).toBe(true);
  });
});

describe('killed while folding', () => {
  test.each([
    ['write', every(4, 40)],
    ['pwrite64', every(3, 24)],
    ['fsync,fdatasync', every(1, 4)],
    ['rename', [1]],
    ['unlink', [1]],
    ['openat', every(90, 360)],
  ])('at %s', async (call, counts) => {
    const where = await newWorkspace();
    await openFindings(where);
    for (const count of counts) {
      await expectNextRun(where);
      killAt(call, count, ['fold', where.root]);

      const findings = await openFindings(where);
      const { rows } = await queryFindings(findings.path, 'SELECT count(*), max(sequence) FROM runs');
      expect(rows).toEqual([[hashesOf(where).length, hashesOf(where).length]]);
      expect(readdirSync(where.cache).filter((name) => name !== '.lock')).toHaveLength(1);
    }
    expect(await factsOf(where)).toEqual(await factsOf(await rebuilt(where)));
  });
});

describe('killed while swapping the site', () => {
  test.each([
    ['rename', every(1, 3)],
    ['symlink', [1]],
    ['fsync', every(1, 6)],
    ['unlink,rmdir', every(1, 6)],
    ['openat', every(60, 300)],
    ['mkdir,copy_file_range', every(1, 5)],
  ])('at %s', async (call, counts) => {
    const where = await newWorkspace();
    let current = 'first';
    writeSite(where, current);
    cpSync(join(where.root, 'built'), join(where.cache, 'site-first'), { recursive: true });
    swapSite({ built: join(where.cache, 'site-first'), outFolder: where.out, id: 'first' });
    for (const count of counts) {
      const id = `${call.replace(/\W/g, '')}${count}`;
      writeSite(where, id);
      killAt(call, count, ['swap', where.root, id]);

      const stands = readFileSync(join(where.site, 'index.html'), 'utf8');
      expect([current, id]).toContain(stands);
      for (const page of sitePages) expect(readFileSync(join(where.site, page), 'utf8')).toBe(stands);
      current = stands;
    }
    writeSite(where, 'last');
    cpSync(join(where.root, 'built'), join(where.cache, 'site-last'), { recursive: true });
    swapSite({ built: join(where.cache, 'site-last'), outFolder: where.out, id: 'last' });
    expect(readFileSync(join(where.site, 'hosts/box/index.html'), 'utf8')).toBe('last');
    expect(readdirSync(join(where.out, '.sites'))).toEqual(['last']);
    expect(realpathSync(where.site)).toBe(realpathSync(join(where.out, '.sites', 'last')));
  });
});

describe('killed while scanning this machine', () => {
  test('ten times, at ten moments', async () => {
    const where = await newWorkspace();
    let kills = 0;
    for (let moment = 0; moment < 10; moment++) {
      const before = hashesOf(where);
      const child = spawn(process.execPath, [program, 'scan', where.root], { stdio: 'ignore' });
      const ended = new Promise((resolve) => child.once('close', resolve));
      await sleep(150 + moment * 170);
      if (child.kill('SIGKILL')) kills++;
      await ended;

      await expectIntact(where, before);
    }
    expect(kills).toBe(10);
    const run = await runScan({ places: where, waitSeconds: 5 });
    expect(run.scans[0]?.status).toBe('ok');
    expect((await verifyLedger(where.ledger)).ok).toBe(true);
  });
});

test('ninety of the kills over recorded snapshots found their mark', () => {
  expect(recordedKills).toBeGreaterThanOrEqual(90);
});

const sitePages = ['index.html', 'hosts/index.html', 'hosts/box/index.html', 'data/hosts.csv'];

/** A site in which every file says which build it belongs to. */
function writeSite(where: Places, id: string): void {
  for (const page of sitePages) {
    const path = join(where.root, 'built', page);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, id);
  }
  if (!existsSync(where.cache)) mkdirSync(where.cache);
}

async function rebuilt(where: Places): Promise<Places> {
  const copy = places(join(mkdtempSync(join(tmpdir(), 'patchledger-kill-')), 'workspace'));
  cpSync(where.root, copy.root, {
    recursive: true,
    filter: (path) => path !== where.cache && path !== where.out,
  });
  return copy;
}

/** Every table that models are derived from, as rows. */
async function factsOf(where: Places): Promise<unknown> {
  const { path } = await openFindings(where);
  const tables = [
    'fact_entries',
    'fact_scans',
    'fact_readings',
    'state_packages',
    'state_updates',
    'fact_events',
    'update_spells',
    'package_spells',
  ];
  const found: { [table: string]: unknown } = {};
  for (const table of tables) found[table] = (await queryFindings(path, `FROM ${table} ORDER BY ALL`)).rows;
  return found;
}
