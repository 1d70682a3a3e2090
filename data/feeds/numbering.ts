/** Vendors number their advisories: missing numbers tell where a copy of the list has holes. */
import type { FeedRow } from '#data/model/feed-tables.ts';

/** Numbers that vendors leave unused in a row, at most (DSA and DLA: 3); more are a hole. */
const mostUnused = 5;

export interface Coverage {
  intervals: Omit<FeedRow<'feed_coverage'>, 'feed'>[];
  /** End of the day of the newest advisory; null without any. */
  currentAt: string | null;
}

/**
 * The times of publication that a list of advisories covers without a hole.
 *
 * @param numbered number and day (YYYY-MM-DD) of every advisory's first revision, in any order: a later
 *   revision says nothing about the numbers around it
 */
export function coverageOf(numbered: { number: number; day: string }[]): Coverage {
  const runs: { from: string; to: string; last: number }[] = [];
  for (const { number, day } of numbered.toSorted((a, b) => a.number - b.number)) {
    const run = runs.at(-1);
    if (run === undefined || number - run.last - 1 > mostUnused) {
      runs.push({ from: day, to: day, last: number });
      continue;
    }
    run.last = number;
    if (day > run.to) run.to = day;
    if (day < run.from) run.from = day;
  }
  const intervals = runs.map(({ from, to }) => ({
    from_at: `${from}T00:00:00.000Z`,
    to_at: `${to}T23:59:59.999Z`,
  }));
  return { intervals: joinOverlapping(intervals), currentAt: intervals.at(-1)?.to_at ?? null };
}

/** Numbers are given out before days are: runs may overlap by some days. */
function joinOverlapping(intervals: Coverage['intervals']): Coverage['intervals'] {
  const joined: { from_at: string; to_at: string }[] = [];
  for (const interval of intervals.toSorted((a, b) => (a.from_at < b.from_at ? -1 : 1))) {
    const last = joined.at(-1);
    if (last !== undefined && interval.from_at <= last.to_at) {
      if (interval.to_at > last.to_at) last.to_at = interval.to_at;
    } else joined.push({ ...interval });
  }
  return joined;
}
