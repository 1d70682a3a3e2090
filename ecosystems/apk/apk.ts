/** Alpine Linux and everything else that apk manages. */
import { parsePackages } from './installed.ts';
import { parseKernels } from './kernels.ts';
import { parseLog } from './log.ts';
import { withOwners } from './mapping-owners.ts';
import { apkSections } from './sections.ts';
import { sources } from './sources.ts';
import { parseUpdates } from './updates.ts';
import { compareVersions } from './version.ts';
import { reading } from '../sections.ts';
import { refreshSection } from '../refresh.ts';
import type { Ecosystem, ParseContext, Parsed } from '../ecosystem.ts';
import type { PackageRow, Packages } from './installed.ts';
import type { Updates } from './updates.ts';

export const apk: Ecosystem = {
  id: 'apk',
  homes: ['alpine', 'wolfi', 'chainguard', 'chimera'],
  advice: {
    packages: 'Run apk audit --system on the host, and repair its package database.',
    updates: 'Run apk update on the host, as root, and look at what it says.',
  },
  detect:
    'command -v apk >/dev/null 2>&1 && { [ -e /lib/apk/db/installed ] || [ -e /usr/lib/apk/db/installed ]; }',
  sections: apkSections,
  parse,
  compareVersions,
  refresh: refreshSection('apk update'),
  sources,
  remediation: null,
};

function parse(context: ParseContext): Parsed {
  const packages = parsePackages(context);
  const updates = parseUpdates(context, packages);
  const kernels = parseKernels(context, packages);
  const history = parseLog(context, packages);
  return {
    rows: {
      packages: withOrigins(packages, updates),
      updates: updates.rows,
      repositories: updates.repositories.lines.flatMap((one) => one?.row ?? []),
      mappings: withOwners(context.mappings, context.sections.get('mapping-owners')?.text ?? ''),
      kernels: kernels.rows,
      events: history.events,
      logs: history.logs,
      rejections: [packages, updates, kernels, history].flatMap((part) => part.rejections),
    },
    scan: {
      architecture: packages.architecture,
      lists_checked_at: updates.repositories.checkedAt,
      ...kernels.reboot,
    },
    readings: [
      packages.reading,
      updates.reading,
      updates.repositories.reading,
      kernels.reading,
      reading('history', history.problems, history.logs.length > 0),
    ],
  };
}

/** The first repository that has this very version. */
function withOrigins(packages: Packages, { offers }: Updates): PackageRow[] {
  return [...packages.byName.values()].map((row) => {
    const offer = offers.get(row.package)?.find(({ version }) => version === row.version);
    return { ...row, origin: offer?.repository.row.origin ?? null };
  });
}
