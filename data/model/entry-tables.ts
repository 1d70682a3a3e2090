/** Which tables an entry of each kind holds. */
import { feedTables } from './feed-tables.ts';
import { scanTables } from './tables.ts';
import type { Row } from './column.ts';

export const entryKinds = ['scan', 'feed'] as const;
export type EntryKind = (typeof entryKinds)[number];

/** Every table of the record. */
export const recordTables = { ...scanTables, ...feedTables } as const;
export type TableName = keyof typeof recordTables;
export type RecordRow<N extends TableName> = Row<(typeof recordTables)[N]>;

const namesByKind: { [kind in EntryKind]: TableName[] } = {
  scan: Object.keys(scanTables) as TableName[],
  feed: Object.keys(feedTables) as TableName[],
};

/** Names of the tables of an entry, in the order in which they are written. */
export function tableNamesOf(kind: EntryKind): TableName[] {
  return namesByKind[kind];
}
