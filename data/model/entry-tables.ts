/** Which tables an entry of each kind holds. */
import { comparisonTables } from './comparison-tables.ts';
import { feedTables } from './feed-tables.ts';
import { planTables } from './plan-tables.ts';
import { scanTables, schemaVersion } from './tables.ts';
import type { Row } from './column.ts';

/**
 * scan: one run; import: answers that were brought by hand; feed: a load of feeds; workspace: people's files changed,
 * and nothing else is new; plan: what `remediate` planned; comparison: the population beside a list of others.
 */
export const entryKinds = ['scan', 'import', 'feed', 'workspace', 'plan', 'comparison'] as const;
export type EntryKind = (typeof entryKinds)[number];

/** Every table of the record. */
export const recordTables = { ...scanTables, ...feedTables, ...planTables, ...comparisonTables } as const;
export type TableName = keyof typeof recordTables;
export type RecordRow<N extends TableName> = Row<(typeof recordTables)[N]>;

const namesByKind: { [kind in EntryKind]: TableName[] } = {
  scan: Object.keys(scanTables) as TableName[],
  import: Object.keys(scanTables) as TableName[],
  feed: Object.keys(feedTables) as TableName[],
  workspace: [],
  plan: Object.keys(planTables) as TableName[],
  comparison: Object.keys(comparisonTables) as TableName[],
};

/** Tables that entries of their kind have from a schema version on; all others were always there. */
const since: { [name in TableName]?: number } = {
  results: 5,
  result_changes: 5,
  host_advisories: 6,
};

/** Names of the tables of an entry, in the order in which they are written. */
export function tableNamesOf(kind: EntryKind, schema: number = schemaVersion): TableName[] {
  return namesByKind[kind].filter((name) => (since[name] ?? 1) <= schema);
}
