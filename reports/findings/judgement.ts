/**
 * What SQL cannot decide: the order of versions, and which source package a binary package stands for.
 * Both are worked out by the ecosystem, once for each distinct case, and joined back in SQL.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Ecosystem } from '#ecosystems/ecosystem.ts';
import { findEcosystem } from '#ecosystems/registry.ts';
import { readRows } from '#data/ledger/database.ts';

/** Statements that create the tables of judgements anew; they are small and quick to make. */
const createTables = [
  'CREATE OR REPLACE TABLE version_ranks (ecosystem VARCHAR, version VARCHAR, rank BIGINT)',
  'CREATE OR REPLACE TABLE judged_packages (ecosystem VARCHAR, package VARCHAR, version VARCHAR, source VARCHAR, source_version VARCHAR, flavour VARCHAR)',
  'CREATE OR REPLACE TABLE running_kernels (ecosystem VARCHAR, kernel_release VARCHAR, kernel_version VARCHAR, flavour VARCHAR, source VARCHAR, version VARCHAR)',
];

/** Binary packages in every version that was seen or logged, beside one version of which all is known. */
const packagesToJudge = `
  WITH families AS (SELECT DISTINCT host_id, ecosystem FROM fact_scans WHERE ecosystem IS NOT NULL),
  seen AS (
    SELECT DISTINCT ecosystem, package, version, source_package, source_version
    FROM state_packages JOIN families USING (host_id)
  ),
  logged AS (
    SELECT DISTINCT ecosystem, package, unnest([old_version, new_version]) AS version
    FROM fact_events JOIN families USING (host_id)
    UNION
    SELECT DISTINCT ecosystem, package, unnest([candidate_version, newest_version, security_version]) AS version
    FROM state_updates JOIN families USING (host_id)
    UNION
    SELECT DISTINCT ecosystem, package, version FROM state_host_advisories JOIN families USING (host_id)
  ),
  samples AS (
    FROM seen QUALIFY row_number() OVER (PARTITION BY ecosystem, package ORDER BY version, source_package, source_version) = 1
  )
  SELECT ecosystem, package, version, NULL AS known_version, source_package, source_version
  FROM seen QUALIFY row_number() OVER (PARTITION BY ecosystem, package, version ORDER BY source_package, source_version) = 1
  UNION ALL
  SELECT logged.ecosystem, logged.package, logged.version, coalesce(samples.version, ''), samples.source_package, samples.source_version
  FROM logged LEFT JOIN samples USING (ecosystem, package)
  WHERE logged.version IS NOT NULL AND (logged.ecosystem, logged.package, logged.version) NOT IN (SELECT (ecosystem, package, version) FROM seen)
  ORDER BY ALL`;

const kernelsToJudge = `
  SELECT DISTINCT ecosystem, kernel_release, coalesce(kernel_version, '') AS kernel_version
  FROM fact_scans WHERE ecosystem IS NOT NULL AND kernel_release IS NOT NULL
  ORDER BY ALL`;

/** Versions that need a place in the order. Advisories on source packages that no host ever had need none. */
const versionsToRank = `
  WITH used AS (
    SELECT ecosystem, unnest([version, source_version]) AS version FROM judged_packages
    UNION SELECT ecosystem, version FROM running_kernels
    UNION SELECT ecosystem, fixed_version FROM feed_advisory_fixes JOIN (SELECT DISTINCT ecosystem, source FROM judged_packages) had ON had.source = source_package
    UNION SELECT ecosystem, fixed_version FROM feed_cve_statuses JOIN (SELECT DISTINCT ecosystem, source FROM judged_packages) had ON had.source = source_package
    UNION SELECT ecosystem, security_uploads.version FROM feed_security_uploads security_uploads JOIN (SELECT DISTINCT ecosystem, source FROM judged_packages) had ON had.source = source_package
    UNION SELECT ecosystem, installed_version FROM state_updates JOIN (SELECT DISTINCT host_id, ecosystem FROM fact_scans WHERE ecosystem IS NOT NULL) USING (host_id)
    UNION SELECT ecosystem, last_version FROM feed_ended_support CROSS JOIN (SELECT DISTINCT ecosystem FROM judged_packages)
  )
  SELECT DISTINCT ecosystem, version FROM used WHERE version IS NOT NULL ORDER BY ALL`;

/** Fills `judged_packages`, `running_kernels` and `version_ranks` from the facts. */
export async function judge(connection: DuckDBConnection): Promise<void> {
  for (const statement of createTables) await connection.run(statement);
  await judgePackages(connection);
  await judgeKernels(connection);
  await rankVersions(connection);
}

async function judgePackages(connection: DuckDBConnection): Promise<void> {
  const appender = await connection.createAppender('judged_packages');
  for (const row of await readRows(connection, packagesToJudge)) {
    const [ecosystem, name, version] = [row['ecosystem'], row['package'], row['version']].map(String) as [
      string,
      string,
      string,
    ];
    const { sources } = familyOf(ecosystem);
    const known = {
      package: name,
      version: row['known_version'] === null ? version : String(row['known_version']),
      source_package: String(row['source_package']),
      source_version: String(row['source_version']),
    };
    const judged =
      row['known_version'] === null
        ? sources.sourceOf(known)
        : sources.sourceOfLogged(name, version, row['source_package'] === null ? null : known);
    appendTexts(appender, [
      ecosystem,
      name,
      version,
      judged?.source ?? null,
      judged?.version ?? null,
      sources.kernelFlavour(name),
    ]);
  }
  appender.closeSync();
}

async function judgeKernels(connection: DuckDBConnection): Promise<void> {
  const appender = await connection.createAppender('running_kernels');
  for (const row of await readRows(connection, kernelsToJudge)) {
    const [ecosystem, release, version] = [
      row['ecosystem'],
      row['kernel_release'],
      row['kernel_version'],
    ].map(String) as [string, string, string];
    const running = familyOf(ecosystem).sources.runningKernel(release, version);
    appendTexts(appender, [ecosystem, release, version, running.flavour, running.source, running.version]);
  }
  appender.closeSync();
}

/** Gives every version its place in its ecosystem's order; equal versions share one. */
async function rankVersions(connection: DuckDBConnection): Promise<void> {
  const appender = await connection.createAppender('version_ranks');
  const byEcosystem = Map.groupBy(await readRows(connection, versionsToRank), (row) =>
    String(row['ecosystem']),
  );
  for (const [ecosystem, group] of byEcosystem) {
    const compare = familyOf(ecosystem).compareVersions;
    const versions = group
      .map((row) => String(row['version']))
      .sort((a, b) => compare(a, b) || (a < b ? -1 : 1));
    let rank = 0;
    for (const [index, version] of versions.entries()) {
      const before = versions[index - 1];
      if (before !== undefined && compare(before, version) !== 0) rank++;
      appender.appendVarchar(ecosystem);
      appender.appendVarchar(version);
      appender.appendBigInt(BigInt(rank));
      appender.endRow();
    }
  }
  appender.closeSync();
}

type Appender = Awaited<ReturnType<DuckDBConnection['createAppender']>>;

function appendTexts(appender: Appender, values: (string | null)[]): void {
  for (const value of values) {
    if (value === null) appender.appendNull();
    else appender.appendVarchar(value);
  }
  appender.endRow();
}

function familyOf(id: string): Ecosystem {
  const family = findEcosystem(id);
  if (family === undefined)
    throw new Error(`the record names an ecosystem that this program does not know: ${id}`);
  return family;
}
