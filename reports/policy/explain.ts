/** What policies say of one host's exposure to one fix. */
import { readRows, sqlText, withDatabase } from '#data/ledger/database.ts';
import type { JsonRow } from '#data/ledger/database.ts';

/**
 * @param path the findings, as `deriveFindings` gives them
 * @returns one row for each policy and spell, the primary policy first
 */
export function explainVerdicts(path: string, host: string, fixId: string): Promise<JsonRow[]> {
  return withDatabase(path, { readOnly: true, sealed: true }, (connection) =>
    readRows(
      connection,
      `SELECT verdicts.* EXCLUDE (host_id, fix_id)
       FROM verdicts JOIN policies USING (policy)
       WHERE host_id = ${sqlText(host)} AND fix_id = ${sqlText(fixId)}
       ORDER BY is_primary DESC, policy, incarnation, spell`,
    ),
  );
}
