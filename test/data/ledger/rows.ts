/** Random valid rows of any table, from the columns as they are declared. */
import fc from 'fast-check';
import type { Column, Value } from '#data/model/column.ts';
import { scanTables } from '#data/model/tables.ts';
import type { RowOf, ScanTableName } from '#data/model/tables.ts';

export type Rows = { [N in ScanTableName]: RowOf<N>[] };

/** Text as nasty as a host could send it, short enough to see in a failure. */
const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom(
    "';DROP TABLE scans;--",
    '<script>alert(1)</script>',
    '=1+1',
    '$(reboot)',
    '\u001b[31m',
    '',
    '\u0000',
    '"',
    "'",
  ),
);
const instants = fc
  .date({ min: new Date('1990-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());

function arbitraryOf(column: Column): fc.Arbitrary<Value> {
  const value: fc.Arbitrary<Value> = {
    VARCHAR: nasty,
    BIGINT: fc.maxSafeInteger(),
    BOOLEAN: fc.boolean(),
    TIMESTAMP: instants,
    'VARCHAR[]': fc.array(nasty, { maxLength: 3 }),
  }[column.sqlType];
  return column.nullable ? fc.option(value, { nil: null, freq: 4 }) : value;
}

/** Rows of every table, between 0 and `most` of each. */
export function rowsOfAllTables(most: number): fc.Arbitrary<Rows> {
  const tables = Object.entries(scanTables).map(([name, { columns }]) => {
    const fields = Object.entries(columns).map(([column, declared]) => [
      column,
      arbitraryOf(declared as Column),
    ]);
    return [name, fc.array(fc.record(Object.fromEntries(fields)), { maxLength: most })];
  });
  return fc.record(Object.fromEntries(tables)) as unknown as fc.Arbitrary<Rows>;
}

/** The same rows every time. */
export function sampleRows(seed: number, most = 20): Rows {
  const [rows] = fc.sample(rowsOfAllTables(most), { seed, numRuns: 1 });
  if (rows === undefined) throw new Error('fast-check gave no sample');
  return rows;
}
