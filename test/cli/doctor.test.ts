/** The judgements of doctor, where waiting for the real thing would take too long. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkLastRun } from '#cli/doctor/last-run.ts';
import { checkClock, checkDisk, checkPermissions } from '#cli/doctor/place.ts';
import { places } from '#cli/workspace.ts';
import type { Entry } from '#data/ledger/entries.ts';

const now = Date.parse('2026-11-23T12:00:00Z');

function entry(recordedAt: string, bytes = 1000): Entry {
  const manifest = { recorded_at: recordedAt, files: [{ path: 'scans.parquet', bytes }] };
  return { path: '/nowhere', hash: '0'.repeat(64), manifest: manifest as never };
}

describe('the clock', () => {
  test.each<[string, Entry[], [offsets: number[], synchronised: boolean | null], RegExp | null]>([
    ['kept by NTP', [entry('2026-11-22T12:00:00Z')], [[10, -20], true], null],
    ['nobody says', [], [[], null], null],
    ['not kept', [], [[], false], /does not keep its clock by NTP/],
    [
      'behind its own record',
      [entry('2026-11-24T12:00:00Z')],
      [[], true],
      /the last run was recorded at 2026-11-24/,
    ],
    ['a little behind, which is no wonder', [entry('2026-11-23T12:00:30Z')], [[], true], null],
    ['against most hosts', [], [[-300_000, -301_000, 40], true], /differ from ours by about -300 s/],
    ['against one host of many', [], [[-300_000, 20, 40], true], null],
    ['against two hosts that are all', [], [[-300_000, -300_000], true], null],
  ])('%s', (_name, entries, [offsets, synchronised], expected) => {
    const [finding] = checkClock(entries, offsets, { now, synchronised });
    expect(finding?.state).toBe(expected === null ? 'ok' : 'problem');
    expect(finding?.message).toMatch(expected ?? /./);
  });
});

describe('the last run', () => {
  const scan = (status: string) => ({ host_id: 'h', status, reason: null, clock_offset_ms: null });
  test.each<[string, Entry | null, string[], RegExp | null]>([
    ['none', null, [], /there is none yet/],
    ['last night, complete', entry('2026-11-23T02:00:00Z'), ['ok', 'partial'], null],
    ['last week', entry('2026-11-16T02:00:00Z'), ['ok'], /178 hours old/],
    [
      'with holes',
      entry('2026-11-23T02:00:00Z'),
      ['ok', 'timed-out', 'timed-out', 'refused'],
      /3 of 4 hosts were not read: 2 timed-out, 1 refused/,
    ],
  ])('%s', (_name, last, statuses, expected) => {
    const [finding] = checkLastRun({ entry: last, scans: statuses.map(scan) }, 72, now);
    expect(finding?.state).toBe(expected === null ? 'ok' : 'problem');
    expect(finding?.message).toMatch(expected ?? /./);
  });
});

describe('the place', () => {
  const root = mkdtempSync(join(tmpdir(), 'patchledger-doctor-'));
  test('room for thirty runs like the last one is wanted', () => {
    expect(checkDisk(places(root), [entry('2026-11-23T02:00:00Z')]).state).toBe('ok');
    const huge = checkDisk(places(root), [entry('2026-11-23T02:00:00Z', 1e15)]);
    expect(huge).toMatchObject({
      check: 'disk',
      state: 'problem',
      next_step: expect.stringContaining('df -h'),
    });
  });

  test('folders that anybody can write to are named', () => {
    mkdirSync(join(root, 'ledger'), { mode: 0o755 });
    expect(checkPermissions(places(root))).toMatchObject([{ state: 'ok' }]);
  });
});
