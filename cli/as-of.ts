/** `--as-of`: a day, which means its end, or an instant. */
import { When } from '#data/workspace/shapes.ts';
import { Failure } from '#data/model/failure.ts';

/**
 * @param text `YYYY-MM-DD`, or an instant with its offset
 * @param zone of days
 * @param option what it is called on the command line
 * @returns UTC instant
 * @throws Failure 'usage'
 */
export function readAsOf(text: string, zone: string, option = '--as-of'): string {
  if (!When.safeParse(text).success) {
    throw new Failure('usage', `${option}: expected YYYY-MM-DD, or an instant such as 2026-09-30T22:00:00Z`, {
      nextStep: `${option} 2026-09-30`,
      exitCode: 2,
    });
  }
  const instant =
    text.length === 10
      ? Temporal.PlainDate.from(text).add({ days: 1 }).toZonedDateTime(zone).toInstant()
      : Temporal.Instant.from(text);
  return new Date(instant.epochMilliseconds).toISOString();
}
