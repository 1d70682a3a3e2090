/** A full disk and a read-only workspace: a clear error, and everything that stood still stands. Needs root. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { build } from '#cli/build.ts';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { replayTransport } from '#collector/transport/replay.ts';
import { verifyLedger } from '#data/ledger/verify.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { recording } from '../fixtures/replay.ts';
import { digestTree } from '../data/ledger/record.ts';

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const transports = { local: replayTransport(recording().bytes) };
let disk: string;
let where: Places;
let site: object;

beforeEach(async () => {
  disk = join(mkdtempSync(join(tmpdir(), 'patchledger-disk-')), 'disk');
  mkdirSync(disk);
  mount(['-t', 'tmpfs', '-o', 'size=96m', 'tmpfs', disk]);
  where = places(join(disk, 'workspace'));
  initWorkspace(where.root, { hostname: 'box' });
  await runScan({ places: where, waitSeconds: 0, transports });
  await build(where);
  site = digestTree(realpathSync(where.site));
});

afterEach(() => {
  spawnSync('umount', ['-l', disk]);
});

describe('a full disk', () => {
  test.each(['scan', 'build'])(
    '%s ends with a clear error, and the old site and the record stand',
    async (command) => {
      if (command === 'build') await runScan({ places: where, waitSeconds: 0, transports });
      const entries = (await verifyLedger(where.ledger)).entries;
      fill(command === 'build' ? 2 * 1024 * 1024 : 16 * 1024);

      const { status, stderr } = run(command);

      expect(status).toBe(1);
      expect(stderr).toMatch(/the disk that holds .* is full; /);
      expect(stderr).toContain('next: free some space there');
      expect(stderr).not.toContain('    at ');
      expect(digestTree(realpathSync(where.site))).toEqual(site);
      expect(await verifyLedger(where.ledger)).toMatchObject({ ok: true, entries });
    },
  );

  test('with room again, everything goes on', async () => {
    const filler = fill(16 * 1024);
    expect(run('scan').status).toBe(1);
    spawnSync('rm', [filler]);

    expect(run('scan').status).toBe(0);
    expect(run('build').status).toBe(0);
    expect(await verifyLedger(where.ledger)).toMatchObject({ ok: true, entries: 3 });
  });
});

describe('a read-only workspace', () => {
  test.each([
    ['scan', 'ledger', 'nothing was recorded'],
    ['build', 'out', 'the old site stands'],
  ])('%s says that the %s folder cannot be written', async (command, folder, consequence) => {
    mount(['-o', 'remount,ro', disk]);

    const { status, stderr } = run(command);

    expect(status).toBe(1);
    expect(stderr).toContain(`${join(where.root, folder)} cannot be written; ${consequence}`);
    expect(stderr).toContain('mounted read-only');
    expect(digestTree(realpathSync(where.site))).toEqual(site);
    expect((await verifyLedger(where.ledger)).ok).toBe(true);
  });

  test('it can still be verified and asked', () => {
    mount(['-o', 'remount,ro', disk]);

    expect(run('verify').status).toBe(0);
    expect(run('query', 'SELECT count(*) FROM runs').status).toBe(0);
  });
});

function run(...args: string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [program, ...args, '-w', where.root], { encoding: 'utf8' });
}

/** Fills the disk but for the given bytes; returns the file that does. */
function fill(leave: number): string {
  const path = join(disk, 'filler');
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(path, Buffer.alloc(Math.max(0, bavail * bsize - leave)));
  return path;
}

function mount(args: string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`this test needs root and the right to mount a small file system: ${stderr}`);
}
