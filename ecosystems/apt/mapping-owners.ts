/** Packages that own deleted files which are still mapped. */
import type { RowOf } from '#data/model/tables.ts';
import { clean } from '#data/model/clean.ts';
import { linesOf } from '../sections.ts';
import { parseFullName } from '#data/model/debian-names.ts';

/** Reads the section `mapping-owners`: lines of `dpkg-query -S`, `name[:arch][, …]: path`. */
export function withOwners(mappings: RowOf<'mappings'>[], text: string): RowOf<'mappings'>[] {
  const owners = new Map<string, string>();
  for (const line of linesOf(text)) {
    const match = /^([^/]+?): (\/.*)$/.exec(line);
    if (match === null || line.startsWith('diversion by ')) continue;
    const owner = parseFullName(match[1]!.split(', ')[0]!);
    if (owner !== null) owners.set(clean(withoutUsr(match[2]!), 1024), owner.name);
  }
  return mappings.map((row) => ({ ...row, package: ownerOf(withoutUsr(row.path), owners) }));
}

/** By its own name, or by that of the link to it: `libx.so.1` for `libx.so.1.2.3`, which went with its version. */
function ownerOf(path: string, owners: ReadonlyMap<string, string>): string | null {
  const found = owners.get(path);
  if (found !== undefined) return found;
  const shorter = /^(.*\.so\.[^/]*)\.[^./]*$/.exec(path)?.[1];
  return shorter === undefined ? null : ownerOf(shorter, owners);
}

/** On a merged /usr the kernel and dpkg may know one file by two names. */
function withoutUsr(path: string): string {
  return path.replace(/^\/usr\//, '/');
}
