/** Arch Linux and everything else that pacman manages. */
import { parseKernels } from './kernels.ts';
import { parsePackages } from './local-database.ts';
import { parseLog } from './log.ts';
import { withOwners } from './mapping-owners.ts';
import { parseRepositories } from './repositories.ts';
import { pacmanSections } from './sections.ts';
import { sources } from './sources.ts';
import { parseUpdates } from './updates.ts';
import { compareVersions } from './version.ts';
import { reading } from '../sections.ts';
import type { Ecosystem, ParseContext, Parsed } from '../ecosystem.ts';
import type { PackageRow, Packages } from './local-database.ts';
import type { Updates } from './updates.ts';

export const pacman: Ecosystem = {
  id: 'pacman',
  homes: ['arch', 'artix'],
  advice: {
    packages: 'Run pacman -Dk on the host, and repair its package database.',
    updates: 'Run pacman -Syu on the host, as root, and look at what it says.',
  },
  // A game of that name has no pacman-conf.
  detect: 'command -v pacman >/dev/null 2>&1 && command -v pacman-conf >/dev/null 2>&1',
  sections: pacmanSections,
  parse,
  compareVersions,
  // New lists without the upgrades that belong to them break an Arch host at the next install.
  refresh: null,
  sources,
  remediation: null,
};

function parse(context: ParseContext): Parsed {
  const packages = parsePackages(context);
  const repositories = parseRepositories(context, packages.architecture);
  const updates = parseUpdates(context, packages, repositories);
  const kernels = parseKernels(context, packages);
  const history = parseLog(context, packages);
  return {
    rows: {
      packages: withOrigins(packages, updates),
      updates: updates.rows,
      repositories: repositories.rows,
      mappings: withOwners(context.mappings, context.sections.get('mapping-owners')?.text ?? ''),
      kernels: kernels.rows,
      events: history.events,
      logs: history.logs,
      rejections: [packages, updates, kernels, history].flatMap((part) => part.rejections),
    },
    scan: {
      architecture: packages.architecture,
      lists_checked_at: repositories.checkedAt,
      ...kernels.reboot,
    },
    readings: [
      packages.reading,
      updates.reading,
      repositories.reading,
      kernels.reading,
      reading('history', history.problems, history.logs.length > 0),
    ],
  };
}

/** The first repository that has this very version. */
function withOrigins(packages: Packages, { offers }: Updates): PackageRow[] {
  const origins = new Map(
    offers.map((offer) => [`${offer.name} ${offer.version}`, offer.repository] as const).reverse(),
  );
  return [...packages.byName.values()].map((row) => ({
    ...row,
    origin: origins.get(`${row.package} ${row.version}`) ?? null,
  }));
}
