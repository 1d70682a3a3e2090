/** A host's exposures as stretches on one axis of time, for the picture on its page. */
import type { Exposure } from '#reports/reading.ts';

/**
 * What is known of a stretch: the fix was missing (seen), missing as far as anybody knows (unconfirmed),
 * installed and not in effect, installed with unknown effect; 'maybe' lies between the bounds of a date.
 */
export type StretchKind = 'missing' | 'unconfirmed' | 'not-effective' | 'effect-unknown' | 'maybe';

/** A stretch in thousandths of the axis. */
export interface Stretch {
  kind: StretchKind;
  from: number;
  width: number;
}

export interface TimelineRow {
  /** One of the fix's spells, for its name and latest state. */
  exposure: Exposure;
  stretches: Stretch[];
}

export interface Timeline {
  rows: TimelineRow[];
  /** Instants at the beginning, in the middle and at the end of the axis. */
  marks: [string, string, string];
}

type Dates = Pick<
  Exposure,
  | 'status'
  | 'opened_not_before'
  | 'opened_not_after'
  | 'installed_not_before'
  | 'installed_not_after'
  | 'effective_not_before'
  | 'effective_not_after'
  | 'exited_not_before'
  | 'exited_not_after'
  | 'last_confirmed_at'
>;

const day = 86_400_000;
const shortestAxis = 7 * day;
const longestAxis = 730 * day;

/**
 * @param exposures most important first; spells of one fix share a row
 * @param asOf end of the axis
 * @param most rows to show
 * @returns null when there is nothing to draw
 */
export function drawTimeline(exposures: readonly Exposure[], asOf: string, most: number): Timeline | null {
  const lasting = exposures.filter((exposure) => !exposure.pre_empted && exposure.opened_not_after !== null);
  const byFix = [...Map.groupBy(lasting, ({ fix_id }) => fix_id).values()].slice(0, most);
  if (byFix.length === 0) return null;
  const end = Date.parse(asOf);
  const begins = byFix
    .flat()
    .map((exposure) => Date.parse(exposure.opened_not_before ?? exposure.opened_not_after ?? asOf));
  const start = Math.max(end - longestAxis, Math.min(end - shortestAxis, ...begins));
  const rows = byFix.flatMap((spells) => {
    const [exposure] = spells;
    if (exposure === undefined) return [];
    const stretches = spells.flatMap((spell) => stretchesOf(spell, start, end));
    return [
      {
        exposure,
        stretches: stretches.map((stretch) => onAxis(stretch, start, end)).filter(({ width }) => width > 0),
      },
    ];
  });
  const marks = [start, (start + end) / 2, end].map((at) => new Date(at).toISOString());
  return { rows, marks: marks as [string, string, string] };
}

interface Raw {
  kind: StretchKind;
  from: number;
  to: number;
}

/** The stretches of one spell between two instants. */
export function stretchesOf(dates: Dates, start: number, end: number): Raw[] {
  const opened = at(dates.opened_not_after) ?? start;
  const stretches: Raw[] = [{ kind: 'maybe', from: at(dates.opened_not_before) ?? start, to: opened }];
  const installed = at(dates.installed_not_after);
  if (installed === null) return [...stretches, ...untilOver(dates, 'missing', opened, end)];
  const surely = Math.max(opened, at(dates.installed_not_before) ?? opened);
  stretches.push(
    { kind: 'missing', from: opened, to: surely },
    { kind: 'maybe', from: surely, to: installed },
  );
  const effective = at(dates.effective_not_after);
  const kind = dates.status === 'installed-effect-unknown' ? 'effect-unknown' : 'not-effective';
  if (effective === null) return [...stretches, ...untilOver(dates, kind, installed, end)];
  const notBefore = Math.max(installed, at(dates.effective_not_before) ?? installed);
  return [
    ...stretches,
    { kind: 'not-effective', from: installed, to: notBefore },
    { kind: 'maybe', from: notBefore, to: effective },
  ];
}

/** What lasts until the exit, or until now: not confirmed after the last reading that saw it. */
function untilOver(dates: Dates, kind: StretchKind, from: number, end: number): Raw[] {
  const exited = at(dates.exited_not_after);
  if (exited !== null) {
    const surely = Math.max(from, at(dates.exited_not_before) ?? from);
    return [
      { kind, from, to: surely },
      { kind: 'maybe', from: surely, to: exited },
    ];
  }
  if (kind !== 'missing') return [{ kind, from, to: end }];
  const confirmed = Math.max(from, at(dates.last_confirmed_at) ?? from);
  return [
    { kind, from, to: confirmed },
    { kind: 'unconfirmed', from: confirmed, to: end },
  ];
}

function onAxis({ kind, from, to }: Raw, start: number, end: number): Stretch {
  const place = (instant: number): number =>
    Math.round((1000 * (Math.min(end, Math.max(start, instant)) - start)) / (end - start));
  return { kind, from: place(from), width: place(to) - place(from) };
}

function at(instant: string | null): number | null {
  return instant === null ? null : Date.parse(instant);
}
