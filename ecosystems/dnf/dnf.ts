/** Red Hat Enterprise Linux, its rebuilds, Fedora, Oracle and Amazon Linux: everything that dnf or yum manages. */
import { redhatKernels, kernelRows } from '../rpm/kernels.ts';
import { withOwners } from '../rpm/mapping-owners.ts';
import { parseRpmPackages } from '../rpm/packages.ts';
import { redhatSources } from '../rpm/sources.ts';
import { parseUpdateinfo } from '../rpm/updateinfo.ts';
import { compareVersions } from '../rpm/version.ts';
import { reading } from '../sections.ts';
import { hostAdvisories } from './advisories.ts';
import { parseDnf5History } from './dnf5-history.ts';
import { rebootOf } from './reboot.ts';
import { parseRpmLog } from './rpm-log.ts';
import { dnfSections } from './sections.ts';
import { readAnswers, repositoryRows, updateRows } from './updates.ts';
import { parseYumLog } from './yum-log.ts';
import { refreshSection } from '../refresh.ts';
import type { Ecosystem, ParseContext, Parsed } from '../ecosystem.ts';

export const dnf: Ecosystem = {
  id: 'dnf',
  homes: ['rhel', 'centos', 'fedora', 'rocky', 'almalinux', 'ol', 'amzn'],
  advice: {
    packages: 'Run rpm --verifydb on the host, and repair its package database.',
    updates: 'Run dnf makecache on the host, as root, and look at what it says.',
  },
  detect:
    'command -v rpm >/dev/null 2>&1 && { command -v dnf || command -v dnf5 || command -v yum || command -v microdnf; } >/dev/null 2>&1',
  sections: dnfSections,
  parse,
  compareVersions,
  refresh: refreshSection('dnf makecache'),
  sources: redhatSources,
  remediation: null,
};

function parse(context: ParseContext): Parsed {
  const packages = parseRpmPackages(context);
  const { answers, rejections } = readAnswers(context);
  const repositories = repositoryRows(context, answers, packages.architecture);
  const updateinfo = parseUpdateinfo(context);
  const advisories = hostAdvisories(context.hostId, { answers, packages, updateinfo });
  const updates = updateRows(context, { answers, packages, advisories });
  const kernels = kernelRows(packages.rows, context.kernelRelease, redhatKernels);
  const histories = [parseRpmLog(context), parseDnf5History(context), parseYumLog(context)];
  const logs = histories.flatMap((history) => history.logs);
  const historyProblems = histories
    .flatMap((history) => history.problems)
    .filter((problem) => problem !== null);
  if (logs.length === 0 && historyProblems.length === 0)
    historyProblems.push('No log of the package manager was found.');
  const noKernel = context.kernelRelease === null ? 'The running kernel is not known.' : null;
  return {
    rows: {
      packages: packages.rows,
      updates: updates.rows,
      repositories: repositories.rows,
      host_advisories: advisories.rows,
      mappings: withOwners(context.mappings, context.sections.get('mapping-owners')?.text ?? ''),
      kernels,
      events: histories.flatMap((history) => history.events),
      logs,
      rejections: [packages, { rejections }, updateinfo, ...histories].flatMap((part) => part.rejections),
    },
    scan: {
      architecture: packages.architecture,
      package_cache: null,
      lists_checked_at: repositories.checkedAt,
      ...rebootOf(context, kernels),
    },
    readings: [
      packages.reading,
      updates.reading,
      repositories.reading,
      advisories.reading,
      reading('kernels', [...packages.problems, noKernel], packages.rows.length > 0),
      reading('history', historyProblems, logs.length > 0),
    ],
  };
}
