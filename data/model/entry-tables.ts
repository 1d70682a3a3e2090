/** Which tables an entry of each kind holds. */
import { feedTables } from './feed-tables.ts';
import { scanTables } from './tables.ts';
import type { Row } from './column.ts';

/** scan: one run; feed: a load of feeds; workspace: people's files changed, and nothing else is new. */
export const entryKinds = ['scan', 'feed', 'workspace'] as const;
export type EntryKind = (typeof entryKinds)[number];

/** Every table of the record. */
export const recordTables = { ...scanTables, ...feedTables } as const;
export type TableName = keyof typeof recordTables;
export type RecordRow<N extends TableName> = Row<(typeof recordTables)[N]>;

const namesByKind: { [kind in EntryKind]: TableName[] } = {
  scan: Object.keys(scanTables) as TableName[],
  feed: Object.keys(feedTables) as TableName[],
  workspace: [],
};

/** Names of the tables of an entry, in the order in which they are written. */
export function tableNamesOf(kind: EntryKind): TableName[] {
  return namesByKind[kind];
}
