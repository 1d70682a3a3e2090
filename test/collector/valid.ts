/** What every snapshot must keep, whatever a host answered. */
import { expect } from 'vitest';
import { scanTables } from '#data/model/tables.ts';
import { readingStatuses, scanStatuses, subjects } from '#data/model/words.ts';
import type { Snapshot } from '#data/model/tables.ts';

// oxlint-disable-next-line no-control-regex -- that none is left is the point
const movesCursor = /[\x00-\x1f\x7f-\x9f\u202a-\u202e]|\p{Surrogate}/u;

/** What is wrong with a row: columns that are not the table's, text that could move a cursor. */
function faultsOf(name: keyof Snapshot, row: Record<string, unknown>): string[] {
  const columns = Object.keys(scanTables[name].columns).sort().join();
  const faults = Object.keys(row).sort().join() === columns ? [] : [`${name}: ${Object.keys(row).join()}`];
  for (const [column, value] of Object.entries(row)) {
    const ours = name === 'sections' && column === 'command';
    if (typeof value !== 'string' || ours || !movesCursor.test(value)) continue;
    faults.push(`${name}.${column}: ${JSON.stringify(value)}`);
  }
  return faults;
}

/** Every row has the table's columns, no key comes twice, and every subject has its reading. */
export function expectValid(snapshot: Snapshot): void {
  for (const [name, rows] of Object.entries(snapshot) as [keyof Snapshot, Record<string, unknown>[]][]) {
    const keys = rows.map((row) => JSON.stringify(scanTables[name].key.map((column) => row[column])));
    expect([name, new Set(keys).size]).toEqual([name, rows.length]);
    expect(rows.flatMap((row) => faultsOf(name, row))).toEqual([]);
  }
  expect(snapshot.scans).toHaveLength(1);
  expect(scanStatuses).toContain(snapshot.scans[0]!.status);
  // Advisories are a subject only where the family knows them.
  const said = snapshot.readings.map((row) => row.subject).filter((subject) => subject !== 'advisories');
  expect(said).toEqual(subjects.filter((subject) => subject !== 'advisories'));
  for (const row of snapshot.readings) {
    expect(readingStatuses).toContain(row.status);
    expect(row.reason === null).toBe(row.status === 'complete');
    expect(row.digest === null).toBe(row.status === 'unread');
  }
}
