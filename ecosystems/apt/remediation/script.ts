/** The remediation script of a plan, for hosts with apt. */
import { readFileSync } from 'node:fs';
import { clean } from '#data/model/clean.ts';
import { isArchitecture, isOrigin, isPackageName, isVersion } from '#data/model/debian-names.ts';
import type { Plan } from '#data/model/plan.ts';
import { quote } from '../../shell.ts';

/** One script in four files, in the order in which they build on each other. */
const files = ['1-words.sh', '2-checks.sh', '3-apply.sh', '4-main.sh'];
const body = files.map((file) => readFileSync(new URL(`body/${file}`, import.meta.url), 'utf8')).join('\n');

const hash = /^[0-9a-f]{64}$/;
const hostId = /^[a-z0-9]([a-z0-9._-]{0,126}[a-z0-9])?$/;
const osWord = /^[a-z0-9][a-z0-9._-]{0,39}$/;
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const word = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const reason = /^[a-z][a-z-]{0,39}$/;

/**
 * The script: a header for people, the plan as quoted words, and the files of `body/`. The same plan gives the same bytes.
 *
 * @throws RangeError on a name, version, id or date that does not fit its grammar: nothing that a host could
 *   choose reaches a script otherwise than as a quoted word of that grammar
 */
export function renderAptScript(plan: Plan): string {
  check(plan);
  const values = Object.entries(valuesOf(plan)).map(([name, value]) => `${name}=${quote(value)}`);
  return `${headerOf(plan)}\n\n${values.join('\n')}\n\n${body}`;
}

function headerOf(plan: Plan): string {
  const lines = [
    `Patchledger remediation script for ${plan.host_id}.`,
    '',
    'Without options it shows what it would do and changes nothing; --apply does it; --help tells the rest.',
    '',
    `Plan      ${plan.plan}`,
    `As of     ${plan.as_of}, record ${plan.head}`,
    `Good for  ${plan.os_id} ${plan.os_version}, until ${plan.expires_at}`,
    `Changes   ${plan.changes.length} packages for ${plan.fixes.length} fixes`,
  ];
  return ['#!/bin/sh', ...lines.map((line) => `# ${line}`.trimEnd())].join('\n');
}

function valuesOf(plan: Plan): { [variable: string]: string } {
  return {
    plan_id: plan.plan,
    host_id: plan.host_id,
    machine_id: plan.machine_id,
    os_id: plan.os_id,
    os_version: plan.os_version,
    as_of: plan.as_of,
    expires_at: plan.expires_at,
    expires_epoch: String(Math.floor(Date.parse(plan.expires_at) / 1000)),
    download_kb: kilobytes(plan.download_bytes),
    installed_kb: kilobytes(plan.installed_bytes),
    changes: plan.changes
      .map((change) =>
        [
          change.package,
          change.architecture,
          change.old_version ?? '-',
          change.new_version,
          change.wanted ? 'yes' : 'no',
        ].join(' '),
      )
      .join('\n'),
    newer: plan.changes
      .filter(({ newer_origin }) => newer_origin !== null)
      .map((change) => `${change.package} ${change.architecture} ${change.newer_origin}`)
      .join('\n'),
    fixes: plan.fixes
      .map(({ fix_id, names, approval }) => line(`${fix_id} ${namesOf(names)}by ${approval}`))
      .join('\n'),
    approvals: plan.approvals
      .map(({ id, approver, when, ticket, ring }) =>
        line(
          `${id} by ${approver} on ${when}${ticket === null ? '' : `, ${ticket}`}${ring === null ? '' : `, ring ${ring}`}`,
        ),
      )
      .join('\n'),
    left_alone: plan.left_alone
      .map((row) => `${row.package} ${row.architecture} ${row.installed_version}, ${row.reason}`)
      .join('\n'),
  };
}

/** Names of a fix shown at most; the record has all. */
const mostNames = 4;

function namesOf(names: string[]): string {
  if (names.length === 0) return '';
  const more = names.length - mostNames;
  return `(${names.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}) `;
}

/** One line of text for people. */
function line(text: string): string {
  return clean(text, 400);
}

function kilobytes(bytes: number | null): string {
  return String(Math.ceil(Math.max(0, bytes ?? 0) / 1024));
}

function check(plan: Plan): void {
  const { changes, left_alone, approvals } = plan;
  must('a plan', plan.plan, hash.test(plan.plan));
  must('a machine', plan.machine_id, hash.test(plan.machine_id));
  must('a head', plan.head, hash.test(plan.head));
  must('a host', plan.host_id, hostId.test(plan.host_id));
  must('a system', plan.os_id, osWord.test(plan.os_id));
  must('a version of a system', plan.os_version, osWord.test(plan.os_version));
  for (const at of [plan.as_of, plan.expires_at]) must('an instant', at, instant.test(at));
  for (const { id } of approvals) must('an approval', id, word.test(id));
  if (changes.length === 0) throw new RangeError('a plan without changes has no script');
  for (const change of changes) {
    checkPackage(change);
    must('a version', change.new_version, isVersion(change.new_version));
    if (change.newer_origin !== null) must('an origin', change.newer_origin, isOrigin(change.newer_origin));
    if (change.old_version !== null) must('a version', change.old_version, isVersion(change.old_version));
  }
  for (const row of left_alone) {
    checkPackage(row);
    must('a version', row.installed_version, isVersion(row.installed_version));
    must('a reason', row.reason, reason.test(row.reason));
  }
}

function checkPackage({ package: name, architecture }: { package: string; architecture: string }): void {
  must('a package', name, isPackageName(name));
  must('an architecture', architecture, isArchitecture(architecture));
}

function must(what: string, value: string, fits: boolean): void {
  if (!fits) throw new RangeError(`not ${what}: ${clean(JSON.stringify(value), 120)}`);
}
