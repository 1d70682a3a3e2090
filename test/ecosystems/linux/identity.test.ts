import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseIdentity, parseOsRelease, releaseOf, toInstant } from '#ecosystems/linux/identity.ts';
import { localBounds } from '#ecosystems/linux/local-time.ts';
import { parseSoftware } from '#ecosystems/linux/software.ts';
import { outputOf } from '../contract.ts';

const clock = { offsetMs: 0, uncertaintyMs: 0 };

function identity(
  host: string[],
  more: { reboot?: string; os?: string } = {},
  at = '2026-07-01T00:00:00.000Z',
) {
  const sections = new Map([
    ['host', outputOf(`${host.join('\n')}\n`)],
    ['os-release', outputOf(more.os ?? 'ID=debian\n')],
    ['reboot', outputOf(more.reboot ?? 'not asked for\n')],
  ]);
  return parseIdentity(sections, clock, at);
}

describe('identity', () => {
  test('facts, cleaned; root is known', () => {
    const { scan, isRoot } = identity([
      'hostname web\x1b[31m1',
      'kernel-release 6.1.0-25-amd64',
      'user root',
      'uid 0',
      `machine-id ${'a'.repeat(64)}`,
      'boot-time 1700000000',
    ]);
    expect(scan).toMatchObject({
      hostname: 'web\\x1b[31m1',
      kernel_release: '6.1.0-25-amd64',
      machine_id: 'a'.repeat(64),
      booted_at: '2023-11-14T22:13:20.000Z',
      is_root: true,
      reboot_required: false,
    });
    expect(isRoot).toBe(true);
  });

  test('what the host did not say is null, never false', () => {
    const { scan } = parseIdentity(new Map(), clock, '2026-07-01T00:00:00.000Z');
    expect(scan).toMatchObject({
      hostname: null,
      machine_id: null,
      is_root: null,
      reboot_required: null,
      booted_at: null,
      time_zone: null,
    });
  });

  test('a raw machine id is not taken for a hash', () => {
    expect(identity(['machine-id 3d1219c7c4c5404aaa1f6d2a48adfda4']).scan.machine_id).toBeNull();
  });

  test('who asked for the reboot', () => {
    const { scan } = identity([], { reboot: 'required\nlinux-image-amd64\nlibc6\nlibc6\n' });
    expect(scan).toMatchObject({ reboot_required: true, reboot_packages: ['libc6', 'linux-image-amd64'] });
  });

  test.each([
    [['localtime-link /usr/share/zoneinfo/Europe/Berlin', 'utc-offset +0200'], 'Europe/Berlin'],
    [['localtime-link ../usr/share/zoneinfo/posix/Asia/Kolkata', 'utc-offset +0530'], 'Asia/Kolkata'],
    [['localtime-file copy', 'timezone Europe/Berlin', 'utc-offset +0200'], 'Europe/Berlin'],
    [['localtime-file absent', 'utc-offset +0000'], 'UTC'],
    [['localtime-file copy', 'utc-offset +0200'], null],
    [['localtime-link /usr/share/zoneinfo/Europe/Berlin', 'utc-offset +0000'], null],
    [['localtime-link /usr/share/zoneinfo/Nowhere/Land', 'utc-offset +0000'], null],
    [["timezone '; id", 'localtime-file copy', 'utc-offset +0000'], null],
  ])('%j: zone %j', (host, zone) => {
    expect(identity(host).timeZone).toBe(zone);
  });

  test('os-release values are unquoted, not expanded', () => {
    const values = parseOsRelease(
      'ID=debian\nPRETTY_NAME="A \\"b\\" $(id) <i>"\nVERSION_ID=\'12\'\nID=second\nbad line\n',
    );
    expect(Object.fromEntries(values)).toEqual({
      ID: 'debian',
      PRETTY_NAME: 'A "b" $(id) <i>',
      VERSION_ID: '12',
    });
  });
});

describe('local times', () => {
  test.each([
    ['2026-07-01T12:00:00', 'Europe/Berlin', '2026-07-01T10:00:00.000Z', '2026-07-01T10:00:00.999Z'],
    // The hour from 2 to 3 does not exist on 29 March.
    ['2026-03-29T02:30:00', 'Europe/Berlin', '2026-03-29T00:30:00.000Z', '2026-03-29T01:30:00.999Z'],
    ['2026-10-25T02:30:00', 'Europe/Berlin', '2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.999Z'],
    ['2026-01-01T00:00:00', null, '2025-12-31T10:00:00.000Z', '2026-01-01T14:00:00.999Z'],
  ])('%s in %s', (local, zone, notBefore, notAfter) => {
    expect(localBounds(local, zone, clock)).toEqual({ not_before: notBefore, not_after: notAfter });
  });

  test('a clock that runs ahead is set back, and its uncertainty widens both ends', () => {
    expect(localBounds('2026-07-01T12:00:00', 'UTC', { offsetMs: 60_000, uncertaintyMs: 500 })).toEqual({
      not_before: '2026-07-01T11:58:59.500Z',
      not_after: '2026-07-01T11:59:01.499Z',
    });
  });

  test.each(['', 'yesterday', '2026-02-30T00:00:00', '2026-01-01T25:00:00'])('%j is no time', (local) => {
    expect(localBounds(local, 'UTC', clock)).toBeNull();
  });

  test('bounds hold every instant that shows that local second', () => {
    const zones = ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Africa/Casablanca', 'UTC'];
    fc.assert(
      fc.property(
        fc.integer({ min: 946_684_800, max: 1_893_456_000 }),
        fc.constantFrom(...zones),
        (seconds, zone) => {
          const local = new Intl.DateTimeFormat('sv-SE', {
            timeZone: zone,
            dateStyle: 'short',
            timeStyle: 'medium',
          })
            .format(seconds * 1000)
            .replace(' ', 'T');
          const bounds = localBounds(local, zone, clock)!;
          expect(Date.parse(bounds.not_before)).toBeLessThanOrEqual(seconds * 1000);
          expect(Date.parse(bounds.not_after)).toBeGreaterThanOrEqual(seconds * 1000);
        },
      ),
    );
  });

  test.each([Number.NaN, Infinity, -1e15, 1e18])('%s is no instant', (milliseconds) => {
    expect(toInstant(milliseconds)).toBeNull();
  });
});

describe('software', () => {
  test('names and versions; what is no kind is rejected', () => {
    const text =
      'snap core20_1234.snap\npython requests-2.31.0.dist-info\nopt <script>\nruby rake-13.0.6.gemspec\nwhat is this\n';
    const { rows } = parseSoftware('h1', new Map([['software', outputOf(text)]]));
    expect(rows.software!.map((row) => [row.kind, row.name, row.version])).toEqual([
      ['snap', 'core20', '1234'],
      ['python', 'requests', '2.31.0'],
      ['opt', '<script>', null],
      ['ruby', 'rake', '13.0.6'],
    ]);
    expect(rows.rejections).toMatchObject([{ section: 'software', line: 5 }]);
  });

  test('more names than are kept is said', () => {
    const text = Array.from({ length: 5001 }, (_, index) => `opt app${index}`).join('\n');
    const { rows, readings } = parseSoftware('h1', new Map([['software', outputOf(text)]]));
    expect(rows.software).toHaveLength(5000);
    expect(readings).toMatchObject([{ status: 'partial' }]);
  });
});

test.each([
  ['ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm', 'bookworm'],
  ['ID=ubuntu\nVERSION_ID="24.04"\nVERSION_CODENAME=noble', 'noble'],
  ['ID="rocky"\nVERSION_ID="9.4"', 'rocky-9'],
  ['ID="rhel"\nVERSION_ID="8.10"', 'rhel-8'],
  ['ID="amzn"\nVERSION_ID="2023"', 'amzn-2023'],
  ['ID=fedora\nVERSION_ID=41\nVERSION_CODENAME=""', 'fedora-41'],
  ['ID="opensuse-leap"\nVERSION_ID="15.6"', 'opensuse-leap-15.6'],
  ['ID="sles"\nVERSION_ID="15.6"', 'sles-15.6'],
  ['ID="opensuse-tumbleweed"\nVERSION_ID="20261120"', 'opensuse-tumbleweed'],
  ['ID="sles"\nVERSION_ID="15.5"', 'sles-15.5'],
  ['ID=alpine\nVERSION_ID=3.19.1', 'alpine-3.19'],
  ['ID=arch\nBUILD_ID=rolling', 'arch'],
  ['ID=debian\nVERSION_CODENAME=sid', 'sid'],
  ['ID="$(reboot)"\nVERSION_ID="1"', null],
  ['ID=fedora\nVERSION_ID="41; rm"', 'fedora'],
  ['', null],
])('the release of %j is %s', (text, release) => {
  expect(releaseOf(parseOsRelease(text))).toBe(release);
});
