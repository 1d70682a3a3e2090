import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cuttingProxy, serverOf } from './bad-servers.ts';
import type { BadServer } from './bad-servers.ts';
import { recordedAnswer, startCachedHosts } from './cached-host.ts';
import type { CachedHosts } from './cached-host.ts';

let cached: CachedHosts;
/** Of the scanning process alone: others write to the shared one meanwhile. */
const temporary = mkdtempSync(join(tmpdir(), 'patchledger-leaks-'));
const servers: BadServer[] = [];
beforeAll(async () => {
  cached = await startCachedHosts(recordedAnswer(), 2297);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await cached.stop();
  rmSync(temporary, { recursive: true, force: true });
});

test('1,000 scans in one process leave nothing behind', { timeout: 600_000 }, async () => {
  const garbage = await serverOf('127.100.0.1', (socket) => socket.end('garbage'));
  const cut = await cuttingProxy(
    '127.100.0.3',
    { address: '127.0.0.1', port: 2297 },
    { after: 8000, how: 'rst' },
  );
  servers.push(garbage, cut);
  const program = fileURLToPath(new URL('many-scans.ts', import.meta.url));

  const ran = await run([
    '--expose-gc',
    program,
    cached.sshd.folder,
    '2297',
    '1000',
    String(garbage.port),
    String(cut.port),
  ]);

  const { before, after, statuses } = JSON.parse(ran) as {
    before: { heap: number; buffers: number };
    after: { heap: number; buffers: number };
    statuses: { [status: string]: number };
  };
  expect(statuses).toEqual({ ok: 600, refused: 100, 'cut-off': 200, 'auth-failed': 100 });
  const { heap, buffers, ...rest } = after;
  expect({ ...before, ...rest }).toEqual(before);
  expect(heap).toBeLessThan(before.heap + 8_000_000);
  expect(buffers).toBeLessThan(before.buffers + 8_000_000);
  expect(readdirSync(temporary)).toEqual([]);
});

/** Not `spawnSync`: the servers of the test must go on answering meanwhile. */
async function run(args: string[]): Promise<string> {
  const env = { ...process.env, TMPDIR: temporary };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => child.once('close', resolve));
  return Buffer.concat(chunks).toString();
}
