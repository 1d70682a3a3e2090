/**
 * Bands around a product-limit curve, by bootstrap over clusters: fixes are drawn again and again with
 * replacement, each with all its hosts, because one kernel on 500 hosts is not 500 independent events.
 */
import { wasAtRisk } from './product-limit.ts';
import type { Item } from './product-limit.ts';

export interface ClusteredItem extends Item {
  cluster: string;
}

export interface Band {
  days: number;
  low: number;
  high: number;
}

export interface BandOptions {
  resamples?: number;
  seed?: number;
  least?: number;
  /** Share that the band should hold, 0.95. */
  level?: number;
}

/** Items after they are sorted and numbered once, so that a resample is one sweep. */
interface Sweep {
  /** Times of entries, ascending, with the cluster of each and how many. */
  entries: Row[];
  exits: (Row & { event: boolean })[];
  clusters: number;
}

interface Row {
  at: number;
  cluster: number;
  weight: number;
}

/**
 * Percentile bands of the share without the event.
 *
 * @param grid days at which a band is wanted, ascending
 * @returns one band a day of the grid; days that fewer than half of the resamples say anything of are left out
 */
export function survivalBands(
  items: readonly ClusteredItem[],
  grid: readonly number[],
  { resamples = 400, seed = 1, least = 5, level = 0.95 }: BandOptions = {},
): Band[] {
  const sweep = prepare(items);
  const random = generator(seed);
  const drawn: number[][] = grid.map(() => []);
  for (let sample = 0; sample < resamples; sample++) {
    const survivals = resample(sweep, draw(sweep.clusters, random), grid, least);
    for (const [index, survival] of survivals.entries()) if (survival !== null) drawn[index]?.push(survival);
  }
  return grid.flatMap((days, index) => {
    const values = (drawn[index] ?? []).sort((a, b) => a - b);
    if (values.length < resamples / 2) return [];
    return [{ days, low: percentile(values, (1 - level) / 2), high: percentile(values, (1 + level) / 2) }];
  });
}

function prepare(items: readonly ClusteredItem[]): Sweep {
  const numbers = new Map<string, number>();
  const entries: Row[] = [];
  const exits: Sweep['exits'] = [];
  for (const item of items) {
    if (!wasAtRisk(item)) continue;
    const cluster = numbers.get(item.cluster) ?? numbers.size;
    numbers.set(item.cluster, cluster);
    const { weight = 1 } = item;
    entries.push({ at: item.entry === 0 ? -1 : item.entry, cluster, weight });
    exits.push({ at: item.exit, cluster, weight, event: item.event });
  }
  entries.sort((a, b) => a.at - b.at);
  exits.sort((a, b) => a.at - b.at);
  return { entries, exits, clusters: numbers.size };
}

/** How often each cluster was drawn. */
function draw(clusters: number, random: () => number): Float64Array {
  const times = new Float64Array(clusters);
  for (let index = 0; index < clusters; index++) {
    const which = Math.floor(random() * clusters);
    times[which] = (times[which] ?? 0) + 1;
  }
  return times;
}

/** The estimator of `product-limit.ts` on clusters drawn so often, read off at the days of the grid. */
function resample(
  { entries, exits }: Sweep,
  times: Float64Array,
  grid: readonly number[],
  least: number,
): (number | null)[] {
  const found: (number | null)[] = [];
  let [entered, left, atRisk, survival] = [0, 0, 0, 1];
  // Days of the grid after the last time with enough at risk wait for whether one follows.
  let waiting: number[] = [];
  while (left < exits.length) {
    const days = exits[left]?.at ?? 0;
    while (found.length + waiting.length < grid.length && (grid[found.length + waiting.length] ?? 0) < days)
      waiting.push(survival);
    for (let next = entries[entered]; next !== undefined && next.at < days; next = entries[++entered])
      atRisk += next.weight * (times[next.cluster] ?? 0);
    let [events, leaving] = [0, 0];
    for (let next = exits[left]; next !== undefined && next.at === days; next = exits[++left]) {
      const weight = next.weight * (times[next.cluster] ?? 0);
      leaving += weight;
      if (next.event) events += weight;
    }
    if (atRisk >= least) {
      found.push(...waiting);
      waiting = [];
      if (events > 0) survival *= 1 - events / atRisk;
      if (grid[found.length] === days) found.push(survival);
    }
    atRisk -= leaving;
  }
  return grid.map((_, index) => found[index] ?? null);
}

/** Linear between order statistics. */
function percentile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [low = 0, high = low] = [sorted[below], sorted[below + 1]];
  return low + (high - low) * (place - below);
}

/** Uniform numbers in [0, 1), the same for the same seed (mulberry32, public domain). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
