/**
 * What Ubuntu's Expanded Security Maintenance would bring to a host that is not entitled to it, or has it switched
 * off. apt itself does not offer these builds: they are fixes that exist and that this host may not have.
 */
import { z } from 'zod';
import { isPackageName, isVersion } from '#data/model/debian-names.ts';
import type { RowOf } from '#data/model/tables.ts';
import { jsonAnswer } from '../json-answer.ts';
import { rejecter } from '../rejections.ts';
import { sectionProblem } from '../sections.ts';
import { isPresent } from './dpkg-packages.ts';
import type { PackageRow, Packages } from './dpkg-packages.ts';
import { compareVersions } from './version.ts';
import type { ParseContext, Rejection } from '../ecosystem.ts';

type UpdateRow = RowOf<'updates'>;

export interface NotEntitled {
  rows: UpdateRow[];
  rejections: Rejection[];
  /** Why what is offered to subscribers is not known, or not wholly; null when it is. */
  problem: string | null;
}

const section = 'ubuntu-pro';
const maxPackages = 20_000;

/** `pro security-status --format json`, schema 0.1: only what is used here. */
const Status = z.object({
  packages: z
    .array(
      z.object({ package: z.string(), version: z.string(), status: z.string(), service_name: z.string() }),
    )
    .max(maxPackages),
});

/**
 * The client's words for a build that exists and is not to be had: no subscription is attached to the machine, or
 * the service is switched off. 'upgrade_available' is offered by apt too and is read there.
 */
const withheld = ['pending_attach', 'pending_enable'];

/** The Origin fields that the services' repositories carry. */
const origins: { [service: string]: string } = { 'esm-infra': 'UbuntuESM', 'esm-apps': 'UbuntuESMApps' };

/** Reads the section `ubuntu-pro`; on any other distribution there is nothing to read. */
export function parseUbuntuPro(context: ParseContext, packages: Packages): NotEntitled {
  const output = context.sections.get(section);
  const { rows: rejections, reject } = rejecter(context.hostId, section);
  if (output === undefined && context.osId !== 'ubuntu') return { rows: [], rejections, problem: null };
  const failed = sectionProblem(section, output);
  const text = output?.text.trim() ?? '';
  if (failed !== null || text === 'absent' || text === '') {
    const silent = failed === null && text === '' ? 'The Ubuntu Pro client said nothing.' : failed;
    return { rows: [], rejections, problem: silent };
  }
  const status = jsonAnswer(Status, text);
  if (status === null)
    return { rows: [], rejections, problem: 'What the Ubuntu Pro client said could not be read.' };
  const installed = new Map(packages.rows.filter(isPresent).map((row) => [row.package, row]));
  const rows = new Map<string, UpdateRow>();
  for (const [index, offer] of status.packages.entries()) {
    if (!withheld.includes(offer.status)) continue;
    const row = installed.get(offer.package);
    if (!isPackageName(offer.package) || !isVersion(offer.version))
      reject(index + 1, 'A Debian package and version.', `${offer.package} ${offer.version}`);
    else if (row !== undefined && compareVersions(offer.version, row.version) > 0)
      rows.set(`${row.package}:${row.architecture}`, updateRow(row, offer));
  }
  const problem =
    rejections.length > 0 ? `${rejections.length} offers of Ubuntu Pro could not be read.` : null;
  return { rows: [...rows.values()], rejections, problem };
}

/** apt's own offers with those that are withheld beside them: what apt offers too keeps apt's reason. */
export function withWithheld(offered: readonly UpdateRow[], withheldRows: readonly UpdateRow[]): UpdateRow[] {
  const rows = new Map(withheldRows.map((row) => [`${row.package}:${row.architecture}`, row]));
  for (const row of offered) {
    const key = `${row.package}:${row.architecture}`;
    const more = rows.get(key);
    rows.set(key, more === undefined ? row : joined(row, more));
  }
  return [...rows.values()];
}

/** A subscriber's build that is newer than anything apt offers is the newest version, and stays withheld. */
function joined(row: UpdateRow, more: UpdateRow): UpdateRow {
  const newest = more.newest_version ?? '';
  if (row.newest_version !== null && compareVersions(newest, row.newest_version) <= 0) return row;
  return { ...row, newest_version: newest };
}

function updateRow(row: PackageRow, offer: { version: string; service_name: string }): UpdateRow {
  return {
    host_id: row.host_id,
    package: row.package,
    architecture: row.architecture,
    installed_version: row.version,
    candidate_version: null,
    newest_version: offer.version,
    action: 'none',
    in_upgrade: false,
    in_upgrade_with_new: false,
    in_full_upgrade: false,
    security: true,
    security_version: offer.version,
    origin: origins[offer.service_name] ?? null,
    suite: null,
    reason: 'not-entitled',
    phased_percent: null,
    candidate_built_at: null,
  };
}
