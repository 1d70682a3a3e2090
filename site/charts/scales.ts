/** Where axes end and where they are labelled. */

/** The next round number: an even digit or ten times a power of ten, at least 2, so that half of it is whole. */
export function niceTop(most: number): number {
  if (most <= 2) return 2;
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [1, 2, 4, 6, 8, 10].find((factor) => factor * power >= most) ?? 10;
  return step * power;
}

/** The first week of every other month. */
export function monthTicks(weeks: readonly string[]): string[] {
  const firsts = weeks.filter((week, index) => {
    const before = weeks[index - 1];
    return before !== undefined && before.slice(0, 7) !== week.slice(0, 7);
  });
  return firsts.filter((_, index) => index % 2 === 0);
}

const spans = [
  { days: 30, step: 10 },
  { days: 60, step: 15 },
  { days: 90, step: 30 },
  { days: 180, step: 30 },
  { days: 360, step: 90 },
  { days: 720, step: 180 },
  { days: 1080, step: 360 },
];

/** An axis of days that reaches at least so far, with its ticks. */
export function dayAxis(until: number): { days: number; dayTicks: number[] } {
  const { days, step } = spans.find((span) => span.days >= until) ?? { days: 1080, step: 360 };
  return { days, dayTicks: Array.from({ length: days / step + 1 }, (_, index) => index * step) };
}
