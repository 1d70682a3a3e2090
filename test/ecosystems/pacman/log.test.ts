import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { parsePackages } from '#ecosystems/pacman/local-database.ts';
import { parseLog } from '#ecosystems/pacman/log.ts';
import { pacmanSections } from '#ecosystems/pacman/sections.ts';
import { contextOf } from '../contract.ts';
import { smallRoot } from './small-root.ts';

const packages = '#architecture x86_64\n#folders 1\nfoo-1-1\tfoo\t1-1\tfoo\tany\t1\t1\n';

function context(log: string, more = {}) {
  return contextOf({ 'pacman-packages': packages, 'pacman-log': log }, more);
}

function history(lines: string[], more = {}) {
  const text = [
    `#file\t/var/log/pacman.log\t100\t1700000000\t${'a'.repeat(64)}`,
    ...lines,
    '#times\t2019-01-01T10:00:00\t2026-03-02T11:00:00',
    '',
  ].join('\n');
  const of = context(text, more);
  return parseLog(of, parsePackages(of));
}

describe("pacman's log", () => {
  test('a line with an offset is that second, whatever is known of the zone', () => {
    const { events, problems } = history(['[2026-11-25T10:00:00+0530] [ALPM] upgraded foo (1-1 -> 1:1-2)'], {
      timeZone: null,
    });
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
    expect(events).toEqual([
      {
        host_id: 'h1',
        log: 'pacman',
        local_time: '2026-11-25T10:00:00',
        not_before: '2026-11-25T04:30:00.000Z',
        not_after: '2026-11-25T04:30:00.999Z',
        action: 'upgrade',
        package: 'foo',
        architecture: 'any',
        old_version: '1-1',
        new_version: '1:1-2',
        completed: true,
        command: null,
      },
    ]);
  });

  test.each([
    ['before 5.2', '[2019-01-01 10:00] [ALPM] installed foo (1-1)'],
    ['before 4.1', '[2019-01-01 10:00] installed foo (1-1)'],
  ])('a line of pacman %s is some second of that minute, in the zone of the host', (_when, line) => {
    const { events } = history([line], { timeZone: 'Europe/Berlin' });
    expect(events).toMatchObject([
      {
        local_time: '2019-01-01T10:00:00',
        not_before: '2019-01-01T09:00:00.000Z',
        not_after: '2019-01-01T09:00:59.999Z',
      },
    ]);
    const unknown = history([line], { timeZone: null }).events[0]!;
    expect(Date.parse(unknown.not_after) - Date.parse(unknown.not_before)).toBe(28 * 3_600_000 + 59_999);
  });

  test.each([
    ['installed foo (1-1)', 'install', null, '1-1', true],
    ['upgraded foo (1-1 -> 1-2)', 'upgrade', '1-1', '1-2', true],
    ['downgraded foo (1-2 -> 1-1)', 'downgrade', '1-2', '1-1', true],
    ['reinstalled foo (1-1)', 'reinstall', '1-1', '1-1', true],
    ['removed foo (1-1)', 'remove', '1-1', null, null],
  ])('%s is %s from %s to %s', (message, ...told) => {
    const [action, oldVersion, newVersion, completed] = told;
    const { events } = history([`[2026-11-25T10:00:00+0000] [ALPM] ${message}`]);
    expect(events).toMatchObject([{ action, old_version: oldVersion, new_version: newVersion, completed }]);
  });

  test('a command is that of its own transaction; programs on libalpm name none', () => {
    const { events } = history([
      "[2026-11-25T10:00:00+0000] [PACMAN] Running 'pacman -Syu'",
      '[2026-11-25T10:00:01+0000] [ALPM] upgraded foo (1-1 -> 1-2)',
      '[2026-11-25T10:00:02+0000] [ALPM] transaction completed',
      '[2026-11-25T11:00:00+0000] [ALPM] upgraded foo (1-2 -> 1-3)',
    ]);
    expect(events.map((row) => row.command)).toEqual(['pacman -Syu', null]);
  });

  test.each([
    '[2026-11-25T10:00:00+0000] [ALPM] upgraded $(id) (1-1 -> 1-2)',
    '[2026-11-25T10:00:00+0000] [ALPM] upgraded foo (1-1)',
    '[2026-11-25T10:00:00+0000] [ALPM] installed foo (1-1 -> 1-2)',
    '[2026-13-25T10:00:00+0000] [ALPM] installed foo (1-1)',
    '[2026-13-25 10:00] [ALPM] installed foo (1-1)',
    '[2026-11-25T10:00:00+0000] [ALPM-SCRIPTLET] installed foo (1-1)',
    'installed foo (1-1)',
  ])('%j is kept visible, and no event', (line) => {
    const { events, rejections, problems } = history([line]);
    expect([events, rejections.length]).toEqual([[], 1]);
    expect(problems).toContain('1 lines of the log could not be read.');
  });

  test('no log at all is said', () => {
    const of = context('');
    expect(parseLog(of, parsePackages(of)).problems).toContain('No log of the package manager was found.');
  });
});

describe('the text that reads the log', () => {
  const log = [
    '[2012-01-01 10:00] installed foo (1-1)',
    '[2019-01-01 10:00] [ALPM] upgraded foo (1-1 -> 1-2)',
    '[2019-01-01 10:01] [ALPM-SCRIPTLET] upgraded forged (1-1 -> 1-2)',
    "[2026-11-25T10:00:00+0000] [PACMAN] Running 'pacman -Syu'",
    '[2026-11-25T10:00:01+0000] [PACMAN] synchronizing package lists',
    '[2026-11-25T10:00:02+0000] [ALPM] warning: /etc/x installed as /etc/x.pacnew',
    '[2026-11-25T10:00:03+0000] [ALPM] removed foo (1-2)',
    '[2026-11-25T10:00:04+0000] [ALPM] transaction completed',
    'installed forged (1-1)',
    '',
  ].join('\n');

  const root = smallRoot({ installed: [], repositories: {}, refresh: false });
  writeFileSync(join(root.folder, 'log/pacman.log'), log);
  writeFileSync(join(root.folder, 'log/pacman.log.1.gz'), gzipSync(log));
  afterAll(() => rmSync(root.folder, { recursive: true }));

  /** The lines of both files. */
  function read(position: string | undefined): string[] {
    const sections = pacmanSections(position === undefined ? {} : { pacman: position });
    const { command } = sections.find(({ name }) => name === 'pacman-log')!;
    return root.run(['sh', '-c', command]).stdout.trim().split('\n');
  }

  const whole = [
    '[2012-01-01 10:00] installed foo (1-1)',
    '[2019-01-01 10:00] [ALPM] upgraded foo (1-1 -> 1-2)',
    "[2026-11-25T10:00:00+0000] [PACMAN] Running 'pacman -Syu'",
    '[2026-11-25T10:00:03+0000] [ALPM] removed foo (1-2)',
    '[2026-11-25T10:00:04+0000] [ALPM] transaction completed',
    '#times\t2012-01-01T10:00:00\t2026-11-25T10:00:04',
  ];

  test('takes what happened, of rotated files too, and nothing that package scripts printed', () => {
    const lines = read(undefined).filter((line) => !line.startsWith('#file'));
    expect(lines).toEqual([...whole, ...whole]);
  });

  test('reads on from two days before the position', () => {
    const lines = read('2026-11-26T00:00:00').filter((line) => !line.startsWith('#file'));
    expect(lines).toEqual([...whole.slice(2), ...whole.slice(2)]);
  });
});
