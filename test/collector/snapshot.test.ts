import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { sectionsOf } from '#collector/probe/program.ts';
import { recordedMark } from '#collector/transport/replay.ts';
import { recording, replaySnapshot } from '#test/fixtures/replay.ts';
import { expectValid } from './valid.ts';
import type { Snapshot } from '#data/model/tables.ts';

const recorded = recording().bytes;

/** The recorded answer with the payload of one section changed. */
function changed(section: string, change: (payload: Buffer) => Buffer): Buffer {
  const start =
    recorded.indexOf(`\n${recordedMark} begin ${section}\n`) + `\n${recordedMark} begin ${section}\n`.length;
  const end = recorded.indexOf(`\n${recordedMark} stderr`, start);
  return Buffer.concat([
    recorded.subarray(0, start),
    change(recorded.subarray(start, end)),
    recorded.subarray(end),
  ]);
}

const withText = (section: string, change: (text: string) => string) =>
  changed(section, (payload) => Buffer.from(change(payload.toString('utf8'))));

function readingsOf(snapshot: Snapshot): { [subject: string]: string } {
  return Object.fromEntries(snapshot.readings.map((row) => [row.subject, row.status]));
}

describe('the recorded host', () => {
  let snapshot: Snapshot;
  beforeAll(async () => {
    snapshot = await replaySnapshot('web-1');
  });

  test('is a valid snapshot', () => {
    expectValid(snapshot);
    expect(snapshot.scans[0]).toMatchObject({
      host_id: 'web-1',
      ecosystem: 'apt',
      os_id: 'debian',
      architecture: 'amd64',
      is_root: true,
    });
    expect(snapshot.rejections).toEqual([]);
    expect(snapshot.packages.length).toBeGreaterThan(200);
    expect(snapshot.updates.filter((row) => row.security).length).toBeGreaterThan(50);
    expect(snapshot.events.some((row) => row.log === 'dpkg' && row.completed === true)).toBe(true);
  });

  test('names every section with its command, hash and duration', () => {
    expect(snapshot.sections.map((row) => row.exit_status)).toEqual(snapshot.sections.map(() => 0));
    expect(snapshot.sections.find((row) => row.section === 'dpkg-packages')!.command).toContain(
      'dpkg-query -W',
    );
  });

  test('is the same whatever the size of the pieces in which it comes', async () => {
    expect(await replaySnapshot('web-1', { chunkBytes: 999 })).toEqual(snapshot);
  });

  test('maps that may not be read leave their subject partial and the scan whole', () => {
    expect(snapshot.scans[0]).toMatchObject({ status: 'ok', reason: null });
    expect(snapshot.readings.find(({ subject }) => subject === 'mappings')).toMatchObject({
      status: 'partial',
      reason: expect.stringMatching(/could not be read/),
    });
  });
});

describe('a clock that is wrong', () => {
  test('is measured, applied and widens bounds', async () => {
    const { recordedAtMs } = recording();
    const [right, ahead] = [
      await replaySnapshot('h'),
      await replaySnapshot('h', { atMs: recordedAtMs - 3_600_000 }),
    ];
    expect(Math.abs(right.scans[0]!.clock_offset_ms!)).toBeLessThan(2000);
    expect(Math.round(ahead.scans[0]!.clock_offset_ms! / 1000)).toBe(3600);
    const [a, b] = [right.packages[0]!, ahead.packages[0]!];
    expect(Date.parse(a.installed_at!) - Date.parse(b.installed_at!)).toBe(3_600_000);
    expect(ahead.events[0]!.not_after < right.events[0]!.not_after).toBe(true);
  });
});

describe('digests', () => {
  const digests = async (bytes: Buffer) => {
    const { readings } = await replaySnapshot('h', { bytes });
    return Object.fromEntries(readings.map(({ subject, digest }) => [subject, digest]));
  };
  const lines = (change: (lines: string[]) => string[]) =>
    withText('dpkg-packages', (text) => change(text.split('\n')).join('\n'));

  test('do not depend on the order in which the host names things', async () => {
    expect(await digests(lines((all) => all.toReversed()))).toEqual(await digests(recorded));
  });

  test('change with every row, for its subject alone', async () => {
    const { packages, updates } = await replaySnapshot('h');
    const current = packages.find((row) => !updates.some((update) => update.package === row.package))!;
    const [before, after] = [
      await digests(recorded),
      await digests(lines((all) => all.filter((line) => !line.startsWith(`${current.package}\t`)))),
    ];
    expect(after.packages).not.toBe(before.packages);
    expect({ ...after, packages: null }).toEqual({ ...before, packages: null });
  });
});

describe('an answer cut short', () => {
  const cuts = Array.from({ length: 40 }, (_, index) => Math.floor((recorded.length * index) / 40));

  test.each(cuts)('at byte %i: cut-off, and nothing after it complete', async (length) => {
    const snapshot = await replaySnapshot('h', { bytes: recorded.subarray(0, length) });
    expectValid(snapshot);
    expect(snapshot.scans[0]!.status).toBe('cut-off');
    const ended = new Set(
      snapshot.sections.filter((row) => row.exit_status !== null).map((row) => row.section),
    );
    const missing = sectionsOf('apt', {}).filter((spec) => !ended.has(spec.name));
    const fed = new Set(missing.flatMap((spec) => spec.subjects));
    expect(fed.size).toBeGreaterThan(0);
    expect(snapshot.readings.filter((row) => fed.has(row.subject) && row.status === 'complete')).toEqual([]);
  });

  test('at every one of the last bytes', async () => {
    for (let length = recorded.length - 60; length < recorded.length; length += 1) {
      const snapshot = await replaySnapshot('h', { bytes: recorded.subarray(0, length) });
      expect(snapshot.scans[0]!.status).toBe('cut-off');
    }
  });
});

describe('sections that failed', () => {
  test.each([
    ['apt-updates', { updates: 'unread' }],
    ['apt-repositories', { repositories: 'unread', updates: 'partial' }],
    ['dpkg-packages', { packages: 'unread', kernels: 'unread' }],
    ['processes', { processes: 'unread', mappings: 'unread' }],
    ['host', { identity: 'unread' }],
  ])('an empty %s is never an answer', async (section, expected) => {
    const snapshot = await replaySnapshot('h', { bytes: changed(section, () => Buffer.alloc(0)) });
    expectValid(snapshot);
    expect(readingsOf(snapshot)).toMatchObject(expected);
    expect(snapshot.scans[0]!.status).toBe('partial');
  });

  test('lists that are gone make "0 upgraded" unread', async () => {
    const bytes = withText('apt-updates', (text) =>
      text
        .replace(
          /begin full-upgrade\n[\s\S]*?#patchledger-part same/,
          'begin full-upgrade\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n\n#patchledger-part end full-upgrade 0\n#patchledger-part same',
        )
        .replace(/begin policy\n[\s\S]*/, 'begin policy\n\n#patchledger-part end policy 0\n'),
    );
    const snapshot = await replaySnapshot('h', { bytes });
    expect(snapshot.readings.find((row) => row.subject === 'updates')).toMatchObject({
      status: 'unread',
      reason: 'apt-cache policy named no package.',
    });
  });
});

describe('a host of another kind', () => {
  test.each([
    ['no family on Linux', 'system Linux\nfamily \n', 'no-package-manager'],
    ['a family not read yet', 'system Linux\nfamily \ntool rpm\ntool dnf\n', 'unsupported-os'],
    ['another system', 'system FreeBSD\nfamily \n', 'unsupported-os'],
    ['a family that does not exist', 'system Linux\nfamily __proto__\n', 'no-package-manager'],
  ])('%s', async (_name, hello, status) => {
    const snapshot = await replaySnapshot('h', {
      bytes: changed('hello', () => Buffer.from(`version 1\n${hello}`)),
    });
    expectValid(snapshot);
    expect(snapshot.scans[0]).toMatchObject({ status, ecosystem: null });
    expect(readingsOf(snapshot)).toMatchObject({ packages: 'unread', updates: 'unread' });
  });
});

describe('a hostile host', () => {
  const payloads = [
    '$(reboot)',
    '`id`',
    '<script>alert(1)</script>',
    "'; DROP TABLE hosts; --",
    '=HYPERLINK("http://x")',
    '\x1b]0;owned\x07',
    '\u202Egpj.exe',
    '\xff\xfe',
    '../../etc/passwd',
  ];

  test.each(payloads)(
    '%j in names, versions, os-release and hostname reaches no package and no text unescaped',
    async (evil) => {
      const line = `${evil}\tamd64\t${evil}\t${evil}\t1\tinstall\tinstalled\n`;
      for (const bytes of [
        withText('dpkg-packages', (text) => line + text),
        withText('os-release', () => `ID=${evil}\nPRETTY_NAME="${evil}"\nVERSION_ID=${evil}\n`),
        withText('host', (text) =>
          text
            .replace(/^hostname .*/m, `hostname ${evil}`)
            .replace(/^kernel-release .*/m, `kernel-release ${evil}`),
        ),
        withText('software', () => `opt ${evil}\n`),
        withText('apt-updates', (text) => text.replace(/^ {3}\S+ \(/m, `   ${evil} (`)),
        withText('apt-repositories', (text) => text.replace(/^Origin: .*/gm, `Origin: ${evil}`)),
      ]) {
        const snapshot = await replaySnapshot('h', { bytes });
        expectValid(snapshot);
        for (const row of [...snapshot.packages, ...snapshot.updates])
          expect(row.package).toMatch(/^[A-Za-z0-9][A-Za-z0-9+._-]*$/);
      }
    },
  );

  test('bytes that are not UTF-8 become visible, not an error', async () => {
    const snapshot = await replaySnapshot('h', {
      bytes: changed('os-release', () => Buffer.from('ID=debian\nPRETTY_NAME="\xff\xfe\xc3"\n', 'latin1')),
    });
    expectValid(snapshot);
    expect(snapshot.scans[0]!.os_id).toBe('debian');
  });

  test('fifty megabytes in one section are bounded and said', async () => {
    const snapshot = await replaySnapshot('h', {
      bytes: changed('dpkg-packages', () => Buffer.alloc(50_000_000, 'x\ty\n')),
    });
    expectValid(snapshot);
    expect(snapshot.sections.find((row) => row.section === 'dpkg-packages')).toMatchObject({
      truncated: true,
      bytes: 50_000_000,
    });
    expect(readingsOf(snapshot)).toMatchObject({ packages: 'unread' });
    expect(snapshot.rejections.length).toBeLessThanOrEqual(101);
  });

  test('more than the whole limit is output-too-large', async () => {
    const snapshot = await replaySnapshot('h', {
      bytes: changed('dpkg-packages', () => Buffer.alloc(70_000_000, 'x')),
    });
    expectValid(snapshot);
    expect(snapshot.scans[0]!.status).toBe('output-too-large');
  });

  test('random damage to the answer never breaks the reading', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(recorded.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 40 }),
        async (at, noise) => {
          const bytes = Buffer.from(recorded);
          bytes.set(noise.subarray(0, recorded.length - at), at);
          const snapshot = await replaySnapshot('h', { bytes });
          // Another letter in a name is another name; what must hold is that only valid rows come out.
          expectValid(snapshot);
          expect(snapshot.scans).toHaveLength(1);
        },
      ),
      { numRuns: 40 },
    );
  });
});
