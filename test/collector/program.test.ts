import { describe, expect, test } from 'vitest';
import { frameReader } from '#collector/probe/frames.ts';
import { renderProbe, renderProgram, sectionsOf } from '#collector/probe/program.ts';
import { linuxSections } from '#ecosystems/linux/sections.ts';
import { runTool } from '#test/tools.ts';

const mark = 'ab'.repeat(16);
const program = renderProbe(mark, {});

/** A program of nothing but these commands, in the same frame: name, seconds, bytes, text. */
function programOf(...commands: [name: string, seconds: number, bytes: number, command: string][]): string {
  const specs = commands.map(([name, timeoutSeconds, maxBytes, command]) => ({
    name,
    command,
    timeoutSeconds,
    maxBytes,
    subjects: [],
    rootReadsMore: false,
  }));
  return renderProgram(mark, specs);
}

function answerOf(stdout: string) {
  const limits = new Map([
    ['hello', 4096],
    ...sectionsOf('apt', {}).map((spec) => [spec.name, spec.maxBytes] as const),
  ]);
  const reader = frameReader({ mark, limits, totalBytes: 67_108_864 });
  reader.push(Buffer.from(stdout));
  return reader.end();
}

describe('the probe program', () => {
  test('is clean for shellcheck', () => {
    expect(runTool(['shellcheck', '--shell=sh', '--severity=style', '-'], program).stdout).toBe('');
  });

  test.each(linuxSections.map((spec) => [spec.name, spec.command]))(
    'section %s is clean for shellcheck',
    (_name, command) => {
      expect(runTool(['shellcheck', '--shell=sh', '--severity=style', '-'], `${command}\n`).stdout).toBe('');
    },
  );

  test('with a refresh it is clean, too, says so, and the refresh comes before what reads the lists', () => {
    const refreshing = renderProbe(mark, {}, true);
    expect(runTool(['shellcheck', '--shell=sh', '--severity=style', '-'], refreshing).stdout).toBe('');
    expect(refreshing).toContain(': asks for fresh package lists, reads, changes nothing else.');
    expect(refreshing.indexOf('\nrun refresh ')).toBeLessThan(refreshing.indexOf('\nrun apt-updates '));
    expect(sectionsOf('apt', {}, true).filter(({ name }) => name === 'refresh')).toHaveLength(1);
  });

  test('without it nothing is refreshed, and hosts of no family never are', () => {
    expect(program).not.toContain('apt-get update;');
    expect(sectionsOf('apt', {}).map(({ name }) => name)).not.toContain('refresh');
    expect(sectionsOf(null, {}, true)).toEqual(linuxSections);
  });

  test.each([['sh'], ['dash'], ['bash'], ['bash', '--posix'], ['busybox', 'sh'], ['mksh']])(
    'runs to its end in %s %s',
    (...shell) => {
      const ran = runTool(shell, program);
      expect(ran.stderr).toBe('');
      expect(ran.status).toBe(0);
      const { frames, finished } = answerOf(ran.stdout);
      expect(finished).toBe(true);
      const statuses = [...frames].map(([name, frame]) => [name, frame.exitStatus]);
      expect(statuses).toEqual([['hello', 0], ...sectionsOf('apt', {}).map((spec) => [spec.name, 0])]);
      for (const frame of frames.values()) expect(frame.durationMs).toBeGreaterThanOrEqual(0);
    },
  );

  test('does not depend on the environment it is started in', () => {
    const env = [
      'env',
      'LC_ALL=de_DE.UTF-8',
      'LANGUAGE=de',
      'IFS=/',
      'GREP_OPTIONS=-v',
      'PATH=/usr/bin:/bin',
      'CDPATH=/',
      'POSIXLY_CORRECT=1',
    ];
    const { frames, finished } = answerOf(runTool([...env, 'sh'], program).stdout);
    expect(finished).toBe(true);
    expect(frames.get('apt-updates')!.payload.toString()).toMatch(/\d+ upgraded, \d+ newly installed/);
  });

  test('does nothing when only a part of it arrives', () => {
    for (const share of [0.2, 0.5, 0.9, 0.999]) {
      const ran = runTool(['sh'], program.slice(0, Math.floor(program.length * share)));
      expect(answerOf(ran.stdout)).toMatchObject({ finished: false, bytes: 0 });
    }
  });

  test('needs no temporary file: a full or forbidden /tmp changes nothing', () => {
    const full =
      'mount -t tmpfs -o size=4k,ro none /tmp && mount -t tmpfs -o size=4k,ro none /var/tmp && exec sh';
    const ran = runTool(['unshare', '--mount', 'sh', '-c', full], program);
    expect(ran.stderr).toBe('');
    const { frames, finished } = answerOf(ran.stdout);
    expect(finished).toBe(true);
    expect([...frames.values()].map((frame) => frame.exitStatus)).not.toContain(1);
  });

  test('watches its sections itself where timeout is missing', () => {
    const hide = 'for f in /usr/bin/timeout /bin/timeout; do mount --bind /dev/null "$f"; done; exec sh';
    const { frames, finished } = answerOf(runTool(['unshare', '--mount', 'sh', '-c', hide], program).stdout);
    expect(finished).toBe(true);
    expect(frames.get('hello')!.payload.toString()).toContain('limits own');
    expect(frames.get('dpkg-packages')!.exitStatus).toBe(0);
  });

  test('keeps the mark out of arguments and environment, where other users could read it', () => {
    const spy = "{ tr '\\0' '\\n' </proc/self/environ; cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'; }";
    const { frames } = answerOf(runTool(['sh'], programOf(['software', 5, 9_000_000, spy])).stdout);
    const seen = frames.get('software')!.payload.toString();
    expect(seen).toContain('LC_ALL=C');
    expect(seen).not.toContain(mark);
  });

  test.each([
    ['sleep 30', 124, ''],
    ['echo said >&2; exit 3', 3, 'said'],
    ["trap '' TERM; while :; do sleep 1; done", 137, 'Killed'],
    ['kill -9 $$', 137, 'Killed'],
  ])('a section of %j ends with %s', (command, status, stderr) => {
    const only = programOf(['host', 1, 1000, command], ['os-release', 5, 1000, 'echo next']);
    const { frames } = answerOf(runTool(['sh'], only).stdout);
    expect(frames.get('host')).toMatchObject({ exitStatus: status, stderr });
    expect(frames.get('os-release')!.payload.toString()).toBe('next\n');
  });

  test('a section that prints without end is cut at its limit', () => {
    const only = programOf(['host', 5, 1000, 'yes']);
    const limits = new Map([['host', 1000]]);
    const reader = frameReader({ mark, limits, totalBytes: 100_000 });
    reader.push(Buffer.from(runTool(['sh'], only).stdout));
    expect(reader.end().frames.get('host')).toMatchObject({ truncated: true, bytes: 1001 });
  });

  test.each(['', 'ABC', "'; id; '", 'g'.repeat(32)])('%j is no mark', (bad) => {
    expect(() => renderProbe(bad, {})).toThrow(RangeError);
  });
});
