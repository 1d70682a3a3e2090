import { describe, expect, test } from 'vitest';
import { kernelFlavour, runningKernel } from '#ecosystems/pacman/kernels.ts';
import { pacman } from '#ecosystems/pacman/pacman.ts';
import { sources } from '#ecosystems/pacman/sources.ts';
import { contextOf } from '../contract.ts';
import type { Parsed } from '#ecosystems/ecosystem.ts';

test.each([
  ['6.6.1-arch1-1', 'linux', '6.6.1.arch1-1'],
  // The kernel says .0 where the package of a first release does not.
  ['6.6.0-arch1-1', 'linux', '6.6.arch1-1'],
  ['6.1.60-1-lts', 'linux-lts', '6.1.60-1'],
  ['6.6.1-zen1-1-zen', 'linux-zen', '6.6.1.zen1-1'],
  ['6.6.1-hardened1-2-hardened', 'linux-hardened', '6.6.1.hardened1-2'],
  ['6.6.10-1-MANJARO', 'linux66', '6.6.10-1'],
  ['6.12.1-1-aarch64-ARCH', 'linux-aarch64', '6.12.1-1'],
  // Versions of the real-time kernels are of another kind.
  ['5.15.65-rt49-1-rt-lts', 'linux-rt-lts', null],
])('%s is %s in version %s', (release, flavour, version) => {
  expect(runningKernel(release)).toEqual({ flavour, source: flavour, version });
});

test.each([['6.1.0-25-cloud-amd64'], ['6.18.44'], ['5.15.0-100-generic'], ['6.7.2-x64v3-xanmod1-1'], ['']])(
  '%j is no kernel of Arch: its version is not known',
  (release) => {
    expect(runningKernel(release)).toMatchObject({ source: 'linux', version: null });
    expect(kernelFlavour(runningKernel(release).flavour)).toBeNull();
  },
);

test.each([
  ['linux', 'linux'],
  ['linux-lts', 'linux-lts'],
  ['linux612', 'linux612'],
  ['linux-headers', null],
  ['linux-lts-headers', null],
  ['linux-firmware', null],
  ['linux-api-headers', null],
  ['util-linux', null],
])('%s is a kernel of flavour %s', (name, flavour) => {
  expect(kernelFlavour(name)).toBe(flavour);
});

describe('kernels of a host', () => {
  const installed = [
    ['linux', '6.6.2.arch1-1'],
    ['linux-lts', '6.1.60-1'],
    ['linux-own', '1.0-1'],
    ['linux-firmware', '20250901-1'],
  ] as const;

  function parsed(running: string | null, laid: string): Parsed {
    const lines = installed.map(
      ([name, version]) => `${name}-${version}\t${name}\t${version}\t${name}\tany\t1\t1`,
    );
    const text = ['#architecture x86_64', `#folders ${lines.length}`, ...lines].join('\n');
    return pacman.parse(
      contextOf({ 'pacman-packages': text, 'pacman-kernels': laid }, { kernelRelease: running }),
    );
  }

  test('are packages that lie beside their modules, and those of Arch', () => {
    const { rows, readings } = parsed('6.6.2-arch1-1', '6.1.60-1-lts\tlinux-lts\n1.0.0-own\tlinux-own\n');
    const shown = rows.kernels?.map((row) => [row.package, row.release, row.running, row.same_flavour]);
    expect(shown).toEqual([
      ['linux', '6.6.2-arch1-1', true, true],
      ['linux-lts', '6.1.60-1-lts', false, false],
      ['linux-own', '1.0.0-own', false, false],
    ]);
    expect(readings.find((row) => row.subject === 'kernels')).toMatchObject({ status: 'complete' });
  });

  test('what other modules were left behind, the release is that of the version', () => {
    const laid = '6.6.1-arch1-1\tlinux\n6.6.2-arch1-1\tlinux\n6.5.9-arch2-1\tlinux\n';
    expect(parsed(null, laid).rows.kernels?.[0]).toMatchObject({ release: '6.6.2-arch1-1' });
  });

  test('a running kernel that was replaced asks for a boot: its modules are gone', () => {
    expect(parsed('6.6.1-arch1-1', '').scan).toMatchObject({
      reboot_required: true,
      reboot_packages: ['linux'],
    });
    expect(parsed('6.6.2-arch1-1', '').scan).not.toHaveProperty('reboot_required');
    // The kernel of a container is not one of its packages.
    expect(parsed('6.1.0-25-amd64', '').scan).not.toHaveProperty('reboot_required');
  });

  test('a line that could not be one is kept visible', () => {
    const { rows, readings } = parsed('6.6.2-arch1-1', '6.6.2-arch1-1\tlinux\n$(id)\tlinux\n');
    expect(rows.rejections).toMatchObject([{ section: 'pacman-kernels', line: 2 }]);
    expect(readings.find((row) => row.subject === 'kernels')).toMatchObject({ status: 'partial' });
  });
});

describe('sources', () => {
  const binary = {
    package: 'libtool',
    version: '1:1.0-1',
    source_package: 'tool-base',
    source_version: '1:1.0-1',
  };

  test('packages of one base share its version', () => {
    expect(sources.sourceOf(binary)).toEqual({ source: 'tool-base', version: '1:1.0-1' });
    expect(sources.sourceOfLogged('libtool', '1:1.1-1', binary)).toEqual({
      source: 'tool-base',
      version: '1:1.1-1',
    });
  });

  test('of what a log names alone the base is not known, but for kernels', () => {
    expect(sources.sourceOfLogged('libtool', '1:1.1-1', null)).toBeNull();
    expect(sources.sourceOfLogged('libtool', 'no version', binary)).toBeNull();
    expect(sources.sourceOfLogged('linux-lts', '6.1.60-1', null)).toEqual({
      source: 'linux-lts',
      version: '6.1.60-1',
    });
  });
});
