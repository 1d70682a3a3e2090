/** SUSE Linux Enterprise, openSUSE and everything else that zypper manages. */
import { kernelRows, suseKernels } from '../rpm/kernels.ts';
import { withOwners } from '../rpm/mapping-owners.ts';
import { parseRpmPackages } from '../rpm/packages.ts';
import { suseSources } from '../rpm/sources.ts';
import { compareVersions } from '../rpm/version.ts';
import { reading } from '../sections.ts';
import { parseAdvisories } from './advisories.ts';
import { parseAnswer } from './answer.ts';
import { asksForReboot } from './exit-codes.ts';
import { parseHistory } from './history.ts';
import { parseRepositories } from './repositories.ts';
import { zypperSections } from './sections.ts';
import { updatesOf } from './updates.ts';
import { refreshSection } from '../refresh.ts';
import type { Ecosystem, ParseContext, Parsed } from '../ecosystem.ts';

export const zypper: Ecosystem = {
  id: 'zypper',
  homes: ['suse', 'opensuse', 'sles', 'opensuse-leap', 'opensuse-tumbleweed'],
  advice: {
    packages: 'Run rpm --rebuilddb on the host, as root, and look at what it says.',
    updates: 'Run zypper refresh on the host, as root, and look at what it says.',
  },
  detect: 'command -v zypper >/dev/null 2>&1 && command -v rpm >/dev/null 2>&1',
  sections: zypperSections,
  parse,
  compareVersions,
  refresh: refreshSection('zypper --non-interactive refresh'),
  sources: suseSources,
  remediation: null,
};

function parse(context: ParseContext): Parsed {
  const packages = parseRpmPackages(context);
  const repositories = parseRepositories(context, packages.architecture);
  const advisories = parseAdvisories(context, { packages, repositories });
  const answer = parseAnswer(context);
  const updates = updatesOf(context, { packages, repositories, advisories, answer });
  const history = parseHistory(context);
  return {
    rows: {
      packages: packages.rows,
      updates: updates.rows,
      repositories: repositories.lists.map(({ row }) => row),
      host_advisories: advisories.rows,
      mappings: withOwners(context.mappings, context.sections.get('mapping-owners')?.text ?? ''),
      kernels: kernelRows(packages.rows, context.kernelRelease, suseKernels),
      events: history.events,
      logs: history.logs,
      rejections: [packages, advisories, answer, history].flatMap((part) => part.rejections),
    },
    scan: {
      architecture: packages.architecture,
      lists_checked_at: repositories.checkedAt,
      // The flag file of Debian says nothing here.
      reboot_required: asksForReboot(context.sections.get('zypper-reboot')?.exitStatus ?? null),
    },
    readings: [
      packages.reading,
      updates.reading,
      repositories.reading,
      advisories.reading,
      reading(
        'kernels',
        [...packages.problems, context.kernelRelease === null ? 'The running kernel is not known.' : null],
        packages.rows.length > 0,
      ),
      history.reading,
    ],
  };
}
