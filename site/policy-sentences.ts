/** What a policy says, in sentences: the headline with its denominator, its rules, its exceptions. */
import type {
  ExceptionLine,
  JudgedExposure,
  OwnerLine,
  PolicyHost,
  PolicyLine,
  PolicyRule,
  TrendWeek,
} from '#reports/reading.ts';
import { countOf, formatCount } from './words.ts';
import type { Marked } from './words.ts';

/** '61.2 %'; rounded down, so that only all is 100 %. */
export function percentOf(part: number, whole: number): string {
  return `${(Math.floor((part / whole) * 1000) / 10).toFixed(1)} %`;
}

/** Fixes: how much of what had to be in by now is in, in time. */
export function policySentence(line: PolicyLine): string {
  const { met_recently: met, judged } = line;
  if (judged === 0) return 'No deadline fell in the last 30 days, and nothing is overdue.';
  const rest = judged - line.due_recently;
  const of =
    rest === 0
      ? `of ${countOf(judged, 'deadline')} of the last 30 days`
      : `of ${formatCount(judged)}: ${countOf(line.due_recently, 'deadline')} of the last 30 days, and ${formatCount(rest)} overdue, not provable or unknown from before`;
  return `${percentOf(met, judged)} in effect in time: ${formatCount(met)} ${of}.`;
}

/** Hosts: how many have nothing overdue, of all that should exist. */
export function policyHostsSentence(line: PolicyLine): string {
  if (line.hosts === 0) return 'The inventory names no hosts.';
  const others = [
    [line.hosts_unsupported, 'past the end of support'],
    [line.hosts_overdue, 'with something overdue'],
    [line.hosts_not_provable, 'with something not provable, or advisories that are not current'],
    [line.hosts_unread, 'unread or read in part'],
  ] as const;
  const named = others.filter(([hosts]) => hosts > 0).map(([hosts, how]) => `${formatCount(hosts)} ${how}`);
  const rest = named.length === 0 ? '' : `; ${named.join(', ')}`;
  return `${percentOf(line.hosts_clean, line.hosts)} of hosts have nothing overdue: ${formatCount(line.hosts_clean)} of ${formatCount(line.hosts)}${rest}.`;
}

/** From the oldest point to the newest, each as it was known then. */
export function trendSentence(weeks: TrendWeek[]): string {
  const points = weeks.flatMap(({ week, then_met: met, then_judged: judged }) =>
    met === null || judged === null || judged === 0 ? [] : [{ week, share: percentOf(met, judged) }],
  );
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined)
    return 'No deadline has fallen yet, so there is no share to follow.';
  if (first === last)
    return `${last.share} in effect in time. The record begins this week: points to compare with come with time.`;
  return `${last.share} in effect in time, ${first.share} in the week of ${first.week}: each as it was known at the time.`;
}

const clocks: Record<PolicyLine['clock'], string> = {
  published: 'with the publication of the fix',
  available: "when the host's own repositories have the fix",
  'first-observed': 'when a scan first sees the fix missing',
  evaluated: 'with the evaluation, or when that had to be done',
  'from-introduction': 'with the later of publication and the arrival of the vulnerable version',
};

const doneWords: Record<PolicyLine['effectiveness'], string> = {
  effective: 'the fix is proven to be in effect',
  'effective-or-unknown': 'the fix is in effect, or installed where nobody could look',
  installed: 'the fix is installed',
};

/** How the policy counts, for the reader of its page. */
export function policyWords(line: PolicyLine): [term: string, words: string][] {
  return [
    ['The clock starts', clocks[line.clock]],
    ['Done is', doneWords[line.effectiveness]],
    ['Without a severity', `judged as ${line.unrated}`],
    ['Reopened', line.reopened === 'keep' ? 'keeps its deadline' : 'the clock starts again'],
    ['Days end', `at 24:00 in ${line.zone}`],
  ];
}

export function allowedWords({ allowed_count: count, allowed_unit: unit }: PolicyRule): string {
  return countOf(count, unit.replace(/s$/, ''));
}

export const hostStandings: Record<PolicyHost['standing'], Marked> = {
  unsupported: { word: 'past support', shape: 'triangle' },
  overdue: { word: 'overdue', shape: 'triangle' },
  'not-provable': { word: 'not provable', shape: 'half' },
  unread: { word: 'not wholly read', shape: 'ring' },
  clean: { word: 'nothing overdue', shape: 'disc' },
};

export const exceptionStandings: Record<ExceptionLine['standing'], Marked> = {
  'in-force': { word: 'in force', shape: 'square' },
  'to-come': { word: 'to come', shape: 'ring' },
  expired: { word: 'expired', shape: 'dashed' },
  'taken-out': { word: 'taken out', shape: 'dashed' },
};

/** What the primary policy says of one spell; due and met are no alarm. */
export const spellVerdicts: Record<NonNullable<JudgedExposure['verdict']>, Marked> = {
  missed: { word: 'overdue', shape: 'triangle' },
  'not-provable': { word: 'not provable', shape: 'half' },
  due: { word: 'due', shape: 'square' },
  excepted: { word: 'excepted', shape: 'ring' },
  unknown: { word: 'no clock yet', shape: 'dashed' },
  met: { word: 'in time', shape: 'disc' },
  exited: { word: 'gone in time', shape: 'ring' },
};

/** Who has the most that is overdue. */
export function ownersSentence(lines: OwnerLine[]): string {
  const behind = lines.filter(({ overdue }) => overdue > 0);
  const [first] = behind;
  if (first === undefined) return 'Nothing that was seen is overdue on any host.';
  const total = behind.reduce((sum, { overdue }) => sum + overdue, 0);
  return `${countOf(total, 'exposure')} overdue with ${countOf(behind.length, 'owner')}, most of them (${formatCount(first.overdue)}) with ${first.owner ?? 'nobody named'}.`;
}

export function exceptionsSentence(lines: ExceptionLine[]): string {
  const inForce = lines.filter(({ standing }) => standing === 'in-force');
  if (lines.length === 0) return 'The record knows no exception.';
  const findings = lines.filter((line) => line.back_dated || line.self_approved).length;
  const doubt = findings === 0 ? '' : ` ${countOf(findings, 'exception')} back-dated or self-approved.`;
  return `${countOf(inForce.length, 'exception')} in force, of ${formatCount(lines.length)} that the record knows.${doubt}`;
}
