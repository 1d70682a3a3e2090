/** Rows as the record wants them: one a key, and not more complaints than a reader can use. */
import { keyFirst } from '#data/model/column.ts';
import { scanTables } from '#data/model/tables.ts';
import type { RowOf, ScanTableName } from '#data/model/tables.ts';

const maxRejections = 100;

/** A table as the record wants it, and the same as text. */
export interface Canonical<T> {
  /** In the order of their keys: that of the lines, which begin with them. */
  rows: T[];
  /** A line of JSON a row: the same state gives the same text, however the host orders it. */
  lines: string[];
}

/** One row a key, the first that came: a host that names something twice must not break the table. */
export function canonical<T extends object>(name: ScanTableName, rows: readonly T[]): Canonical<T> {
  const { key } = scanTables[name];
  const columns = keyFirst(scanTables[name]);
  const valueOf = (row: T, column: string) => (row as Record<string, unknown>)[column];
  const written = rows.map((row, place) => ({
    row,
    place,
    line: JSON.stringify(columns.map((column) => valueOf(row, column))),
  }));
  written.sort((a, b) => (a.line < b.line ? -1 : a.line > b.line ? 1 : a.place - b.place));
  const kept: typeof written = [];
  for (const one of written) {
    const before = kept.at(-1);
    const isSame =
      before !== undefined && key.every((column) => valueOf(before.row, column) === valueOf(one.row, column));
    if (!isSame) kept.push(one);
    else if (one.place < before.place) kept[kept.length - 1] = one;
  }
  return { rows: kept.map(({ row }) => row), lines: kept.map(({ line }) => line) };
}

/** Of lines that a log has several times, the one that it shows as completed counts. */
export function completedFirst(events: readonly RowOf<'events'>[]): RowOf<'events'>[] {
  const rank = (event: RowOf<'events'>) => (event.completed === true ? 0 : 1);
  return events.toSorted((a, b) => rank(a) - rank(b));
}

/** At most 100 a section; where there were more, one further row says how many. */
export function boundedRejections(rows: RowOf<'rejections'>[]): RowOf<'rejections'>[] {
  const bySection = Map.groupBy(rows, (row) => row.section);
  return [...bySection.values()].flatMap((list) => {
    const [kept, left] = [list.slice(0, maxRejections), list.slice(maxRejections)];
    if (left.length === 0) return kept;
    return [
      ...kept,
      {
        ...left[0]!,
        line: left[0]!.line,
        reason: `${left.length} more lines of this section, from here on.`,
      },
    ];
  });
}
