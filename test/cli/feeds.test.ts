/** The command `feeds`, and that what it loads reaches the findings. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { initWorkspace } from '#data/workspace/init.ts';
import { verifyLedger } from '#data/ledger/verify.ts';
import { places } from '#cli/workspace.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchledger-cli-feeds-'));
initWorkspace(folder, { hostname: 'box' });
const where = places(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const run = (...words: string[]) =>
  spawnSync(process.execPath, [program, ...words, '-w', folder], { encoding: 'utf8' });
const shown = (): { feed: string; outcome?: string; source?: string; advisories?: number }[] =>
  JSON.parse(run('feeds', 'show', '--json').stdout);

describe('feeds', () => {
  test('nothing is in force before anything is loaded', () => {
    const { stdout, status } = run('feeds', 'show');
    expect(status).toBe(0);
    expect(stdout.match(/never loaded/g)).toHaveLength(7);
  });

  test('load without settings takes the shipped facts, as one entry of the record', async () => {
    const { status, stderr } = run('feeds', 'load');
    expect(status).toBe(0);
    expect(stderr).toContain('debian-dsa: loaded, 5513 records, current until 2026-08-20');
    expect(await verifyLedger(where.ledger)).toMatchObject({ ok: true, entries: 1 });
    expect(shown().find(({ feed }) => feed === 'kev')).toMatchObject({ source: 'shipped', advisories: 1662 });
  });

  test('the same again changes nothing', () => {
    expect(run('feeds', 'load', 'kev').stderr).toContain('kev: unchanged, 1662 records');
  });

  test('a damaged copy: told, 3, and the last good one stays in force', async () => {
    writeFileSync(join(folder, 'list'), '[20 Aug 2026] DSA-6455-1 chromium - secur');
    const { status, stderr } = run('feeds', 'load', 'debian-dsa', '--from', join(folder, 'list'));
    expect(status).toBe(3);
    expect(stderr).toContain(
      'debian-dsa: failed: it ends in the middle of a line; the last good copy stays in force',
    );
    expect(shown().find(({ feed }) => feed === 'debian-dsa')).toMatchObject({
      source: 'shipped',
      advisories: 5513,
    });
    expect(await verifyLedger(where.ledger)).toMatchObject({ ok: true, entries: 3 });
  });

  test.each([
    ['an unknown feed', ['load', 'debian-dsb'], /there are debian-dsa/],
    ['--from for all', ['load', '--from', 'x'], /--from is for one feed/],
    ['facts that are not shipped', ['load', 'debian-tracker'], /ships no facts of debian-tracker/],
    ['an upstream that is none', ['load', 'debian-elts', '--from', 'upstream'], /has no single address/],
  ])('%s: 2', (_, words, reason) => {
    const { status, stderr } = run('feeds', ...words);
    expect(status).toBe(2);
    expect(stderr).toMatch(reason);
  });

  test('the findings tell what is in force, and that the last load failed', () => {
    const { stdout } = run(
      'query',
      '--json',
      "SELECT source, last_outcome, last_reason FROM feeds WHERE feed = 'debian-dsa'",
    );
    expect(JSON.parse(stdout)).toEqual([
      { source: 'shipped', last_outcome: 'failed', last_reason: 'ends in the middle of a line' },
    ]);
  });

  test('nothing on an uncovered week is shown as clean: what is covered has its holes', () => {
    const { stdout } = run(
      'query',
      '--json',
      "SELECT feed, from_at, to_at FROM covered WHERE release = 'bookworm' ORDER BY from_at",
    );
    expect(JSON.parse(stdout)).toEqual([
      { feed: 'debian-dsa', from_at: '2025-09-21T00:00:00.000Z', to_at: '2025-11-27T23:59:59.999Z' },
    ]);
  });
});
