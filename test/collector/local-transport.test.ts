import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { defaultLimits } from '#collector/scan.ts';
import { localTransport } from '#collector/transport/local.ts';
import type { Limits } from '#collector/transport/transport.ts';
import { localHost } from '#test/fixtures/replay.ts';

const host = localHost('h1');

async function run(program: string, more: Partial<Limits> & { shell?: string[] } = {}) {
  const chunks: Uint8Array[] = [];
  const { shell, ...changed } = more;
  const limits = { ...defaultLimits, deadlineMs: 10_000, maxBytes: 1_000_000, ...changed };
  const connected = await localTransport(shell).connect(host, { limits });
  if ('end' in connected) throw new Error(connected.end.message);
  const end = await connected.connection.run(program, { limits, onBytes: (chunk) => chunks.push(chunk) > 0 });
  return { end, output: Buffer.concat(chunks).toString() };
}

function processesWith(text: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(text);
      } catch {
        return false;
      }
    });
}

describe('the local transport', () => {
  test('gives what the program prints and how it ended', async () => {
    expect(await run('echo hello; exit 3\n')).toEqual({
      output: 'hello\n',
      end: { outcome: 'ended', stage: 'probe', exitStatus: 3, message: '' },
    });
  });

  test('says what the shell said', async () => {
    const { end } = await run('echo "no $HOME" >&2; printf "\\033[31m" >&2; exit 1\n');
    expect(end.message).toMatch(/^no .*\\x1b\[31m$/);
  });

  test('ends everything that was started at the deadline, what left the process group too', async () => {
    const { end } = await run('sleep 987.5 & timeout 900 sleep 987.25 & setsid -w true; echo begun; wait\n', {
      deadlineMs: 500,
    });
    expect(end).toMatchObject({ outcome: 'timed-out' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(processesWith('987.')).toEqual([]);
  });

  test('stops a program that prints without end', async () => {
    const { end, output } = await run('yes\n', { maxBytes: 100_000 });
    expect(end).toMatchObject({ outcome: 'output-too-large' });
    expect(output.length).toBeLessThan(2_000_000);
  });

  test('a shell that cannot be started is an outcome, not an error', async () => {
    expect((await run('', { shell: ['/no/such/shell'] })).end).toMatchObject({
      outcome: 'unreachable',
      exitStatus: null,
    });
  });

  test('a shell that does not read its program is an outcome, not a broken pipe', async () => {
    expect((await run('#'.repeat(1_000_000), { shell: ['true'] })).end).toMatchObject({
      outcome: 'ended',
      exitStatus: 0,
    });
  });
});
