import { describe, expect, test } from 'vitest';
import { flavourOf, kernelRows } from '#ecosystems/apt/kernels.ts';
import { withOwners } from '#ecosystems/apt/mapping-owners.ts';

function packages(names: string[], state = 'installed') {
  return names.map((name) => ({
    host_id: 'h1',
    package: name,
    architecture: 'amd64',
    version: '1',
    source_package: 'linux',
    source_version: '1',
    wanted: 'install',
    state,
    origin: null,
    suite: null,
    installed_at: null,
    built_at: null,
    module: null,
  }));
}

describe('kernels', () => {
  test.each([
    ['6.1.0-25-amd64', 'amd64'],
    ['6.1.0-25-cloud-amd64', 'cloud-amd64'],
    ['6.1.0-0.deb11.25-rt-amd64', 'rt-amd64'],
    ['6.12.41+deb13-amd64', 'amd64'],
    ['6.12.41+deb13.1-1-cloud-amd64', 'cloud-amd64'],
    ['5.15.0-100-generic', 'generic'],
    ['6.6.31+rpt-rpi-v8', 'rpi-v8'],
    ['6.8.12-1-pve', 'pve'],
    ['6.1.0-rc7-amd64', 'amd64'],
    ['6.18.44', ''],
  ])('%s is of flavour %j', (release, flavour) => {
    expect(flavourOf(release)).toBe(flavour);
  });

  test('images are kernels; meta packages, debug symbols, leftovers and unsigned twins are not', () => {
    const rows = kernelRows(
      [
        ...packages([
          'linux-image-amd64',
          'linux-image-6.1.0-25-amd64',
          'linux-image-6.1.0-26-amd64',
          'linux-image-6.1.0-26-amd64-dbg',
          'linux-image-unsigned-6.1.0-26-amd64',
          'linux-image-unsigned-5.15.0-1-generic',
          'linux-headers-6.1.0-25-amd64',
          'proxmox-kernel-6.8',
          'proxmox-kernel-6.8.12-1-pve-signed',
          'linux-image-cloud-amd64',
        ]),
        ...packages(['linux-image-6.1.0-20-amd64'], 'config-files'),
      ],
      '6.1.0-25-amd64',
    );
    expect(rows.map((row) => [row.release, row.running, row.same_flavour])).toEqual([
      ['6.1.0-25-amd64', true, true],
      ['6.1.0-26-amd64', false, true],
      ['5.15.0-1-generic', false, false],
      ['6.8.12-1-pve', false, false],
    ]);
  });

  test('nothing runs where the running kernel is not known', () => {
    expect(kernelRows(packages(['linux-image-6.1.0-25-amd64']), null)).toMatchObject([
      { running: false, same_flavour: false },
    ]);
  });
});

describe('owners of mapped files', () => {
  const mapping = (path: string) => ({ host_id: 'h1', pid: 1, process: 'x', path, package: null });

  test('a file is owned under either of its names on a merged /usr', () => {
    const rows = withOwners(
      [mapping('/usr/lib/x86_64-linux-gnu/libc.so.6'), mapping('/lib/libz.so'), mapping('/opt/own/lib.so')],
      'libc6:amd64: /lib/x86_64-linux-gnu/libc.so.6\nzlib1g:amd64, other: /usr/lib/libz.so\ndiversion by dash from: /opt/own/lib.so\n',
    );
    expect(rows.map((row) => row.package)).toEqual(['libc6', 'zlib1g', null]);
  });

  test('a library that went with its version is owned by who has its link', () => {
    const rows = withOwners(
      [mapping('/usr/lib/libx.so.1.2.3'), mapping('/usr/lib/liby.so.1.2'), mapping('/usr/lib/z.so')],
      'libx1:amd64: /usr/lib/libx.so.1\n',
    );
    expect(rows.map((row) => row.package)).toEqual(['libx1', null, null]);
  });

  test('an owner that is no package name is none', () => {
    expect(withOwners([mapping('/x')], 'a;b: /x\n')[0]!.package).toBeNull();
  });
});
