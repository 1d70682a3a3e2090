/** Rows as the record wants them: one a key, and not more complaints than a reader can use. */
import type { RowOf } from '#data/model/tables.ts';

const maxRejections = 100;

/** The first row of each key: a host that names something twice must not break the table. */
export function uniqueRows<T extends object>(key: readonly string[], rows: T[]): T[] {
  const byKey = new Map<string, T>();
  for (const row of rows) {
    const name = JSON.stringify(key.map((column) => (row as Record<string, unknown>)[column]));
    if (!byKey.has(name)) byKey.set(name, row);
  }
  return [...byKey.values()];
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
