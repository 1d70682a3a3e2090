/** Rows of a list as machines: what each is called, and whether it is still there. */
import { isIP } from 'node:net';
import { clean } from '#data/model/clean.ts';
import { columnKinds } from './columns.ts';
import type { Columns } from './columns.ts';
import type { CsvTable } from './csv.ts';

export interface ListedMachine {
  line: number;
  /** What it is called there; '' when it has no name at all. */
  name: string;
  ids: string[];
  /** In small letters, without the dot of the root. */
  names: string[];
  /** As `plainAddress` writes them. */
  addresses: string[];
  /** Null without a column of them. */
  status: string | null;
  isRetired: boolean;
}

/** A row names no more than a few of each; a cell with a thousand addresses is no machine. */
const mostOfEach = 32;

/** @param retired words of a status that mean that a machine is gone */
export function listMachines(
  { rows }: Pick<CsvTable, 'rows'>,
  columns: Columns,
  retired: readonly string[],
): ListedMachine[] {
  const gone = new Set(retired.map((word) => plainStatus(word)));
  return rows.map(({ line, cells }) => {
    const { id, name, address, status } = Object.fromEntries(
      columnKinds.map((kind) => [kind, columns[kind].map((index) => (cells[index] ?? '').trim())]),
    ) as { [kind in (typeof columnKinds)[number]]: string[] };
    // Names have no blanks; what is between them may be any of these.
    const words = [
      ...name.flatMap((cell) => cell.split(/[;,|\n]+/)),
      ...address.flatMap((cell) => cell.split(/[\s;,|]+/)),
    ]
      .map((word) => word.trim())
      .filter((word) => word !== '');
    const said = status.filter((word) => word !== '');
    return {
      line,
      name: clean([...name, ...id, ...address].find((cell) => cell !== '') ?? '', 200),
      ids: few(id.filter((cell) => cell !== '').map((cell) => clean(cell.toLowerCase(), 200))),
      names: few(words.filter((word) => isIP(withoutMask(word)) === 0).map(plainName)),
      addresses: few(
        words
          .map(withoutMask)
          .filter((word) => isIP(word) !== 0)
          .map(plainAddress),
      ),
      status: status.length === 0 ? null : clean(said.join(', '), 200),
      isRetired: said.some((word) => gone.has(plainStatus(word))),
    };
  });
}

function few(words: string[]): string[] {
  return [...new Set(words)].slice(0, mostOfEach).sort();
}

export function plainName(name: string): string {
  return clean(name.toLowerCase().replace(/\.$/, ''), 255);
}

/** One way of writing each address: IPv6 as RFC 5952 does. */
export function plainAddress(address: string): string {
  const [bare = '', zone] = address.toLowerCase().split('%');
  if (isIP(bare) !== 6) return bare;
  const written = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  return zone === undefined ? written : `${written}%${zone}`;
}

function withoutMask(word: string): string {
  return word.replace(/\/\d{1,3}$/, '');
}

function plainStatus(word: string): string {
  return word
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}
