/** Rows as the record wants them: one a key, and not more complaints than a reader can use. */
import type { RowOf } from '#data/model/tables.ts';

const maxRejections = 100;

/** The first row of each key: a host that names something twice must not break the table. */
export function uniqueRows<T extends object>(key: readonly string[], rows: T[]): T[] {
  const byKey = new Map<string, T>();
  for (const row of rows as (T & Record<string, unknown>)[]) {
    let name = '';
    for (const column of key) {
      const value = row[column];
      // Kinds of values stay apart: null is not 'null'. No value that was cleaned holds a separator.
      name += typeof value === 'string' ? `\0${value}` : `\u0001${String(value)}`;
    }
    if (!byKey.has(name)) byKey.set(name, row);
  }
  return byKey.size === rows.length ? rows : [...byKey.values()];
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
