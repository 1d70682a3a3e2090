/**
 * The product-limit estimator (Kaplan and Meier 1958) for items that may enter late (left truncation) and
 * leave without an event (right censoring). At each time with events the curve is multiplied by
 * 1 - events / at risk, where those at risk entered before that time and had not left before it.
 */

/** One item, in days. One that entered at 0 is at risk from 0 on; any other only after its entry. */
export interface Item {
  entry: number;
  exit: number;
  /** Whether it left by the event; otherwise it was followed until then and no further. */
  event: boolean;
  /** How many such items; 1 when not given. */
  weight?: number;
}

export interface CurvePoint {
  days: number;
  /** Items at risk just before. */
  atRisk: number;
  events: number;
  /** Share without the event after it. */
  survival: number;
}

export interface Curve {
  /** One point for each time with events that counts. */
  points: CurvePoint[];
  /** Until when enough were at risk; beyond it nothing is said. */
  until: number;
}

/**
 * Late entry can leave so few at risk at the start that one event among them sends the curve to nought for
 * good. Factors with fewer than this at risk are left out (Lai and Ying 1991), and the curve ends where no
 * later time has as many.
 */
const leastAtRisk = 5;

/**
 * @param items in any order
 * @param least fewest at risk for a time to count
 * @returns the curve; without points when nothing happened while enough were at risk
 */
export function productLimit(items: readonly Item[], least = leastAtRisk): Curve {
  // One that left no later than it entered was never at risk.
  const followed = items.filter(wasAtRisk);
  const entries = followed
    .map(({ entry, weight = 1 }) => ({ at: entry === 0 ? -1 : entry, weight }))
    .sort((a, b) => a.at - b.at);
  const exits = followed.toSorted((a, b) => a.exit - b.exit);
  const points: CurvePoint[] = [];
  let [entered, left, atRisk, survival, until] = [0, 0, 0, 1, 0];
  while (left < exits.length) {
    const days = exits[left]?.exit ?? 0;
    for (let next = entries[entered]; next !== undefined && next.at < days; next = entries[++entered])
      atRisk += next.weight;
    let [events, leaving] = [0, 0];
    for (let next = exits[left]; next !== undefined && next.exit === days; next = exits[++left]) {
      leaving += next.weight ?? 1;
      if (next.event) events += next.weight ?? 1;
    }
    if (atRisk >= least) {
      until = days;
      if (events > 0) {
        survival *= 1 - events / atRisk;
        points.push({ days, atRisk, events, survival });
      }
    }
    atRisk -= leaving;
  }
  return { points, until };
}

/** Whether the item was at risk at any time at all. */
export function wasAtRisk({ entry, exit }: Item): boolean {
  return entry === 0 || exit > entry;
}

/** Share without the event after so many days; null beyond what the curve says. */
export function survivalAt({ points, until }: Curve, days: number): number | null {
  if (days > until) return null;
  let survival = 1;
  for (const point of points) {
    if (point.days > days) break;
    survival = point.survival;
  }
  return survival;
}

/** First day after which at most 1 - share are without the event: 0.5 for the median. Null when not reached. */
export function quantileDays({ points }: Curve, share: number): number | null {
  return points.find(({ survival }) => survival <= 1 - share + 1e-12)?.days ?? null;
}

/** How many are at risk at a time. */
export function atRiskAt(items: readonly Item[], days: number): number {
  return items.reduce(
    (sum, { entry, exit, weight = 1 }) => sum + ((entry === 0 || entry < days) && exit >= days ? weight : 0),
    0,
  );
}
