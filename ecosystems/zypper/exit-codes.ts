/** What zypper's exit statuses mean (zypper(8), EXIT CODES). */

/** Those that are no failure of what was asked: 100 to 103 speak of the host, not of the command. */
const answers = new Set([0, 100, 101, 102, 103]);

const problems: { [status: number]: string } = {
  1: 'zypper met an error.',
  2: 'This zypper does not know the command.',
  3: 'This zypper does not know the command.',
  4: 'zypper or the package database met an error.',
  5: 'zypper asks for root.',
  6: 'No repository is defined.',
  7: 'Another program holds the lock of the package management.',
  8: 'zypper found broken dependencies.',
  104: 'zypper did not find what it was asked for.',
  105: 'zypper was stopped by a signal.',
  106: 'zypper left out a repository that it could not read.',
  107: 'A script of a package failed.',
};

/** Why an answer with that exit status is not whole, as a sentence; null where it is. */
export function exitProblem(status: number | null): string | null {
  if (status === null) return 'zypper did not answer.';
  return answers.has(status) ? null : (problems[status] ?? `zypper ended with status ${status}.`);
}

/**
 * Whether the host asks for a reboot, by the exit status of `zypper needs-rebooting`; null where it does not say,
 * as before zypper 1.14.15.
 */
export function asksForReboot(status: number | null): boolean | null {
  if (status === 102) return true;
  return status === 0 ? false : null;
}
