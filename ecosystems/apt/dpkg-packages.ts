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
  let number = 0;
  for (const line of linesOf(section?.text ?? '')) {
    number++;
    const said = line.startsWith('#') ? /^#architecture (.*)$/.exec(line)?.[1] : undefined;
    if (said !== undefined && isArchitecture(said)) architecture = said;
    else if (line.endsWith('\tnot-installed')) continue;
    else {
      const row = packageRow(context, line, times);
      if (typeof row === 'string') reject(number, row, line);
      else {
        const fullName = `${row.package}:${row.architecture}`;
        if (rows.has(fullName)) reject(number, 'Each package once.', line);
        else rows.set(fullName, row);
      }
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

/** The state of a package of which only its settings are left. */
const settingsOnly = 'config-files';

/** Whether files of the package are on the disk, in whatever state. */
export function isPresent(row: PackageRow): boolean {
  return row.state !== settingsOnly;
}

/** The row, or what was expected instead. */
function packageRow(
  { hostId, clock }: ParseContext,
  line: string,
  times: Map<string, number>,
): PackageRow | string {
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
  // dpkg writes the list of files anew whenever it unpacks a package, and when only settings are left.
  const seconds =
    state === settingsOnly ? undefined : (times.get(`${name}:${architecture}`) ?? times.get(name));
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
    installed_at: seconds === undefined ? null : toInstant(seconds * 1000 - clock.offsetMs),
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
