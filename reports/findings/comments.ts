/** Meanings of columns that the findings take over from the record, so that they are written once. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows, sqlName, sqlText } from '#data/ledger/database.ts';
import { recordTables } from '#data/model/entry-tables.ts';
import type { TableName } from '#data/model/entry-tables.ts';

/** Where the meaning of a public table's columns is looked for when its model says nothing. */
const sources: { [table: string]: TableName[] } = {
  hosts: ['population', 'scans'],
  scans: ['scans'],
  unknowns: ['readings'],
  update_spells: ['updates', 'packages'],
  package_spells: ['packages'],
  install_events: ['events'],
  current_packages: ['packages'],
  current_updates: ['updates'],
  current_repositories: ['repositories'],
  current_kernels: ['kernels'],
  current_processes: ['processes'],
  current_mappings: ['mappings'],
  current_software: ['software'],
  current_sections: ['sections'],
  current_rejections: ['rejections'],
  current_logs: ['logs'],
  retired_hosts: ['population'],
  feeds: ['feed_loads'],
  releases: ['releases'],
  covered: ['releases', 'feed_loads'],
  package_timeline: ['packages'],
  fixes: ['scans', 'releases'],
  fix_cves: ['exploited_cves'],
  exposures: ['scans'],
  unfixed: ['scans', 'cve_statuses'],
  unsupported: ['scans'],
  disagreements: ['scans'],
  log_breaks: ['packages'],
  unseen_fixes: ['scans'],
  shared_machines: ['population'],
  comparisons: ['comparisons'],
  only_there: ['comparison_rows'],
  only_here: ['comparison_hosts'],
  followed: ['scans', 'releases'],
  plans: ['plans'],
  plan_changes: ['plan_changes'],
  plan_fixes: ['plan_fixes'],
  plan_left_alone: ['plan_left_alone'],
  plan_omissions: ['plan_omissions'],
  script_results: ['results'],
  script_result_changes: ['result_changes'],
  outcomes: ['plan_fixes'],
  plan_outcomes: ['plans'],
};

const entryColumns: { [column: string]: string } = {
  collector: 'Chain of the run.',
  sequence: 'Number of the run in that chain.',
};

/** Comments every column of the public tables that has no comment of its own. */
export async function inheritComments(connection: DuckDBConnection): Promise<void> {
  const silent = await readRows(
    connection,
    'SELECT table_name, column_name FROM duckdb_columns() WHERE comment IS NULL',
  );
  for (const { table_name: table, column_name: column } of silent) {
    const meaning = meaningOf(String(table), String(column));
    if (meaning === undefined) continue;
    await connection.run(
      `COMMENT ON COLUMN ${sqlName(String(table))}.${sqlName(String(column))} IS ${sqlText(meaning)}`,
    );
  }
}

function meaningOf(table: string, column: string): string | undefined {
  const found = sources[table]?.map(
    (name) => recordTables[name].columns as { [column: string]: { doc: string } },
  );
  return (
    found?.map((columns) => columns[column]?.doc).find((doc) => doc !== undefined) ??
    (found && entryColumns[column])
  );
}
