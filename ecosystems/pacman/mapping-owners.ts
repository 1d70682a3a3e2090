/** Packages that own deleted files which are still mapped. */
import type { RowOf } from '#data/model/tables.ts';
import { clean } from '#data/model/clean.ts';
import { linesOf } from '../sections.ts';
import { isPackageName } from './names.ts';

/** Reads the section `mapping-owners`: lines of `pacman -Qo`, `path is owned by name version`. */
export function withOwners(mappings: RowOf<'mappings'>[], text: string): RowOf<'mappings'>[] {
  const owners = new Map<string, string>();
  for (const line of linesOf(text)) {
    const match = /^(\/.*) is owned by (\S+) \S+$/.exec(line);
    if (match !== null && isPackageName(match[2]!)) owners.set(clean(match[1]!, 1024), match[2]!);
  }
  return mappings.map((row) => ({ ...row, package: owners.get(row.path) ?? null }));
}
