/** What apt-get would do: the lists that `apt-get -V` prints before it acts. */
import { isVersion, parseFullName } from '#data/model/debian-names.ts';
import type { Part } from '../parts.ts';
import type { Rejecter } from '../rejections.ts';

const transactionLists = ['upgrade', 'install', 'remove', 'downgrade', 'kept-back', 'phased'] as const;
type TransactionList = (typeof transactionLists)[number];

interface TransactionEntry {
  /** `name`, or `name:architecture` where it is not the host's own. */
  fullName: string;
  oldVersion: string | null;
  newVersion: string | null;
}

export interface Transaction {
  lists: { [list in TransactionList]: Map<string, TransactionEntry> };
  /** Architecture by name and version, from the names of the files that apt would fetch. */
  files: Map<string, string>;
  /** Whether the closing count was printed and fits the lists. */
  counted: boolean;
}

/** Headings of apt-private/private-output.cc; the others announce nothing that would change. */
const headings = new Map<string, TransactionList>([
  ['The following packages will be upgraded:', 'upgrade'],
  ['The following NEW packages will be installed:', 'install'],
  ['The following packages will be REMOVED:', 'remove'],
  ['The following packages will be DOWNGRADED:', 'downgrade'],
  ['The following packages have been kept back:', 'kept-back'],
  ['The following upgrades have been deferred due to phasing:', 'phased'],
]);

const countLine =
  /^(\d+) upgraded, (\d+) newly installed, (?:(\d+) reinstalled, )?(?:(\d+) downgraded, )?(\d+) to remove and (\d+) not upgraded\.$/;

export function parseTransaction(part: Part, { reject }: Pick<Rejecter, 'reject'>): Transaction {
  const result = emptyTransaction();
  let list: TransactionList | null = null;
  for (const [index, line] of part.lines.entries()) {
    if (line.startsWith('   ') && list !== null) {
      const entry = parseEntry(line);
      if (entry === null) reject(part.firstLine + index, 'A package and its versions.', line);
      else result.lists[list].set(entry.fullName, entry);
      continue;
    }
    if (line.startsWith(' ')) continue;
    list = headings.get(line) ?? null;
    const file = /^#file ([^_ ]+)_([^_ ]+)_([a-z0-9-]+)\.deb$/.exec(line);
    if (file !== null) result.files.set(`${file[1]} ${fileVersion(file[2]!)}`, file[3]!);
    const counts = countLine.exec(line);
    if (counts !== null) result.counted = countsFit(counts, result);
  }
  return result;
}

export function emptyTransaction(): Transaction {
  const lists = Object.fromEntries(transactionLists.map((list) => [list, new Map()])) as Transaction['lists'];
  return { lists, files: new Map(), counted: false };
}

/** `name (old => new)`, `name (version)`, `name* (version)` for a purge; newer apt colours nothing here. */
function parseEntry(line: string): TransactionEntry | null {
  const match = /^ {3}(\S+?)\*? \(([^ )]*)(?: => ([^ )]*))?\)$/.exec(line);
  if (match === null || parseFullName(match[1]!) === null) return null;
  const [first, second] = [match[2]!, match[3]];
  if (first !== '' && !isVersion(first)) return null;
  if (second !== undefined && second !== '' && !isVersion(second)) return null;
  if (second === undefined) return { fullName: match[1]!, oldVersion: null, newVersion: first || null };
  return { fullName: match[1]!, oldVersion: first || null, newVersion: second || null };
}

/** apt writes ':' in file names as %3a. */
function fileVersion(text: string): string {
  return text.replace(/%3a/gi, ':');
}

function countsFit(counts: RegExpExecArray, { lists }: Transaction): boolean {
  const number = (group: number) => Number(counts[group] ?? 0);
  return (
    number(1) === lists.upgrade.size &&
    number(2) === lists.install.size &&
    number(4) === lists.downgrade.size &&
    number(5) === lists.remove.size
  );
}
