/** Outcomes come from state (semantics 6): each history spelled out. */
import { describe, expect, test } from 'vitest';
import { listEntries } from '#data/ledger/entries.ts';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import type { JsonRow } from '#data/ledger/database.ts';
import { deriveFindings } from '#reports/derive.ts';
import { advisoryRows, writeFeed } from '../findings/feed-story.ts';
import { advisory, at, fixed, old } from '../findings/september.ts';
import { tell, writeRun } from '../findings/story.ts';
import type { Found } from '../findings/story.ts';
import { writePlans } from './plan-story.ts';

interface Story {
  /** Runs by day, at 03:00. */
  runs: { [day: number]: Found };
  /** Days at whose noon a plan is made. */
  plans: number[];
}

/** Tells it in the order of time; plans are called plan-1, plan-2… */
async function judge({ runs, plans }: Story): Promise<(sql: string) => Promise<JsonRow[]>> {
  const { ledgerRoot, cacheRoot } = await tell([]);
  await writeFeed(ledgerRoot, {
    at: '2026-08-30T00:00:00.000Z',
    feed: 'debian-dsa',
    rows: advisoryRows([advisory]),
  });
  const steps = [
    ...Object.entries(runs).map(([day, found]) => ({
      day: Number(day),
      write: () => writeRun(ledgerRoot, 'main', { at: at(Number(day)), hosts: { web: found } }),
    })),
    ...plans.map((day, index) => ({
      day: day + 0.5,
      write: () =>
        writePlans(ledgerRoot, at(day, '12:00:00.000'), [
          { host: 'web', plan: `plan-${index + 1}`, fixes: [{}], changes: [{}] },
        ]),
    })),
  ];
  for (const { write } of steps.sort((a, b) => a.day - b.day)) await write();
  const { path } = await deriveFindings({ cacheRoot, entries: listEntries(ledgerRoot) });
  return (sql) => withDatabase(path, { readOnly: true }, (connection) => readRows(connection, sql));
}

/** The script of the plan ran on the fifth, from 20:00 to 20:05. */
const result = {};
const installed = {
  ...fixed,
  log: [[at(5, '20:01:00.000'), 'upgrade', 'ssl', '1', '2']],
} satisfies Found;
const effective = { ...installed, oldestProcess: at(5, '21:00:00.000') };

describe('outcomes', () => {
  test.each<[string, Story, object]>([
    ['nobody has looked since', { runs: { 4: old }, plans: [5] }, { outcome: 'not-observed', detail: null }],
    [
      'nobody could read it since',
      { runs: { 4: old, 6: 'unreachable' }, plans: [5] },
      { outcome: 'not-observed', detail: null },
    ],
    [
      'nobody has run it',
      { runs: { 4: old, 6: old }, plans: [5] },
      { outcome: 'still-missing', detail: 'never-run' },
    ],
    [
      'the script did it',
      { runs: { 4: old, 6: { ...effective, results: [result] } }, plans: [5] },
      { outcome: 'verified', detail: 'by-plan', result_state: 'finished', exit_status: 0 },
    ],
    [
      'it came by other means',
      { runs: { 4: old, 6: effective }, plans: [5] },
      { outcome: 'verified', detail: 'by-other-means' },
    ],
    [
      'it came by other means, and the script found nothing to do',
      {
        runs: {
          4: old,
          7: {
            ...effective,
            results: [{ reason: 'nothing-to-do', started_at: at(6), ended_at: at(6) }],
          },
        },
        plans: [5],
      },
      { outcome: 'verified', detail: 'by-other-means' },
    ],
    [
      'an old process goes on',
      { runs: { 4: old, 6: { ...installed, mapped: ['ssl'], results: [result] } }, plans: [5] },
      { outcome: 'installed-not-effective', detail: 'by-plan' },
    ],
    [
      'the script says that it failed',
      {
        runs: { 4: old, 6: { ...old, results: [{ reason: 'apt-failed', exit_status: 20 }] } },
        plans: [5],
      },
      { outcome: 'failed', detail: 'apt-failed' },
    ],
    [
      'the script was killed',
      {
        runs: {
          4: old,
          6: {
            ...old,
            results: [{ state: 'running', reason: 'running', exit_status: null, ended_at: null }],
          },
        },
        plans: [5],
      },
      { outcome: 'failed', detail: 'running' },
    ],
    [
      'the script says that it failed, but the fix is there',
      {
        runs: { 4: old, 6: { ...effective, results: [{ reason: 'apt-failed', exit_status: 20 }] } },
        plans: [5],
      },
      { outcome: 'verified', detail: 'by-plan' },
    ],
    [
      'the script claims what the scan does not see',
      { runs: { 4: old, 6: { ...old, results: [result] } }, plans: [5] },
      { outcome: 'still-missing', detail: 'claim-contradicted' },
    ],
    [
      'a result of another machine is not one of the plan',
      {
        runs: { 4: old, 6: { ...old, results: [{ machine_id: 'another', exit_status: 20 }] } },
        plans: [5],
      },
      { outcome: 'still-missing', detail: 'never-run' },
    ],
    [
      'it went back behind the fix',
      {
        runs: {
          4: old,
          6: { ...effective, results: [result] },
          8: {
            ...old,
            results: [result],
            log: [[at(7, '20:00:00.000'), 'downgrade', 'ssl', '2', '1']],
          },
        },
        plans: [5],
      },
      { outcome: 'regressed', detail: null },
    ],
    [
      'the package was removed',
      {
        runs: {
          4: old,
          6: { packages: { other: '1' }, log: [[at(5, '20:00:00.000'), 'remove', 'ssl', '1', null]] },
        },
        plans: [5],
      },
      { outcome: 'exited', detail: 'package-removed' },
    ],
  ])('%s', async (_what, story, expected) => {
    const rows = await judge(story);
    expect(await rows("FROM outcomes WHERE plan = 'plan-1'")).toEqual([
      expect.objectContaining({ host_id: 'web', fix_id: 'bookworm/ssl/2', ...expected }),
    ]);
  });

  test('a plan is superseded only when it was replaced before anyone ran it', async () => {
    const never = await judge({ runs: { 4: old, 7: old }, plans: [5, 6] });
    expect(await never('SELECT plan, outcome FROM plan_outcomes ORDER BY plan')).toEqual([
      { plan: 'plan-1', outcome: 'superseded' },
      { plan: 'plan-2', outcome: 'still-missing' },
    ]);
    const failed = { ...old, results: [{ reason: 'apt-failed', exit_status: 20 }] };
    const ran = await judge({ runs: { 4: old, 6: failed, 8: failed }, plans: [5, 7] });
    expect(await ran('SELECT plan, outcome FROM plan_outcomes ORDER BY plan')).toEqual([
      { plan: 'plan-1', outcome: 'failed' },
      { plan: 'plan-2', outcome: 'still-missing' },
    ]);
  });

  test('a result comes back with every scan and is one', async () => {
    const state = { ...effective, results: [result] };
    const rows = await judge({ runs: { 4: old, 6: state, 7: state }, plans: [5] });
    expect(await rows('SELECT known_at, of_a_plan FROM script_results')).toEqual([
      { known_at: at(6), of_a_plan: true },
    ]);
  });
});
