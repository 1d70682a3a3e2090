/** Half-made roots: neither a kill nor a command that hangs leaves a process or a mount behind. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { attempt, runIsolated } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchledger-run-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Mounts something, as debootstrap does, and hangs. */
const hanging = ['sh', '-c', 'mount -t tmpfs none "$1" && touch "$1/up" && sleep 3600', 'sh', folder];

/** Processes whose command line names the folder, but for this one's children that only look. */
function processesThere(): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`${folder}\0`);
    } catch {
      return false;
    }
  });
}

const mounts = () => readFileSync('/proc/mounts', 'utf8');

describe('an isolated command', () => {
  test('gives its output, and says how it failed', async () => {
    expect(await runIsolated(['echo', 'one'])).toBe('one\n');
    await expect(runIsolated(['sh', '-c', 'echo why >&2; exit 3'])).rejects.toThrow(/ended with 3:\n\nwhy/);
  });

  test('that hangs is ended with its mounts', async () => {
    await expect(runIsolated(hanging, 1500)).rejects.toThrow(/was not done after 1.5 s/);
    await expect.poll(processesThere, { timeout: 10_000 }).toEqual([]);
    expect(mounts()).not.toContain(folder);
  });

  test('dies with whoever started it, by SIGKILL too', async () => {
    const script = `import { runIsolated } from './test/fleet/run.ts';
      await runIsolated(${JSON.stringify(hanging)});`;
    const owner = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    await expect.poll(() => processesThere().length, { timeout: 20_000 }).toBeGreaterThan(1);
    expect(mounts()).not.toContain(folder);

    owner.kill('SIGKILL');

    await expect.poll(processesThere, { timeout: 10_000 }).toEqual([]);
    expect(mounts()).not.toContain(folder);
  });
});

test('another attempt is made after a failure, and the last failure is told', async () => {
  let made = 0;
  await attempt(2, async () => {
    made += 1;
    if (made === 1) throw new Error('hiccup');
  });
  expect(made).toBe(2);
  await expect(attempt(1, () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
});
