/** Exit statuses as zypper(8) has them; the real ones are in test/fleet/zypper-exit-codes.test.ts. */
import { expect, test } from 'vitest';
import { asksForReboot, exitProblem } from '#ecosystems/zypper/exit-codes.ts';

const none = /^null$/;

test.each([
  [0, none],
  [1, /error/],
  [2, /does not know/],
  [3, /does not know/],
  [4, /package database/],
  [5, /root/],
  [6, /No repository/],
  [7, /lock/],
  [8, /dependencies/],
  [100, none],
  [101, none],
  [102, none],
  [103, none],
  [104, /did not find/],
  [105, /signal/],
  [106, /left out a repository/],
  [107, /script/],
  [108, /status 108/],
  [null, /did not answer/],
])('%s', (status, problem) => {
  expect(String(exitProblem(status))).toMatch(problem);
});

test.each([
  [102, true],
  [0, false],
  [1, null],
  [2, null],
  [100, null],
  [101, null],
  [103, null],
  [127, null],
  [null, null],
])('needs-rebooting with %s is %s: 102 is yes, 0 is no, anything else is not known', (status, asks) => {
  expect(asksForReboot(status)).toBe(asks);
});
