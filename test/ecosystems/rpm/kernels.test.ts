import { describe, expect, test } from 'vitest';
import { kernelRows, redhatKernels, suseKernels } from '#ecosystems/rpm/kernels.ts';
import { redhatSources, suseSources } from '#ecosystems/rpm/sources.ts';
import type { KernelNames } from '#ecosystems/rpm/kernels.ts';
import type { PackageRow } from '#ecosystems/rpm/packages.ts';

function packageRow(name: string, version: string, architecture = 'x86_64'): PackageRow {
  return {
    host_id: 'h1',
    package: name,
    architecture,
    version,
    source_package: name,
    source_version: version,
    wanted: 'install',
    state: 'installed',
    origin: null,
    suite: null,
    installed_at: null,
    built_at: null,
    module: null,
  };
}

function running(rows: PackageRow[], release: string, names: KernelNames): string[] {
  return kernelRows(rows, release, names)
    .filter((row) => row.running)
    .map((row) => `${row.package} ${row.version}`);
}

/** What uname -r prints, which package that is, its flavour, and the source that its advisories name. */
const redhat: [string, string, string, string, string][] = [
  ['5.14.0-427.13.1.el9_4.x86_64', 'kernel-core', '5.14.0-427.13.1.el9_4', '', 'kernel'],
  ['5.14.0-427.13.1.el9_4.x86_64+debug', 'kernel-debug-core', '5.14.0-427.13.1.el9_4', 'debug', 'kernel'],
  ['5.14.0-427.13.1.el9_4.aarch64+64k', 'kernel-64k-core', '5.14.0-427.13.1.el9_4', '64k', 'kernel'],
  ['5.14.0-427.13.1.el9_4.x86_64+rt', 'kernel-rt-core', '5.14.0-427.13.1.el9_4', 'rt', 'kernel'],
  [
    '5.14.0-427.13.1.el9_4.x86_64+rt-debug',
    'kernel-rt-debug-core',
    '5.14.0-427.13.1.el9_4',
    'rt-debug',
    'kernel',
  ],
  ['4.18.0-553.rt7.342.el8_10.x86_64', 'kernel-rt-core', '4.18.0-553.rt7.342.el8_10', 'rt', 'kernel-rt'],
  ['3.10.0-1160.el7.x86_64', 'kernel', '3.10.0-1160.el7', '', 'kernel'],
  ['3.10.0-1160.el7.x86_64.debug', 'kernel-debug', '3.10.0-1160.el7', 'debug', 'kernel'],
  ['5.15.0-200.131.27.el9uek.x86_64', 'kernel-uek-core', '5.15.0-200.131.27.el9uek', 'uek', 'kernel-uek'],
  ['5.4.17-2136.330.7.1.el8uek.aarch64', 'kernel-uek', '5.4.17-2136.330.7.1.el8uek', 'uek', 'kernel-uek'],
  ['6.1.79-99.164.amzn2023.x86_64', 'kernel', '6.1.79-99.164.amzn2023', '', 'kernel'],
  ['6.12.22-27.96.amzn2023.aarch64', 'kernel6.12', '6.12.22-27.96.amzn2023', '6.12', 'kernel6.12'],
  ['5.10.214-202.855.amzn2.x86_64', 'kernel', '5.10.214-202.855.amzn2', '', 'kernel'],
  ['6.8.5-301.fc40.x86_64', 'kernel-core', '6.8.5-301.fc40', '', 'kernel'],
  ['6.8.7-1.el9.elrepo.x86_64', 'kernel-ml-core', '6.8.7-1.el9.elrepo', 'elrepo', 'kernel-ml'],
];

describe("Red Hat's kernels", () => {
  test.each(redhat)('%s is %s %s', (release, name, ...[version, flavour, source]) => {
    const architecture = /aarch64/.test(release) ? 'aarch64' : 'x86_64';
    expect(running([packageRow(name, version, architecture)], release, redhatKernels)).toEqual([
      `${name} ${version}`,
    ]);
    expect(redhatSources.runningKernel(release, '#1 SMP')).toEqual({ flavour, source, version });
    expect(redhatSources.kernelFlavour(name)).toBe(flavour);
    expect(redhatSources.sourceOfLogged(name, version, null)?.source.replace(/-lt$/, '-ml')).toBe(source);
  });

  test.each([
    'kernel-modules',
    'kernel-modules-core',
    'kernel-modules-extra',
    'kernel-rt-modules-core',
    'kernel-headers',
    'kernel-tools',
    'kernel-tools-libs',
    'kernel-devel',
    'kernel-srpm-macros',
    'kernel-livepatch-6.1.79-99.164',
    'kernel-doc',
    'kernelshark',
    'linux-firmware',
  ])('%s holds no image', (name) => {
    expect(redhatSources.kernelFlavour(name)).toBeNull();
  });

  test('of several kernels installed the running one is told, within its flavour; an empty meta package is none', () => {
    const rows = [
      packageRow('kernel', '5.14.0-427.el9'),
      packageRow('kernel', '5.14.0-500.el9'),
      packageRow('kernel-core', '5.14.0-427.el9'),
      packageRow('kernel-core', '5.14.0-500.el9'),
      packageRow('kernel-debug-core', '5.14.0-500.el9'),
      packageRow('bash', '5.1-1'),
    ];
    expect(
      kernelRows(rows, '5.14.0-427.el9.x86_64', redhatKernels).map((row) => [
        row.package,
        row.release,
        row.flavour,
        row.running,
        row.same_flavour,
      ]),
    ).toEqual([
      ['kernel-core', '5.14.0-427.el9.x86_64', '', true, true],
      ['kernel-core', '5.14.0-500.el9.x86_64', '', false, true],
      ['kernel-debug-core', '5.14.0-500.el9.x86_64+debug', 'debug', false, false],
    ]);
  });

  test.each(['6.6.87.2-microsoft-standard-WSL2', '6.1.0-25-cloud-amd64', ''])(
    'a kernel of somebody else (%j) is none of them, and its version is not known',
    (release) => {
      const rows = kernelRows([packageRow('kernel-core', '5.14.0-427.el9')], release, redhatKernels);
      expect(rows.map((row) => [row.running, row.same_flavour])).toEqual([[false, false]]);
      expect(redhatSources.runningKernel(release, '').version).toBeNull();
    },
  );

  test('where nobody said what runs, nothing runs', () => {
    const rows = kernelRows([packageRow('kernel-core', '5.14.0-427.el9')], null, redhatKernels);
    expect(rows.map((row) => [row.running, row.same_flavour])).toEqual([[false, false]]);
  });
});

describe("SUSE's kernels", () => {
  test.each([
    ['5.14.21-150500.55.49-default', 'kernel-default', '5.14.21-150500.55.49.1'],
    ['5.14.21-150500.33.48-azure', 'kernel-azure', '5.14.21-150500.33.48.1'],
    ['6.8.7-1-default', 'kernel-default', '6.8.7-1.1'],
    ['5.14.21-150500.13.47-rt', 'kernel-rt', '5.14.21-150500.13.47.2'],
  ])('uname truncates the release: %s is %s %s', (release, name, version) => {
    expect(running([packageRow(name, version)], release, suseKernels)).toEqual([`${name} ${version}`]);
    const runs = suseSources.runningKernel(release, '');
    const built = suseSources.sourceOf({
      package: name,
      version,
      source_package: name,
      source_version: version,
    });
    expect({ source: runs.source, version: runs.version }).toEqual(built);
    expect(suseSources.sourceOfLogged(name, version, null)).toEqual(built);
  });

  test('of two rebuilds of one release the newest is what lies on the disk', () => {
    const rows = [
      packageRow('kernel-default', '5.14.21-150500.55.49.2'),
      packageRow('kernel-default', '5.14.21-150500.55.49.10'),
    ];
    expect(running(rows, '5.14.21-150500.55.49-default', suseKernels)).toEqual([
      'kernel-default 5.14.21-150500.55.49.10',
    ]);
  });

  test('what else is built from a kernel source is counted as that kernel', () => {
    const devel = {
      package: 'kernel-default-devel',
      version: '5.14.21-150500.55.49.1',
      source_package: 'kernel-default',
      source_version: '5.14.21-150500.55.49.1',
    };
    expect(suseSources.sourceOf(devel)).toEqual({
      source: 'kernel-default',
      version: '5.14.21-150500.55.49',
    });
    expect(suseSources.sourceOfLogged('kernel-default-devel', '5.14.21-150500.55.52.1', devel)).toEqual({
      source: 'kernel-default',
      version: '5.14.21-150500.55.52',
    });
    expect(suseSources.kernelFlavour('kernel-default-devel')).toBeNull();
  });
});
