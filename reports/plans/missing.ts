/** What hosts lack and what they are offered for it: the material of plans, from the findings. */
import { readRows, withDatabase } from '#data/ledger/database.ts';
import type { RowOf } from '#data/model/tables.ts';
import type { HostMember, RatedFix } from '../policy/selectors.ts';

/** An open exposure. */
export interface MissingFix {
  host_id: string;
  fix_id: string;
  source: string;
  advisories: string[];
  /** Why it is not applied, as far as that is known. */
  reason: string | null;
  ratings: RatedFix[];
}

/** A package of an offered update that holds the fix. */
export interface Offer {
  host_id: string;
  fix_id: string;
  package: string;
  architecture: string;
  installed_version: string;
  candidate_version: string;
  /** Origin field of the repository that offers it. */
  origin: string | null;
  reason: RowOf<'updates'>['reason'];
}

/** An installed package that lacks the fix, with the reason of its offer; 'not-offered' without one. */
export interface LackingPart {
  host_id: string;
  fix_id: string;
  package: string;
  architecture: string;
  installed_version: string;
  reason: string;
}

export type PlannedHost = HostMember &
  Pick<RowOf<'population'>, 'host_id' | 'address' | 'port' | 'login' | 'transport' | 'command' | 'owner'> & {
    standing: string;
    ecosystem: string | null;
    machine_id: string | null;
    os_id: string | null;
    os_version: string | null;
  };

export interface Material {
  hosts: PlannedHost[];
  missing: MissingFix[];
  offers: Offer[];
  parts: LackingPart[];
  /** When the record last learned something. */
  asOf: string;
}

const hostsSql = `SELECT hosts.*, scans.machine_id
FROM hosts LEFT JOIN scans ON scans.host_id = hosts.host_id AND scans.collector = last_read_collector AND scans.sequence = last_read_sequence
WHERE listed_now ORDER BY host_id`;

const missingSql = `SELECT exposures.host_id, fix_id, fixes.source, fixes.advisories, exposures.reason
FROM exposures JOIN hosts USING (host_id, incarnation) JOIN fixes USING (fix_id)
WHERE hosts.listed_now AND exposures.status = 'open'
ORDER BY host_id, fix_id`;

const ratingsSql = `SELECT ratings.fix_id, ratings.cve, ratings.known_exploited, ratings.severity, fixes.kind, fixes.source, fixes.advisories
FROM fix_ratings ratings JOIN fixes USING (fix_id)
QUALIFY row_number() OVER (PARTITION BY fix_id, cve ORDER BY rating DESC) = 1
ORDER BY ratings.fix_id, ratings.cve`;

/** The candidate counts, because that is what the package manager would install. */
const offersSql = `SELECT DISTINCT exposures.host_id, fix_id, updates.package, updates.architecture, updates.installed_version, updates.candidate_version, updates.reason, updates.origin
FROM exposures JOIN hosts USING (host_id, incarnation) JOIN fixes USING (fix_id)
JOIN current_updates updates ON updates.host_id = exposures.host_id
JOIN judged_packages judged ON judged.ecosystem = hosts.ecosystem AND judged.package = updates.package AND judged.version = updates.candidate_version AND judged.source = fixes.source
JOIN version_ranks ranks ON ranks.ecosystem = hosts.ecosystem AND ranks.version = judged.source_version
WHERE hosts.listed_now AND exposures.status = 'open' AND updates.installed_version IS NOT NULL AND ranks.rank >= fixes.rank
ORDER BY ALL`;

const partsSql = `SELECT lacking.host_id, lacking.fix_id, packages.package, packages.architecture, packages.version AS installed_version,
  CASE WHEN updates.reason IS NULL OR updates.reason = 'none-yet-tried' THEN 'not-offered' ELSE updates.reason END AS reason
FROM (SELECT host_id, incarnation, fix_id, unnest(lacking) AS part FROM exposures WHERE status = 'open') lacking
JOIN hosts USING (host_id, incarnation)
JOIN current_packages packages ON packages.host_id = lacking.host_id AND packages.package || ':' || packages.architecture = lacking.part
LEFT JOIN current_updates updates ON updates.host_id = packages.host_id AND updates.package = packages.package AND updates.architecture = packages.architecture
ORDER BY ALL`;

/** @param path of the findings */
export function readMissing(path: string): Promise<Material> {
  return withDatabase(path, { readOnly: true }, async (connection) => {
    const rows = <T>(sql: string) => readRows(connection, sql) as unknown as Promise<T[]>;
    const ratings = Map.groupBy(
      await rows<RatedFix & { fix_id: string }>(ratingsSql),
      ({ fix_id }) => fix_id,
    );
    const missing = await rows<Omit<MissingFix, 'ratings'>>(missingSql);
    const [asOf] = await rows<{ instant: string }>('SELECT instant FROM as_of');
    return {
      hosts: await rows<PlannedHost>(hostsSql),
      missing: missing.map((row) => ({ ...row, ratings: ratings.get(row.fix_id) ?? [] })),
      offers: await rows<Offer>(offersSql),
      parts: await rows<LackingPart>(partsSql),
      asOf: asOf?.instant ?? '',
    };
  });
}
