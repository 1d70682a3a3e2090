/** What the package database of dpkg holds: installed packages, and those that are not quite. */
import type { RowOf } from '#data/model/tables.ts';
import { linesOf, reading, sectionProblem } from '../sections.ts';
import { toInstant } from '../linux/identity.ts';
import { isArchitecture, isPackageName, isVersion, parseFullName } from '#data/model/debian-names.ts';
import { rejecter } from '../rejections.ts';
import type { Reading, Rejection, ParseContext } from '../ecosystem.ts';

export type PackageRow = RowOf<'packages'>;

export interface Packages {
  rows: PackageRow[];
  architecture: string | null;
  rejections: Rejection[];
  reading: Reading;
}

const wants = ['unknown', 'install', 'hold', 'deinstall', 'purge'];
/** dpkg(1), package states. */
const states = [
  'config-files',
  'half-installed',
  'unpacked',
  'half-configured',
  'triggers-awaited',
  'triggers-pending',
  'installed',
];

/** Reads the sections `dpkg-packages` and `dpkg-install-times`. */
export function parseDpkgPackages(context: ParseContext): Packages {
  const section = context.sections.get('dpkg-packages');
  const times = parseInstallTimes(context);
  const { rows: rejections, reject } = rejecter(context.hostId, 'dpkg-packages');
  const rows = new Map<string, PackageRow>();
  let architecture: string | null = null;
  for (const [index, line] of linesOf(section?.text ?? '').entries()) {
    const said = /^#architecture (.*)$/.exec(line)?.[1];
    if (said !== undefined && isArchitecture(said)) architecture = said;
    else if (line.endsWith('\tnot-installed')) continue;
    else {
      const row = packageRow(context.hostId, line);
      if (typeof row === 'string') reject(index + 1, row, line);
      else if (rows.has(keyOf(row))) reject(index + 1, 'Each package once.', line);
      else rows.set(keyOf(row), { ...row, installed_at: installedAt(row, times, context) });
    }
  }
  const problems = [
    sectionProblem('dpkg-packages', section),
    sectionProblem('dpkg-install-times', context.sections.get('dpkg-install-times')),
    rows.size === 0 ? 'The package database names no package.' : null,
    rejections.length > 0 ? `${rejections.length} lines could not be packages.` : null,
  ];
  return {
    rows: [...rows.values()],
    architecture,
    rejections,
    reading: reading('packages', problems, rows.size > 0),
  };
}

/** Whether files of the package are on the disk, in whatever state. */
export function isPresent(row: PackageRow): boolean {
  return row.state !== 'config-files';
}

function keyOf(row: { package: string; architecture: string }): string {
  return `${row.package}:${row.architecture}`;
}

/** The row, or what was expected instead. */
function packageRow(hostId: string, line: string): PackageRow | string {
  const fields = line.split('\t');
  if (fields.length !== 7) return 'Seven fields.';
  const [name, architecture, version, source, sourceVersion, want, state] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (!isPackageName(name)) return 'The name of a Debian package.';
  if (!isArchitecture(architecture)) return 'The name of an architecture.';
  if (!isVersion(version) || !isVersion(sourceVersion)) return 'A Debian version.';
  if (!isPackageName(source)) return 'The name of a Debian source package.';
  if (!wants.includes(want) || !states.includes(state)) return 'A state that dpkg knows.';
  return {
    host_id: hostId,
    package: name,
    architecture,
    version,
    source_package: source,
    source_version: sourceVersion,
    wanted: want,
    state,
    origin: null,
    suite: null,
    installed_at: null,
    built_at: null,
    module: null,
  };
}

/** Seconds since 1970 by file name without `.list`: `name` or `name:architecture`. */
function parseInstallTimes(context: ParseContext): Map<string, number> {
  const times = new Map<string, number>();
  for (const line of linesOf(context.sections.get('dpkg-install-times')?.text ?? '')) {
    const match = /^(\S+)\.list\t(\d{1,12})(?:\.\d*)?$/.exec(line);
    if (match !== null && parseFullName(match[1]!) !== null) times.set(match[1]!, Number(match[2]));
  }
  return times;
}

/** dpkg writes the list of files anew whenever it unpacks a package, and when only settings are left. */
function installedAt(row: PackageRow, times: Map<string, number>, context: ParseContext): string | null {
  const seconds = times.get(keyOf(row)) ?? times.get(row.package);
  return seconds === undefined || !isPresent(row) ? null : toInstant(seconds * 1000 - context.clock.offsetMs);
}
