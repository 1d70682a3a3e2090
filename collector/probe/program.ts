/**
 * The probe as it is sent: one POSIX sh program on standard input of `sh`. It only reads (unless the inventory lets it
 * ask for fresh package lists), needs no temporary file and no root, bounds every command on the host itself, and
 * frames every answer.
 */
import { readFrom } from '#ecosystems/log-files.ts';
import { ecosystems } from '#ecosystems/registry.ts';
import { linuxSections } from '#ecosystems/linux/sections.ts';
import {
  askEverything,
  framed,
  probeVersion,
  renderForm,
  sectionFunctions,
  sectionsFunction,
  sectionsOfFamily,
} from './shell.ts';
import type { Positions, SectionSpec } from '#ecosystems/ecosystem.ts';

/** What the program is for; an installed probe reads it and takes on nothing but the first. */
type Task = 'probe' | 'simulation';

/**
 * @param mark random hexadecimal word that frames the answer
 * @param positions how far each log was read before
 * @param refresh whether the host is asked to refresh its package lists first
 */
export function renderProbe(mark: string, positions: Positions, refresh = false): string {
  const does = refresh ? 'asks for fresh package lists, reads, changes nothing else' : onlyReads;
  return renderForm({
    head: headOf(mark, 'probe', { positions, does }),
    functions: sectionFunctions(positions, refresh),
    body: `look_for_sudo\n${framed(askEverything())}`,
  });
}

/** The same frame around other sections, without the greeting. */
export function renderProgram(mark: string, sections: readonly SectionSpec[]): string {
  return renderForm({
    head: headOf(mark, 'simulation', { positions: {}, does: onlyReads }),
    functions: sectionsFunction('asked', sections),
    body: `sudo=no\n${framed('asked')}`,
  });
}

const onlyReads = 'reads, changes nothing';

/**
 * An installed probe runs nothing of what it is sent. These first lines are all that it reads of it, each in its own
 * narrow grammar (`installed.ts`): the mark, the task, and from where each log is wanted.
 */
function headOf(
  mark: string,
  task: Task,
  { positions, does }: { positions: Positions; does: string },
): string {
  if (!/^[0-9a-f]{32}$/.test(mark)) throw new RangeError('the mark must be 32 hexadecimal digits');
  const from = Object.entries(positions)
    .filter(([log]) => /^[a-z][a-z0-9-]{0,30}$/.test(log))
    .map(([log, position]) => `from ${log} ${readFrom(position)}\n`);
  return `# Patchledger probe ${probeVersion}: ${does}.
# shellcheck disable=SC2016,SC2034 # the quoted texts are meant for the sh that each section starts
mark=${mark}
task=${task}
from='
${from.join('')}'`;
}

/** Sections in the order in which they are run on a host of that family; null for none. */
export function sectionsOf(family: string | null, positions: Positions, refresh = false): SectionSpec[] {
  const found = ecosystems.find((ecosystem) => ecosystem.id === family);
  return found === undefined
    ? linuxSections
    : [...linuxSections, ...sectionsOfFamily(found, positions, refresh)];
}
