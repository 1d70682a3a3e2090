import { describe, expect, test } from 'vitest';
import { parsePolicy } from '#ecosystems/apt/apt-policy.ts';
import { parseTransaction } from '#ecosystems/apt/apt-transaction.ts';
import { isSecurityOrigin } from '#ecosystems/apt/security-origin.ts';
import { parseParts } from '#ecosystems/parts.ts';
import { rejecter } from '#ecosystems/rejections.ts';

function part(text: string) {
  return { lines: text.split('\n'), exitStatus: 0, firstLine: 1 };
}

describe('the lists that apt-get prints', () => {
  const text = [
    'Reading package lists...',
    'The following packages were automatically installed and are no longer required:',
    '   old-thing (1.0)',
    "Use 'apt autoremove' to remove them.",
    'The following packages will be REMOVED:',
    '   victim* (1.0)',
    'The following NEW packages will be installed:',
    '   newlib (1:1.0-2)',
    'The following packages have been kept back:',
    '   libssl3:arm64 (3.0.1 => 3.0.2)',
    'The following upgrades have been deferred due to phasing:',
    '   snapd (1 => 2)',
    'The following packages will be upgraded:',
    '   normal (1.0 => 1.1)',
    'The following packages will be DOWNGRADED:',
    '   down (2.0 => 1.0)',
    '1 upgraded, 1 newly installed, 1 downgraded, 1 to remove and 2 not upgraded.',
    '#file newlib_1%3a1.0-2_all.deb',
  ].join('\n');

  test('each list for itself, and nothing of the lists that change nothing', () => {
    const rejecting = rejecter('h1', 's');
    const { lists, counted, files } = parseTransaction(part(text), rejecting);
    const names = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list.keys()]]));
    expect(names).toEqual({
      upgrade: ['normal'],
      install: ['newlib'],
      remove: ['victim'],
      downgrade: ['down'],
      'kept-back': ['libssl3:arm64'],
      phased: ['snapd'],
    });
    expect(lists.upgrade.get('normal')).toMatchObject({ oldVersion: '1.0', newVersion: '1.1' });
    expect(counted).toBe(true);
    expect(files.get('newlib 1:1.0-2')).toBe('all');
    expect(rejecting.rows).toEqual([]);
  });

  test.each([
    ['a list shorter than its count', text.replace('   normal (1.0 => 1.1)\n', '')],
    ['no count', text.replace(/^1 upgraded.*$/m, '')],
  ])('%s is no answer to rely on', (_name, broken) => {
    expect(parseTransaction(part(broken), rejecter('h1', 's')).counted).toBe(false);
  });

  test('a name that is none is rejected with its line', () => {
    const rejecting = rejecter('h1', 's');
    parseTransaction(part(text.replace('   normal (1.0', '   nor`mal (1.0')), rejecting);
    expect(rejecting.rows).toMatchObject([{ line: 14, excerpt: '   nor`mal (1.0 => 1.1)' }]);
  });
});

describe('what apt-cache policy prints', () => {
  const text = [
    'phased:',
    '  Installed: 1.0',
    '  Candidate: 1.1',
    '  Version table:',
    '     1.1 500 (phased 10%)',
    '        500 http://h/ubuntu jammy-updates/main amd64 Packages',
    ' *** 1.0 100',
    '        100 /var/lib/dpkg/status',
    'pinned:i386:',
    '  Installed: (none)',
    '  Candidate: (none)',
    '  Version table:',
    '     2.0 -1',
    '        500 http://h/debian sid/main i386 Packages',
  ].join('\n');

  test('versions, priorities, phasing and sources', () => {
    const rejecting = rejecter('h1', 's');
    const policies = parsePolicy(part(text), rejecting);
    expect(policies.get('phased')).toEqual({
      installed: '1.0',
      candidate: '1.1',
      versions: [
        {
          version: '1.1',
          installed: false,
          priority: 500,
          phasedPercent: 10,
          sources: [{ priority: 500, description: 'http://h/ubuntu jammy-updates/main amd64 Packages' }],
        },
        {
          version: '1.0',
          installed: true,
          priority: 100,
          phasedPercent: null,
          sources: [{ priority: 100, description: '/var/lib/dpkg/status' }],
        },
      ],
    });
    expect(policies.get('pinned:i386')).toMatchObject({ installed: null, candidate: null });
    expect(rejecting.rows).toEqual([]);
  });

  test('a version that is none is rejected, and its sources are not given to another', () => {
    const rejecting = rejecter('h1', 's');
    const policies = parsePolicy(part(text.replace('     1.1 500', '     1.1$(id) 500')), rejecting);
    expect(policies.get('phased')!.versions.map((row) => row.version)).toEqual(['1.0']);
    expect(policies.get('phased')!.versions[0]!.sources).toHaveLength(1);
    expect(rejecting.rows).toHaveLength(1);
  });
});

describe('security origin: the field decides, not the line', () => {
  test.each([
    [
      {
        origin: 'Debian',
        label: 'Debian-Security',
        archive: 'stable-security',
        codename: 'bookworm-security',
      },
      true,
    ],
    [{ origin: 'Debian', label: 'Debian', archive: 'stable-updates', codename: 'bookworm-updates' }, false],
    [{ origin: 'Ubuntu', label: 'Ubuntu', archive: 'jammy-security', codename: 'jammy' }, true],
    [{ origin: 'Ubuntu', label: 'Ubuntu', archive: 'jammy-updates', codename: 'jammy' }, false],
    [
      { origin: 'UbuntuESMApps', label: 'UbuntuESMApps', archive: 'jammy-apps-security', codename: 'jammy' },
      true,
    ],
    [
      { origin: 'LP-PPA-security', label: 'Debian-Security', archive: 'jammy-security', codename: 'jammy' },
      false,
    ],
    [{ origin: 'Debian', label: null, archive: 'stable-security', codename: null }, null],
    [{ origin: null, label: 'Debian-Security', archive: 'stable-security', codename: null }, null],
  ])('%j: %s', (fields, expected) => {
    expect(isSecurityOrigin(fields)).toBe(expected);
  });
});

describe('parts of a section', () => {
  test('each with its status; one that never ended has none', () => {
    const { parts, same, head } = parseParts(
      'cache none\n#patchledger-part begin a\nx\ny\n\n#patchledger-part end a 100\n#patchledger-part same b\n#patchledger-part begin c\nz',
    );
    expect(head).toEqual(['cache none']);
    expect(parts.get('a')).toEqual({ lines: ['x', 'y', ''], exitStatus: 100, firstLine: 3 });
    expect(parts.get('c')).toMatchObject({ lines: ['z'], exitStatus: null });
    expect([...same]).toEqual(['b']);
  });
});
