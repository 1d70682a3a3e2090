/** 30,000 random spells under random policies: the models say what the slow reference says. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DuckDBConnection } from '@duckdb/node-api';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import { appendRows } from '#reports/policy/rows.ts';
import type { Cell } from '#reports/policy/rows.ts';
import { policyStage } from '#reports/policy/stage.ts';
import { judgeSlowly } from './verdict-reference.ts';
import type { Judge, Span, Spell } from './verdict-reference.ts';

interface Case {
  spell: Spell;
  judge: Judge;
}

const spells = 30_000;
const hour = 3_600_000;
const start = Date.parse('2026-01-20T00:00:00.000Z');
/** Hours in a quarter, on a coarse grid, so that instants meet. */
const instant = fc.integer({ min: 0, max: 90 * 4 }).map((quarter) => start + quarter * 6 * hour);
const span: fc.Arbitrary<Span> = fc
  .tuple(instant, fc.constantFrom(0, 6 * hour, 30 * hour, 24 * hour - 1))
  .map(([from, width]) => ({ from, to: from + width }));
const nowhere: Span = { from: null, to: null };
const maybe = fc.oneof({ weight: 4, arbitrary: span }, { weight: 1, arbitrary: fc.constant(nowhere) });

const spell: fc.Arbitrary<Spell> = fc
  .record({
    status: fc.constantFrom(
      'open',
      'closed',
      'installed-not-effective',
      'installed-effect-unknown',
      'package-removed',
      'host-retired',
      'host-rebuilt',
      'advisory-withdrawn',
    ),
    preEmpted: fc.constantFrom(false, false, false, true),
    first: fc.record({ opened: span, available: maybe, observed: fc.option(instant, { nil: null }) }),
    number: fc.constantFrom(1, 1, 1, 2),
    opened: span,
    installed: maybe,
    effective: span,
    exited: span,
    confirmed: instant,
  })
  .map((made) => ({
    ...made,
    // What the findings never give: an effect without its end, an install where it is open, two firsts.
    first: made.number === 1 ? { ...made.first, opened: made.opened } : made.first,
    installed:
      made.status === 'open'
        ? nowhere
        : made.status === 'installed-effect-unknown' && made.installed.to === null
          ? made.effective
          : made.installed,
    effective: made.status === 'closed' ? made.effective : nowhere,
  }));

const judge: fc.Arbitrary<Omit<Judge, 'asOf'>> = fc.record({
  clock: fc.constantFrom('published', 'available', 'first-observed', 'evaluated', 'from-introduction'),
  decided: fc.option(span, { nil: null }),
  effectiveness: fc.constantFrom('effective', 'effective-or-unknown', 'installed'),
  reopened: fc.constantFrom('keep', 'restart'),
  zone: fc.constantFrom('UTC', 'Europe/Zurich', 'Asia/Kolkata', 'America/New_York'),
  published: fc.oneof(
    span,
    instant.map((at) => ({ from: at - (at % (24 * hour)), to: at - (at % (24 * hour)) + 24 * hour - 1 })),
  ),
  ratings: fc.array(
    fc.record({
      cve: fc.constant(null),
      from: maybe,
      allowed: fc.option(
        fc.oneof(
          fc.record({ count: fc.integer({ min: 1, max: 200 }), unit: fc.constant('hours' as const) }),
          fc.record({ count: fc.integer({ min: 1, max: 40 }), unit: fc.constant('days' as const) }),
          fc.record({ count: fc.integer({ min: 1, max: 2 }), unit: fc.constant('months' as const) }),
        ),
        { nil: null },
      ),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  excepted: fc.array(
    fc
      .tuple(instant, fc.integer({ min: 1, max: 60 }))
      .map(([from, days]) => ({ from, until: from + days * 24 * hour })),
    { maxLength: 1 },
  ),
});

const asOf = start + 60 * 24 * hour;

/** Each case is a host, a fix and a policy of its own. */
async function judgeByModels(cases: Case[]): Promise<(string | undefined)[]> {
  return withDatabase(':memory:', {}, async (connection) => {
    const model = (name: string): string => policyStage.models.find((one) => one.name === name)?.tables ?? '';
    const macros = model('policies');
    await connection.run(macros.slice(0, macros.indexOf('CREATE OR REPLACE TABLE')));
    await fill(connection, cases);
    await connection.run(model('deadlines'));
    await connection.run(model('verdicts'));
    const rows = await readRows(connection, 'SELECT host_id, spell, verdict FROM verdicts');
    const found = new Map(
      rows.map((row) => [`${String(row['host_id'])} ${String(row['spell'])}`, String(row['verdict'])]),
    );
    return cases.map(({ spell: { number } }, index) => found.get(`${index} ${number}`));
  });
}

const time = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
const both = ({ from, to }: Span): [string | null, string | null] => [time(from), time(to)];

async function fill(connection: DuckDBConnection, cases: Case[]): Promise<void> {
  const tables: { [name: string]: [columns: string, rows: Cell[][]] } = {
    exposures: [
      'host_id VARCHAR, incarnation BIGINT, fix_id VARCHAR, spell BIGINT, status VARCHAR, pre_empted BOOLEAN, opened_not_before TIMESTAMP, opened_not_after TIMESTAMP, installed_not_before TIMESTAMP, installed_not_after TIMESTAMP, effective_not_before TIMESTAMP, effective_not_after TIMESTAMP, exited_not_before TIMESTAMP, exited_not_after TIMESTAMP, available_not_before TIMESTAMP, available_not_after TIMESTAMP, first_observed_at TIMESTAMP, last_confirmed_at TIMESTAMP',
      cases.flatMap(({ spell: one }, index) => {
        const row = (number: number, opened: Span): Cell[] => [
          String(index),
          1,
          `fix ${index}`,
          number,
          one.status,
          one.preEmpted,
          ...both(opened),
          ...both(one.installed),
          ...both(one.effective),
          ...both(one.exited),
          ...both(one.first.available),
          time(one.first.observed),
          time(one.confirmed),
        ];
        return one.number === 1 ? [row(1, one.opened)] : [row(1, one.first.opened), row(2, one.opened)];
      }),
    ],
    fixes: [
      'fix_id VARCHAR, published_not_before TIMESTAMP, published_not_after TIMESTAMP',
      cases.map(({ judge: { published } }, index) => [`fix ${index}`, ...both(published)]),
    ],
    fix_ratings: [
      'rating BIGINT, fix_id VARCHAR, cve VARCHAR, from_not_before TIMESTAMP, from_not_after TIMESTAMP',
      cases.flatMap(({ judge: { ratings } }, index) =>
        ratings.map(({ cve, from }, place) => [index * 10 + place, `fix ${index}`, cve, ...both(from)]),
      ),
    ],
    policies: [
      'policy VARCHAR, clock VARCHAR, effectiveness VARCHAR, reopened VARCHAR, zone VARCHAR, detection_hours BIGINT, evaluation_count BIGINT, evaluation_unit VARCHAR',
      uniquePolicies(cases).map(({ clock, effectiveness, reopened, zone }) => [
        policyOf({ clock, effectiveness, reopened, zone }),
        clock,
        effectiveness,
        reopened,
        zone,
        24,
        2,
        'days',
      ]),
    ],
    policy_rules: [
      'policy VARCHAR, place BIGINT, rule VARCHAR, allowed_count BIGINT, allowed_unit VARCHAR',
      cases.flatMap(({ judge: one }, index) =>
        one.ratings.flatMap(({ allowed }, place) =>
          allowed === null
            ? []
            : [[policyOf(one), index * 10 + place, 'a rule', allowed.count, allowed.unit]],
        ),
      ),
    ],
    rule_fixes: [
      'policy VARCHAR, place BIGINT, rating BIGINT',
      cases.flatMap(({ judge: one }, index) =>
        one.ratings.flatMap(({ allowed }, place) =>
          allowed === null ? [] : [[policyOf(one), index * 10 + place, index * 10 + place]],
        ),
      ),
    ],
    policy_scopes: [
      'policy VARCHAR, host_id VARCHAR, scope VARCHAR',
      cases.map(({ judge: one }, index) => [policyOf(one), String(index), String(index)]),
    ],
    rule_scopes: [
      'policy VARCHAR, scope VARCHAR, place BIGINT',
      cases.flatMap(({ judge: one }, index) =>
        one.ratings.map((_, place) => [policyOf(one), String(index), index * 10 + place]),
      ),
    ],
    exceptions: [
      'version BIGINT, exception VARCHAR, counts_from TIMESTAMP, counts_until TIMESTAMP',
      cases.flatMap(({ judge: { excepted } }, index) =>
        excepted.map(({ from, until }) => [index, `exception ${index}`, time(from), time(until)]),
      ),
    ],
    exception_hosts: ['version BIGINT, host_id VARCHAR', cases.map((_, index) => [index, String(index)])],
    exception_fixes: ['version BIGINT, fix_id VARCHAR', cases.map((_, index) => [index, `fix ${index}`])],
    evaluations: [
      'place BIGINT, decided_not_before TIMESTAMP, decided_not_after TIMESTAMP',
      cases.flatMap(({ judge: { decided } }, index) => (decided === null ? [] : [[index, ...both(decided)]])),
    ],
    evaluation_hosts: ['place BIGINT, host_id VARCHAR', cases.map((_, index) => [index, String(index)])],
    evaluation_fixes: ['place BIGINT, fix_id VARCHAR', cases.map((_, index) => [index, `fix ${index}`])],
    unseen_fixes: ['host_id VARCHAR, incarnation BIGINT, fix_id VARCHAR, last_read_at TIMESTAMP', []],
    as_of: ['instant TIMESTAMP', [[time(asOf)]]],
  };
  for (const [name, [columns, rows]] of Object.entries(tables)) {
    await connection.run(`CREATE TABLE ${name} (${columns})`);
    await appendRows(connection, name, rows);
  }
}

type PolicyKey = Pick<Judge, 'clock' | 'effectiveness' | 'reopened' | 'zone'>;

function policyOf({ clock, effectiveness, reopened, zone }: PolicyKey): string {
  return [clock, effectiveness, reopened, zone].join(' ');
}

function uniquePolicies(cases: Case[]): PolicyKey[] {
  return [...new Map(cases.map(({ judge: one }) => [policyOf(one), one])).values()];
}

test('random spells under random policies', async () => {
  // Other cases in every run; a failure names the seed.
  const seed = Date.now() % 2 ** 31;
  const cases = fc
    .sample(fc.tuple(spell, judge), { numRuns: spells, seed })
    .map(([one, policy]) => ({ spell: one, judge: { ...policy, asOf } }));
  const expected = cases.map((one) => judgeSlowly(one.spell, one.judge));
  const found = await judgeByModels(cases);

  const differing = cases.flatMap((one, index) =>
    expected[index] === found[index] ? [] : [{ ...one, expected: expected[index], found: found[index] }],
  );
  expect([seed, differing.slice(0, 2)]).toEqual([seed, []]);
  // Every verdict is among them, so that none agrees for want of cases.
  const counts = Map.groupBy(expected, (verdict) => verdict ?? 'none');
  for (const verdict of ['met', 'missed', 'not-provable', 'due', 'excepted', 'exited', 'unknown', 'none'])
    expect([verdict, (counts.get(verdict)?.length ?? 0) > spells / 300]).toEqual([verdict, true]);
});
