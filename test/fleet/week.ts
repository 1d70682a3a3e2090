/**
 * A week in the life of an estate, drawn at random: which hosts fail in which night and how, which are upgraded in
 * between, which leave the inventory. What the record must say of it follows from the script alone.
 */

export const nights = 7;
const failures = ['auth-failed', 'cut-off', 'timed-out'] as const;
export type Failure = (typeof failures)[number];

export interface HostWeek {
  id: string;
  /** How far the host's clock is ahead of the collector's, in seconds. */
  skewSeconds: number;
  /** By night: how the scan must end; 'gone' once the host has left the inventory. */
  nights: ('ok' | Failure | 'gone')[];
  /** The night before which one package is upgraded, and how many seconds before; null for none. */
  upgrade: { night: number; secondsBefore: number } | null;
}

/** Numbers from 0 to 1, the same for the same seed (a multiply-with-carry generator of 32 bits). */
function generator(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) % 4_294_967_296;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** @param ids of the hosts: the last one leaves the inventory, the first one never answers */
export function drawWeek(seed: number, ids: readonly string[]): HostWeek[] {
  const random = generator(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  return ids.map((id, index) => {
    const leaves = index === ids.length - 1 ? 3 + below(3) : nights;
    let failing: Failure | null = null;
    const story = Array.from({ length: nights }, (_, night) => {
      // Trouble comes one night in four and stays for one night in two.
      if (failing === null ? random() < 0.25 : random() < 0.5)
        failing = failing === null ? (failures[below(failures.length)] ?? null) : null;
      if (night >= leaves) return 'gone' as const;
      return index === 0 ? ('auth-failed' as const) : (failing ?? ('ok' as const));
    });
    // The first night of a host that is upgraded is a good one: nobody misses what was never seen.
    if (index > 0) story[0] = 'ok';
    const upgrade =
      index === 0 ? null : { night: 1 + below(nights - 1), secondsBefore: 3600 * (1 + below(20)) };
    return { id, skewSeconds: [0, 0, 5400, -7200, 90, -45][index % 6] ?? 0, nights: story, upgrade };
  });
}

/** Nights in which the host was read. */
export function readNights(host: HostWeek): number[] {
  return host.nights.flatMap((how, night) => (how === 'ok' ? [night] : []));
}

/** What must be said of the host at the end of the week. */
export function standingOf(host: HostWeek): 'never-read' | 'retired' | 'stale' | 'read' {
  if (host.nights.includes('gone')) return 'retired';
  const read = readNights(host);
  if (read.length === 0) return 'never-read';
  return host.nights.at(-1) === 'ok' ? 'read' : 'stale';
}

/** Nights since the host was last read in which it was tried in vain, first one first. */
export function failedNights(host: HostWeek): number[] {
  const last = readNights(host).at(-1) ?? -1;
  return host.nights.flatMap((how, night) => (night > last && how !== 'gone' ? [night] : []));
}
