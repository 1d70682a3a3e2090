/** Figures beside the floors that they are held to. */

export interface Figure {
  what: string;
  value: number;
  unit: string;
  /** The most that it may be; null for figures that are only told. */
  floor: number | null;
}

export function printFigure({ what, value, unit, floor }: Figure): void {
  const shown = `${value.toFixed(value < 10 ? 2 : 0)}${unit === '×' ? ' ×' : ` ${unit}`}`;
  const held =
    floor === null
      ? ''
      : `   at most ${floor}${unit === '×' ? ' ×' : ` ${unit}`}   ${value <= floor ? 'held' : 'MISSED'}`;
  console.log(`  ${what.padEnd(72)} ${shown.padStart(10)}${held}`);
}

export function isMissed({ value, floor }: Figure): boolean {
  return floor !== null && value > floor;
}
