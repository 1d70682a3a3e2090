import { Command } from 'commander';
import { explainExposure } from '#reports/findings/explain.ts';
import type { Explanation } from '#reports/findings/explain.ts';
import { explainVerdicts } from '#reports/policy/explain.ts';
import { clean } from '#data/model/clean.ts';
import { Failure } from '#data/model/failure.ts';
import { openFindings } from './findings.ts';
import { print, printJson } from './output.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';

export function explainCommand(): Command {
  return new Command('explain')
    .description("the whole story of a host's exposure to a fix: every date with bounds and evidence")
    .argument('<host>', 'host id')
    .argument('<fix>', 'advisory, CVE, source package, or the id of a fix')
    .addOption(workspaceOption())
    .option('--json', 'the result as JSON')
    .addHelpText(
      'before',
      'Example: patchledger explain web1 DSA-6446-1\n         patchledger explain web1 openssl --json\n',
    )
    .action(async (host: string, fix: string, options: { workspace?: string; json?: boolean }) => {
      const { path } = await openFindings(places(findWorkspace(options.workspace)));
      const explanations = await Promise.all(
        (await explainExposure(path, host, fix)).map(async (found) => ({
          ...found,
          verdicts: await explainVerdicts(path, host, String(found.fix['fix_id'])),
        })),
      );
      if (explanations.length === 0) {
        throw new Failure(
          'nothing-to-explain',
          `no exposure of ${clean(host, 80)} to ${clean(fix, 80)} is known`,
          {
            nextStep: `patchledger query "SELECT DISTINCT host_id, fix_id FROM exposures", and see \`covered\` for what is known at all`,
            exitCode: 2,
          },
        );
      }
      if (options.json) return printJson(explanations);
      for (const explanation of explanations) print(describe(explanation).join('\n'));
    });
}

type Row = Explanation['fix'];

function describe({ fix, cves, exposures, timeline, verdicts }: Explanation & { verdicts: Row[] }): string[] {
  const names = cves.map(
    ({ cve, known_exploited }) => `${text(cve)}${known_exploited === true ? ' (exploited)' : ''}`,
  );
  return [
    `${text(fix['source'])} ${text(fix['fixed_version'])} in ${text(fix['release'])}, ${text(fix['kind'])}`,
    `  advisories  ${list(fix['advisories'])}`,
    `  closes      ${names.length === 0 ? 'no CVE is named' : names.join(', ')}`,
    `  published   ${bounds(fix, 'published')}`,
    `  learned     ${text(fix['known_at'])}`,
    ...exposures.flatMap((spell) => [
      ...describeSpell(spell),
      ...verdicts
        .filter(
          ({ incarnation, spell: number }) =>
            incarnation === spell['incarnation'] && number === spell['spell'],
        )
        .map(describeVerdict),
    ]),
    '  versions on the host',
    ...timeline.map(
      (step) =>
        `    ${text(step['package'])}:${text(step['architecture'])} ${text(step['version'] ?? 'gone')} from ${bounds(step, 'began')}`,
    ),
    '',
  ];
}

function describeSpell(spell: Row): string[] {
  const marks = ['reopened', 'pre_empted', 'introduced_late'].filter((mark) => spell[mark] === true);
  return [
    `  spell ${text(spell['spell'])}: ${[text(spell['status']), ...marks.map((mark) => mark.replace('_', ' '))].join(', ')}`,
    `    had             ${text(spell['vulnerable_version'])}`,
    `    exposed since   ${bounds(spell, 'opened')}`,
    `    first observed  ${text(spell['first_observed_at'] ?? 'not by a scan')}`,
    `    installed       ${bounds(spell, 'installed')}`,
    `    effective       ${bounds(spell, 'effective')}`,
    ...(spell['exited_not_after'] === null ? [] : [`    exited          ${bounds(spell, 'exited')}`]),
    `    confirmed       ${text(spell['last_confirmed_at'])}`,
  ];
}

/** 'policy default: missed (still-open), by 2026-11-09, Known to be exploited, CVE-…'. */
function describeVerdict(verdict: Row): string {
  const [earliest, latest] = [verdict['deadline_not_before'], verdict['deadline_not_after']];
  const why = verdict['detail'] === null ? '' : ` (${text(verdict['detail'])})`;
  const about = [
    latest === null
      ? 'the clock has not started'
      : `by ${earliest === latest ? '' : `${text(earliest ?? 'unknown')} to `}${text(latest)}`,
    verdict['rule'],
    verdict['deciding_cve'],
    verdict['exception'] === null ? null : `exception ${text(verdict['exception'])}`,
  ].filter((part) => part !== null);
  return `    policy ${text(verdict['policy'])}: ${text(verdict['verdict'])}${why}, ${about.map(text).join(', ')}`;
}

/** '[earliest, latest] by evidence'. */
function bounds(row: Row, date: string): string {
  const [earliest, latest] = [row[`${date}_not_before`], row[`${date}_not_after`]];
  if (latest === null || latest === undefined) return 'not yet, or not known';
  const evidence = row[`${date}_evidence`];
  const span = earliest === latest ? text(latest) : `${text(earliest ?? 'unknown')} to ${text(latest)}`;
  return evidence === null || evidence === undefined ? span : `${span}, by ${text(evidence)}`;
}

function list(value: Row[string] | undefined): string {
  return Array.isArray(value) && value.length > 0 ? value.map(text).join(', ') : 'none loaded';
}

/** Hosts have a say in these texts. */
function text(value: Row[string] | undefined): string {
  return clean(String(value ?? ''), 300);
}
