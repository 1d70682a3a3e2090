/** Debian, Ubuntu and everything else that apt and dpkg manage. */
import { parseAptHistory } from './apt-history.ts';
import { parseDpkgLog } from './dpkg-log.ts';
import { isPresent, parseDpkgPackages } from './dpkg-packages.ts';
import { kernelRows } from './kernels.ts';
import { withOwners } from './mapping-owners.ts';
import { parseRepositories } from './repositories.ts';
import { renderAptScript } from './remediation/script.ts';
import { readSimulation, simulateSection } from './remediation/simulate.ts';
import { aptSections } from './sections.ts';
import { fullNameOf, originOf, parseUpdates, repositoriesByDescription } from './updates.ts';
import { sources } from './sources.ts';
import { parseUbuntuPro, withWithheld } from './ubuntu-pro.ts';
import { compareVersions } from './version.ts';
import { refreshSection } from '../refresh.ts';
import { reading, sectionProblem } from '../sections.ts';
import type { Ecosystem, ParseContext, Parsed, Reading } from '../ecosystem.ts';
import type { PackageRow, Packages } from './dpkg-packages.ts';
import type { Repositories } from './repositories.ts';
import type { Updates } from './updates.ts';

export const apt: Ecosystem = {
  id: 'apt',
  homes: ['debian', 'ubuntu'],
  advice: {
    packages: 'Run dpkg --audit on the host, and repair its package database.',
    updates: 'Run apt-get update on the host, as root, and look at what it says.',
  },
  detect: 'command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1',
  sections: aptSections,
  refresh: refreshSection('apt-get update'),
  parse,
  compareVersions,
  sources,
  remediation: { simulateSection, readSimulation, renderScript: renderAptScript },
};

function parse(context: ParseContext): Parsed {
  const packages = parseDpkgPackages(context);
  const repositories = parseRepositories(context, packages.architecture);
  const updates = parseUpdates(context, packages, repositories);
  const pro = parseUbuntuPro(context, packages);
  const dpkg = parseDpkgLog(context, packages.architecture);
  const history = parseAptHistory(context);
  const readSomething = dpkg.logs.length + history.logs.length > 0;
  const logProblems = [...dpkg.problems, ...history.problems];
  if (!readSomething) logProblems.push('No log of the package manager was found.');
  return {
    rows: {
      packages: withOrigins(packages, updates, repositories),
      updates: withWithheld(updates.rows, pro.rows),
      repositories: withPriorities(repositories, updates),
      mappings: withOwners(context.mappings, context.sections.get('mapping-owners')?.text ?? ''),
      kernels: kernelRows(packages.rows, context.kernelRelease),
      events: [...dpkg.events, ...history.events],
      logs: [...dpkg.logs, ...history.logs],
      rejections: [packages, updates, pro, dpkg, history].flatMap((part) => part.rejections),
    },
    scan: {
      architecture: packages.architecture,
      package_cache: updates.packageCache,
      lists_checked_at: repositories.checkedAt,
    },
    readings: [
      packages.reading,
      withProblem(updates.reading, pro.problem),
      repositories.reading,
      kernelsReading(context, packages),
      reading('history', logProblems, readSomething),
    ],
  };
}

/** A reading that is complete but for one thing more. */
function withProblem(found: Reading, problem: string | null): Reading {
  if (problem === null) return found;
  const status = found.status === 'unread' ? 'unread' : 'partial';
  return { ...found, status, reason: found.reason === null ? problem : `${found.reason} ${problem}` };
}

function kernelsReading(context: ParseContext, packages: Packages): Parsed['readings'][number] {
  const problems = [
    sectionProblem('dpkg-packages', context.sections.get('dpkg-packages')),
    packages.rows.length === 0 ? 'The package database names no package.' : null,
    context.kernelRelease === null ? 'The running kernel is not known.' : null,
  ];
  return reading('kernels', problems, packages.rows.length > 0);
}

function withOrigins(packages: Packages, updates: Updates, repositories: Repositories): PackageRow[] {
  const byDescription = repositoriesByDescription(repositories);
  return packages.rows.map((row) => {
    if (!isPresent(row)) return row;
    const policy = updates.policies.get(fullNameOf(row, packages.architecture));
    return { ...row, ...originOf(policy, row.version, byDescription) };
  });
}

/** `apt-cache policy` prints the priority of a list beside each version that it offers. */
function withPriorities(
  repositories: Repositories,
  updates: Updates,
): Repositories['lists'][number]['row'][] {
  const priorities = new Map<string, number>();
  for (const policy of updates.policies.values()) {
    for (const { sources } of policy.versions) {
      for (const source of sources) priorities.set(source.description, source.priority);
    }
  }
  return repositories.lists.map(({ row, descriptions }) => ({
    ...row,
    priority: descriptions.map((text) => priorities.get(text)).find((found) => found !== undefined) ?? null,
  }));
}
