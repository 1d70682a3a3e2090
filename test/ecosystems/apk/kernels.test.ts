import { describe, expect, test } from 'vitest';
import { apk } from '#ecosystems/apk/apk.ts';
import { kernelFlavour, runningKernel } from '#ecosystems/apk/kernels.ts';
import { sources } from '#ecosystems/apk/sources.ts';
import { contextOf } from '../contract.ts';
import type { Parsed } from '#ecosystems/ecosystem.ts';

test.each([
  ['6.12.50-0-lts', 'lts', 'linux-lts', '6.12.50-r0'],
  ['6.6.31-2-virt', 'virt', 'linux-lts', '6.6.31-r2'],
  ['6.12.41-0-rpi', 'rpi', 'linux-rpi', '6.12.41-r0'],
  ['6.17.4-0-stable', 'stable', 'linux-stable', '6.17.4-r0'],
  ['6.11.3-1-edge-virt', 'edge-virt', 'linux-edge', '6.11.3-r1'],
  ['6.1.0-25-cloud-amd64', '', 'linux-lts', null],
  ['6.18.44', '', 'linux-lts', null],
])('%s is flavour %j of %s, version %s', (release, flavour, source, version) => {
  expect(runningKernel(release)).toEqual({ flavour, source, version });
});

test.each([
  ['linux-lts', 'lts'],
  ['linux-virt', 'virt'],
  ['linux-rpi4', 'rpi4'],
  ['linux-lts-dev', null],
  ['linux-firmware', null],
  ['linux-firmware-none', null],
  ['linux-headers', null],
  ['linux-pam', null],
])('%s is a kernel of flavour %s', (name, flavour) => {
  expect(kernelFlavour(name)).toBe(flavour);
});

describe('kernels of a host', () => {
  function parsed(running: string | null, laid: string): Parsed {
    const packages = [
      '#apk apk-tools 3.0.6, compiled for x86_64.',
      'linux-lts\t6.12.58-r0\tx86_64\tlinux-lts\t1\t\t',
      'linux-virt\t6.12.58-r0\tx86_64\tlinux-lts\t1\t\t',
      'linux-own\t1.0-r0\tx86_64\tlinux-own\t1\t\t',
      'linux-pam\t1.6-r0\tx86_64\tlinux-pam\t1\t\t',
    ];
    return apk.parse(
      contextOf({ 'apk-packages': packages.join('\n'), 'apk-kernels': laid }, { kernelRelease: running }),
    );
  }

  test('are those that the host lays down a release for, and those of aports', () => {
    const { rows } = parsed('6.12.58-0-virt', 'lts\t6.12.58-0-lts\nown\t1.0.0-own\n');
    const shown = rows.kernels?.map((row) => [
      row.package,
      row.release,
      row.flavour,
      row.running,
      row.same_flavour,
    ]);
    expect(shown).toEqual([
      ['linux-lts', '6.12.58-0-lts', 'lts', false, false],
      ['linux-virt', '6.12.58-0-virt', 'virt', true, true],
      ['linux-own', '1.0.0-own', 'own', false, false],
    ]);
  });

  test('a running kernel that was replaced asks for a boot: its modules are gone', () => {
    expect(parsed('6.12.50-0-lts', '').scan).toMatchObject({
      reboot_required: true,
      reboot_packages: ['linux-lts'],
    });
    expect(parsed('6.12.58-0-lts', '').scan).not.toHaveProperty('reboot_required');
    // The kernel of a container is not one of its packages.
    expect(parsed('6.1.0-25-amd64', '').scan).not.toHaveProperty('reboot_required');
    expect(parsed(null, '').readings.find((row) => row.subject === 'kernels')).toMatchObject({
      status: 'partial',
      reason: 'The running kernel is not known.',
    });
  });
});

test('an origin and its version are what advisories speak of', () => {
  const binary = {
    package: 'libssl3',
    version: '3.5.4-r0',
    source_package: 'openssl',
    source_version: '3.5.4-r0',
  };
  expect(sources.sourceOf(binary)).toEqual({ source: 'openssl', version: '3.5.4-r0' });
  expect(sources.sourceOfLogged('libssl3', '3.5.5-r0', binary)).toEqual({
    source: 'openssl',
    version: '3.5.5-r0',
  });
  expect(sources.sourceOfLogged('libssl3', '3.5.5-r0', null)).toBeNull();
  expect(sources.sourceOfLogged('libssl3', 'no version', binary)).toBeNull();
});
