/** What remediation scripts leave on a host, as a scan brings it back. */
import { count, flag, instant, orUnknown, table, text, word } from './column.ts';
import { resultChangeStates, resultStates } from './words.ts';

const hostId = text('Stable id of the host, from the inventory.');
const packageName = text('Binary package.');
const packageArchitecture = text("Architecture of the package, e.g. 'amd64' or 'all'.");
const resultFile = text('Name of the result file on the host.');

export const results = table(
  'results',
  'What remediation scripts said of their runs, as their result files lie on the host: claims, checked against state.',
  {
    host_id: hostId,
    file: resultFile,
    plan: text('Plan that the script was made for.'),
    machine_id: text('Machine that it ran on, by its own account.'),
    state: word(resultStates, 'How far it came.'),
    reason: text('Why it ended as it did, in a word.'),
    exit_status: orUnknown(count('Exit status of the script; null while it runs, or when it was killed.')),
    started_at: instant("When it began, by the host's clock."),
    ended_at: orUnknown(instant('When it ended.')),
    reboot_needed: flag('Whether it asked for a reboot.'),
  },
  ['host_id', 'file'],
);

export const resultChanges = table(
  'result_changes',
  'What a result says of each package.',
  {
    host_id: hostId,
    file: resultFile,
    package: packageName,
    architecture: packageArchitecture,
    before: orUnknown(text('Version before; null when it was not installed.')),
    after: orUnknown(text('Version after; null when it is not installed.')),
    planned: text('Planned version.'),
    state: word(resultChangeStates, 'What became of it.'),
  },
  ['host_id', 'file', 'package', 'architecture'],
);
