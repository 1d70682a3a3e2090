/**
 * A host whose userland is busybox alone, as Alpine's is: no GNU tool is within reach of the probe. What Debian's
 * busybox has no applet for (getconf) is missing, as on many small systems.
 */
import { existsSync, mkdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localTransport } from '#collector/transport/local.ts';
import { renderProgram } from '#collector/probe/program.ts';
import { frameReader } from '#collector/probe/frames.ts';
import { linuxSections } from '#ecosystems/linux/sections.ts';
import type { Snapshot } from '#data/model/tables.ts';
import { busyboxRoot } from '#test/busybox-root.ts';
import { localHost } from '#test/fixtures/replay.ts';
import { scanHost } from '#test/fixtures/scan-host.ts';
import { mustRun, runTool } from '#test/tools.ts';
import type { BusyboxRoot } from '#test/busybox-root.ts';
import type { Frame } from '#collector/probe/frames.ts';
import { expectValid } from './valid.ts';

let root: BusyboxRoot;
beforeAll(() => {
  root = busyboxRoot();
});
afterAll(() => root.remove());

function scan(shell: string[]): Promise<Snapshot> {
  return scanHost(localHost('small'), { transports: { local: localTransport(shell) } });
}

/** What sections of ours answer, each under a limit in seconds. */
function answersOf(sections: [name: string, seconds: number, command: string][]): Map<string, Frame> {
  const mark = 'ab'.repeat(16);
  const specs = sections.map(([name, timeoutSeconds, command]) => ({
    name,
    command,
    timeoutSeconds,
    maxBytes: 1000,
    subjects: [],
    rootReadsMore: false,
  }));
  const only = renderProgram(mark, specs);
  const limits = new Map(sections.map(([name]) => [name, 1000]));
  const reader = frameReader({ mark, limits, totalBytes: 100_000 });
  reader.push(Buffer.from(runTool(root.asRoot, only).stdout));
  return reader.end().frames;
}

describe('a userland of busybox alone', () => {
  test('really has nothing else', () => {
    const names = runTool(root.asRoot, 'ls /bin; ls /usr/bin /sbin /usr/sbin 2>&1\n').stdout;
    expect(names).toContain('busybox');
    expect(names).toMatch(/\/usr\/bin: No such file/);
    for (const name of names.split('\n').filter((line) => /^[a-z0-9]+$/.test(line) && line !== 'busybox')) {
      expect([name, readlinkSync(join(root.folder, 'bin', name))]).toEqual([name, '/bin/busybox']);
    }
    expect(existsSync(join(root.folder, 'bin/getconf'))).toBe(false);
  });

  test.each([
    ['root', () => root.asRoot],
    ['an account without rights', () => root.asNobody],
  ])(
    'every section that all Linux hosts are asked ends well for %s, and says nothing on the way',
    async (_who, shell) => {
      const snapshot = await scan(shell());
      expectValid(snapshot);
      const ended = snapshot.sections
        .filter((row) => row.section !== 'hello')
        .map((row) => [row.section, row.exit_status, row.stderr]);
      expect(ended).toEqual(linuxSections.map(({ name }) => [name, 0, null]));
      expect(snapshot.scans[0]).toMatchObject({
        status: 'no-package-manager',
        os_id: 'alpine',
        release: 'alpine-3.22',
        time_zone: 'UTC',
        reboot_required: false,
      });
      const uname = mustRun(['uname', '-r']).trim();
      expect(snapshot.scans[0]?.kernel_release).toBe(uname);
      const readings = Object.fromEntries(snapshot.readings.map((row) => [row.subject, row.status]));
      expect(readings).toMatchObject({ identity: 'complete', processes: 'complete', software: 'complete' });
    },
  );

  test('maps that may not be read are told as such', async () => {
    const [byRoot, byNobody] = [await scan(root.asRoot), await scan(root.asNobody)];
    const mappings = (snapshot: Snapshot) => snapshot.readings.find((row) => row.subject === 'mappings');
    expect(mappings(byRoot)).toMatchObject({ status: 'complete' });
    expect(mappings(byNobody)).toMatchObject({
      status: 'partial',
      reason: expect.stringMatching(
        /^The memory maps of 1 of \d+ processes could not be read without root\.$/,
      ),
      needs_root: true,
    });
  });

  test('a date without fractions of a second only widens what is known of the clock', async () => {
    const [row] = (await scan(root.asRoot)).scans;
    expect(row?.clock_uncertainty_ms).toBeGreaterThanOrEqual(500);
    expect(Math.abs(row?.clock_offset_ms ?? 10_000)).toBeLessThan(2000);
  });

  test('results of remediation scripts are found without GNU find', async () => {
    const folder = join(root.folder, 'var/lib/patchledger/results');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, '2026-11-25T10-00-00Z.json'), '{"no": "result"}\n');
    writeFileSync(join(folder, 'other.txt'), 'x\n');
    const snapshot = await scan(root.asRoot);
    rmSync(join(root.folder, 'var'), { recursive: true });
    const rejected = snapshot.rejections.filter((row) => row.section === 'results');
    expect(rejected.map((row) => row.excerpt)).toEqual(['{"no": "result"}\\x0a\\x0a']);
  });
});

describe('time limits, where timeout ends the first process alone', () => {
  test('a section that waits for another process ends in time, and that process with it', () => {
    const began = Date.now();
    const frames = answersOf([
      ['host', 2, 'sleep 86397; echo late'],
      ['os-release', 5, "echo next; ps | grep '[8]6397' || echo 'nothing is left'"],
    ]);
    expect(Date.now() - began).toBeLessThan(30_000);
    expect([124, 137, 143]).toContain(frames.get('host')?.exitStatus);
    expect(frames.get('host')?.payload.toString()).toBe('');
    expect(frames.get('os-release')?.payload.toString()).toBe('next\nnothing is left\n');
  });

  test('a section that hears no signal is killed; one that is quick is not waited for', () => {
    const began = Date.now();
    const frames = answersOf([
      ['host', 1, "trap '' TERM; while :; do sleep 1; done"],
      ...Array.from({ length: 20 }, (_unused, index): [string, number, string] => [
        `quick-${'abcdefghijklmnopqrst'[index]}`,
        60,
        'echo quick',
      ]),
    ]);
    expect(frames.get('host')?.exitStatus).toBe(137);
    expect(frames.get('quick-t')?.payload.toString()).toBe('quick\n');
    const quick = [...frames]
      .filter(([name]) => name.startsWith('quick'))
      .map(([, frame]) => frame.durationMs ?? 0);
    expect(quick).toHaveLength(20);
    expect(Math.min(...quick)).toBeLessThan(900);
    expect(Date.now() - began).toBeLessThan(60_000);
  });
});
