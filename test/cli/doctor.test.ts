/** The judgements of doctor, where waiting for the real thing would take too long. */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkLastRun, readLastRun } from '#cli/doctor/last-run.ts';
import { checkClock, checkDisk, checkPermissions } from '#cli/doctor/place.ts';
import { checkNightly } from '#cli/doctor/schedule.ts';
import { loadShippedFacts } from '#cli/feeds.ts';
import { writeReport } from '#cli/nightly/report.ts';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import { replayTransport } from '#collector/transport/replay.ts';
import { listEntries } from '#data/ledger/entries.ts';
import type { Entry } from '#data/ledger/entries.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { initWorkspace } from '#data/workspace/init.ts';
import { recording } from '../fixtures/replay.ts';

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

describe('the nightly run', () => {
  const began = '2026-11-23T03:20:00.000Z';
  const report = {
    program_version: '0.1.0',
    started_at: began,
    ended_at: '2026-11-23T03:50:00.000Z',
    exit_code: 0,
    steps: [{ step: 'scan' as const, exit_code: 0, failed: false, message: 'run 7' }],
  };
  const failed = { step: 'build' as const, exit_code: 1, failed: true, message: 'the disk is full' };
  const at = (hours: number): number => Date.parse(began) + hours * 3_600_000;

  test.each<[string, object, [hours: number, isScheduled: boolean], [state: string, message: string]]>([
    ['went well', {}, [9, true], ['ok', 'the last one began 9 hours ago and did all it should']],
    ['left hosts unread', { exit_code: 3 }, [9, true], ['ok', 'some hosts or feeds were not read']],
    [
      'failed',
      { exit_code: 1, steps: [...report.steps, failed] },
      [9, true],
      ['problem', 'ended with 1; build: the disk is full'],
    ],
    ['is late, but not too late', {}, [26, true], ['ok', 'began 26 hours ago']],
    ['did not start last night', {}, [27, true], ['problem', 'one is due every 24 hours']],
    ['is old, but nothing starts it', {}, [900, false], ['ok', 'began 900 hours ago']],
    ['was killed', { ended_at: null, exit_code: null }, [9, true], ['problem', 'was ended by force']],
  ])('%s', async (_name, change, [hours, isScheduled], [state, message]) => {
    const where = places(mkdtempSync(join(tmpdir(), 'patchledger-doctor-')));
    mkdirSync(where.out, { recursive: true });
    writeReport(where, { ...report, ...change });
    const found = await checkNightly(where, { isScheduled, everyHours: 24, now: at(hours) });

    expect(found).toEqual([expect.objectContaining({ check: 'nightly', state })]);
    expect(found[0]?.message).toContain(message);
  });

  test('is at work: its lock is held', async () => {
    const where = places(mkdtempSync(join(tmpdir(), 'patchledger-doctor-')));
    mkdirSync(where.out, { recursive: true });
    writeReport(where, { ...report, ended_at: null, exit_code: null });
    const options = { isScheduled: true, everyHours: 24, now: at(1) };
    const found = await withWriterLock(where.out, { waitSeconds: 0 }, () => checkNightly(where, options));
    expect(found).toMatchObject([{ state: 'ok', message: 'the last one began 1 hours ago and is at work' }]);
  });

  test('has not begun yet', async () => {
    const where = places(mkdtempSync(join(tmpdir(), 'patchledger-doctor-')));
    expect(await checkNightly(where, { isScheduled: false, everyHours: 24 })).toEqual([]);
    expect(await checkNightly(where, { isScheduled: true, everyHours: 24 })).toMatchObject([{ state: 'ok' }]);
  });
});

test('the last run is the last scan, whatever was recorded after it', async () => {
  const where = places(join(mkdtempSync(join(tmpdir(), 'patchledger-doctor-')), 'workspace'));
  initWorkspace(where.root, { hostname: 'box' });
  await runScan({ places: where, waitSeconds: 0, transports: { local: replayTransport(recording().bytes) } });
  await loadShippedFacts(where, 0);
  const entries = listEntries(where.ledger);

  expect(entries.map(({ manifest }) => manifest.kind)).toEqual(['scan', 'feed']);
  expect((await readLastRun(entries, 'box')).scans).toHaveLength(1);
});
