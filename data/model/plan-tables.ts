/**
 * The tables of a plan entry: what `remediate` planned for which host, and what it left out and why.
 */
import { count, flag, instant, orUnknown, table, text, texts } from './column.ts';
import type { Row } from './column.ts';

const plan = text('SHA-256 of the plan, which is its id.');
const hostId = text('Stable id of the host, from the inventory.');
const packageName = text('Binary package.');
const packageArchitecture = text("Architecture of the package, e.g. 'amd64' or 'all'.");
const fixId = text('Release, source package and fixed version.');

const plans = table(
  'plans',
  'The approved changes for one host at one instant, and the script that was written for them.',
  {
    host_id: hostId,
    plan,
    ecosystem: text("Package manager family, e.g. 'apt'."),
    machine_id: text('Machine that it is for, as in scans.'),
    os_id: text('ID of os-release.'),
    os_version: text('VERSION_ID of os-release.'),
    as_of: instant('When the record last learned something, at planning.'),
    simulated_at: instant('When the host simulated the transaction.'),
    expires_at: instant('From when the script refuses to act.'),
    head: text('Head of the record that it was made from.'),
    download_bytes: orUnknown(count('Bytes to fetch.')),
    installed_bytes: orUnknown(count('Bytes that it takes on disk beyond those of before.')),
    script_sha256: text('SHA-256 of the script.'),
  },
  ['host_id'],
);

const planChanges = table(
  'plan_changes',
  'The whole transaction of a plan, as the host simulated it.',
  {
    host_id: hostId,
    plan,
    package: packageName,
    architecture: packageArchitecture,
    old_version: orUnknown(text('Null for a package that is new on the host.')),
    new_version: text('Planned version.'),
    wanted: flag(
      'Whether it is a package of an approved fix; the others come along because those need them.',
    ),
    newer_origin: orUnknown(
      text('Origin of which a newer build may stand in for it; null where no approval allows that.'),
    ),
  },
  ['host_id', 'package', 'architecture'],
);

const planFixes = table(
  'plan_fixes',
  'The fixes that a plan closes, each with the approval that lets it in.',
  {
    host_id: hostId,
    plan,
    fix_id: fixId,
    source: text('Source package.'),
    names: texts('Advisories and CVE ids.'),
    approval: text('Id of the approval.'),
    approver: text('Who approved.'),
    approved_when: text('As it was written: a day or an instant.'),
    ticket: orUnknown(text('Ticket of the approval.')),
    ring: orUnknown(text('Ring of the host that the approval opens.')),
    allows_newer: flag('Whether the approval lets newer builds from the same origin in.'),
  },
  ['host_id', 'fix_id'],
);

const planLeftAlone = table(
  'plan_left_alone',
  'Packages that a plan leaves as they are although they lack a fix.',
  {
    host_id: hostId,
    plan,
    package: packageName,
    architecture: packageArchitecture,
    installed_version: text('Installed version.'),
    reason: text("Why, e.g. 'held'."),
  },
  ['host_id', 'package', 'architecture'],
);

const planOmissions = table(
  'plan_omissions',
  'Missing fixes that are in no plan, and why.',
  {
    host_id: hostId,
    fix_id: fixId,
    reason: text("Why, e.g. 'awaiting-approval', 'held' or 'not-simulated'."),
    detail: orUnknown(text('In a sentence.')),
  },
  ['host_id', 'fix_id'],
);

/** Every table of a plan entry, in the order in which they are written. */
export const planTables = {
  plans,
  plan_changes: planChanges,
  plan_fixes: planFixes,
  plan_left_alone: planLeftAlone,
  plan_omissions: planOmissions,
} as const;

export type PlanTableName = keyof typeof planTables;
export type PlanRow<N extends PlanTableName> = Row<(typeof planTables)[N]>;
