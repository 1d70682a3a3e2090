/**
 * A CSV file of somebody else: RFC 4180 with what spreadsheets make of it (other separators, a byte order mark, UTF-16,
 * `sep=;`). What cannot be read for certain is refused with its line; a formula in a cell is text like any other.
 */
import { clean } from '#data/model/clean.ts';
import { Failure } from '#data/model/failure.ts';

export interface CsvTable {
  header: string[];
  rows: CsvRow[];
  separator: string;
  encoding: string;
}

export interface CsvRow {
  /** Line of the file in which it begins, from 1. */
  line: number;
  /** As many as the header has. */
  cells: string[];
}

const tooWide = 'csv-too-wide';
const mostBytes = 64 * 1024 * 1024;
const mostRows = 200_000;
const mostColumns = 500;
/** A cell of a spreadsheet holds no more. */
const widestCell = 32_767;
const separators = [',', ';', '\t', '|'];

/** @throws Failure 'csv-invalid' naming the line */
export function readCsv(content: Uint8Array): CsvTable {
  if (content.byteLength > mostBytes) throw invalid(`it is larger than ${mostBytes / 1024 / 1024} MiB`);
  const { text, encoding } = decode(content);
  const said = /^sep=([^\r\n])(?:\r\n|\n|\r)/i.exec(text);
  const body = said === null ? text : text.slice(said[0].length);
  const separator = said?.[1] ?? likeliestSeparator(body);
  const records = readRecords(body, separator, said === null ? 1 : 2);
  const { value: first } = records.next();
  if (first === undefined) throw invalid('it is empty');
  const header = first.cells.map((cell) => cell.trim());
  // Spreadsheets like to end every line with separators.
  while (header.length > 1 && header.at(-1) === '') header.pop();
  const rows: CsvRow[] = [];
  for (const record of records) {
    if (record.cells.every((cell) => cell.trim() === '')) continue;
    if (rows.length >= mostRows) throw invalid(`it has more than ${mostRows} rows`, { line: record.line });
    rows.push({ line: record.line, cells: fitCells(record, header.length) });
  }
  return { header, rows, separator, encoding };
}

function fitCells({ line, cells }: CsvRow, columns: number): string[] {
  const beyond = cells.slice(columns).find((cell) => cell.trim() !== '');
  if (beyond !== undefined)
    throw invalid(`there are ${columns} columns, and another cell ${JSON.stringify(clean(beyond, 40))}`, {
      line,
    });
  return Array.from({ length: columns }, (_, index) => cells[index] ?? '');
}

/** The one that cuts the first line into most pieces. */
function likeliestSeparator(text: string): string {
  let best = { separator: ',', columns: 0 };
  for (const separator of separators) {
    const columns = columnsOf(text.slice(0, 1_000_000), separator);
    if (columns > best.columns) best = { separator, columns };
  }
  return best.separator;
}

/** Too many is an answer as well; none, when the first line cannot be cut at this separator. */
function columnsOf(text: string, separator: string): number {
  try {
    return readRecords(text, separator, 1).next().value?.cells.length ?? 0;
  } catch (error) {
    if (error instanceof Failure) return error.code === tooWide ? mostColumns + 1 : 0;
    throw error;
  }
}

function* readRecords(text: string, separator: string, firstLine: number): Generator<CsvRow, undefined> {
  let at = 0;
  let line = firstLine;
  while (at < text.length) {
    const begin = line;
    const cells: string[] = [];
    for (;;) {
      const cell = readCell(text, at, { separator, line });
      cells.push(cell.text);
      if (cells.length > mostColumns)
        throw invalid(`it has more than ${mostColumns} columns`, { line: begin, code: tooWide });
      at = cell.end;
      line = cell.line;
      if (text.charAt(at) !== separator) break;
      at++;
    }
    if (text.startsWith('\r\n', at)) at++;
    at++;
    line++;
    yield { line: begin, cells };
  }
  return undefined;
}

interface Cell {
  text: string;
  /** Where the separator or line end behind it stands. */
  end: number;
  line: number;
}

function readCell(
  text: string,
  start: number,
  { separator, line }: { separator: string; line: number },
): Cell {
  let at = start;
  while (text.charAt(at) === ' ') at++;
  if (text.charAt(at) !== '"') return plainCell(text, start, { separator, line });
  let said = '';
  for (let from = at + 1; ;) {
    const mark = text.indexOf('"', from);
    if (mark < 0) throw invalid('a quotation mark is opened here and never closed', { line });
    said += text.slice(from, mark);
    if (said.length > widestCell) throw invalid(`a cell holds more than ${widestCell} characters`, { line });
    if (text.charAt(mark + 1) !== '"') {
      at = mark + 1;
      break;
    }
    said += '"';
    from = mark + 2;
  }
  while (text.charAt(at) === ' ') at++;
  const next = text.charAt(at);
  const lines = said.match(/\r\n|[\r\n]/g)?.length ?? 0;
  if (next !== '' && next !== separator && next !== '\n' && next !== '\r')
    throw invalid('text follows a closing quotation mark', { line: line + lines });
  return { text: said, end: at, line: line + lines };
}

function plainCell(
  text: string,
  start: number,
  { separator, line }: { separator: string; line: number },
): Cell {
  let end = start;
  while (end < text.length && end - start <= widestCell) {
    const character = text.charAt(end);
    if (character === separator || character === '\n' || character === '\r') break;
    end++;
  }
  if (end - start > widestCell) throw invalid(`a cell holds more than ${widestCell} characters`, { line });
  return { text: text.slice(start, end), end, line };
}

/** UTF-8; UTF-16 where a byte order mark says so; otherwise what Windows writes in the west. */
function decode(content: Uint8Array): { text: string; encoding: string } {
  const [first, second] = content;
  if (first === 0x50 && second === 0x4b)
    throw invalid('it is a spreadsheet or an archive, not CSV', {
      nextStep: 'save it as CSV and compare that',
    });
  if (first === 0xff && second === 0xfe) return decoded(content, 'utf-16le');
  if (first === 0xfe && second === 0xff) return decoded(content, 'utf-16be');
  try {
    return decoded(content, 'utf-8');
  } catch (error) {
    if (error instanceof Failure) throw error;
    return decoded(content, 'windows-1252');
  }
}

function decoded(content: Uint8Array, encoding: string): { text: string; encoding: string } {
  const text = new TextDecoder(encoding, { fatal: true }).decode(content);
  if (text.includes('\0')) throw invalid('it holds NUL characters, so it is no text');
  return { text, encoding };
}

const usualNextStep = 'export it again as CSV, with names of columns in the first line';

function invalid(
  message: string,
  {
    line,
    code = 'csv-invalid',
    nextStep = usualNextStep,
  }: { line?: number; code?: string; nextStep?: string } = {},
): Failure {
  const where = line === undefined ? '' : `line ${line}: `;
  return new Failure(code, `this cannot be read as CSV: ${where}${message}`, { nextStep, exitCode: 2 });
}
