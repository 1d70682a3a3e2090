/**
 * Asking a host to refresh its package lists: the one thing that the collector ever has a host do, and only
 * where the inventory says `refresh: true`. A refresh that fails takes nothing away: the host is read all the
 * same, and how old its lists are says the rest.
 */
import { clean } from '#data/model/clean.ts';
import { linesOf, sectionProblem } from './sections.ts';
import type { Reading, SectionOutput, SectionSpec } from './ecosystem.ts';

/** Name of the section, the same in every family. */
export const refreshName = 'refresh';

// No longer than any other command of the probe may be silent (collector/scan.ts).
const timeoutSeconds = 180;

/**
 * @param command exactly one command, as root types it and as a sudoers rule names it
 */
export function refreshSection(command: string): SectionSpec {
  return {
    name: refreshName,
    command: `if [ "$(id -u)" = 0 ]; then ${command}; else sudo -n ${command}; fi`,
    timeoutSeconds,
    maxBytes: 262_144,
    subjects: ['repositories'],
    rootReadsMore: true,
  };
}

/**
 * The readings with what became of a refresh: the lists are not what was asked for where it failed.
 *
 * @param asked whether the host was to refresh; an installed probe (docs/least-privilege.md) never does
 */
export function withRefresh(
  readings: Reading[],
  output: SectionOutput | undefined,
  asked: boolean,
): Reading[] {
  const missing = asked ? 'The refresh of its package lists was asked for, and not done.' : null;
  const problem = output === undefined ? missing : refreshProblem(output);
  if (problem === null) return readings;
  return readings.map((reading) =>
    reading.subject !== 'repositories'
      ? reading
      : {
          ...reading,
          status: reading.status === 'complete' ? 'partial' : reading.status,
          reason: [problem, reading.reason].filter((part) => part !== null).join(' '),
        },
  );
}

function refreshProblem(output: SectionOutput): string | null {
  const problem = sectionProblem(refreshName, output);
  if (problem !== null) return `The refresh of its package lists failed: ${problem}`;
  // apt-get(8) update ends with 0 where servers could not be reached and older lists were kept.
  const warning = linesOf(output.stderr).findLast((line) => /^W: .*fail/i.test(line));
  if (warning === undefined) return null;
  return `The refresh of its package lists was not complete: ${clean(warning, 200)}`;
}
