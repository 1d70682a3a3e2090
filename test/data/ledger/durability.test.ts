/** What reaches the disk in which order, and what a full or read-only disk does. Needs root and strace. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { withDatabase } from '#data/ledger/database.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { verifyLedger } from '#data/ledger/verify.ts';
import { explainWriteError } from '#data/model/durable.ts';
import { append, newFolder } from './record.ts';
import { sampleRows } from './rows.ts';

const writer = fileURLToPath(new URL('append-once.ts', import.meta.url));

/** The calls of one append that matter for durability, in order. */
function traceAppend(ledger: string): string[] {
  const log = join(newFolder(), 'trace');
  const { status, stderr } = spawnSync(
    'strace',
    [
      '-f',
      '-y',
      '-e',
      'trace=fsync,rename,renameat,renameat2,mkdir,mkdirat',
      '-o',
      log,
      process.execPath,
      writer,
      ledger,
      '7',
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`strace (Debian package strace) did not run the writer: ${stderr}`);
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.includes(ledger) && line.endsWith('= 0'))
    .map((line) =>
      line
        .replace(/^\d+\s+/, '')
        .replaceAll(ledger, '')
        .replace(/\.incoming\/[0-9a-f]{16}/g, '.incoming/D')
        .replace(/\d+</, '<'),
    );
}

describe('the order in which things reach the disk', () => {
  test('every file, then the folder, then the name, then the folder that holds the name', async () => {
    const ledger = join(newFolder(), 'ledger');
    const calls = traceAppend(ledger);

    const rename = calls.findIndex((call) => call.startsWith('rename("/.incoming/D/entry"'));
    const before = calls.slice(0, rename);
    const after = calls.slice(rename + 1);
    const entry = listEntries(ledger)[0]!;
    const files = ['manifest.json', 'manifest.sha256', ...entry.manifest.files.map(({ path }) => path)];
    const lastFolderSync = before.lastIndexOf('fsync(</.incoming/D/entry>) = 0');

    expect(rename).toBeGreaterThan(0);
    for (const file of files) {
      const sync = before.lastIndexOf(`fsync(</.incoming/D/entry/${file}>) = 0`);
      expect(sync, file).toBeGreaterThanOrEqual(0);
      expect(sync, file).toBeLessThan(lastFolderSync);
    }
    expect(before.lastIndexOf('fsync(</.incoming/D/entry/files>) = 0')).toBeLessThan(lastFolderSync);
    expect(lastFolderSync).toBe(before.findLastIndex((call) => call.includes('/.incoming/D/entry')));
    expect(calls[rename]).toContain('"/main/00000001-scan"');
    expect(after[0]).toBe('fsync(</main>) = 0');
  });

  test('a new chain and a new ledger are names too: their parents are flushed before the entry is named', () => {
    const ledger = join(newFolder(), 'ledger');
    const calls = traceAppend(ledger);

    const rename = calls.findIndex((call) => call.startsWith('rename('));
    const chainMade = calls.findIndex((call) => call.startsWith('mkdir("/main"'));
    const between = calls.slice(chainMade, rename);

    expect(chainMade).toBeGreaterThan(0);
    expect(between).toContain('fsync(<>) = 0');
    expect(between).toContain('fsync(</main>) = 0');
  });
});

describe('a disk that will not take it', () => {
  test('full: a clear error, nothing recorded, nothing lost, and it goes on once there is room', async () => {
    await withTmpfs('size=1500k', async (folder) => {
      const ledger = join(folder, 'ledger');
      const small = sampleRows(3);
      // A sample may hold no package at all; which does changes with every new column.
      const [model] = Array.from({ length: 9 }, (_, seed) => sampleRows(seed).packages).flat();
      const name = (index: number): string => createHash('sha256').update(String(index)).digest('base64');
      const rows = {
        ...small,
        packages: Array.from({ length: 60_000 }, (_, index) => ({
          ...model!,
          package: name(index),
        })),
      };
      await append(ledger, sampleRows(1));

      const failed = append(ledger, rows, { at: '2026-09-02T00:00:00Z' });

      await expect(failed).rejects.toMatchObject({
        code: 'disk-full',
        message: expect.stringContaining('is full; nothing was recorded'),
        nextStep: expect.stringContaining('free some space'),
      });
      expect(readdirSync(join(ledger, '.incoming'))).toEqual([]);
      expect(await verifyLedger(ledger)).toMatchObject({ ok: true, entries: 1 });
      await append(ledger, sampleRows(2), { at: '2026-09-03T00:00:00Z' });
      expect(await verifyLedger(ledger)).toMatchObject({ ok: true, entries: 2 });
    });
  });

  test('full while DuckDB puts aside what does not fit into memory: the same error, not "a bug"', async () => {
    await withTmpfs('size=8m', async (folder) => {
      const options = { memoryLimit: '40MB', threads: 1, spillFolder: join(folder, 'spill') };
      const sorting = withDatabase(':memory:', options, (connection) =>
        connection.run(`CREATE TABLE t AS SELECT md5(i::VARCHAR) AS a, md5((i + 1)::VARCHAR) AS b
          FROM range(2000000) r(i) ORDER BY a`),
      );

      const error: unknown = await sorting.then(
        () => undefined,
        (reason: unknown) => reason,
      );

      expect(explainWriteError(error, folder, 'nothing was recorded')).toMatchObject({ code: 'disk-full' });
    });
  });

  test('read-only: a clear error before anything is tried, and the record stands', async () => {
    await withTmpfs('size=16m', async (folder) => {
      const ledger = join(folder, 'ledger');
      await append(ledger, sampleRows(1));
      mount(['-o', 'remount,ro', folder]);

      await expect(append(ledger, sampleRows(2))).rejects.toMatchObject({
        code: 'not-writable',
        nextStep: expect.stringContaining('read-only'),
      });
      const { status, stderr } = spawnSync(process.execPath, [writer, ledger], { encoding: 'utf8' });

      expect(status).toBe(1);
      expect(stderr).toContain(`${ledger} cannot be written; nothing was changed`);
      expect(stderr).not.toContain('    at ');
      expect(await verifyLedger(ledger)).toMatchObject({ ok: true, entries: 1 });
    });
  });
});

async function withTmpfs(options: string, work: (folder: string) => Promise<void>): Promise<void> {
  const folder = join(newFolder(), 'disk');
  mkdirSync(folder);
  mount(['-t', 'tmpfs', '-o', options, 'tmpfs', folder]);
  try {
    await work(folder);
  } finally {
    spawnSync('umount', ['-l', folder]);
  }
}

function mount(args: string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`this test needs root and the right to mount a small file system: ${stderr}`);
}
