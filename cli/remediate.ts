import { Command } from 'commander';
import { simulateAll } from '#collector/simulate.ts';
import { appendEntry } from '#data/ledger/append.ts';
import { heads, listEntries } from '#data/ledger/entries.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { sha256 } from '#data/ledger/manifest.ts';
import { clean } from '#data/model/clean.ts';
import type { Plan } from '#data/model/plan.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import type { Workspace } from '#data/workspace/load.ts';
import { findEcosystem } from '#ecosystems/registry.ts';
import { readMissing } from '#reports/plans/missing.ts';
import { planOf, propose } from '#reports/plans/plan.ts';
import type { Omission, Proposal } from '#reports/plans/plan.ts';
import { rowsOfPlan } from '#reports/plans/rows.ts';
import { countOf } from '#site/words.ts';
import { openFindings } from './findings.ts';
import { printJson, say, showProgress } from './output.ts';
import { recordWorkspace } from './record-workspace.ts';
import { chooseHosts } from './run.ts';
import { writeScripts } from './scripts-folder.ts';
import { limitsOf, usualTransports } from './transports.ts';
import { programVersion } from './version.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';
import type { Places } from './workspace.ts';

/** Exit code when some hosts have approved fixes and no plan. */
const someHostsFailed = 3;

export function remediateCommand(): Command {
  return new Command('remediate')
    .description('plan the approved fixes of every host and write one script a host into out/scripts')
    .argument('[hosts...]', 'only these host ids')
    .addOption(workspaceOption())
    .option('--wait <seconds>', 'how long to wait for another writer', Number, 60)
    .option('--json', 'the result as JSON')
    .addHelpText('before', 'Example: patchledger remediate\n         patchledger remediate web1 --json\n')
    .addHelpText(
      'after',
      '\nNothing is changed on any host: a script is a dry run until someone runs it with --apply (docs/admin.md).',
    )
    .action(async (only: string[], options: { workspace?: string; wait: number; json?: boolean }) => {
      const result = await remediate(places(findWorkspace(options.workspace)), only, options.wait);
      if (options.json) printJson(result);
      else for (const line of describe(result)) say(line);
      if (result.omissions.some(({ reason }) => reason === 'not-simulated'))
        process.exitCode = someHostsFailed;
    });
}

interface Planned {
  plan: Plan;
  script: string;
  sha256: string;
  simulatedAt: string;
}

interface Remediation {
  entry: { collector: string; sequence: number; hash: string };
  plans: {
    host_id: string;
    plan: string;
    expires_at: string;
    changes: number;
    fixes: number;
    script: string;
  }[];
  omissions: Omission[];
}

/** Plans the approved fixes of some hosts, or all, records the plans and writes the scripts. */
export async function remediate(where: Places, only: string[], waitSeconds: number): Promise<Remediation> {
  await recordWorkspace(where);
  const workspace = await loadWorkspace(where.root);
  const hosts = new Set(chooseHosts(workspace, only).map(({ host_id }) => host_id));
  const findings = await openFindings(where, waitSeconds);
  const material = await readMissing(findings.path);
  const { proposals, omissions } = propose(
    { ...material, hosts: material.hosts.filter(({ host_id }) => hosts.has(host_id)) },
    {
      approvals: workspace.approvals,
      rings: workspace.config.remediation.rings,
      now: new Date().toISOString(),
    },
  );
  const all = heads(listEntries(where.ledger));
  // The head of the chain that the plan will be appended to; recording the workspace has made one.
  const head =
    all.find(({ collector }) => collector === workspace.config.collector)?.hash ?? all[0]?.hash ?? '';
  const { planned, failed } = await makePlans(proposals, { workspace, asOf: material.asOf, head });
  omissions.push(...failed);
  const entry = await record({ where, workspace, waitSeconds }, planned, omissions);
  const paths = writeScripts(
    where.scripts,
    planned.map(({ plan, script }) => ({ hostId: plan.host_id, text: script })),
    [...hosts],
  );
  return {
    entry: { collector: entry.collector, sequence: entry.sequence, hash: entry.hash },
    plans: planned.map(({ plan }) => ({
      host_id: plan.host_id,
      plan: plan.plan,
      expires_at: plan.expires_at,
      changes: plan.changes.length,
      fixes: plan.fixes.length,
      script: paths.get(plan.host_id) ?? '',
    })),
    omissions,
  };
}

interface PlanContext {
  workspace: Workspace;
  asOf: string;
  head: string;
}

/** Has every host simulate its proposal; those that cannot be asked, or refuse, are omissions. */
async function makePlans(
  proposals: Proposal[],
  { workspace, asOf, head }: PlanContext,
): Promise<{ planned: Planned[]; failed: Omission[] }> {
  const progress = showProgress('planning', proposals.length);
  const requests = proposals.map(({ host, targets }) => ({ host, ecosystem: host.ecosystem, targets }));
  const simulations = await simulateAll(requests, {
    transports: usualTransports(workspace),
    limits: limitsOf(workspace),
    concurrency: workspace.config.scan.concurrency,
    onHost: progress.step,
  }).finally(progress.end);
  const simulatedAt = new Date().toISOString();
  const planned: Planned[] = [];
  const failed: Omission[] = [];
  for (const [index, proposal] of proposals.entries()) {
    const simulation = simulations[index];
    const remediation = findEcosystem(proposal.host.ecosystem)?.remediation;
    if (simulation === undefined || remediation === undefined)
      throw new TypeError('a proposal without an answer');
    if ('problem' in simulation || remediation === null) {
      const problem = 'problem' in simulation ? simulation.problem : 'There are no scripts for this family.';
      failed.push(...omissionsOf(proposal, problem));
      continue;
    }
    const { validDays } = workspace.config.remediation;
    const plan = planOf(proposal, simulation, { asOf, simulatedAt, validDays, head });
    const script = remediation.renderScript(plan);
    planned.push({ plan, script, simulatedAt, sha256: sha256(script) });
  }
  return { planned, failed };
}

function omissionsOf({ host, fixes }: Proposal, problem: string): Omission[] {
  return fixes.map(({ fix_id }) => ({
    host_id: host.host_id,
    fix_id,
    reason: 'not-simulated',
    detail: problem,
  }));
}

function record(
  { where, workspace, waitSeconds }: { where: Places; workspace: Workspace; waitSeconds: number },
  planned: Planned[],
  omissions: Omission[],
): ReturnType<typeof appendEntry> {
  const lock = { waitSeconds, onWait: (holder: string) => say(`waiting for ${holder}…`) };
  return withWriterLock(where.ledger, lock, () =>
    appendEntry(
      where.ledger,
      {
        collector: workspace.config.collector,
        kind: 'plan',
        startedAt: new Date(),
        workspaceFiles: workspace.files,
        programVersion,
      },
      (tables) => {
        for (const { plan, ...script } of planned) {
          const rows = rowsOfPlan(plan, script);
          tables.add('plans', rows.plans);
          tables.add('plan_changes', rows.plan_changes);
          tables.add('plan_fixes', rows.plan_fixes);
          tables.add('plan_left_alone', rows.plan_left_alone);
        }
        tables.add('plan_omissions', omissions);
        return Promise.resolve({ plans: planned.length, omissions: omissions.length });
      },
    ),
  );
}

/** Fixes of one omission that are named at most. */
const mostNamed = 3;

function describe({ plans, omissions, entry }: Remediation): string[] {
  const lines = [
    `plan ${entry.sequence}: ${countOf(plans.length, 'script')} · head ${entry.hash.slice(0, 12)}`,
    ...plans.map(
      (plan) =>
        `  ${plan.host_id}: ${countOf(plan.fixes, 'fix', 'fixes')}, ${countOf(plan.changes, 'package')}, until ${plan.expires_at.slice(0, 16)}Z: ${plan.script}`,
    ),
  ];
  if (omissions.length > 0)
    lines.push(
      `  in no plan: ${countOf(omissions.length, 'missing fix', 'missing fixes')} (--json names all)`,
    );
  const alike = Map.groupBy(omissions, ({ reason, detail }) => `${reason}, ${detail ?? ''}`);
  for (const [why, rows] of alike) {
    const named = rows.slice(0, mostNamed).map(({ host_id, fix_id }) => `${host_id} ${fix_id}`);
    const more = rows.length > mostNamed ? ` and ${rows.length - mostNamed} more` : '';
    lines.push(clean(`    ${why.replace(/(, |\.)$/, '')}: ${named.join(', ')}${more}`, 1000));
  }
  if (plans.length > 0) lines.push('next: run a script on its host without options; it changes nothing');
  return lines;
}
