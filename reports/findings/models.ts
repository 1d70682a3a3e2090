/** The models of the findings, in the order in which they build on each other. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { sqlText } from '#data/ledger/database.ts';

export interface Model {
  /** File name without number and ending, e.g. 'update-spells'. */
  name: string;
  /** The whole file. */
  sql: string;
  /** What it makes, and what the columns of that mean. */
  tables: string;
  comments: string;
}

const files = [
  '01-runs.sql',
  '02-scans.sql',
  '03-observations.sql',
  '04-retired-hosts.sql',
  '05-install-events.sql',
  '06-package-spells.sql',
  '07-pending.sql',
  '08-update-spells.sql',
  '09-hosts.sql',
  '10-current.sql',
  '11-unknowns.sql',
  '12-feeds.sql',
  '13-package-timeline.sql',
  '14-spans.sql',
  '15-support.sql',
  '16-offers.sql',
  '17-fixes.sql',
  '18-exposure-spells.sql',
  '19-exposures.sql',
  '20-unfixed.sql',
  '21-disagreements.sql',
  '22-lines.sql',
  '23-followed.sql',
  '24-exposure-weeks.sql',
  '25-missing-by-age.sql',
  '26-log-breaks.sql',
  '27-shared-machines.sql',
  '28-fix-severities.sql',
  '29-comparisons.sql',
];

/** Tables of the findings that people may query and download; the others are steps on the way. */
export const publicTables = [
  'runs',
  'hosts',
  'scans',
  'unknowns',
  'update_spells',
  'package_spells',
  'install_events',
  'current_packages',
  'current_updates',
  'current_repositories',
  'current_kernels',
  'current_processes',
  'current_mappings',
  'current_software',
  'current_sections',
  'current_rejections',
  'current_logs',
  'retired_hosts',
  'feeds',
  'releases',
  'covered',
  'package_timeline',
  'fixes',
  'fix_cves',
  'fix_severities',
  'exposures',
  'unseen_fixes',
  'unfixed',
  'unsupported',
  'disagreements',
  'followed',
  'exposure_weeks',
  'missing_by_age',
  'log_breaks',
  'shared_machines',
  'comparisons',
  'only_there',
  'only_here',
];

export function readModels(): Model[] {
  return readModelFiles(new URL('models/', import.meta.url), files);
}

/** Models of a folder, in the order of the names. */
export function readModelFiles(folder: URL, names: readonly string[]): Model[] {
  return names.map((file) => {
    const sql = readFileSync(new URL(file, folder), 'utf8');
    const end = sql.search(/^COMMENT ON /m);
    return {
      name: file.replace(/^\d+-|\.sql$/g, ''),
      sql,
      tables: end < 0 ? sql : sql.slice(0, end),
      comments: end < 0 ? '' : sql.slice(end),
    };
  });
}

/** The statement that keeps the models beside what they made: `models(place, name, sql)`. */
export function keepModels(models: Model[]): string {
  const rows = models.map(({ name, sql }, place) => `(${place}, ${sqlText(name)}, ${sqlText(sql)})`);
  return `CREATE OR REPLACE TABLE models AS FROM (VALUES ${rows.join(', ')}) AS model(place, name, sql)`;
}

/** The statement that keeps which tables people may query and download: `public_tables(place, name)`. */
export function keepPublicTables(names: readonly string[]): string {
  const rows = names.map((name, place) => `(${place}, ${sqlText(name)})`);
  return `CREATE OR REPLACE TABLE public_tables AS FROM (VALUES ${rows.join(', ')}) AS public_table(place, name)`;
}

/** One hash for the models and whatever else decides what the findings look like: changed models make another cache. */
export function hashModels(models: Model[], ...settings: string[]): string {
  const hash = createHash('sha256');
  for (const part of [...models.flatMap(({ name, sql }) => [name, sql]), ...settings])
    hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}
