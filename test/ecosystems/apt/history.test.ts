import { describe, expect, test } from 'vitest';
import { parseAptHistory } from '#ecosystems/apt/apt-history.ts';
import { parseDpkgLog } from '#ecosystems/apt/dpkg-log.ts';
import { aptSections } from '#ecosystems/apt/sections.ts';
import { contextOf } from '../contract.ts';

const hash = 'a'.repeat(64);

function file(path: string, lines: string[]): string {
  return [
    `#file\t${path}\t100\t1700000000\t${hash}`,
    ...lines,
    `#times\t2026-03-01T10:00:00\t2026-03-02T11:00:00`,
    '',
  ].join('\n');
}

function dpkg(text: string, more = {}) {
  return parseDpkgLog(contextOf({ 'dpkg-log': text }, more), 'amd64');
}

describe("dpkg's log", () => {
  test('an install is complete at the first "status installed" of the same package, architecture and version', () => {
    const { events } = dpkg(
      file('/var/log/dpkg.log', [
        '2026-03-01 10:00:00 install a:amd64 <none> 1.0',
        '2026-03-01 10:00:01 status installed a:i386 1.0',
        '2026-03-01 10:00:02 status installed a:amd64 0.9',
        '2026-03-01 10:00:07 status installed a:amd64 1.0',
        '2026-03-02 10:00:00 status installed a:amd64 1.0',
      ]),
    );
    expect(events).toEqual([
      {
        host_id: 'h1',
        log: 'dpkg',
        local_time: '2026-03-01T10:00:00',
        not_before: '2026-03-01T10:00:00.000Z',
        not_after: '2026-03-01T10:00:07.999Z',
        action: 'install',
        package: 'a',
        architecture: 'amd64',
        old_version: null,
        new_version: '1.0',
        completed: true,
        command: null,
      },
    ]);
  });

  test.each([
    ['upgrade a:amd64 1.0 1.1', 'upgrade', false],
    ['upgrade a:amd64 1.1 1.0', 'downgrade', false],
    ['upgrade a:amd64 1.0 1.0', 'reinstall', false],
    ['remove a:amd64 1.0 <none>', 'remove', null],
    ['purge a:amd64 1.0 <none>', 'purge', null],
    ['disappear a:amd64 1.0 <none>', 'disappear', null],
  ])('%s is %s, completed %s without a status line', (line, action, completed) => {
    const { events } = dpkg(file('/var/log/dpkg.log', [`2026-03-01 10:00:00 ${line}`]));
    expect(events).toMatchObject([{ action, completed }]);
  });

  test('rotations are read from the oldest on: an unpack may end in the next file', () => {
    const { events, logs } = dpkg(
      file('/var/log/dpkg.log', ['2026-03-01 10:00:09 status installed a:amd64 1.1']) +
        file('/var/log/dpkg.log.1', ['2026-03-01 10:00:00 upgrade a:amd64 1.0 1.1']) +
        file('/var/log/dpkg.log.10.gz', []) +
        file('/var/log/dpkg.log.2.gz', []),
    );
    expect(events).toMatchObject([{ completed: true, not_after: '2026-03-01T10:00:09.999Z' }]);
    expect(logs.map((row) => row.path.replace('/var/log/dpkg.log', ''))).toEqual([
      '.10.gz',
      '.2.gz',
      '.1',
      '',
    ]);
    expect(logs[0]).toMatchObject({ bytes: 100, sha256: hash, first_time: '2026-03-01T10:00:00' });
  });

  test('a log that may not be read makes the history partial, and names the file', () => {
    const { problems } = dpkg('#unreadable /var/log/dpkg.log\n');
    expect(problems).toContain('/var/log/dpkg.log cannot be read by this account.');
  });

  test.each([
    '2026-13-01 10:00:00 install a:amd64 <none> 1',
    '2026-03-01 10:00:00 install a;b:amd64 <none> 1',
    'noise',
    '2026-03-01 10:00:00 install a:amd64 <none> `id`',
  ])('%j is rejected', (line) => {
    const { events, rejections } = dpkg(file('/var/log/dpkg.log', [line]));
    expect(events).toEqual([]);
    expect(rejections).toHaveLength(1);
  });

  test('an hour that happens twice gives both readings as bounds; an unknown zone 14 hours either way', () => {
    const line = file('/var/log/dpkg.log', ['2026-10-25 02:30:00 remove a:amd64 1 <none>']);
    expect(dpkg(line, { timeZone: 'Europe/Berlin' }).events).toMatchObject([
      { not_before: '2026-10-25T00:30:00.000Z', not_after: '2026-10-25T01:30:00.999Z' },
    ]);
    expect(dpkg(line, { timeZone: null }).events).toMatchObject([
      { not_before: '2026-10-24T12:30:00.000Z', not_after: '2026-10-25T16:30:00.999Z' },
    ]);
  });
});

describe("apt's history", () => {
  const lines = [
    'Start-Date: 2026-03-01  10:00:00',
    'Commandline: apt-get install <b>x</b>\x1b[31m',
    'Install: a:amd64 (1:1.0-1, automatic), b:i386 (2.0)',
    'Upgrade: c:amd64 (1.0, 1.1)',
    'Reinstall: d:amd64 (1.0)',
    'Downgrade: e:amd64 (2.0, 1.0)',
    'Remove: f:amd64 (1.0)',
    'Purge: g:all (1.0, )',
    'End-Date: 2026-03-01  10:05:00',
    '',
    'Start-Date: 2026-03-02  10:00:00',
    'Upgrade: c:amd64 (1.1, 1.2)',
  ];

  test('one event a package, between start and end, with the command cleaned', () => {
    const { events, rejections } = parseAptHistory(
      contextOf({ 'apt-history': file('/var/log/apt/history.log', lines) }),
    );
    const short = events.map((row) => [
      row.action,
      row.package,
      row.architecture,
      row.old_version,
      row.new_version,
      row.completed,
    ]);
    expect(short).toEqual([
      ['install', 'a', 'amd64', null, '1:1.0-1', true],
      ['install', 'b', 'i386', null, '2.0', true],
      ['upgrade', 'c', 'amd64', '1.0', '1.1', true],
      ['reinstall', 'd', 'amd64', '1.0', '1.0', true],
      ['downgrade', 'e', 'amd64', '2.0', '1.0', true],
      ['remove', 'f', 'amd64', '1.0', null, true],
      ['upgrade', 'c', 'amd64', '1.1', '1.2', null],
    ]);
    expect(events[0]).toMatchObject({
      not_before: '2026-03-01T10:00:00.000Z',
      not_after: '2026-03-01T10:05:00.999Z',
      command: 'apt-get install <b>x</b>\\x1b[31m',
    });
    expect(rejections).toMatchObject([{ excerpt: 'g:all (1.0, )' }]);
  });

  test('an Error line says that it was not completed', () => {
    const failed = [...lines.slice(0, 4), 'Error: Sub-process dpkg returned an error code (1)', lines[8]!];
    const { events } = parseAptHistory(
      contextOf({ 'apt-history': file('/var/log/apt/history.log', failed) }),
    );
    expect(new Set(events.map((row) => row.completed))).toEqual(new Set([false]));
  });
});

describe('where logs are read on', () => {
  test.each([
    [{ dpkg: '2026-03-10T12:00:00' }, "from='2026-03-08T12:00:00'"],
    [{ dpkg: "2026'; rm -rf /" }, "from='0000-00-00T00:00:00'"],
    [{}, "from='0000-00-00T00:00:00'"],
  ])('%j reads %s', (positions, expected) => {
    const command = aptSections(positions).find((spec) => spec.name === 'dpkg-log')!.command;
    expect(command).toContain(expected);
    expect(command).not.toContain('rm -rf');
  });
});
