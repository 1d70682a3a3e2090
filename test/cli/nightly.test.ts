/** The nightly run: one command that goes on where it can, tells what failed, and never runs twice at once. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { worst } from '#cli/nightly.ts';
import { readReport, writeReport } from '#cli/nightly/report.ts';
import { places } from '#cli/workspace.ts';
import type { Places } from '#cli/workspace.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { initWorkspace } from '#data/workspace/init.ts';

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const folders: string[] = [];

function newPlaces(): Places {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-nightly-'));
  folders.push(folder);
  return places(join(folder, 'workspace'));
}

function newWorkspace(settings = ''): Places {
  const where = newPlaces();
  initWorkspace(where.root, { hostname: 'box' });
  writeFileSync(join(where.root, 'patchledger.yaml'), `collector: box\n${settings}`);
  return where;
}

function command(where: Places, ...words: string[]): [string, string[]] {
  return [process.execPath, [program, ...words, '-w', where.root]];
}

function run(where: Places, ...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(...command(where, ...words), { encoding: 'utf8' });
}

function kinds(where: Places): string[] {
  return listEntries(where.ledger).map(({ manifest }) => manifest.kind);
}

function statusScript(where: Places): string {
  return readFileSync(join(where.site, 'assets/status.js'), 'utf8');
}

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

describe('a night on this machine', () => {
  let where: Places;
  let first: ReturnType<typeof run>;
  beforeAll(() => {
    where = newWorkspace('feeds: { kev: not-there.json }\n');
    first = run(where, 'nightly', '--json');
  }, 240_000);

  test('a feed that cannot be loaded stops neither scan nor build, and is told', () => {
    expect(first.status).toBe(3);
    expect(kinds(where).slice(0, 2)).toEqual(['feed', 'scan']);
    expect(existsSync(join(where.site, 'index.html'))).toBe(true);
    expect(first.stderr).toMatch(/kev: failed: it .*\n.*run 2: 1 of 1 hosts read/);
  });

  test('the report says the same on standard output and in out/nightly.json', () => {
    const report = JSON.parse(first.stdout) as Record<string, unknown>;
    expect(report).toMatchObject({
      exit_code: 3,
      steps: [
        { step: 'feeds', exit_code: 3, failed: false },
        { step: 'scan', exit_code: 0, failed: false },
        { step: 'build', exit_code: 0, failed: false },
      ],
    });
    expect(readReport(where)).toEqual(report);
  });

  test('a night that came to its end leaves the pages without a mark', () => {
    expect(statusScript(where)).toContain('patchledgerFailedRun = null');
  });

  test('a build that fails leaves the last site standing, with a mark on it', async () => {
    const standing = readlinkSync(where.site);
    const page = readFileSync(join(where.site, 'index.html'), 'utf8');
    const night = await withWriterLock(where.cache, { waitSeconds: 0 }, async () => {
      const child = spawn(...command(where, 'nightly', '--wait', '0'));
      return once(child, 'close');
    });

    expect(night[0]).toBe(5);
    expect(readlinkSync(where.site)).toBe(standing);
    expect(readFileSync(join(where.site, 'index.html'), 'utf8')).toBe(page);
    const report = readReport(where);
    expect(report).toMatchObject({ exit_code: 5, steps: [{}, { failed: false }, { failed: true }] });
    expect(statusScript(where)).toBe(
      `globalThis.patchledgerFailedRun = {"at":"${report?.started_at}","steps":["build"]};\n`,
    );
  }, 240_000);

  test('a scan that cannot write leaves what is built from the record with a mark on it', async () => {
    const before = readlinkSync(where.site);
    const [status] = await withWriterLock(where.ledger, { waitSeconds: 0 }, async () => {
      const child = spawn(...command(where, 'nightly', '--wait', '0'));
      return once(child, 'close');
    });

    expect(status).toBe(5);
    expect(readlinkSync(where.site)).not.toBe(before);
    expect(statusScript(where)).toContain('"steps":["feeds","scan"]');
  }, 240_000);

  test('the next build takes the mark away', () => {
    expect(run(where, 'build').status).toBe(0);
    expect(statusScript(where)).toContain('patchledgerFailedRun = null');
  }, 240_000);

  test('files that are not valid: every step says so, nothing is recorded, the site stands marked', () => {
    const entries = kinds(where).length;
    writeFileSync(join(where.root, 'inventory', 'more.yaml'), 'hosts: 7\n');
    const { status, stderr } = run(where, 'nightly');

    expect(status).toBe(2);
    expect(stderr).toContain('inventory/more.yaml:1:');
    expect(kinds(where)).toHaveLength(entries);
    expect(statusScript(where)).toContain('"steps":["feeds","scan","build"]');
  }, 240_000);
});

describe('two at once', () => {
  test('a second night leaves at once with 5 and says who is at work; the first is not disturbed', async () => {
    const where = newWorkspace();
    const first = spawn(...command(where, 'nightly'));
    const ended = once(first, 'close');
    while (!existsSync(join(where.out, 'nightly.json'))) await sleep(20);
    const startedAt = performance.now();
    const second = run(where, 'nightly');

    expect(second.status).toBe(5);
    expect(second.stderr).toContain(`another Patchledger (process ${first.pid}) is at the nightly run`);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect((await ended)[0]).toBe(0);
    expect(kinds(where).filter((kind) => kind === 'scan')).toHaveLength(1);
    expect(readReport(where)?.exit_code).toBe(0);
  }, 240_000);

  test('scan and build by hand wait for their turn, or leave with 5 when told not to wait', async () => {
    const where = newWorkspace();
    expect(run(where, 'scan').status).toBe(0);
    const leaves = async (folder: string, word: string): Promise<unknown[]> =>
      withWriterLock(folder, { waitSeconds: 0 }, () =>
        once(spawn(...command(where, word, '--wait', '0')), 'close'),
      );
    expect((await leaves(where.ledger, 'scan'))[0]).toBe(5);
    expect((await leaves(where.cache, 'build'))[0]).toBe(5);

    let waiting = spawn(...command(where, 'scan', '--wait', '30'));
    let said = '';
    await withWriterLock(where.ledger, { waitSeconds: 0 }, async () => {
      waiting.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      while (!said.includes('waiting for')) await sleep(50);
    });
    expect((await once(waiting, 'close'))[0]).toBe(0);
    expect(said).toContain(`waiting for another Patchledger (process ${process.pid})`);

    said = '';
    await withWriterLock(where.cache, { waitSeconds: 0 }, async () => {
      waiting = spawn(...command(where, 'build', '--wait', '30'));
      waiting.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      while (!said.includes('waiting for')) await sleep(50);
    });
    expect((await once(waiting, 'close'))[0]).toBe(0);
  }, 300_000);

  test('a night that is killed holds nothing, and its report shows that it never ended', async () => {
    const where = newWorkspace();
    const first = spawn(...command(where, 'nightly'));
    while (!existsSync(join(where.out, 'nightly.json'))) await sleep(20);
    first.kill('SIGKILL');
    await once(first, 'close');
    expect(readReport(where)).toMatchObject({ ended_at: null, exit_code: null });

    expect(run(where, 'nightly').status).toBe(0);
    expect(readReport(where)).toMatchObject({ exit_code: 0 });
  }, 240_000);
});

test.each<[string, number[], number]>([
  ['nothing to do', [], 0],
  ['all well', [0, 0, 0], 0],
  ['some hosts unread', [0, 3, 0], 3],
  ['busy weighs more than unread', [3, 5, 0], 5],
  ['a failed build weighs more than both', [3, 5, 1], 1],
  ['an invalid file more than a failure', [1, 2, 1], 2],
  ['a damaged record most of all', [2, 4, 1], 4],
  ['a code that nobody knows is a failure', [3, 77, 5], 77],
])('%s: %j ends with %i', (_name, codes, expected) => {
  expect(worst(codes)).toBe(expected);
});

test('a report that is not ours is no report', () => {
  const where = newPlaces();
  expect(readReport(where)).toBeNull();
  mkdirSync(where.out, { recursive: true });
  const report = {
    program_version: '1',
    started_at: '2026-11-24T03:17:00.000Z',
    ended_at: null,
    exit_code: null,
    steps: [{ step: 'scan' as const, exit_code: 1, failed: true, message: 'a\u001b[31mb\nc' }],
  };
  writeReport(where, report);
  expect(readReport(where)?.steps[0]?.message).not.toMatch(/\p{Cc}/u);
  for (const text of ['', '{', '[]', '{"started_at":"yesterday"}']) {
    writeFileSync(join(where.out, 'nightly.json'), text);
    expect(readReport(where)).toBeNull();
  }
});

test.each(['-1', '1.5', 'soon', '', '86401'])('--wait %j is refused', (text) => {
  const where = newWorkspace();
  const { status, stderr } = run(where, 'scan', `--wait=${text}`);
  expect(status).toBe(2);
  expect(stderr).toContain('expected whole seconds');
});
