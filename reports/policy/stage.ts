/**
 * Policies judge the findings: people's files go in as tables, what they mean is matched here, and the models of
 * this folder give deadlines, verdicts and figures.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows } from '#data/ledger/database.ts';
import type { Entry } from '#data/ledger/entries.ts';
import type { Evaluation, Exception, Policy } from '#data/workspace/schemas.ts';
import type { Stage } from '../findings/fold.ts';
import { readModelFiles } from '../findings/models.ts';
import type { Model } from '../findings/models.ts';
import { readInForce } from './in-force.ts';
import type { InForce } from './in-force.ts';
import { appendRows } from './rows.ts';
import { matchesFix, matchesHost } from './selectors.ts';
import type { HostMember, RatedFix } from './selectors.ts';

const folder = new URL('models/', import.meta.url);
/** Made from people's files alone; then from the ratings of fixes; then, once all is matched, the rest. */
const before = ['01-policies.sql', '02-fix-ratings.sql'];
const after = ['03-deadlines.sql', '04-verdicts.sql', '05-policy-figures.sql'];

const tables = {
  said_policies:
    'policy VARCHAR, title VARCHAR, source_text VARCHAR, source_url VARCHAR, clock VARCHAR, evaluation_count BIGINT, evaluation_unit VARCHAR, detection_hours BIGINT, effectiveness VARCHAR, unrated VARCHAR, reopened VARCHAR, zone VARCHAR, is_primary BOOLEAN',
  said_rules:
    'policy VARCHAR, place BIGINT, rule VARCHAR, fixes VARCHAR, hosts VARCHAR, allowed_count BIGINT, allowed_unit VARCHAR',
  said_exceptions:
    'version BIGINT, exception VARCHAR, reason VARCHAR, compensating_control VARCHAR, requested_by VARCHAR, approver VARCHAR, evidence VARCHAR, from_text VARCHAR, until_text VARCHAR, recorded_at TIMESTAMP, gone_at TIMESTAMP, zone VARCHAR',
  // Hosts that fall under the same rules of a policy have one scope: deadlines are worked out once for it.
  policy_scopes: 'policy VARCHAR, host_id VARCHAR, scope VARCHAR',
  rule_scopes: 'policy VARCHAR, scope VARCHAR, place BIGINT',
  rule_fixes: 'policy VARCHAR, place BIGINT, rating BIGINT',
  exception_hosts: 'version BIGINT, host_id VARCHAR',
  exception_fixes: 'version BIGINT, fix_id VARCHAR',
  said_evaluations:
    'place BIGINT, evaluation VARCHAR, evaluator VARCHAR, decided_text VARCHAR, decision VARCHAR, evidence VARCHAR',
  evaluation_hosts: 'place BIGINT, host_id VARCHAR',
  evaluation_fixes: 'place BIGINT, fix_id VARCHAR',
} as const;

export const policyStage: Stage = {
  models: readModelFiles(folder, [...before, ...after]),
  settings: Object.values(tables),
  derive,
  publicTables: [
    'policies',
    'policy_rules',
    'exceptions',
    'evaluations',
    'fix_ratings',
    'verdicts',
    'policy_hosts',
    'policy_figures',
  ],
};

async function derive(connection: DuckDBConnection, entries: Entry[]): Promise<void> {
  for (const [name, columns] of Object.entries(tables))
    await connection.run(`CREATE OR REPLACE TABLE ${name} (${columns})`);
  const inForce = readInForce(entries);
  await sayPolicies(connection, inForce);
  await runModels(connection, readModelFiles(folder, before));
  await match(connection, inForce);
  await runModels(connection, readModelFiles(folder, after));
}

async function runModels(connection: DuckDBConnection, models: Model[]): Promise<void> {
  for (const model of models) await connection.run(model.tables);
}

async function sayPolicies(connection: DuckDBConnection, { content, exceptions }: InForce): Promise<void> {
  if (content === null) return;
  const { policies, config } = content;
  await sayEvaluations(connection, content.evaluations);
  const primary = config.primaryPolicy ?? (policies.length === 1 ? policies[0]?.id : undefined);
  await appendRows(
    connection,
    'said_policies',
    policies.map((policy) => [
      policy.id,
      policy.title,
      policy.source.text,
      policy.source.url ?? null,
      policy.clock,
      ...timeOf(policy.evaluation?.allowed),
      policy.evaluation?.['scan-interval-hours'] ?? null,
      policy.effectiveness,
      policy.unrated,
      policy.reopened,
      policy.zone ?? config.zone,
      policy.id === primary,
    ]),
  );
  await appendRows(
    connection,
    'said_rules',
    policies.flatMap(({ id, rules }) =>
      rules.map((rule, index) => [
        id,
        index + 1,
        rule.name,
        rule.fixes === undefined ? null : JSON.stringify(rule.fixes),
        rule.hosts === undefined ? null : JSON.stringify(rule.hosts),
        ...timeOf(rule.allowed),
      ]),
    ),
  );
  await appendRows(
    connection,
    'said_exceptions',
    exceptions.map(({ said, recordedAt, goneAt }, index) => [
      index + 1,
      said.id,
      said.reason,
      said['compensating-control'],
      said['requested-by'],
      said.approver,
      said.evidence ?? null,
      said.from,
      said.until,
      recordedAt,
      goneAt,
      config.zone,
    ]),
  );
}

async function sayEvaluations(
  connection: DuckDBConnection,
  evaluations: readonly Evaluation[],
): Promise<void> {
  await appendRows(
    connection,
    'said_evaluations',
    evaluations.map(({ id, evaluator, when, decision, evidence = null }, index) => [
      index + 1,
      id,
      evaluator,
      when,
      decision,
      evidence,
    ]),
  );
}

/** Exactly one of the units is given. */
function timeOf(allowed: Policy['rules'][number]['allowed'] | undefined): [number | null, string | null] {
  const [unit, count] = Object.entries(allowed ?? {}).find(([, value]) => value !== undefined) ?? [
    null,
    null,
  ];
  return [count, unit];
}

async function match(connection: DuckDBConnection, { content, exceptions }: InForce): Promise<void> {
  if (content === null) return;
  const hosts = (await readRows(connection, 'FROM hosts ORDER BY host_id')) as unknown as HostMember[];
  const ratings = (await readRows(
    connection,
    'SELECT ratings.*, fixes.kind, fixes.source, fixes.advisories FROM fix_ratings ratings JOIN fixes USING (fix_id) ORDER BY rating',
  )) as unknown as (RatedFix & { rating: number; fix_id: string })[];
  for (const policy of content.policies) {
    await appendRows(connection, 'policy_scopes', scopesOf(policy, hosts));
    await appendRows(
      connection,
      'rule_fixes',
      policy.rules.flatMap(({ fixes }, index) =>
        ratings
          .filter((fix) => matchesFix(fixes, fix, policy.unrated))
          .map(({ rating }) => [policy.id, index + 1, rating]),
      ),
    );
  }
  await connection.run(
    "INSERT INTO rule_scopes SELECT policy, scope, unnest(string_split(scope, ' '))::BIGINT FROM (SELECT DISTINCT policy, scope FROM policy_scopes WHERE scope <> '')",
  );
  const said = exceptions.map((exception) => exception.said);
  await matchEach(connection, 'exception', said, { hosts, ratings });
  await matchEach(connection, 'evaluation', content.evaluations, { hosts, ratings });
}

/** Which hosts and fixes each exception or evaluation speaks of, by its number. */
async function matchEach(
  connection: DuckDBConnection,
  kind: 'exception' | 'evaluation',
  said: readonly Pick<Exception, 'hosts' | 'fixes'>[],
  { hosts, ratings }: { hosts: HostMember[]; ratings: (RatedFix & { fix_id: string })[] },
): Promise<void> {
  for (const [index, selectors] of said.entries()) {
    const members = hosts.filter((host) => matchesHost(selectors.hosts, host));
    const fixes = new Set(
      ratings.filter((fix) => matchesFix(selectors.fixes, fix, 'unrated')).map(({ fix_id }) => fix_id),
    );
    await appendRows(
      connection,
      `${kind}_hosts`,
      members.map(({ host_id }) => [index + 1, host_id]),
    );
    await appendRows(
      connection,
      `${kind}_fixes`,
      [...fixes].map((id) => [index + 1, id]),
    );
  }
}

/** Per host: the rules of the policy that speak of it, as their places. */
function scopesOf(policy: Policy, hosts: HostMember[]): [string, string, string][] {
  return hosts.map((host) => {
    const places = policy.rules.flatMap((rule, index) => (matchesHost(rule.hosts, host) ? [index + 1] : []));
    return [policy.id, host.host_id, places.join(' ')];
  });
}
