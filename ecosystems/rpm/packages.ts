/** What the rpm database holds. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { toInstant } from '../linux/identity.ts';
import { rejecter } from '../rejections.ts';
import { linesOf, reading, sectionProblem } from '../sections.ts';
import { isArchitecture, isPackageName, joinVersion, parseSourceRpm, withoutEpoch } from './names.ts';
import type { ParseContext, Reading, Rejection, SectionSpec } from '../ecosystem.ts';

export type PackageRow = RowOf<'packages'>;

export interface Packages {
  rows: PackageRow[];
  /** The host's own architecture, that of rpm itself or of most packages. */
  architecture: string | null;
  rejections: Rejection[];
  /** Why the packages cannot be trusted to be all; for the subjects that are read from them. */
  problems: (string | null)[];
  reading: Reading;
}

const section = 'rpm-packages';
const fieldCount = 10;

/**
 * Tags that an older rpm does not know would fail the whole query: MODULARITYLABEL came with RHEL 8. The vendor is last,
 * it is free text. Imported keys pose as packages and are left out by name.
 */
const packagesCommand = `
module='(none)'
if rpm --querytags | grep -ix modularitylabel >/dev/null; then module='%{MODULARITYLABEL}'; fi
rpm -qa --queryformat "%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\t%{SOURCERPM}\\t%{INSTALLTIME}\\t%{BUILDTIME}\\t$module\\t%{VENDOR}\\n"
`;

export const packagesSection: SectionSpec = {
  name: section,
  command: packagesCommand.trim(),
  timeoutSeconds: 60,
  maxBytes: 8_388_608,
  subjects: ['packages', 'kernels'],
  rootReadsMore: false,
};

/** Reads the section `rpm-packages`. */
export function parseRpmPackages(context: ParseContext): Packages {
  const output = context.sections.get(section);
  const { rows: rejections, reject } = rejecter(context.hostId, section);
  const rows = new Map<string, PackageRow>();
  for (const [index, line] of linesOf(output?.text ?? '').entries()) {
    if (line.startsWith('gpg-pubkey\t')) continue;
    const row = packageRow(context, line);
    const key = typeof row === 'string' ? '' : `${row.package} ${row.architecture} ${row.version}`;
    if (typeof row === 'string') reject(index + 1, row, line);
    else if (rows.has(key)) reject(index + 1, 'Each package once.', line);
    else rows.set(key, row);
  }
  const problems = [
    sectionProblem(section, output),
    rows.size === 0 ? 'The package database names no package.' : null,
    rejections.length > 0 ? `${rejections.length} lines could not be packages.` : null,
  ];
  const list = [...rows.values()];
  return {
    rows: list,
    architecture: ownArchitecture(list),
    rejections,
    problems,
    reading: reading('packages', problems, list.length > 0),
  };
}

/** The row, or what was expected instead. */
function packageRow(context: ParseContext, line: string): PackageRow | string {
  const fields = line.split('\t');
  if (fields.length !== fieldCount) return 'Ten fields.';
  const [name, epoch, versionText, release, architecture, sourceRpm, installed, built, module, vendor] =
    fields as [string, string, string, string, string, string, string, string, string, string];
  const version = joinVersion(epoch, versionText, release);
  if (!isPackageName(name)) return 'The name of an rpm package.';
  if (!isArchitecture(architecture)) return 'The name of an architecture.';
  if (version === null) return 'An rpm version.';
  const source = sourceOfPackage(name, version, sourceRpm);
  if (source === null) return 'The file name of a source package.';
  return {
    host_id: context.hostId,
    package: name,
    architecture,
    version,
    ...source,
    wanted: 'install',
    state: 'installed',
    origin: isNone(vendor) ? null : clean(vendor),
    suite: null,
    installed_at: instantOf(installed, context.clock.offsetMs),
    // Builders set their clocks by themselves: it is not the host's.
    built_at: instantOf(built, 0),
    module: isNone(module) ? null : moduleStream(module),
  };
}

/**
 * The name of a source package's file has no epoch. A binary of the same version and release has the epoch of its
 * source; of a binary with a version of its own, that of the source is not known. A package without a source is its own.
 */
function sourceOfPackage(
  name: string,
  version: string,
  sourceRpm: string,
): Pick<PackageRow, 'source_package' | 'source_version'> | null {
  if (isNone(sourceRpm)) return { source_package: name, source_version: version };
  const source = parseSourceRpm(sourceRpm);
  if (source === null) return null;
  const same = source.version === withoutEpoch(version);
  return { source_package: source.name, source_version: same ? version : source.version };
}

/** `nodejs:18:9010020221009220316:rhel9`: name, stream, then version and context of the build. */
function moduleStream(label: string): string {
  return clean(label.split(':').slice(0, 2).join(':'), 120);
}

function instantOf(text: string, offsetMs: number): string | null {
  return /^\d{1,11}$/.test(text) && Number(text) > 0 ? toInstant(Number(text) * 1000 - offsetMs) : null;
}

/** rpm prints `(none)` for a tag that the package lacks. */
function isNone(text: string): boolean {
  return text === '' || text === '(none)';
}

function ownArchitecture(rows: PackageRow[]): string | null {
  const own = rows.find((row) => row.package === 'rpm')?.architecture;
  if (own !== undefined) return own;
  const counts = new Map<string, number>();
  for (const { architecture } of rows) {
    if (architecture !== 'noarch') counts.set(architecture, (counts.get(architecture) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0] ?? null;
}
