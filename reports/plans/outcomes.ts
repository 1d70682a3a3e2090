/** What became of plans, read from the findings. */
import { readRows, withDatabase } from '#data/ledger/database.ts';

export interface FixOutcome {
  fix_id: string;
  outcome: string;
  detail: string | null;
  /** Last complete reading of the packages since the plan was made. */
  observed_at: string | null;
}

export interface PlanOutcome {
  host_id: string;
  plan: string;
  outcome: string;
  planned_at: string;
  expires_at: string;
  /** When the next plan for the host was recorded; null for the last one. */
  replaced_at: string | null;
  verified: number;
  result_state: string | null;
  exit_status: number | null;
  fixes: FixOutcome[];
}

const planOutcomesSql = 'FROM plan_outcomes ORDER BY host_id, planned_at, plan';
const outcomesSql = 'FROM outcomes ORDER BY host_id, plan, fix_id';

/** Every plan with its fixes, by host and time. */
export function readOutcomes(path: string): Promise<PlanOutcome[]> {
  return withDatabase(path, { readOnly: true }, async (connection) => {
    const plans = (await readRows(connection, planOutcomesSql)) as unknown as PlanOutcome[];
    const outcomes = (await readRows(connection, outcomesSql)) as unknown as (FixOutcome &
      Pick<PlanOutcome, 'host_id' | 'plan'>)[];
    const byPlan = Map.groupBy(outcomes, ({ host_id, plan }) => `${host_id} ${plan}`);
    return plans.map((plan) => ({
      ...plan,
      fixes: (byPlan.get(`${plan.host_id} ${plan.plan}`) ?? []).map(
        ({ fix_id, outcome, detail, observed_at }) => ({ fix_id, outcome, detail, observed_at }),
      ),
    }));
  });
}
