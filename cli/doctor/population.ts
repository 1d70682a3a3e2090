/** Whether the lists of hosts are understood, and name each host once. */
import type { Workspace } from '#data/workspace/load.ts';
import { placeText } from '#data/workspace/problems.ts';
import { problem } from './check.ts';
import type { Finding } from './check.ts';

/** One line for each host that is not understood or stands twice; more than these are counted. */
const mostNamed = 10;

/** Nothing where nothing is wrong: that there are hosts is said with the workspace. */
export function checkPopulation({ population }: Workspace): Finding[] {
  const wrong = population.notices.filter(
    ({ isDuplicate, preventsContact }) => isDuplicate || preventsContact,
  );
  const findings = wrong
    .slice(0, mostNamed)
    .map((notice) =>
      problem(
        'population',
        `${placeText(notice)}: ${notice.message}`,
        notice.preventsContact
          ? `say it in plain words in inventory/*.yaml: hosts: { ${notice.hostId}: { … } }`
          : 'take one of the two out, or give it the address of its own',
      ),
    );
  if (wrong.length > mostNamed)
    findings.push(
      problem(
        'population',
        `… and ${wrong.length - mostNamed} more of these`,
        'patchledger population names all of them',
      ),
    );
  return findings;
}
