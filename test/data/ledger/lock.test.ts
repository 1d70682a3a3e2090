import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { listEntries } from '#data/ledger/entries.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { verifyLedger } from '#data/ledger/verify.ts';
import { newFolder } from './record.ts';

const writer = fileURLToPath(new URL('append-once.ts', import.meta.url));

interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

function start(
  ledger: string,
  seed: number,
  holdMs: number,
  waitSeconds: number,
): { child: ChildProcess; ended: Promise<Ended>; held: Promise<unknown> } {
  const child = spawn(process.execPath, [writer, ledger, String(seed), String(holdMs), String(waitSeconds)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { stdout: '', stderr: '' };
  const held = new Promise((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said.stdout += chunk.toString();
      if (said.stdout.includes('held')) resolve(true);
    });
  });
  child.stderr.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()));
  const ended = once(child, 'close').then(([status]) => ({ status: status as number | null, ...said }));
  return { child, ended, held };
}

describe('two writers at once', () => {
  test('the second waits for the first, and both entries are there', async () => {
    const ledger = join(newFolder(), 'ledger');
    const first = start(ledger, 1, 1500, 0);
    await first.held;
    const second = start(ledger, 2, 0, 30);

    const [one, two] = await Promise.all([first.ended, second.ended]);

    expect([one.status, two.status]).toEqual([0, 0]);
    expect(listEntries(ledger)).toHaveLength(2);
    expect((await verifyLedger(ledger)).ok).toBe(true);
  });

  test('one that will not wait leaves with the holder, the next step and its own exit code', async () => {
    const ledger = join(newFolder(), 'ledger');
    const first = start(ledger, 1, 2500, 0);
    await first.held;

    const second = await start(ledger, 2, 0, 0).ended;

    expect(second.status).toBe(5);
    expect(second.stderr).toContain(
      `another Patchledger (process ${first.child.pid}) is writing to ${ledger}`,
    );
    expect(second.stderr).toContain('next: run the command again when it is done');
    expect((await first.ended).status).toBe(0);
    expect(listEntries(ledger)).toHaveLength(1);
  });

  test('a killed holder holds nothing: the next writer goes on at once', async () => {
    const ledger = join(newFolder(), 'ledger');
    const first = start(ledger, 1, 60_000, 0);
    await first.held;
    first.child.kill('SIGKILL');
    await first.ended;

    const second = await start(ledger, 2, 0, 0).ended;

    expect(second.status).toBe(0);
    expect(listEntries(ledger)).toHaveLength(1);
  });

  test('within one process, too', async () => {
    const ledger = join(newFolder(), 'ledger');

    const inner = withWriterLock(ledger, { waitSeconds: 0 }, () =>
      withWriterLock(ledger, { waitSeconds: 0 }, async () => 'in'),
    );

    await expect(inner).rejects.toMatchObject({ code: 'busy', exitCode: 5 });
    expect(await withWriterLock(ledger, { waitSeconds: 0 }, async () => 'free again')).toBe('free again');
  });

  test('the waiting one is told once whom it waits for', async () => {
    const ledger = join(newFolder(), 'ledger');
    const told: string[] = [];
    let release = (): void => {};
    const holding = withWriterLock(
      ledger,
      { waitSeconds: 0 },
      () => new Promise<void>((resolve) => (release = resolve)),
    );
    const waiting = withWriterLock(
      ledger,
      { waitSeconds: 10, onWait: (holder) => told.push(holder) },
      async () => 'done',
    );
    await new Promise((resolve) => setTimeout(resolve, 700));
    release();

    expect(await waiting).toBe('done');
    await holding;
    expect(told).toEqual([`another Patchledger (process ${process.pid})`]);
  });
});
