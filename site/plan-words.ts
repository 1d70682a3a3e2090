/** What plans and their outcomes are called, and what to do about each. */
import type { OmissionLine, OutcomeCount, OutcomeLine, PlanLine, PlanOutcomeLine } from '#reports/reading.ts';
import { countOf, formatCount } from './words.ts';
import type { Marked } from './words.ts';

/** What became of a fix or a plan. Only what scans saw makes a disc. */
export const outcomeMarks: Record<PlanLine['outcome'], Marked> = {
  verified: { word: 'verified', shape: 'disc' },
  'installed-not-effective': { word: 'installed, not effective', shape: 'half' },
  'installed-effect-unknown': { word: 'installed, effect unknown', shape: 'dashed' },
  'not-observed': { word: 'not looked at since', shape: 'ring' },
  'still-missing': { word: 'still missing', shape: 'triangle' },
  failed: { word: 'failed', shape: 'triangle' },
  regressed: { word: 'came back', shape: 'triangle' },
  exited: { word: 'no longer concerned', shape: 'ring' },
  'partly-applied': { word: 'in part', shape: 'half' },
  superseded: { word: 'replaced before it ran', shape: 'ring' },
};

const details: Record<string, string> = {
  'by-plan': 'by this plan',
  'by-other-means': 'by other means than the plan',
  'never-run': 'no run of the script is known',
  'claim-contradicted': 'the script said that it worked; the scan says that it did not',
  'partly-installed': 'what was planned is there; another package of the source still lacks the fix',
  'package-removed': 'the package was removed',
  'host-retired': 'the host was retired',
  'host-rebuilt': 'the host was rebuilt',
  'advisory-withdrawn': 'the advisory was withdrawn',
  'apt-failed': 'apt ended with an error',
  'verify-failed': 'apt said that it worked, the installed versions say that it did not',
  interrupted: 'the script was interrupted',
  running: 'the script began, and never said how it ended',
  'wrong-release': 'the host runs another release',
  expired: 'the plan had expired',
  'dpkg-interrupted': 'an earlier installation was not finished',
  locked: 'another package manager was at work',
  'no-space': 'the disk was too full',
  changed: 'the host had changed since the plan',
  held: 'a package was on hold',
  superseded: 'a planned version was not on offer any more',
  'beyond-plan': 'apt would have done more than the plan',
  'download-failed': 'a package could not be fetched',
};

/** Why an outcome is what it is; what a host says of itself stays its own word. */
export function outcomeDetail(detail: string | null): string {
  return detail === null ? '' : (details[detail] ?? detail);
}

const nextSteps: Partial<Record<OutcomeLine['outcome'], string>> = {
  regressed: 'See what brought the old version back, then plan again.',
  failed: 'Read the log on the host under /var/log/patchledger, then plan again.',
  'installed-not-effective': 'Restart what the page of the host names.',
  'installed-effect-unknown': 'Scan as root, or reboot when it suits.',
};

/** What an admin does next about an outcome. */
export function outcomeNextStep({ outcome, detail }: Pick<OutcomeLine, 'outcome' | 'detail'>): string {
  if (outcome !== 'still-missing') return nextSteps[outcome] ?? '';
  if (detail === 'never-run') return 'Run the script with --apply.';
  return detail === 'claim-contradicted'
    ? 'Look at the host: its result and its state disagree.'
    : 'Remove or upgrade the package that is left.';
}

const omissions: Record<string, [word: string, nextStep: string]> = {
  'awaiting-approval': ['no approval', 'A rule or a file in approvals/ lets it in.'],
  'not-simulated': ['the host could not plan it', 'See the reason in the talk of patchledger remediate.'],
  'not-offered': ['not on offer', 'See why on the page of the host.'],
  held: ['held', 'apt-mark unhold on the host, if the hold is not needed any more.'],
  phased: ['phased', 'The vendor has not let it in for this host yet; it comes by itself.'],
  pinned: ['pinned', 'A pin on the host hides it.'],
  'kept-back': ['kept back', 'apt would not take it without more than the plan may do.'],
  'repository-missing-it': ['repository missing it', 'Mirror behind, or a repository not configured.'],
  'end-of-life': ['end of life', 'The release gets no fixes any more: upgrade it, or buy longer support.'],
  'host-unreachable': ['host unreachable', 'See the page of coverage.'],
};

export function omissionWord({ reason }: OmissionLine): string {
  return omissions[reason]?.[0] ?? reason;
}

export function omissionNextStep({ reason }: OmissionLine): string {
  return omissions[reason]?.[1] ?? '';
}

/** How many hosts have a plan, for how many fixes, and what is in none. */
export function scriptsSentence(plans: PlanLine[], left: OmissionLine[]): string {
  const omitted = left.reduce((sum, { fixes }) => sum + fixes, 0);
  const rest = omitted === 0 ? '' : ` ${countOf(omitted, 'missing fix', 'missing fixes')} are in none.`;
  if (plans.length === 0) return `No plan is recorded.${rest}`;
  const fixes = plans.reduce((sum, plan) => sum + plan.fixes, 0);
  const expired = plans.filter((plan) => plan.expired).length;
  const old = expired === 0 ? '' : `, ${formatCount(expired)} of them expired`;
  return `${countOf(plans.length, 'host')} ${plans.length === 1 ? 'has' : 'have'} a plan${old}, for ${countOf(fixes, 'fix', 'fixes')}.${rest}`;
}

/** How much of what was planned last is proven to be in effect. */
export function verificationSentence(counts: OutcomeCount[]): string {
  const sumOf = (...outcomes: OutcomeCount['outcome'][]): number =>
    counts.filter(({ outcome }) => outcomes.includes(outcome)).reduce((sum, { fixes }) => sum + fixes, 0);
  const all = counts.reduce((sum, { fixes }) => sum + fixes, 0);
  if (all === 0) return 'No plan is recorded, so there is nothing to verify.';
  const parts: [number, string][] = [
    [sumOf('still-missing', 'failed'), 'still missing'],
    [sumOf('regressed'), 'missing again'],
    [sumOf('installed-not-effective'), 'installed and not in effect'],
    [sumOf('installed-effect-unknown'), 'installed, effect unknown'],
    [sumOf('not-observed'), 'not looked at since'],
    [sumOf('exited'), 'no longer concerned'],
  ];
  const rest = parts.filter(([fixes]) => fixes > 0).map(([fixes, words]) => `${formatCount(fixes)} ${words}`);
  return `${formatCount(sumOf('verified'))} of ${countOf(all, 'planned fix', 'planned fixes')} proven to be in effect${rest.length === 0 ? '' : `; ${rest.join(', ')}`}.`;
}

/** What the script said of its last run: a claim, told as one. */
export function claimWords(
  line: Pick<PlanOutcomeLine, 'result_state' | 'result_reason' | 'exit_status'>,
): string {
  if (line.result_state === null) return 'no run is known';
  const exit = line.exit_status === null ? '' : `, exit ${line.exit_status}`;
  const why = line.result_reason === null ? '' : `: ${line.result_reason}`;
  return `${line.result_state}${why}${exit}`;
}
