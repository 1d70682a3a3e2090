/** When the nightly run begins: the time that people name, and a jitter so that collectors do not begin together. */
import { createHash } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import { Failure } from '#data/model/failure.ts';

export interface When {
  hour: number;
  minute: number;
  /** A run begins at most so much later. */
  jitterMinutes: number;
}

/** Pages allow a run that much before they call it late (docs/decisions.md 37). */
const mostJitterMinutes = 120;
const hoursADay = 24;
const minutesADay = 1440;

/** @throws InvalidArgumentError */
export function readTime(text: string): Pick<When, 'hour' | 'minute'> {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (match === null) throw new InvalidArgumentError('expected a time of day such as 03:17');
  return { hour: Number(match[1]), minute: Number(match[2]) };
}

/** @throws InvalidArgumentError */
export function readJitter(text: string): number {
  const match = /^(\d{1,3})(m|h)?$/.exec(text);
  const minutes = match === null ? Number.NaN : Number(match[1]) * (match[2] === 'h' ? 60 : 1);
  if (minutes <= mostJitterMinutes) return minutes;
  throw new InvalidArgumentError(`expected minutes or hours such as 30m, at most ${mostJitterMinutes}m`);
}

export function formatTime({ hour, minute }: Pick<When, 'hour' | 'minute'>): string {
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
}

/**
 * A jitter for what has none of its own: the same each night, and another one on each machine and workspace.
 */
export function withStableJitter(when: When, seed: string): Pick<When, 'hour' | 'minute'> {
  const draw = createHash('sha256').update(seed).digest().readUInt32BE(0);
  const minutes = (when.hour * 60 + when.minute + (draw % (when.jitterMinutes + 1))) % minutesADay;
  return { hour: Math.floor(minutes / 60), minute: minutes % 60 };
}

/**
 * The hours of a day at which a run begins, in order.
 *
 * @param everyHours `scan.every-hours` of the workspace: pages say by when a run is late by the same number
 * @throws Failure 'schedule' where a day does not divide by it
 */
export function hoursOf(hour: number, everyHours: number): number[] {
  if (hoursADay % everyHours !== 0) {
    throw new Failure('schedule', `a day does not divide into ${everyHours} hours (scan.every-hours)`, {
      nextStep: 'set it to 24, 12, 8, 6, 4, 3, 2 or 1 in patchledger.yaml, or write a timer of your own',
      exitCode: 2,
    });
  }
  return Array.from(
    { length: hoursADay / everyHours },
    (_, turn) => (hour + turn * everyHours) % hoursADay,
  ).sort((a, b) => a - b);
}

/** How a schedule names its own settings in a comment, for `doctor` and for people. */
export function describeWhen(when: When): string {
  return `at ${formatTime(when)}, jitter ${when.jitterMinutes}m`;
}

/** The settings in such a comment; null where there is none. */
export function findWhen(text: string): When | null {
  const match = /\bat ((?:[01]\d|2[0-3]):[0-5]\d), jitter (\d{1,3})m\b/.exec(text);
  if (match === null) return null;
  return { ...readTime(match[1]!), jitterMinutes: Number(match[2]) };
}
