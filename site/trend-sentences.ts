/** The sentences that say what the charts of `/trends/` show. */
import type { AgeBand, ExposureWeek, Latency, LatencyGroup } from '#reports/reading.ts';
import { countOf, formatCount } from './words.ts';

const groupNames = {
  exploited: 'fixes of CVEs that are known to be exploited',
  other: 'other security fixes',
} as const;

/** How long one group takes, until it is in effect. */
export function latencySentence({ group, effective }: Pick<LatencyGroup, 'group' | 'effective'>): string {
  const name = groupNames[group];
  if (effective.spells === 0) return `Nobody could be followed for ${name} yet.`;
  const last = effective.points.at(-1);
  if (last === undefined || last.early === null || last.late === null || !saysSomething({ effective }))
    return `Too few hosts were followed for ${name} to say how long they take.`;
  const { medianEarly: early, medianLate: late } = effective;
  if (early !== null && late !== null)
    return `Half of the ${name} were in effect ${daysRange(early, late)} after publication.`;
  const lead = early === null ? 'Fewer than half' : 'Not provably half';
  return `${lead} of the ${name} were in effect ${days(last.days)} after publication: ${shareRange(last.early, last.late)} were still missing or not in effect.`;
}

/** Whether a group's curve goes on beyond the day of publication. */
export function saysSomething({ effective }: Pick<LatencyGroup, 'effective'>): boolean {
  return effective.points.length > 1;
}

/** How many are behind a group's curve. */
export function followedText({ spells, fixes, leftOut }: Latency): string {
  const left =
    leftOut === 0 ? '' : `; ${formatCount(leftOut)} left out, over before anybody could follow them`;
  return `${countOf(spells, 'spell')} of ${countOf(fixes, 'fix', 'fixes')} followed${left}`;
}

/** '6 days', 'between 6 and 9 days'. */
function daysRange(early: number, late: number): string {
  return days(early) === days(late) ? days(late) : `between ${formatDays(early)} and ${days(late)}`;
}

function days(value: number): string {
  const text = formatDays(value);
  return `${text} ${text === '1' ? 'day' : 'days'}`;
}

/** Days, to the tenth below ten. */
export function formatDays(value: number): string {
  return value < 10 ? String(Math.round(value * 10) / 10) : formatCount(Math.round(value));
}

/** '40 %', '40–55 %'. */
export function shareRange(low: number, high: number): string {
  const [from, to] = [Math.round(low * 100), Math.round(high * 100)];
  return from === to ? `${from} %` : `${from}–${to} %`;
}

/** What came and went since the first reading, and what is left. */
export function weeksMovedSentence(weeks: readonly ExposureWeek[]): string {
  const scanned = weeks.filter((week) => !week.retrospective);
  const last = scanned.at(-1);
  if (last === undefined) return 'No week with a reading yet.';
  const total = (column: 'arrived' | 'found' | 'reopened' | 'fixed' | 'exited'): number =>
    scanned.reduce((sum, week) => sum + week[column], 0);
  const came = `${formatCount(total('arrived') + total('reopened'))} came, ${formatCount(total('found'))} were there at a first reading`;
  const exits = total('exited');
  const went = `${formatCount(total('fixed'))} ended by the fix${exits === 0 ? '' : ` and ${formatCount(exits)} otherwise`}`;
  return `In the ${countOf(scanned.length, 'week')} since the first scan ${came}, and ${went}: ${formatCount(last.closing)} are left.`;
}

/** What is missing at the end of the last week. */
export function missingSentence(weeks: readonly ExposureWeek[]): string {
  const last = weeks.at(-1);
  if (last === undefined || last.closing === 0) return 'No exposure to a security fix lasts.';
  return `${countOf(last.closing, 'exposure')} ${last.closing === 1 ? 'lasts' : 'last'} now, ${formatCount(last.closing_exploited)} of them to fixes of what is known to be exploited.`;
}

/** Host-days of the last whole week. */
export function hostDaysSentence(weeks: readonly ExposureWeek[]): string {
  const week = weeks.at(-2) ?? weeks.at(-1);
  if (week === undefined || week.host_days === 0) return 'No host-day of exposure in the last whole week.';
  const unseen = week.host_days - week.host_days_confirmed;
  const doubt =
    unseen < 0.5 ? '' : `, ${formatCount(Math.round(unseen))} of them after the last reading that saw it`;
  return `In the week of ${week.week} exposures added up to ${formatCount(Math.round(week.host_days))} host-days${doubt}.`;
}

/** How old that is which is missing. */
export function agesSentence(ages: readonly AgeBand[], missing: number): string {
  const dated = ages.reduce((sum, band) => sum + band.missing, 0);
  if (missing === 0) return 'No security fix is missing on a host that was read.';
  const old = ages.filter((band) => band.from_days > 30).reduce((sum, band) => sum + band.missing, 0);
  const unknown = missing - dated;
  const undated =
    unknown === 0 ? '' : ` Of ${formatCount(unknown)} it is not known when they were published.`;
  return `${formatCount(old)} of ${formatCount(dated)} missing ones were published more than 30 days ago.${undated}`;
}

/** '8–30 days', 'more than 180 days'. */
export function ageWord({ from_days, to_days }: AgeBand): string {
  return to_days === null ? `more than ${from_days - 1} days` : `${from_days}–${to_days} days`;
}
