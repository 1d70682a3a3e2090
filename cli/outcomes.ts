import { Command } from 'commander';
import { clean } from '#data/model/clean.ts';
import { readOutcomes } from '#reports/plans/outcomes.ts';
import type { PlanOutcome } from '#reports/plans/outcomes.ts';
import { openFindings } from './findings.ts';
import { print, printJson } from './output.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';

export function outcomesCommand(): Command {
  return new Command('outcomes')
    .description('what became of the last plan of each host, as later scans show')
    .argument('[hosts...]', 'only these host ids')
    .addOption(workspaceOption())
    .option('--all', 'every plan, not only the last of each host')
    .option('--json', 'the result as JSON')
    .addHelpText('before', 'Example: patchledger outcomes\n         patchledger outcomes web1 --all\n')
    .action(async (only: string[], options: { workspace?: string; all?: boolean; json?: boolean }) => {
      const { path } = await openFindings(places(findWorkspace(options.workspace)));
      const plans = (await readOutcomes(path)).filter(
        ({ host_id, replaced_at }) =>
          (only.length === 0 || only.includes(host_id)) && (options.all === true || replaced_at === null),
      );
      if (options.json) return printJson(plans);
      if (plans.length === 0) return print('no plan is recorded: patchledger remediate');
      for (const plan of plans) print(describe(plan).join('\n'));
    });
}

function describe({ fixes, ...plan }: PlanOutcome): string[] {
  const width = Math.max(...fixes.map(({ fix_id }) => fix_id.length));
  return [
    `${plan.host_id}: ${plan.outcome}, ${plan.verified} of ${fixes.length} fixes verified (plan ${plan.plan.slice(0, 16)} of ${plan.planned_at.slice(0, 16)}Z)`,
    ...fixes.map(
      ({ fix_id, outcome, detail }) =>
        `  ${clean(fix_id, 200).padEnd(width)}  ${outcome}${detail === null ? '' : `, ${detail}`}`,
    ),
  ];
}
