import { describe, expect, test } from 'vitest';
import { isPackagedPath, parseProcesses } from '#ecosystems/linux/processes.ts';
import { outputOf } from '../contract.ts';
import type { SectionOutput } from '#ecosystems/ecosystem.ts';

const fields = (flags: number, start: number) =>
  `S 1 1 1 0 -1 ${flags} 0 0 0 0 0 0 0 0 20 0 1 0 ${start} 0 0`;
const stat = (pid: number, name: string, flags = 4194560, start = 500) =>
  `${pid} (${name}) ${fields(flags, start)}`
    .split('\n')
    .map((line) => `/proc/${pid}/stat:${line}`)
    .join('\n');

function parse(processes: string | SectionOutput, maps: string | SectionOutput = '', isRoot = false) {
  const as = (output: string | SectionOutput) => (typeof output === 'string' ? outputOf(output) : output);
  return parseProcesses({
    hostId: 'h1',
    sections: new Map([
      ['processes', as(processes)],
      ['maps', as(maps)],
    ]),
    identity: { bootSeconds: 1_700_000_000, ticksPerSecond: 100, isRoot },
    clock: { offsetMs: 0, uncertaintyMs: 0 },
  });
}

describe('processes', () => {
  test('a start is boot plus ticks; threads of the kernel are left out', () => {
    const { rows, scan } = parse(`${stat(1, 'systemd')}\n${stat(2, 'kthreadd', 2129984)}\n`);
    expect(rows.processes).toEqual([
      { host_id: 'h1', pid: 1, name: 'systemd', started_at: '2023-11-14T22:13:25.000Z', maps_read: true },
    ]);
    expect(scan).toEqual({ processes_total: 1, processes_read: 1 });
  });

  test.each([['a) S 1 1 (b'], ['x\n9 (root) S 0'], [')))((('], ['\x1b]0;owned\x07'], ['']])(
    'the name %j can pose as nothing else',
    (name) => {
      const { rows } = parse(`${stat(7, name)}\n`);
      expect(rows.processes).toHaveLength(1);
      expect(rows.processes![0]).toMatchObject({ pid: 7, started_at: '2023-11-14T22:13:25.000Z' });
      // oxlint-disable-next-line no-control-regex -- that none is left is the point
      expect(rows.processes![0]!.name).not.toMatch(/[\x00-\x1f]/);
    },
  );

  test('files deleted under a process are mappings, once a path; temporary ones are not', () => {
    const map = (path: string) =>
      `/proc/7/maps:7f00-7f01 r-xp 00000000 fe:01 131 ${' '.repeat(20)}${path} (deleted)`;
    const { rows } = parse(
      `${stat(7, 'nginx')}\n`,
      [
        map('/usr/lib/libssl.so.3'),
        map('/usr/lib/libssl.so.3'),
        map('/memfd:x'),
        map('/tmp/y'),
        map('/dev/shm/z'),
        map('/usr/a b\\012c'),
      ].join('\n'),
    );
    expect(rows.mappings!.map((row) => [row.process, row.path])).toEqual([
      ['nginx', '/usr/lib/libssl.so.3'],
      ['nginx', '/usr/a b\\012c'],
    ]);
  });

  test("container processes give no false alarm: their deleted files are not the host's", () => {
    const map = (pid: number) =>
      `/proc/${pid}/maps:7f00-7f01 r-xp 00000000 fe:01 131 /usr/lib/libssl.so.3 (deleted)`;
    const { rows } = parse(
      [stat(7, 'nginx'), stat(8, 'in-a-container')].join('\n'),
      ['#root 54:1310 /proc/8/root', '#root x /proc/7/root', map(7), map(8)].join('\n'),
    );
    expect(rows.mappings!.map((row) => row.pid)).toEqual([7]);
    expect(rows.processes!.map((row) => row.maps_read)).toEqual([true, true]);
  });

  test('whose maps could not be read is said, and nothing is complete then', () => {
    const { rows, scan, readings } = parse(
      `${stat(1, 'init')}\n${stat(7, 'me')}\n`,
      'grep: /proc/1/maps: Permission denied\n',
    );
    expect(rows.processes!.map((row) => row.maps_read)).toEqual([false, true]);
    expect(scan).toEqual({ processes_total: 2, processes_read: 1 });
    expect(readings).toContainEqual({
      subject: 'mappings',
      status: 'partial',
      reason: 'The memory maps of 1 of 2 processes could not be read without root.',
    });
  });

  test('maps that were cut prove nothing about any process', () => {
    const { rows, readings } = parse(`${stat(1, 'init')}\n`, outputOf('', { truncated: true }));
    expect(rows.processes).toMatchObject([{ maps_read: false }]);
    expect(readings.find((reading) => reading.subject === 'mappings')).toMatchObject({ status: 'unread' });
  });

  test.each([
    ['/usr/lib/x86_64-linux-gnu/libc.so.6', true],
    ['/opt/app/lib.so', true],
    ['/memfd:pulseaudio', false],
    ['/dev/zero', false],
    ['/SYSV00000000', false],
    ['/run/user/1', false],
    ['/var/lib/postgresql/x', false],
    ['/[aio]', false],
  ])('%s may be packaged: %s', (path, expected) => {
    expect(isPackagedPath(path)).toBe(expected);
  });
});
