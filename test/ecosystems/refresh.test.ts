import { describe, expect, test } from 'vitest';
import { refreshSection, withRefresh } from '#ecosystems/refresh.ts';
import { ecosystems } from '#ecosystems/registry.ts';
import type { Reading } from '#ecosystems/ecosystem.ts';
import { runTool } from '#test/tools.ts';
import { outputOf } from './contract.ts';

const whole: Reading[] = [
  { subject: 'updates', status: 'complete', reason: null },
  { subject: 'repositories', status: 'complete', reason: null },
];

describe('what became of a refresh', () => {
  test.each<[string, Parameters<typeof outputOf>[1] | null, string | null]>([
    ['nobody asked', null, null],
    ['it went well', {}, null],
    ['it went well, with a word that is no failure', { stderr: 'W: something is deprecated\n' }, null],
    [
      'it failed',
      { exitStatus: 100, stderr: 'W: one\nE: Could not get lock\n' },
      "The refresh of its package lists failed: 'refresh' ended with status 100: E: Could not get lock.",
    ],
    [
      'sudo may not',
      { exitStatus: 1, stderr: 'sudo: a password is required\n' },
      "The refresh of its package lists failed: 'refresh' ended with status 1: sudo: a password is required.",
    ],
    [
      'it took too long',
      { exitStatus: 124 },
      "The refresh of its package lists failed: 'refresh' ran out of time.",
    ],
    [
      'it was cut off',
      { exitStatus: null },
      "The refresh of its package lists failed: The answer ended within 'refresh'.",
    ],
    [
      'no server answered, which apt calls success',
      { stderr: 'W: Failed to fetch http://a/InRelease\nW: Some index files failed to download.\n' },
      'The refresh of its package lists was not complete: W: Some index files failed to download.',
    ],
  ])('%s', (_name, output, reason) => {
    const readings = withRefresh(whole, output === null ? undefined : outputOf('', output), false);
    expect(readings[0]).toEqual(whole[0]);
    expect(readings[1]).toEqual({
      subject: 'repositories',
      status: reason === null ? 'complete' : 'partial',
      reason,
    });
  });

  test('one that was asked for and never came is said: an installed probe refreshes nothing', () => {
    const [, reading] = withRefresh(whole, undefined, true);
    expect(reading).toMatchObject({ status: 'partial', reason: expect.stringContaining('not done') });
  });

  test('it makes nothing better, and hides no other reason', () => {
    const unread: Reading[] = [{ subject: 'repositories', status: 'unread', reason: 'Nothing was read.' }];
    expect(withRefresh(unread, outputOf('', { exitStatus: 100, stderr: 'E: no' }), true)).toEqual([
      {
        subject: 'repositories',
        status: 'unread',
        reason:
          "The refresh of its package lists failed: 'refresh' ended with status 100: E: no. Nothing was read.",
      },
    ]);
  });

  test('a hostile answer is cleaned', () => {
    const [, reading] = withRefresh(
      whole,
      outputOf('', { exitStatus: 1, stderr: `\u001b[2J${'x'.repeat(5000)}` }),
      true,
    );
    expect(reading?.reason).not.toMatch(/\p{Cc}/u);
    expect(reading?.reason?.length).toBeLessThan(400);
  });
});

describe('the command', () => {
  test('root runs it as it is; nobody else does, but through sudo that asks no password', () => {
    const { command } = refreshSection('echo "I am $(id -u)" #');
    const sudo = 'sudo() { echo "sudo $*"; }\nexport PATH=/usr/bin:/bin\n';
    const as = (uid: number): string =>
      runTool(
        ['setpriv', `--reuid=${uid}`, '--clear-groups', 'sh'],
        `${sudo}${command.replaceAll('#;', ';')}`,
      ).stdout;
    expect(as(0)).toBe('I am 0\n');
    expect(as(1500)).toBe('sudo -n echo I am 1500\n');
  });

  test('only families that can refresh without changing more have one', () => {
    expect(ecosystems.find(({ id }) => id === 'apt')?.refresh?.command).toBe(
      'if [ "$(id -u)" = 0 ]; then apt-get update; else sudo -n apt-get update; fi',
    );
    expect(ecosystems.find(({ id }) => id === 'pacman')?.refresh ?? null).toBeNull();
  });
});
