/**
 * How long fixes take, from publication until they are in: with those that are still open, with those that
 * were found late, and with what is only known between two scans (`semantics.md` 3 and 7).
 */
import { survivalBands } from './bands.ts';
import type { ClusteredItem } from './bands.ts';
import { atRiskAt, productLimit, quantileDays, survivalAt, wasAtRisk } from './product-limit.ts';

/** One host and one fix, followed for as long as anything is known. Days since publication. */
export interface FollowedSpell {
  /** From when it can be followed; 0 from publication on. */
  entryDays: number;
  /** Fewest and most days until it was in; null when it was not seen to come in. */
  doneNotBeforeDays: number | null;
  doneNotAfterDays: number | null;
  /** Until when it was followed if not. */
  followedDays: number;
  /** The fix: its hosts are drawn together. */
  cluster: string;
}

/** The share of fixes that are not in after so many days. */
export interface LatencyPoint {
  days: number;
  atRisk: number;
  /** If all came in as early as they can have; null where too few are followed. */
  early: number | null;
  /** If all came in as late as they can have. */
  late: number | null;
  /** 95 % band around both. */
  low: number | null;
  high: number | null;
}

export interface Latency {
  spells: number;
  done: number;
  /** Came in before anybody could follow them: they say nothing. */
  leftOut: number;
  fixes: number;
  points: LatencyPoint[];
  /** Days until half are in, between the two curves; null when not reached. */
  medianEarly: number | null;
  medianLate: number | null;
  /** Last day that the curves speak of. */
  until: number;
}

const resamplesWanted = 400;
const mostSteps = 40_000_000;
/** An event that can have been at the entry itself is put a moment after it: the host was followed then. */
const moment = 0.001;

/**
 * @param spells in any order
 * @param grid days to read the curves off at, ascending, beginning with 0
 */
export function patchLatency(spells: readonly FollowedSpell[], grid: readonly number[]): Latency {
  const late = items(spells, ({ doneNotAfterDays }) => doneNotAfterDays).filter(wasAtRisk);
  const early = items(spells, ({ entryDays, doneNotBeforeDays, doneNotAfterDays }) =>
    doneNotAfterDays === null || doneNotAfterDays <= entryDays
      ? doneNotAfterDays
      : Math.max(doneNotBeforeDays ?? 0, entryDays === 0 ? 0 : entryDays + moment),
  ).filter(wasAtRisk);
  const [earlyCurve, lateCurve] = [productLimit(early), productLimit(late)];
  const until = Math.min(earlyCurve.until, lateCurve.until);
  const shown = grid.filter((days) => days <= until);
  const resamples = Math.max(100, Math.min(resamplesWanted, Math.floor(mostSteps / (late.length + 1))));
  const lows = new Map(survivalBands(early, shown, { resamples }).map((band) => [band.days, band.low]));
  const highs = new Map(survivalBands(late, shown, { resamples }).map((band) => [band.days, band.high]));
  return {
    spells: late.length,
    done: late.filter(({ event }) => event).length,
    leftOut: spells.length - late.length,
    fixes: new Set(late.map(({ cluster }) => cluster)).size,
    points: shown.map((days) => ({
      days,
      atRisk: atRiskAt(late, days),
      early: survivalAt(earlyCurve, days),
      late: survivalAt(lateCurve, days),
      low: lows.get(days) ?? null,
      high: highs.get(days) ?? null,
    })),
    medianEarly: quantileDays(earlyCurve, 0.5),
    medianLate: quantileDays(lateCurve, 0.5),
    until,
  };
}

function items(
  spells: readonly FollowedSpell[],
  doneAt: (spell: FollowedSpell) => number | null,
): ClusteredItem[] {
  return spells.map((spell) => {
    const done = doneAt(spell);
    return {
      entry: spell.entryDays,
      exit: done ?? spell.followedDays,
      event: done !== null,
      cluster: spell.cluster,
    };
  });
}
