/** Figures beside the floors that they are held to. */

interface Figure {
  what: string;
  value: number;
  unit: string;
  /** The most that it may be; null for figures that are only told. */
  floor: number | null;
}

const figures: Figure[] = [];

/** Prints a figure, beside its floor where it has one. */
export function tell(what: string, value: number, unit: string, floor: number | null = null): void {
  const figure = { what, value, unit, floor };
  figures.push(figure);
  const inUnit = (number: string): string => `${number} ${unit}`;
  const held =
    floor === null ? '' : `   at most ${inUnit(String(floor))}   ${isMissed(figure) ? 'MISSED' : 'held'}`;
  console.log(`  ${what.padEnd(72)} ${inUnit(value.toFixed(value < 10 ? 2 : 0)).padStart(10)}${held}`);
}

/** Of everything told so far. */
export function missedFigures(): Figure[] {
  return figures.filter(isMissed);
}

function isMissed({ value, floor }: Figure): boolean {
  return floor !== null && value > floor;
}
