/** How a scan ended, in one word, one sentence and a next step. */
import type { RowOf } from '#data/model/tables.ts';
import type { ScanStatus } from '#data/model/words.ts';
import type { Contact } from './snapshot.ts';
import type { Hello } from './hello.ts';

export interface Verdict {
  status: ScanStatus;
  reason: string | null;
  next_step: string | null;
}

export function verdictOf(contact: Contact, hello: Hello, readings: RowOf<'readings'>[]): Verdict {
  return contactVerdict(contact) ?? familyVerdict(hello) ?? readingsVerdict(readings);
}

/** What went wrong on the way; null when the probe came to its end. */
function contactVerdict({ answer, end }: Contact): Verdict | null {
  if (answer.tooLarge || end.outcome === 'output-too-large') {
    return verdict(
      'output-too-large',
      `The host sent more than is taken. ${end.message}`,
      'Look at the sections of this scan for the one that is too long.',
    );
  }
  if (answer.finished) return null;
  if (end.outcome !== 'ended')
    return verdict(end.outcome, end.message || 'The host could not be read.', null);
  const said = end.message === '' ? '' : ` The shell said: ${end.message}`;
  const began =
    answer.frames.size === 0 ? 'The probe never began.' : 'The answer ended before the probe did.';
  return verdict(
    'cut-off',
    `${began}${said}`,
    'Scan the host again; if it repeats, run the probe on the host by hand.',
  );
}

function familyVerdict(hello: Hello): Verdict | null {
  if (hello.family !== null) return null;
  if (hello.system !== 'Linux') {
    return verdict('unsupported-os', `The host runs ${hello.system ?? 'an unknown system'}.`, null);
  }
  if (hello.otherTools.length > 0) {
    return verdict(
      'unsupported-os',
      `The host's package manager is not read yet: ${hello.otherTools.join(', ')}.`,
      null,
    );
  }
  return verdict('no-package-manager', 'No package manager was found on the host.', null);
}

/**
 * Whose memory maps may be read is a matter of rights, on a healthy host too; what that leaves unknown is
 * said by the subject's own reading and does not make the scan a partial one.
 */
const neverComplete = ['mappings'];

function readingsVerdict(readings: RowOf<'readings'>[]): Verdict {
  const open = readings.filter(
    ({ subject, status }) =>
      status === 'unread' || (status === 'partial' && !neverComplete.includes(subject)),
  );
  if (open.length === 0) return verdict('ok', null, null);
  const named = open.map((reading) => `${reading.subject} (${reading.status})`).join(', ');
  const root = open.some((reading) => reading.needs_root);
  return verdict('partial', `Not completely read: ${named}.`, root ? 'Root would read more.' : null);
}

function verdict(status: ScanStatus, reason: string | null, nextStep: string | null): Verdict {
  return { status, reason: reason === null ? null : reason.trim(), next_step: nextStep };
}
