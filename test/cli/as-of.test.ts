/** Any past day can be built again, although people have edited their files since. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { beforeAll, describe, expect, test } from 'vitest';
import { readAsOf } from '#cli/as-of.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { digestTree } from '#test/site/tree.ts';
import { advisoryRows, writeFeed } from '#test/reports/findings/feed-story.ts';
import { at, old } from '#test/reports/findings/september.ts';
import { writeRun } from '#test/reports/findings/story.ts';

const bin = join(import.meta.dirname, '../../bin/patchledger');
let root: string;

function run(...args: string[]): string {
  return execFileSync(bin, [...args, '-w', root], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

beforeAll(async () => {
  root = join(mkdtempSync(join(tmpdir(), 'patchledger-as-of-')), 'workspace');
  execFileSync(bin, ['init', root], { stdio: 'ignore' });
  const ledger = join(root, 'ledger');
  await writeFeed(ledger, {
    at: '2026-08-30T00:00:00.000Z',
    feed: 'debian-dsa',
    rows: advisoryRows([['DSA-1-1', '2026-09-03', 'ssl', '2', 'CVE-2026-10000']]),
  });
  for (const day of [1, 15]) await writeRun(ledger, 'main', { at: at(day), hosts: { web: old } });
});

describe('a past day', () => {
  test('is the same site byte for byte, after policies, exceptions and the record went on', async () => {
    run('build');
    const [built] = listEntries(join(root, 'ledger'))
      .filter(({ manifest }) => manifest.kind === 'workspace')
      .map(({ manifest }) => manifest.recorded_at);
    const then = mkdtempSync(join(tmpdir(), 'patchledger-then-'));
    cpSync(join(root, 'out', 'site'), then, { recursive: true, dereference: true });

    writeFileSync(
      join(root, 'policies', 'default.yaml'),
      readFileSync(join(root, 'policies', 'default.yaml'), 'utf8').replace('days: 30', 'days: 1'),
    );
    rmSync(join(root, 'policies', 'pci-dss.yaml'));
    run('build');
    expect(digestTree(join(root, 'out', 'site'))).not.toEqual(digestTree(then));
    run('build', '--as-of', built ?? '');

    const again = join(root, 'out', 'as-of', (built ?? '').replaceAll(':', ''), 'site');
    expect(digestTree(again)).toEqual(digestTree(then));
    expect(readdirSync(join(root, 'out', 'site', 'policies'))).not.toContain('pci-dss-4.0.1');
    expect(readdirSync(join(again, 'policies'))).toContain('pci-dss-4.0.1');
  });

  test('edited files are recorded once; building again adds nothing', () => {
    const before = listEntries(join(root, 'ledger')).length;
    run('build');

    expect(listEntries(join(root, 'ledger'))).toHaveLength(before);
  });

  test('before the first entry there is no record, and that is said', () => {
    const { status, stderr } = spawnSync(bin, ['build', '--as-of', '2026-08-01', '-w', root], {
      encoding: 'utf8',
      env: process.env,
    });

    expect(status).toBe(2);
    expect(stderr).toContain('there is no record as of 2026-08-02T00:00:00.000Z');
    expect(stderr).toContain('2026-08-30T00:00:00.000Z');
  });
});

describe('what --as-of takes', () => {
  test('a day means its 24:00 in the zone of the workspace', () => {
    expect(readAsOf('2026-09-30', 'UTC')).toBe('2026-10-01T00:00:00.000Z');
    expect(readAsOf('2026-09-30', 'Europe/Zurich')).toBe('2026-09-30T22:00:00.000Z');
  });

  test('an instant is that instant', () => {
    expect(readAsOf('2026-09-30T12:00:00+02:00', 'UTC')).toBe('2026-09-30T10:00:00.000Z');
  });

  test.each(['yesterday', '2026-13-01', '30.09.2026'])('%s is refused', (text) => {
    expect(() => readAsOf(text, 'UTC')).toThrow(/expected YYYY-MM-DD/);
  });
});
