/** Packages that own deleted files which are still mapped. */
import { clean } from '#data/model/clean.ts';
import type { RowOf } from '#data/model/tables.ts';
import { deletedPaths } from '../linux/deleted-paths.ts';
import { linesOf } from '../sections.ts';
import { isPackageName } from './names.ts';
import type { SectionSpec } from '../ecosystem.ts';

/**
 * rpm does not say which answer is whose, so each path is asked for by itself, as one quoted word. A library whose file
 * carries its full version has gone with that version: its link by the shorter name is what the newer package still has.
 */
const ownersCommand = `
${deletedPaths} | head -n 500 |
  while IFS= read -r path; do
    name=$path
    while :; do
      if owner=$(rpm -qf --queryformat '%{NAME}\\n' "$name" 2>/dev/null); then
        printf '%s\\t%s\\n' "$(printf '%s\\n' "$owner" | head -n 1)" "$path"
        break
      fi
      case $name in
      *.so.*) name=\${name%.*} ;;
      *) break ;;
      esac
    done
  done
`;

export const ownersSection: SectionSpec = {
  name: 'mapping-owners',
  command: ownersCommand.trim(),
  timeoutSeconds: 60,
  maxBytes: 1_048_576,
  subjects: ['mappings'],
  rootReadsMore: true,
};

/** Reads the section `mapping-owners`: the name of a package, a tab, the path as the kernel names it. */
export function withOwners(mappings: RowOf<'mappings'>[], text: string): RowOf<'mappings'>[] {
  const owners = new Map<string, string>();
  for (const line of linesOf(text)) {
    const tab = line.indexOf('\t');
    const name = line.slice(0, Math.max(tab, 0));
    if (isPackageName(name)) owners.set(clean(line.slice(tab + 1), 1024), name);
  }
  return mappings.map((row) => ({ ...row, package: owners.get(row.path) ?? null }));
}
