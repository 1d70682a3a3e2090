/** What pacman's own database holds: the `desc` file of every installed package. */
import type { RowOf } from '#data/model/tables.ts';
import { toInstant } from '../linux/identity.ts';
import { rejecter } from '../rejections.ts';
import { linesOf, reading, sectionProblem } from '../sections.ts';
import { isArchitecture, isPackageName, isVersion } from './names.ts';
import type { ParseContext, Reading, Rejection } from '../ecosystem.ts';

export type PackageRow = RowOf<'packages'>;

export interface Packages {
  /** By name: pacman holds a package once. */
  byName: Map<string, PackageRow>;
  /** The architecture that packages of this host are built for; null when it did not say. */
  architecture: string | null;
  rejections: Rejection[];
  reading: Reading;
}

const section = 'pacman-packages';

/** Reads the section `pacman-packages`. */
export function parsePackages(context: ParseContext): Packages {
  const output = context.sections.get(section);
  const { rows: rejections, reject } = rejecter(context.hostId, section);
  const byName = new Map<string, PackageRow>();
  let architecture: string | null = null;
  let folders: number | null = null;
  for (const [index, line] of linesOf(output?.text ?? '').entries()) {
    const said = /^#(architecture|folders) (.*)$/.exec(line);
    if (said?.[1] === 'architecture') architecture = isArchitecture(said[2]!) ? said[2]! : architecture;
    else if (said !== null) folders = /^\d{1,7}$/.test(said[2]!.trim()) ? Number(said[2]) : folders;
    else {
      const row = packageRow(context, line);
      if (typeof row === 'string') reject(index + 1, row, line);
      else if (byName.has(row.package)) reject(index + 1, 'Each package once.', line);
      else byName.set(row.package, row);
    }
  }
  const missing = (folders ?? 0) - byName.size - rejections.length;
  const problems = [
    sectionProblem(section, output),
    byName.size === 0 ? 'The package database names no package.' : null,
    rejections.length > 0 ? `${rejections.length} entries could not be packages.` : null,
    folders === null ? 'The host did not say how many packages its database holds.' : null,
    missing > 0 ? `${missing} folders of the package database say nothing of a package.` : null,
  ];
  return { byName, architecture, rejections, reading: reading('packages', problems, byName.size > 0) };
}

/** The row, or what was expected instead. The name of the folder is what pacman itself goes by. */
function packageRow(context: ParseContext, line: string): PackageRow | string {
  const fields = line.split('\t');
  if (fields.length !== 7) return 'Seven fields.';
  const [folder, name, version, base, architecture, built, installed] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (!isPackageName(name)) return 'The name of an Arch package.';
  if (!isVersion(version)) return 'A version of pacman.';
  if (folder !== `${name}-${version}`) return 'A folder that bears the name and version of its package.';
  if (base !== '' && !isPackageName(base)) return 'The name of the base of a package.';
  if (!isArchitecture(architecture)) return 'The name of an architecture.';
  return {
    host_id: context.hostId,
    package: name,
    architecture,
    version,
    source_package: base === '' ? name : base,
    source_version: version,
    wanted: 'install',
    state: 'installed',
    origin: null,
    suite: null,
    installed_at: secondsToInstant(installed, context.clock.offsetMs),
    built_at: secondsToInstant(built, 0),
    module: null,
  };
}

/**
 * Seconds since 1970 as an instant; null for what is none.
 * @param offsetMs how far the clock that gave them was ahead
 */
export function secondsToInstant(text: string, offsetMs: number): string | null {
  return /^\d{1,12}$/.test(text) && Number(text) > 0 ? toInstant(Number(text) * 1000 - offsetMs) : null;
}
