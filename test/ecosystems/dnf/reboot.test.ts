/** Exit codes of needs-restarting, read exactly. */
import { describe, expect, test } from 'vitest';
import { rebootOf } from '#ecosystems/dnf/reboot.ts';
import { contextOf, outputOf } from '../contract.ts';
import type { RowOf } from '#data/model/tables.ts';

const due = `Core libraries or services have been updated since boot-up:
  * glibc
  * systemd

Reboot is required to fully utilize these updates.
More information: https://access.redhat.com/solutions/27943
`;
const notDue =
  'No core libraries or services have been updated since boot-up.\nReboot should not be necessary.\n';

function kernel(version: string, running: boolean, same_flavour = true): RowOf<'kernels'> {
  return {
    host_id: 'h',
    package: 'kernel-core',
    architecture: 'x86_64',
    version,
    release: version,
    flavour: '',
    running,
    same_flavour,
  };
}

function read(
  text: string,
  exitStatus: number | null,
  more: { kernels?: RowOf<'kernels'>[]; flag?: string; truncated?: boolean } = {},
): unknown {
  const output = outputOf(text, { exitStatus, truncated: more.truncated ?? false });
  const context = contextOf({ 'dnf-reboot': output, reboot: more.flag ?? 'not asked for\n' });
  return rebootOf(context, more.kernels ?? []);
}

const unknown = { reboot_required: null, reboot_packages: [] };

describe('needs-restarting: only exit status 1 with its list means a reboot', () => {
  test.each<[string, string, number | null, unknown]>([
    ['1 and its list', due, 1, { reboot_required: true, reboot_packages: ['glibc', 'systemd'] }],
    ['0 and its sentence', notDue, 0, { reboot_required: false, reboot_packages: [] }],
    ['1 of an error', '', 1, unknown],
    ['1 of a plugin that is not there', 'No such command: needs-restarting.\n', 1, unknown],
    [
      'an old plugin without -r',
      'Usage: needs-restarting [options]\nneeds-restarting: error: no such option: -r\n',
      2,
      unknown,
    ],
    ['0 and a list of processes, of an old plugin', '1 : /usr/lib/systemd/systemd\n', 0, unknown],
    ['127, nothing there', '', 127, unknown],
    ['out of time', due, 124, unknown],
    ['never ended', due, null, unknown],
  ])('%s', (_case, text, status, expected) => {
    expect(read(text, status)).toEqual(expected);
  });

  test('a cut answer is none', () => {
    expect(read(due, 1, { truncated: true })).toEqual(unknown);
  });

  test('names that are none are left out', () => {
    expect(read(due.replace('* glibc', '* $(id)'), 1)).toEqual({
      reboot_required: true,
      reboot_packages: ['systemd'],
    });
  });
});

describe('a newer image than the one that runs asks for a reboot, though kernel-core is not in the list of the plugin', () => {
  test.each<[string, RowOf<'kernels'>[], boolean]>([
    ['newer of the flavour', [kernel('5-1', true), kernel('5-2', false)], true],
    ['newer of another flavour', [kernel('5-1', true), kernel('5-2', false, false)], false],
    ['older', [kernel('5-2', true), kernel('5-1', false)], false],
    ['none runs here, as in a container', [kernel('5-1', false, false), kernel('5-2', false, false)], false],
  ])('%s', (_case, kernels, expected) => {
    expect(read(notDue, 0, { kernels })).toEqual({
      reboot_required: expected,
      reboot_packages: expected ? ['kernel-core'] : [],
    });
  });
});

test('the file that Debian has is believed where it is there, and means nothing where it is not', () => {
  expect(read(notDue, 0, { flag: 'required\nlinux\n' })).toEqual({});
});
