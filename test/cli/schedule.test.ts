/** What a schedule says: when, with which words, and in the opinion of systemd's own checker. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { schedulerOf } from '#cli/schedule/schedulers.ts';
import { scheduleName } from '#cli/schedule/scheduler.ts';
import type { Kind, Setting } from '#cli/schedule/scheduler.ts';
import {
  describeWhen,
  findWhen,
  hoursOf,
  readJitter,
  readTime,
  withStableJitter,
} from '#cli/schedule/when.ts';

const checkout = join(import.meta.dirname, '../..');
const program = join(checkout, 'bin/patchledger');
const usual = { hour: 3, minute: 17, jitterMinutes: 30 };

function settingFor(given: Partial<Setting> = {}): Setting {
  return {
    workspace: '/srv/patchledger',
    collector: 'main',
    everyHours: 24,
    checkout,
    account: 'root',
    isRoot: true,
    home: '/root',
    hostname: 'box',
    needsFreedom: false,
    machineRoot: mkdtempSync(join(tmpdir(), 'patchledger-schedule-')),
    ...given,
  };
}

/** Files of a schedule as they would be written. */
function pieces(
  kind: Kind,
  given: Partial<Setting> = {},
  when = usual,
): { place: string; content: string }[] {
  return schedulerOf(kind, settingFor(given)).pieces(when);
}

describe('when', () => {
  test.each([
    ['03:17', { hour: 3, minute: 17 }],
    ['3:17', { hour: 3, minute: 17 }],
    ['00:00', { hour: 0, minute: 0 }],
    ['23:59', { hour: 23, minute: 59 }],
  ])('%s is a time of day', (text, expected) => expect(readTime(text)).toEqual(expected));

  test.each(['24:00', '3', '03:7', '03:60', '3:17pm', '', '-3:17', '03:17 '])('%j is none', (text) =>
    expect(() => readTime(text)).toThrow('expected a time of day'),
  );

  test.each([
    ['0', 0],
    ['30', 30],
    ['30m', 30],
    ['2h', 120],
  ])('a jitter of %s is %i minutes', (text, expected) => expect(readJitter(text)).toBe(expected));

  test.each(['3h', '121m', '1d', '-1', 'm', ''])('a jitter of %j is refused', (text) =>
    expect(() => readJitter(text)).toThrow('expected minutes or hours'),
  );

  test.each<[number, number, number[]]>([
    [3, 24, [3]],
    [3, 12, [3, 15]],
    [20, 8, [4, 12, 20]],
    [3, 6, [3, 9, 15, 21]],
    [5, 1, Array.from({ length: 24 }, (_, hour) => hour)],
  ])('from %i every %i hours', (hour, every, expected) => expect(hoursOf(hour, every)).toEqual(expected));

  test.each([5, 7, 48, 168])('a day does not divide into %i hours', (every) =>
    expect(() => hoursOf(3, every)).toThrow(`does not divide into ${every} hours`),
  );

  test('the stable jitter is the same each time, within its bounds, and spreads', () => {
    const any = fc.record({
      hour: fc.integer({ min: 0, max: 23 }),
      minute: fc.integer({ min: 0, max: 59 }),
      jitterMinutes: fc.integer({ min: 0, max: 120 }),
    });
    fc.assert(
      fc.property(any, fc.string(), (when, seed) => {
        const { hour, minute } = withStableJitter(when, seed);
        const later = (hour * 60 + minute - when.hour * 60 - when.minute + 1440) % 1440;
        expect(later).toBeLessThanOrEqual(when.jitterMinutes);
        expect(withStableJitter(when, seed)).toEqual({ hour, minute });
        expect(findWhen(`# ${describeWhen(when)}.`)).toEqual(when);
      }),
    );
    const drawn = Array.from({ length: 500 }, (_, index) => withStableJitter(usual, `box\0/srv/${index}`));
    expect(new Set(drawn.map(({ hour, minute }) => hour * 60 + minute)).size).toBe(31);
  });
});

describe('paths', () => {
  const bad = [
    '/srv/50%',
    '/srv/a"b',
    "/srv/a'b",
    '/srv/a\\b',
    '/srv/$HOME',
    '/srv/`id`',
    '/srv/a\nb',
    '/srv/\u0007',
  ];
  test.each((['systemd', 'cron'] as const).flatMap((kind) => bad.map((path) => [kind, path] as const)))(
    '%s refuses %j, as workspace and as checkout',
    (kind, path) => {
      expect(() => pieces(kind, { workspace: path })).toThrow('cannot name this path safely');
      expect(() => pieces(kind, { checkout: path })).toThrow('cannot name this path safely');
    },
  );

  test('each workspace has a name of its own, which units and cron take', () => {
    const names = ['/srv/a', '/srv/b', '/srv/ä b'].map((workspace) =>
      scheduleName(settingFor({ workspace })),
    );
    expect(new Set(names).size).toBe(3);
    for (const name of names) expect(name).toMatch(/^patchledger-main-[0-9a-f]{6}$/);
  });
});

describe('units', () => {
  /** What systemd-analyze says of the units; '' when it finds nothing. */
  function verify(given: Partial<Setting>, when = usual): string {
    const folder = mkdtempSync(join(tmpdir(), 'patchledger-units-'));
    const files = pieces('systemd', given, when).map(({ place, content }) => {
      const file = join(folder, place.split('/').at(-1) ?? '');
      writeFileSync(file, content);
      return file;
    });
    const scope = given.isRoot === false ? ['--user'] : [];
    const { status, stdout, stderr } = spawnSync(
      'systemd-analyze',
      [...scope, 'verify', '--man=no', ...files],
      {
        encoding: 'utf8',
        env: { ...process.env, XDG_RUNTIME_DIR: folder },
      },
    );
    const said = `${stdout}${stderr}`
      .split('\n')
      .filter((line) => line.includes(folder) || line.includes('patchledger-'));
    return `${status === 0 ? '' : `status ${status}\n`}${said.join('\n')}`;
  }

  /** A folder under a strange name with a program that can be started. */
  function strange(name: string): string {
    const folder = join(mkdtempSync(join(tmpdir(), 'patchledger-strange-')), name);
    mkdirSync(join(folder, 'bin'), { recursive: true });
    writeFileSync(join(folder, 'bin/patchledger'), '#!/bin/sh\n', { mode: 0o755 });
    return folder;
  }

  test.each<[string, Partial<Setting>]>([
    ['of the machine', {}],
    ['of an account', { isRoot: false, account: 'www-data' }],
    ['every six hours', { everyHours: 6 }],
    ['every hour', { everyHours: 1 }],
    ['run by another account', { account: 'www-data' }],
    ['with hosts behind commands', { needsFreedom: true }],
    ['in a temporary folder', { workspace: '/tmp/workspace' }],
  ])('%s: systemd finds nothing wrong', (_name, given) => expect(verify(given)).toBe(''));

  test.each(['two words', 'ü – ß', 'a;b', '#c', 'x&y|z', '(d)', 'e*?', 'f=g', ':h', '~i', '{j}', 'k!'])(
    'a path with %j is quoted: systemd finds the program',
    (name) => {
      const folder = strange(name);
      expect(verify({ checkout: folder, workspace: folder })).toBe('');
    },
  );

  test('what is wrong would be found', () => {
    expect(verify({ checkout: '/nowhere' })).toContain('/nowhere/bin/patchledger');
    expect(verify({}, { hour: 33, minute: 99, jitterMinutes: 1 })).toMatch(/OnCalendar|calendar/i);
  });

  test('the machine is left alone unless hosts are read that need more', () => {
    const [confined] = pieces('systemd');
    const [free] = pieces('systemd', { needsFreedom: true });
    expect(confined?.content).toContain('ProtectSystem=strict\n');
    expect(confined?.content).toContain(`ReadWritePaths="/srv/patchledger" "${checkout}"\n`);
    expect(free?.content).not.toMatch(/^(Protect|NoNew|Restrict)/m);
    expect(free?.content).toContain('# Not confined: ');
  });

  test('the calendar is the one that was asked for', () => {
    const [, timer] = pieces('systemd', { everyHours: 12 }, { hour: 22, minute: 5, jitterMinutes: 90 });
    const calendar = /^OnCalendar=(.*)$/m.exec(timer?.content ?? '')?.[1] ?? '';
    const { stdout } = spawnSync('systemd-analyze', ['calendar', '--iterations=2', calendar], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC' },
    });
    expect(stdout).toMatch(/ 10:05:00 UTC/);
    expect(stdout).toMatch(/ 22:05:00 UTC/);
    expect(timer?.content).toContain('RandomizedDelaySec=90min\n');
  });
});

describe('the line of cron', () => {
  const line = (given: Partial<Setting> = {}, when = usual): string =>
    pieces('cron', given, when)[0]?.content.split('\n')[1] ?? '';

  test('of root names the account, of an account does not', () => {
    const command = `PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin '${program}' nightly --workspace '/srv/patchledger'`;
    const at = { hour: 3, minute: 17, jitterMinutes: 0 };
    expect(line({ account: 'www-data' }, at)).toBe(`17 3 * * * www-data ${command}`);
    expect(line({ isRoot: false }, at)).toBe(`17 3 * * * ${command}`);
    expect(line({ isRoot: false, everyHours: 6 }, at)).toMatch(/^17 3,9,15,21 \* \* \* /);
  });

  test('has the jitter of its machine and workspace in it', () => {
    const minutes = ['a', 'b', 'c', 'd', 'e', 'f'].map((hostname) => line({ hostname }).split(' ')[0]);
    expect(new Set(minutes).size).toBeGreaterThan(2);
    expect(line({ hostname: 'a' })).toBe(line({ hostname: 'a' }));
  });
});
