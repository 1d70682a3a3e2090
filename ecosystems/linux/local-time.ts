/** Local times of a host without offset, turned into bounds in UTC. */
import type { Clock } from '../ecosystem.ts';

export interface Bounds {
  not_before: string;
  not_after: string;
}

const hour = 3_600_000;
/** UTC offsets in use run from -12 to +14 hours (tz database); 14 either way covers them. */
const unknownZoneMs = 14 * hour;

/**
 * The zone of the host's logs, from the link at /etc/localtime or, where that is a copy, /etc/timezone.
 * Null when neither names a zone, or when the zone's offset now is not the one the host showed.
 */
export function zoneOf(
  facts: ReadonlyMap<string, string>,
  offsetSeconds: number | null,
  nowMilliseconds: number,
): string | null {
  const link = facts.get('localtime-link') ?? '';
  const named = /zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(link)?.[1];
  const absent = facts.get('localtime-file') === 'absent' ? 'UTC' : undefined;
  const zone = named ?? absent ?? facts.get('timezone');
  if (zone === undefined || !/^[A-Za-z][A-Za-z0-9_+/-]{0,60}$/.test(zone)) return null;
  if (offsetSeconds === null) return null;
  return offsetSecondsAt(zone, nowMilliseconds) === offsetSeconds ? zone : null;
}

/** What was asked for last: lines of a log share their second more often than not. */
let last: { local: string; zone: string | null; clock: Clock; bounds: Readonly<Bounds> | null } | null = null;

/**
 * Earliest and latest instant, by the collector's clock, that a printed local second can stand for.
 * An hour that happens twice gives both; an unknown zone gives ±14 h; the clock's uncertainty widens.
 * @param local `YYYY-MM-DDTHH:MM:SS`
 * @returns null where the text is no date
 */
export function localBounds(local: string, zone: string | null, clock: Clock): Readonly<Bounds> | null {
  if (last?.local === local && last.zone === zone && last.clock === clock) return last.bounds;
  const span = zone === null ? unknownZoneSpan(local) : zoneSpan(local, zone);
  const bounds = span === null ? null : instantBounds(span[0], span[1] + 999, clock);
  last = { local, zone, clock, bounds };
  return bounds;
}

/** The same for instants that a host wrote down itself, with their offset: milliseconds since 1970 by its clock. */
export function instantBounds(firstMs: number, lastMs: number, clock: Clock): Bounds {
  return {
    not_before: instant(Math.floor(firstMs - clock.offsetMs - clock.uncertaintyMs)),
    not_after: instant(Math.ceil(lastMs - clock.offsetMs + clock.uncertaintyMs)),
  };
}

/** Spans of whole minutes that were asked for lately: the lines of a log cluster. */
const recentMinutes = new Map<string, [number, number] | null>();
const mostRecent = 5000;

function zoneSpan(local: string, zone: string): [number, number] | null {
  const parts = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}):([0-5]\d)$/.exec(local);
  if (parts === null) return exactSpan(local, zone);
  const [, minute = '', seconds = ''] = parts;
  const key = `${zone} ${minute}`;
  let span = recentMinutes.get(key);
  if (span === undefined) {
    if (recentMinutes.size >= mostRecent) recentMinutes.clear();
    // No offset in use since 1972 changes within a minute (tz database).
    span = exactSpan(`${minute}:00`, zone);
    recentMinutes.set(key, span);
  }
  return span === null ? null : [span[0] + Number(seconds) * 1000, span[1] + Number(seconds) * 1000];
}

function exactSpan(local: string, zone: string): [number, number] | null {
  try {
    const wall = Temporal.PlainDateTime.from(local);
    // In a gap the two readings change places: the later wall clock maps to the earlier instant.
    const earlier = wall.toZonedDateTime(zone, { disambiguation: 'earlier' }).epochMilliseconds;
    const later = wall.toZonedDateTime(zone, { disambiguation: 'later' }).epochMilliseconds;
    return [Math.min(earlier, later), Math.max(earlier, later)];
  } catch {
    return null;
  }
}

function unknownZoneSpan(local: string): [number, number] | null {
  const span = zoneSpan(local, 'UTC');
  return span === null ? null : [span[0] - unknownZoneMs, span[1] + unknownZoneMs];
}

function offsetSecondsAt(zone: string, milliseconds: number): number | null {
  try {
    const instant = Temporal.Instant.fromEpochMilliseconds(milliseconds);
    return instant.toZonedDateTimeISO(zone).offsetNanoseconds / 1e9;
  } catch {
    return null;
  }
}

const latestInstant = Date.UTC(9998, 0);

function instant(milliseconds: number): string {
  const bounded = Math.min(Math.max(milliseconds, 0), latestInstant);
  return new Date(bounded).toISOString();
}
