/** Logs of dnf 4, dnf 5 and yum. */
import { describe, expect, test } from 'vitest';
import { parseDnf5History } from '#ecosystems/dnf/dnf5-history.ts';
import { parseRpmLog } from '#ecosystems/dnf/rpm-log.ts';
import { parseYumLog } from '#ecosystems/dnf/yum-log.ts';
import { contextOf, outputOf } from '../contract.ts';
import type { EventRow } from '#ecosystems/dnf/rpm-log.ts';
import type { History } from '#ecosystems/log-files.ts';

const hash = 'a'.repeat(64);
const files = (lines: string[], modified = 1_795_628_317) =>
  `#file\t/var/log/x.log\t100\t${modified}\t${hash}\n${lines.join('\n')}\n#times\t\t\n`;
const changes = (events: EventRow[]) =>
  events.map((row) => [row.local_time, row.action, row.package, row.old_version, row.new_version]);
const problems = ({ problems: list }: History) => list.filter((problem) => problem !== null);

describe('dnf.rpm.log', () => {
  const read = (lines: string[], more = {}) => parseRpmLog(contextOf({ 'dnf-log': files(lines) }, more));
  const at = '2026-11-25T17:48:41+0100';

  test.each([
    [['SUBDEBUG Installed: foo-1:1.0-3.noarch'], ['install', 'foo', null, '1:1.0-3']],
    [
      ['SUBDEBUG Upgrade: foo-1.0-3.noarch', 'SUBDEBUG Upgraded: foo-1.0-1.noarch'],
      ['upgrade', 'foo', '1.0-1', '1.0-3'],
    ],
    [
      ['SUBDEBUG Downgrade: foo-1.0-1.noarch', 'SUBDEBUG Downgraded: foo-1.0-3.noarch'],
      ['downgrade', 'foo', '1.0-3', '1.0-1'],
    ],
    [
      ['SUBDEBUG Reinstall: foo-1.0-1.noarch', 'SUBDEBUG Reinstalled: foo-1.0-1.noarch'],
      ['reinstall', 'foo', '1.0-1', '1.0-1'],
    ],
    [['SUBDEBUG Erase: foo-1.0-1.noarch'], ['remove', 'foo', '1.0-1', null]],
    [['SUBDEBUG Obsoleted: foo-1.0-1.noarch'], ['disappear', 'foo', '1.0-1', null]],
    [['SUBDEBUG Upgrade: foo-1.0-3.noarch'], ['upgrade', 'foo', null, '1.0-3']],
  ])('%j', (lines, expected) => {
    const { events, rejections } = read(lines.map((line) => `${at} ${line}`));
    expect([rejections, changes(events)]).toEqual([[], [['2026-11-25T17:48:41', ...expected]]]);
  });

  test('an older build that another transaction replaced belongs to that one', () => {
    const lines = [
      'SUBDEBUG Upgrade: foo-1.0-3.noarch',
      'INFO --- logging initialized ---',
      'SUBDEBUG Upgraded: foo-1.0-1.noarch',
    ];
    expect(changes(read(lines.map((line) => `${at} ${line}`)).events)[0]?.slice(1)).toEqual([
      'upgrade',
      'foo',
      null,
      '1.0-3',
    ]);
  });

  test('glibc.i686 and glibc.x86_64 of one transaction are kept apart', () => {
    const lines = [
      'Upgrade: glibc-2-2.x86_64',
      'Upgrade: glibc-2-2.i686',
      'Upgraded: glibc-1-1.i686',
      'Upgraded: glibc-1-2.x86_64',
    ];
    const { events } = read(lines.map((line) => `${at} SUBDEBUG ${line}`));
    expect(events.map((row) => [row.architecture, row.old_version])).toEqual([
      ['x86_64', '1-2'],
      ['i686', '1-1'],
    ]);
  });

  test('a line names its own offset: no zone is needed, and the clock is applied', () => {
    const of = (time: string) => {
      const more = { timeZone: null, clock: { offsetMs: 2000, uncertaintyMs: 500 } };
      const [row] = read([`${time} SUBDEBUG Installed: foo-1.0-3.noarch`], more).events;
      return [row?.local_time, row?.not_before, row?.not_after];
    };
    expect(of(at)).toEqual(['2026-11-25T17:48:41', '2026-11-25T16:48:38.500Z', '2026-11-25T16:48:40.499Z']);
    expect(of('2026-11-25T17:48:41-0530')[1]).toBe('2026-11-25T23:18:38.500Z');
    expect(of('2019-05-14T14:47:30Z')[1]).toBe('2019-05-14T14:47:27.500Z');
  });

  test.each(['SUBDEBUG Installed: foo', 'SUBDEBUG Installed: $(id)-1-1.noarch', 'noise'])(
    '%s is rejected',
    (line) => {
      const history = read([`${at} ${line}`]);
      expect([history.events, history.rejections.length, problems(history)]).toEqual([
        [],
        1,
        ['1 lines of the log could not be read.'],
      ]);
    },
  );

  test('lines that cannot be read by this account are said', () => {
    const history = parseRpmLog(contextOf({ 'dnf-log': '#unreadable /var/log/dnf.rpm.log\n' }));
    expect(problems(history)).toEqual(['/var/log/dnf.rpm.log cannot be read by this account.']);
  });
});

describe("dnf 5's history", () => {
  const transaction = (packages: [string, string][], more = {}) => ({
    id: 1,
    start_time: 1_795_628_564,
    end_time: 1_795_628_574,
    status: 'Ok',
    description: 'dnf5 upgrade',
    packages: packages.map(([nevra, action]) => ({ nevra, action, reason: 'User', repository: 'x' })),
    ...more,
  });
  const read = (transactions: object[]) =>
    parseDnf5History(
      contextOf({
        'dnf-history': `#patchledger-part begin history\n${JSON.stringify(transactions, null, 2)}\n#patchledger-part end history 0\n`,
      }),
    );

  test.each<[[string, string][], unknown[][]]>([
    [[['foo-1:1.0-3.noarch', 'Install']], [['install', 'foo', null, '1:1.0-3']]],
    [
      [
        ['foo-0:1.0-3.noarch', 'Upgrade'],
        ['foo-0:1.0-1.noarch', 'Replaced'],
      ],
      [['upgrade', 'foo', '1.0-1', '1.0-3']],
    ],
    [
      [
        ['foo-0:1.0-1.noarch', 'Downgrade'],
        ['foo-0:1.0-3.noarch', 'Replaced'],
      ],
      [['downgrade', 'foo', '1.0-3', '1.0-1']],
    ],
    [
      [
        ['foo-0:1.0-1.noarch', 'Reinstall'],
        ['foo-0:1.0-1.noarch', 'Replaced'],
      ],
      [['reinstall', 'foo', '1.0-1', '1.0-1']],
    ],
    [
      [
        ['new-0:1-1.noarch', 'Install'],
        ['old-0:1-1.noarch', 'Replaced'],
      ],
      [
        ['install', 'new', null, '1-1'],
        ['disappear', 'old', '1-1', null],
      ],
    ],
    [[['foo-0:1.0-1.noarch', 'Remove']], [['remove', 'foo', '1.0-1', null]]],
    [[['foo-0:1.0-1.noarch', 'Reason Change']], []],
  ])('%j', (packages, expected) => {
    const history = read([transaction(packages)]);
    expect([history.rejections, changes(history.events)]).toEqual([
      [],
      expected.map((one) => ['2026-11-25T17:42:44', ...one]),
    ]);
  });

  test('happened between the start and the end of its transaction, by which command is said', () => {
    const [row] = read([transaction([['foo-0:1.0-3.noarch', 'Install']])]).events;
    expect([row?.not_before, row?.not_after, row?.command, row?.completed]).toEqual([
      '2026-11-25T17:42:44.000Z',
      '2026-11-25T17:42:54.999Z',
      'dnf5 upgrade',
      true,
    ]);
    const [failed] = read([transaction([['foo-0:1.0-3.noarch', 'Install']], { status: 'Error' })]).events;
    expect(failed?.completed).toBe(false);
  });

  test('is read on from its newest transaction', () => {
    const { logs } = read([transaction([]), transaction([], { start_time: 1_795_000_000 })]);
    expect(logs.map((row) => [row.log, row.first_time, row.last_time])).toEqual([
      ['dnf5', '2026-11-18T11:06:40', '2026-11-25T17:42:44'],
    ]);
  });

  test('absent where another program is used, and unread where it says something else', () => {
    expect(parseDnf5History(contextOf({ 'dnf-history': 'absent\n' }))).toMatchObject({
      events: [],
      logs: [],
      problems: [null],
    });
    const broken = parseDnf5History(
      contextOf({
        'dnf-history': '#patchledger-part begin history\n[{}]\n#patchledger-part end history 0\n',
      }),
    );
    expect([broken.logs, problems(broken)]).toEqual([
      [],
      ["What 'dnf5 history info' said could not be read."],
    ]);
    const old = parseDnf5History(
      contextOf({ 'dnf-history': outputOf('', { exitStatus: 2, stderr: 'Unknown argument "--json"' }) }),
    );
    expect(problems(old)[0]).toContain('ended with status 2');
  });

  test('what is no package is rejected', () => {
    const history = read([transaction([['$(id)', 'Install']])]);
    expect([history.events, history.rejections.length]).toEqual([[], 1]);
  });
});

describe('yum.log', () => {
  const read = (lines: string[]) => parseYumLog(contextOf({ 'yum-log': files(lines) }, { timeZone: 'UTC' }));

  test('names no year: each line is in the last year that does not put it after the next', () => {
    const { events, rejections } = read([
      'Dec 30 10:00:00 Installed: a-1-1.noarch',
      'Mar  3 10:00:00 Updated: 1:a-1-2.noarch',
      'Dec 31 10:00:00 Updated: a-1-3.noarch',
      'Nov 25 09:00:00 Erased: a-1-3.noarch',
    ]);
    expect(rejections).toEqual([]);
    expect(changes(events)).toEqual([
      ['2024-12-30T10:00:00', 'install', 'a', null, '1-1'],
      ['2025-03-03T10:00:00', 'upgrade', 'a', null, '1:1-2'],
      ['2025-12-31T10:00:00', 'upgrade', 'a', null, '1-3'],
      ['2026-11-25T09:00:00', 'remove', 'a', '1-3', null],
    ]);
  });

  test.each([
    'Nov 25 09:00:00 Updated: a',
    'Foo 25 09:00:00 Updated: a-1-1.noarch',
    'noise',
    'Feb 31 09:00:00 Updated: a-1-1.noarch',
  ])('%s is rejected', (line) => {
    const history = read([line]);
    expect([history.events, history.rejections.length]).toEqual([[], 1]);
  });
});
