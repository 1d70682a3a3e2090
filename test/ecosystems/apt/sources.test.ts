import { describe, expect, test } from 'vitest';
import { sources } from '#ecosystems/apt/sources.ts';

const binary = (name: string, version: string, source: string, sourceVersion: string) => ({
  package: name,
  version,
  source_package: source,
  source_version: sourceVersion,
});

/** Names and versions as Debian 12 and 13 have them. */
const known: [string, ReturnType<typeof binary>, string, string][] = [
  [
    'a plain package',
    binary('openssl', '3.0.17-1~deb12u2', 'openssl', '3.0.17-1~deb12u2'),
    'openssl',
    '3.0.17-1~deb12u2',
  ],
  ['a rebuild', binary('bash', '5.2.15-2+b8', 'bash', '5.2.15-2'), 'bash', '5.2.15-2'],
  [
    'a version of its own',
    binary('libldb2', '2:2.6.2+samba4.17.12+dfsg-0+deb12u1', 'samba', '2:4.17.12+dfsg-0+deb12u1'),
    'samba',
    '2:4.17.12+dfsg-0+deb12u1',
  ],
  [
    'a signed kernel',
    binary('linux-image-6.1.0-41-amd64', '6.1.158-1', 'linux-signed-amd64', '6.1.158+1'),
    'linux',
    '6.1.158-1',
  ],
  [
    'a kernel of the cloud',
    binary('linux-image-6.12.57+deb13-cloud-arm64', '6.12.57-1', 'linux-signed-arm64', '6.12.57+1'),
    'linux',
    '6.12.57-1',
  ],
  [
    'signed grub',
    binary('grub-efi-amd64-signed', '1+2.06+13+deb12u1', 'grub-efi-amd64-signed', '1+2.06+13+deb12u1'),
    'grub2',
    '2.06-13+deb12u1',
  ],
  [
    'signed fwupd',
    binary('fwupd-amd64-signed', '1:1.8.12+2', 'fwupd-amd64-signed', '1:1.8.12+2'),
    'fwupd',
    '1:1.8.12-2',
  ],
  [
    'signed shim',
    binary('shim-signed', '1.44~1+deb12u1+15.8-1~deb12u1', 'shim-signed', '1.44~1+deb12u1+15.8-1~deb12u1'),
    'shim',
    '15.8-1~deb12u1',
  ],
];

test.each(known)('%s', (_, found, source, version) => {
  expect(sources.sourceOf(found)).toEqual({ source, version });
});

describe('another version that only a log names', () => {
  test('follows the source where the known version does', () => {
    const now = binary('libssl3', '3.0.17-1~deb12u2', 'openssl', '3.0.17-1~deb12u2');
    expect(sources.sourceOfLogged('libssl3', '3.0.15-1~deb12u1+b1', now)).toEqual({
      source: 'openssl',
      version: '3.0.15-1~deb12u1',
    });
  });

  test('is unknown where the binary has a version of its own, or nothing is known', () => {
    const now = binary('libldb2', '2:2.6.2+samba4.17.12', 'samba', '2:4.17.12');
    expect(sources.sourceOfLogged('libldb2', '2:2.6.1+samba4.17.9', now)).toBeNull();
    expect(sources.sourceOfLogged('libldb2', '2:2.6.2+samba4.17.12', now)).toEqual({
      source: 'samba',
      version: '2:4.17.12',
    });
    expect(sources.sourceOfLogged('gone', '1.0', null)).toBeNull();
    expect(sources.sourceOfLogged('gone', '$(reboot)', now)).toBeNull();
  });

  test('is that of the kernel for an image, though none is left', () => {
    expect(sources.sourceOfLogged('linux-image-6.1.0-18-amd64', '6.1.76-1', null)).toEqual({
      source: 'linux',
      version: '6.1.76-1',
    });
  });
});

describe('kernels', () => {
  test.each([
    ['linux-image-6.1.0-41-cloud-amd64', 'cloud-amd64'],
    ['linux-image-6.1.0-41-amd64', 'amd64'],
    ['linux-image-amd64', null],
    ['linux-headers-6.1.0-41-amd64', null],
  ])('%s has flavour %s', (name, flavour) => {
    expect(sources.kernelFlavour(name)).toBe(flavour);
  });

  test.each([
    ['6.1.0-41-amd64', '#1 SMP PREEMPT_DYNAMIC Debian 6.1.158-1 (2025-11-09)', '6.1.158-1'],
    ['6.8.0-45-generic', '#45-Ubuntu SMP PREEMPT_DYNAMIC Fri Aug 30 12:02:04 UTC 2024', null],
    ['6.1.0-41-amd64', '#1 SMP Debian $(reboot)', null],
  ])('what runs: %s %s', (release, version, expected) => {
    expect(sources.runningKernel(release, version).version).toBe(expected);
  });
});
