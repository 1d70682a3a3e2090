/** What apk's database of installed packages holds. */
import type { RowOf } from '#data/model/tables.ts';
import { toInstant } from '../linux/identity.ts';
import { rejecter } from '../rejections.ts';
import { linesOf, reading, sectionProblem } from '../sections.ts';
import { isArchitecture, isPackageName, isVersion } from './names.ts';
import type { ParseContext, Reading, Rejection } from '../ecosystem.ts';

export type PackageRow = RowOf<'packages'>;

export interface Packages {
  byName: Map<string, PackageRow>;
  /** Repository tag that a package was installed with, by name. */
  tags: Map<string, string>;
  architecture: string | null;
  /** First number of the version of apk; null when it did not say. */
  generation: number | null;
  rejections: Rejection[];
  reading: Reading;
}

const section = 'apk-packages';

/** Reads the section `apk-packages`. */
export function parsePackages(context: ParseContext): Packages {
  const output = context.sections.get(section);
  const { rows: rejections, reject } = rejecter(context.hostId, section);
  const found: Pick<Packages, 'byName' | 'tags'> = { byName: new Map(), tags: new Map() };
  const facts = new Map<string, string>();
  for (const [index, line] of linesOf(output?.text ?? '').entries()) {
    const fact = /^#(apk|architecture) (.*)$/.exec(line);
    if (fact !== null) facts.set(fact[1]!, fact[2]!);
    else {
      const row = packageRow(context.hostId, line);
      if (typeof row === 'string') reject(index + 1, row, line);
      else if (found.byName.has(row.package)) reject(index + 1, 'Each package once.', line);
      else {
        found.byName.set(row.package, row);
        const tag = /^[\w.-]{1,50}$/.exec(line.split('\t')[6]!)?.[0];
        if (tag !== undefined) found.tags.set(row.package, `@${tag}`);
      }
    }
  }
  const problems = [
    sectionProblem(section, output),
    found.byName.size === 0 ? 'The package database names no package.' : null,
    rejections.length > 0 ? `${rejections.length} entries could not be packages.` : null,
  ];
  const said = facts.get('architecture') ?? '';
  const generation = /^apk-tools (\d{1,3})\./.exec(facts.get('apk') ?? '')?.[1];
  return {
    ...found,
    architecture: isArchitecture(said) ? said : null,
    generation: generation === undefined ? null : Number(generation),
    rejections,
    reading: reading('packages', problems, found.byName.size > 0),
  };
}

/** The row, or what was expected instead. apk writes down when a package was built, and not when it came. */
function packageRow(hostId: string, line: string): PackageRow | string {
  const fields = line.split('\t');
  if (fields.length !== 7) return 'Seven fields.';
  const [name, version, architecture, origin, built, faults] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  if (!isPackageName(name)) return 'The name of an Alpine package.';
  if (!isVersion(version)) return 'A version of apk.';
  if (!isArchitecture(architecture)) return 'The name of an architecture.';
  if (origin !== '' && !isPackageName(origin)) return 'The name of the origin of a package.';
  return {
    host_id: hostId,
    package: name,
    architecture,
    version,
    source_package: origin === '' ? name : origin,
    source_version: version,
    wanted: 'install',
    state: stateOf(faults),
    origin: null,
    suite: null,
    installed_at: null,
    built_at: secondsToInstant(built),
    module: null,
  };
}

/** The letters of the field `f` (apk-tools, database.c): files or scripts of the package that failed. */
function stateOf(faults: string): string {
  if (faults.includes('f')) return 'half-installed';
  return faults.includes('s') ? 'half-configured' : 'installed';
}

/** Seconds since 1970, by the clock of the builder, as an instant; null for what is none. */
export function secondsToInstant(text: string): string | null {
  return /^\d{1,12}$/.test(text) && Number(text) > 0 ? toInstant(Number(text) * 1000) : null;
}
