/** All that is derived: the models and public tables of the findings, and of what policies say of them. */
import { publicTables, readModels } from '#reports/findings/models.ts';
import { planStage } from '#reports/plans/stage.ts';
import { trendStage } from '#reports/policy/known-then.ts';
import { policyStage } from '#reports/policy/stage.ts';

export const allModels = [
  ...readModels(),
  ...policyStage.models,
  ...planStage.models,
  ...trendStage([], 0).models,
];
export const allTables: readonly string[] = [
  ...publicTables,
  ...policyStage.publicTables,
  ...planStage.publicTables,
  ...trendStage([], 0).publicTables,
];
