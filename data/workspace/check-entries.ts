/** What people's lists of exceptions, approvals and evaluations must be beyond their shape. */
import { quoted } from './problems.ts';
import type { Problem } from './problems.ts';
import type { YamlFile } from './yaml-file.ts';

export interface Listed {
  file: YamlFile;
  /** Key of the list in the file. */
  list: 'exceptions' | 'approvals' | 'evaluations';
  entries: readonly { id: string; from?: string; until?: string }[];
}

/** Pages and scripts name an entry by its id alone; one that ends before it begins would never count. */
export function checkEntries(lists: readonly Listed[], problems: Problem[]): void {
  const places = new Map<string, string>();
  for (const { file, list, entries } of lists) {
    for (const [index, { id, from, until }] of entries.entries()) {
      const position = file.position([list, index, 'id']);
      const key = `${list} ${id}`;
      const other = places.get(key);
      if (other !== undefined)
        problems.push({ file: file.path, ...position, message: `${quoted(id)} is also in ${other}` });
      else places.set(key, `${file.path}:${position.line}:${position.column}`);
      if (from === undefined || until === undefined || endOf(until) > Date.parse(from)) continue;
      const where = file.position([list, index, 'until']);
      problems.push({
        file: file.path,
        ...where,
        message: `${quoted(id)} ends before it begins: until ${until}, from ${from}`,
      });
    }
  }
}

/** A day lasts to its end; zones apart, which are a day at most and no typing error. */
function endOf(when: string): number {
  return Date.parse(when) + (when.length === 10 ? 86_400_000 : 0);
}
