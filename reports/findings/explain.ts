/** The whole story of one host's exposure to a fix: every date with its bounds and evidence. */
import { readRows, sqlText, withDatabase } from '#data/ledger/database.ts';
import type { JsonRow } from '#data/ledger/database.ts';

/** One fix on one host: what the fix is, its spells, and what the host had of the source over time. */
export interface Explanation {
  fix: JsonRow;
  cves: JsonRow[];
  exposures: JsonRow[];
  /** Versions of the source's packages on the host. */
  timeline: JsonRow[];
}

/**
 * @param path the findings, as `foldLedger` gives them
 * @param fix a fix id, an advisory, a CVE, or a source package
 * @returns one explanation for each fix that the words mean; none when the host never had such an exposure
 */
export async function explainExposure(path: string, host: string, fix: string): Promise<Explanation[]> {
  return withDatabase(path, { readOnly: true, sealed: true }, async (connection) => {
    const word = sqlText(fix);
    const fixes = await readRows(
      connection,
      `SELECT * EXCLUDE (rank) FROM fixes
       WHERE fix_id IN (SELECT fix_id FROM exposures WHERE host_id = ${sqlText(host)})
         AND (fix_id = ${word} OR source = ${word} OR list_contains(advisories, ${word})
           OR list_contains(advisories, ${word} || '-1') OR fix_id IN (SELECT fix_id FROM fix_cves WHERE cve = ${word}))
       ORDER BY published_not_after, fix_id`,
    );
    const explanations: Explanation[] = [];
    for (const row of fixes) {
      const id = sqlText(String(row['fix_id']));
      explanations.push({
        fix: row,
        cves: await readRows(
          connection,
          `SELECT * EXCLUDE (fix_id) FROM fix_cves WHERE fix_id = ${id} ORDER BY cve`,
        ),
        exposures: await readRows(
          connection,
          `SELECT * EXCLUDE (host_id, fix_id) FROM exposures WHERE fix_id = ${id} AND host_id = ${sqlText(host)} ORDER BY incarnation, spell`,
        ),
        timeline: await readRows(
          connection,
          `SELECT line.package, line.architecture, line.version, line.began_not_before, line.began_not_after, line.began_evidence
           FROM package_timeline line
           WHERE line.host_id = ${sqlText(host)}
             AND line.package IN (SELECT package FROM judged_packages WHERE source = ${sqlText(String(row['source']))})
           ORDER BY line.incarnation, line.package, line.architecture, line.step`,
        ),
      });
    }
    return explanations;
  });
}
