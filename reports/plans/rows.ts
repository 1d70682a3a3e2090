/** A plan as rows of the record. */
import type { Plan } from '#data/model/plan.ts';
import type { PlanRow, PlanTableName } from '#data/model/plan-tables.ts';

type Rows = { [N in Exclude<PlanTableName, 'plan_omissions'>]: PlanRow<N>[] };

/** @param script what was written for it */
export function rowsOfPlan(
  { changes, fixes, approvals, left_alone, ...plan }: Plan,
  script: { simulatedAt: string; sha256: string },
): Rows {
  const key = { host_id: plan.host_id, plan: plan.plan };
  return {
    plans: [{ ...plan, simulated_at: script.simulatedAt, script_sha256: script.sha256 }],
    plan_changes: changes.map((change) => ({ ...key, ...change })),
    plan_fixes: fixes.map(({ fix_id, source, names, approval: id }) => {
      const approval = approvals.find((one) => one.id === id);
      if (approval === undefined) throw new TypeError(`the plan quotes no approval '${id}'`);
      return {
        ...key,
        fix_id,
        source,
        names,
        approval: id,
        approver: approval.approver,
        approved_when: approval.when,
        ticket: approval.ticket,
        ring: approval.ring,
        allows_newer: approval.allows_newer,
      };
    }),
    plan_left_alone: left_alone.map((row) => ({ ...key, ...row })),
  };
}
