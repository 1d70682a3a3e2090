import { describe, expect, test } from 'vitest';
import { apk } from '#ecosystems/apk/apk.ts';
import { parsePackages } from '#ecosystems/apk/installed.ts';
import { parseLog } from '#ecosystems/apk/log.ts';
import { contextOf } from '../contract.ts';
import { contextOfRecording } from '../recorded-host.ts';

const modified = Date.parse('2026-03-05T00:00:00Z') / 1000;
const packages =
  '#apk apk-tools 3.0.6, compiled for x86_64.\n#architecture x86_64\na\t1.1-r0\tnoarch\ta\t1\t\t\n';

function history(lines: string[], more = {}) {
  const log = [
    `#file\t/var/log/apk.log\t100\t${modified}\t${'a'.repeat(64)}`,
    ...lines,
    '#times\t2026-03-01T10:00:00\t2026-03-02T11:00:00',
    '',
  ].join('\n');
  const context = contextOf({ 'apk-packages': packages, 'apk-log': log }, more);
  return parseLog(context, parsePackages(context));
}

describe("apk's log", () => {
  test('a change happened between its command and the next one, in UTC whatever the zone of the host', () => {
    const { events, problems } = history(
      [
        'Running `apk upgrade` at 2026-03-01 10:00:00',
        '(1/2) Upgrading a (1.0-r0 -> 1.1-r0)',
        '(2/2) Installing b@edge (2.0-r0)',
        'OK: 10 MiB in 20 packages',
        'Running `apk del b` at 2026-03-02 11:00:00',
        '(1/1) Purging b (2.0-r0)',
        'OK: 9 MiB in 19 packages',
      ],
      { timeZone: 'America/New_York' },
    );
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
    const common = { host_id: 'h1', log: 'apk', completed: true };
    const upgrade = {
      ...common,
      local_time: '2026-03-01T10:00:00',
      not_before: '2026-03-01T10:00:00.000Z',
      not_after: '2026-03-02T11:00:00.999Z',
      command: 'apk upgrade',
    };
    expect(events).toEqual([
      {
        ...upgrade,
        action: 'upgrade',
        package: 'a',
        architecture: 'noarch',
        old_version: '1.0-r0',
        new_version: '1.1-r0',
      },
      {
        ...upgrade,
        action: 'install',
        package: 'b',
        architecture: 'x86_64',
        old_version: null,
        new_version: '2.0-r0',
      },
      {
        ...common,
        local_time: '2026-03-02T11:00:00',
        not_before: '2026-03-02T11:00:00.000Z',
        // The log was written last at that time.
        not_after: '2026-03-05T00:00:00.999Z',
        action: 'remove',
        package: 'b',
        architecture: 'x86_64',
        old_version: '2.0-r0',
        new_version: null,
        completed: null,
        command: 'apk del b',
      },
    ]);
  });

  test.each([
    ['(1/1) Downgrading a (1.1-r0 -> 1.0-r0)', 'downgrade', '1.1-r0', '1.0-r0'],
    ['(1/1) Replacing a (1.1-r0 -> 1.1-r0)', 'reinstall', '1.1-r0', '1.1-r0'],
    ['(1/1) Reinstalling a (1.1-r0)', 'reinstall', '1.1-r0', '1.1-r0'],
  ])('%s is %s', (line, action, oldVersion, newVersion) => {
    const { events } = history(['Running `apk fix` at 2026-03-01 10:00:00', line, 'OK: 1 MiB in 1 packages']);
    expect(events).toMatchObject([{ action, old_version: oldVersion, new_version: newVersion }]);
  });

  test('what an error names did not come; of the others nothing is certain', () => {
    const { events } = history([
      'Running `apk add gone other` at 2026-03-01 10:00:00',
      '(1/2) Installing gone (1.0-r0)',
      'ERROR: gone-1.0-r0: HTTP 404: Not Found',
      '(2/2) Installing other (1.0-r0)',
      '1 error; 76 KiB in 19 packages',
    ]);
    expect(events.map((row) => [row.package, row.completed])).toEqual([
      ['gone', false],
      ['other', null],
    ]);
  });

  test('a change of the pinning alone is none; lines that could not be are kept visible', () => {
    const { events, rejections, problems } = history([
      'Running `apk upgrade` at 2026-03-01 10:00:00',
      '(1/2) Updating pinning a@edge (1.1-r0)',
      '(2/2) Upgrading $(id) (1.0-r0 -> 1.1-r0)',
      'OK: 1 MiB in 1 packages',
    ]);
    expect(events).toEqual([]);
    expect(rejections).toMatchObject([{ section: 'apk-log', line: 4, reason: "A line of apk's log." }]);
    expect(problems).toContain('1 lines of the log could not be read.');
  });

  test('the clock of the host is taken off, and what is not known of it widens', () => {
    const { events } = history(
      [
        'Running `apk add a` at 2026-03-01 10:00:00',
        '(1/1) Installing a (1.1-r0)',
        'OK: 1 MiB in 1 packages',
      ],
      { clock: { offsetMs: 3_600_000, uncertaintyMs: 1000 } },
    );
    expect(events).toMatchObject([
      { not_before: '2026-03-01T08:59:59.000Z', not_after: '2026-03-04T23:00:01.999Z' },
    ]);
  });

  test('apk 2 keeps no log: that is said, and is not an empty history', () => {
    const { readings, rows } = apk.parse(
      contextOfRecording(apk, 'alpine2', { kernelRelease: '6.12.50-0-lts' }),
    );
    expect(rows.events).toEqual([]);
    expect(readings.find((row) => row.subject === 'history')).toEqual({
      subject: 'history',
      status: 'unread',
      reason:
        'apk keeps no log before its version 3, and no time of installation: changes are dated by scans alone.',
    });
  });

  test('apk 3 without a log says only that there is none', () => {
    const context = contextOf({ 'apk-packages': packages, 'apk-log': '' });
    expect(parseLog(context, parsePackages(context)).problems).toContain(
      'No log of the package manager was found.',
    );
  });
});
