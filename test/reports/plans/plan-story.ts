/** Writes plans into a record, as `remediate` does. */
import { appendEntry } from '#data/ledger/append.ts';
import type { PlanRow } from '#data/model/plan-tables.ts';

type OfPlan = 'host_id' | 'plan';

export interface PlanStory {
  host: string;
  plan: string;
  fixes: Partial<Omit<PlanRow<'plan_fixes'>, OfPlan>>[];
  changes: Partial<Omit<PlanRow<'plan_changes'>, OfPlan>>[];
  leftAlone?: Omit<PlanRow<'plan_left_alone'>, OfPlan>[];
}

/**
 * Appends one planning. A plan is good for a week.
 *
 * @param at UTC instant at which it is made and recorded
 */
export async function writePlans(
  ledgerRoot: string,
  at: string,
  plans: PlanStory[],
  omissions: PlanRow<'plan_omissions'>[] = [],
): Promise<void> {
  const entry = {
    collector: 'main',
    kind: 'plan' as const,
    startedAt: new Date(at),
    recordedAt: () => new Date(at),
    programVersion: 'test',
    workspaceFiles: [],
  };
  await appendEntry(ledgerRoot, entry, (tables) => {
    for (const { host, plan, fixes, changes, leftAlone = [] } of plans) {
      const key = { host_id: host, plan };
      tables.add('plans', [{ ...key, ...planRow(host, at) }]);
      tables.add(
        'plan_changes',
        changes.map((change) => ({ ...key, ...changeRow, ...change })),
      );
      tables.add(
        'plan_fixes',
        fixes.map((fix) => ({ ...key, ...fixRow, ...fix })),
      );
      tables.add(
        'plan_left_alone',
        leftAlone.map((row) => ({ ...key, ...row })),
      );
    }
    tables.add('plan_omissions', omissions);
    return Promise.resolve({});
  });
}

function planRow(host: string, at: string): Omit<PlanRow<'plans'>, OfPlan> {
  return {
    ecosystem: 'apt',
    machine_id: `machine of ${host}`,
    os_id: 'debian',
    os_version: '12',
    as_of: at,
    simulated_at: at,
    expires_at: new Date(Date.parse(at) + 7 * 86_400_000).toISOString(),
    head: 'a'.repeat(64),
    download_bytes: 1,
    installed_bytes: null,
    script_sha256: 'b'.repeat(64),
  };
}

const changeRow = {
  package: 'ssl',
  architecture: 'amd64',
  old_version: '1',
  new_version: '2',
  wanted: true,
  newer_origin: null,
};

const fixRow = {
  fix_id: 'bookworm/ssl/2',
  source: 'ssl',
  names: ['DSA-1-1'],
  approval: 'all',
  approver: 'CISO',
  approved_when: '2026-09-01',
  ticket: null,
  ring: null,
  allows_newer: false,
};
