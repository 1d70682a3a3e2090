/** Read-only SQL over the findings, for people. */
import { readTable, withDatabase } from '#data/ledger/database.ts';
import type { JsonValue } from '#data/ledger/database.ts';
import { Failure } from '#data/model/failure.ts';

export interface QueryResult {
  columns: string[];
  /** Values as JSON holds them: text, number, boolean, list, null. */
  rows: JsonValue[][];
}

const mostRows = 1_000_000;

/**
 * Runs one statement on a findings file. The file is opened read-only and the statement can reach
 * nothing else: no files, no network, no extensions, no settings.
 *
 * @throws Failure 'query-invalid' with what DuckDB says of the statement
 */
export async function queryFindings(path: string, sql: string): Promise<QueryResult> {
  return withDatabase(path, { readOnly: true, sealed: true }, async (connection) => {
    try {
      const statements = await connection.extractStatements(sql);
      if (statements.count !== 1) throw new Error(`expected one statement, found ${statements.count}`);
      return await readTable(connection, sql, mostRows);
    } catch (error) {
      throw new Failure('query-invalid', error instanceof Error ? error.message : String(error), {
        nextStep: 'patchledger query --views lists the views and their columns',
        exitCode: 2,
        cause: error,
      });
    }
  });
}

/** Every public view with its columns and what they mean. */
export function describeViews(path: string): Promise<QueryResult> {
  return queryFindings(
    path,
    `SELECT table_name AS "view", column_name AS "column", data_type AS "type", coalesce(comment, '') AS meaning
     FROM duckdb_columns() JOIN public_tables ON public_tables.name = table_name ORDER BY public_tables.place, column_index`,
  );
}
