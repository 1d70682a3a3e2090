/** Plans and what became of them: the record's plan entries and the results that scans brought back. */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Entry } from '#data/ledger/entries.ts';
import { createRecordViews } from '#data/ledger/read.ts';
import type { Stage } from '../findings/fold.ts';
import { readModelFiles } from '../findings/models.ts';

const models = readModelFiles(new URL('models/', import.meta.url), ['01-plans.sql', '02-outcomes.sql']);

export const planStage: Stage = {
  models,
  settings: [],
  derive,
  publicTables: [
    'plans',
    'plan_changes',
    'plan_fixes',
    'plan_left_alone',
    'plan_omissions',
    'script_results',
    'script_result_changes',
    'outcomes',
    'plan_outcomes',
  ],
};

async function derive(connection: DuckDBConnection, entries: Entry[]): Promise<void> {
  await createRecordViews(connection, entries.filter(speaksOfPlans), 'planned_');
  for (const { tables } of models) await connection.run(tables);
}

function speaksOfPlans({ manifest }: Entry): boolean {
  const hasResults = manifest.files.some(({ path, rows }) => path === 'results.parquet' && rows !== 0);
  return manifest.kind === 'plan' || hasResults;
}
