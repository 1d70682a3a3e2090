/** How a scan ended, in one word, one sentence and a next step. */
import { clean } from '#data/model/clean.ts';
import { ecosystems, findEcosystem } from '#ecosystems/registry.ts';
import { isOurs } from './builds.ts';
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
  const failed = contactVerdict(contact) ?? familyVerdict(hello);
  return failed ?? withNoteOfBuild(readingsVerdict(readings, hello.family), hello, contact.transport);
}

/** A host that is read by another text than ours is read as far as that goes, and told so. */
function withNoteOfBuild(found: Verdict, { build, helper }: Hello, transport: Contact['transport']): Verdict {
  if (isOurs(build, transport) && isOurs(helper, null)) return found;
  const byHand = transport === 'bundle' && !isOurs(build, transport);
  const note = byHand
    ? 'The script that was run on it is of another version of Patchledger.'
    : 'The probe that is installed on it is of another version of Patchledger.';
  const nextStep = byHand
    ? 'Make the script anew before the next time: patchledger probe HOST.'
    : 'Install it again: patchledger probe --installed (docs/least-privilege.md).';
  return {
    ...found,
    reason: found.reason === null ? note : `${found.reason} ${note}`,
    next_step: found.next_step === null ? nextStep : `${found.next_step} ${nextStep}`,
  };
}

/** What went wrong on the way; null when the probe came to its end. */
function contactVerdict({ answer, end }: Contact): Verdict | null {
  if (answer.tooLarge || end.outcome === 'output-too-large') {
    return verdict(
      'output-too-large',
      `The host sent more than is taken. ${end.message}`,
      nextSteps['output-too-large'],
    );
  }
  // Without an exit status nobody said that the end was the end, whatever the frames say.
  if (answer.finished && end.exitStatus !== null) return null;
  const nextStep = end.nextStep ?? nextSteps[end.outcome];
  if (end.outcome !== 'ended')
    return verdict(end.outcome, end.message || 'The host could not be read.', nextStep);
  const said = end.message === '' ? clean(answer.preamble.trim().replace(/\s+/g, ' '), 200) : end.message;
  return verdict('cut-off', `${howFar(answer)}${said === '' ? '' : ` The shell said: ${said}`}`, nextStep);
}

function howFar({ frames, finished }: Contact['answer']): string {
  if (finished) return 'The answer ended without an exit status.';
  return frames.size === 0 ? 'The probe never began.' : 'The answer ended before the probe did.';
}

/** What to do about each ending, unless the transport knows better. */
const nextSteps: { [outcome in Contact['end']['outcome']]: string } = {
  ended: "Look at the account's login shell and login files: 'ssh HOST sh -c true' must end with status 0.",
  unreachable: 'Check the address in inventory/*.yaml, name resolution and the way to the host.',
  refused: 'Check that sshd runs on the host and listens on this port.',
  'timed-out': 'Check that the host is up and not overloaded, and that no firewall drops packets on the way.',
  'host-key-unknown': 'patchledger known-hosts shows the key that the host offers.',
  'host-key-changed': 'Find out why before anything else: it may be another machine.',
  'no-common-algorithm': 'Update sshd on the host, or allow a current algorithm in its sshd_config.',
  'auth-failed':
    'Put the public key of the collector into authorized_keys of the account; patchledger doctor shows which keys are used.',
  'cut-off': 'Scan the host again; if it repeats, look at the log of sshd on the host.',
  'output-too-large': 'Look at the sections of this scan for the one that is too long.',
};

function familyVerdict(hello: Hello): Verdict | null {
  if (hello.family !== null) return null;
  if (hello.system !== 'Linux') {
    return verdict(
      'unsupported-os',
      `The host runs ${hello.system ?? 'an unknown system'}.`,
      'Take the host out of the inventory, or bring what is known of it by hand.',
    );
  }
  if (hello.otherTools.length > 0) {
    return verdict(
      'unsupported-os',
      `The host's package manager is not read yet: ${hello.otherTools.join(', ')}.`,
      `Nothing is wrong with the host; this version of Patchledger reads ${ecosystems.map(({ id }) => id).join(', ')}.`,
    );
  }
  return verdict(
    'no-package-manager',
    'No package manager was found on the host.',
    'Check that this is the right host, and that its package manager is in the usual place.',
  );
}

/**
 * Whose memory maps may be read is a matter of rights, on a healthy host too; what that leaves unknown is
 * said by the subject's own reading and does not make the scan a partial one.
 */
const neverComplete = ['mappings'];

function readingsVerdict(readings: RowOf<'readings'>[], family: string | null): Verdict {
  const open = readings.filter(
    ({ subject, status }) =>
      status === 'unread' || (status === 'partial' && !neverComplete.includes(subject)),
  );
  if (open.length === 0) return verdict('ok', null, null);
  const named = open.map((reading) => `${reading.subject} (${reading.status})`).join(', ');
  const reason = open.find((reading) => reading.reason !== null)?.reason ?? '';
  return verdict('partial', `Not completely read: ${named}. ${reason}`, partialNextStep(open, family));
}

function partialNextStep(open: RowOf<'readings'>[], family: string | null): string {
  const advice = findEcosystem(family ?? '')?.advice;
  const isOpen = (subject: string) => open.some((reading) => reading.subject === subject);
  if (advice !== undefined && isOpen('packages')) return advice.packages;
  if (advice !== undefined && (isOpen('updates') || isOpen('repositories'))) return advice.updates;
  if (open.some((reading) => reading.needs_root)) return 'Root would read more.';
  return 'The sections of this scan show which command failed on the host.';
}

function verdict(status: ScanStatus, reason: string | null, nextStep: string | null): Verdict {
  return { status, reason: reason === null ? null : reason.trim(), next_step: nextStep };
}
