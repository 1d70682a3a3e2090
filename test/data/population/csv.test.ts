/** CSV as spreadsheets, databases and enemies write it. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '#data/model/failure.ts';
import { readCsv } from '#data/population/csv.ts';

const cells = (text: string | Uint8Array): string[][] => {
  const { header, rows } = readCsv(typeof text === 'string' ? Buffer.from(text) : text);
  return [header, ...rows.map((row) => row.cells)];
};

describe('what is read', () => {
  const taken: [string, string, string[][]][] = [
    [
      'commas',
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'no line end at the end',
      'a,b\n1,2',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'line ends of Windows and of old Macs',
      'a,b\r\n1,2\r3,4\r\n',
      [
        ['a', 'b'],
        ['1', '2'],
        ['3', '4'],
      ],
    ],
    [
      'semicolons, as Excel writes them in half of Europe',
      'a;b\n1,5;2\n',
      [
        ['a', 'b'],
        ['1,5', '2'],
      ],
    ],
    [
      'tabs',
      'a\tb\n1\t2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'bars',
      'a|b\n1|2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'a separator that is said',
      'sep=;\na,x;b\n1;2\n',
      [
        ['a,x', 'b'],
        ['1', '2'],
      ],
    ],
    ['one column', 'hostname\nweb1\nweb2\n', [['hostname'], ['web1'], ['web2']]],
    [
      'quotes, doubled quotes, separators and line ends in cells',
      'a,b\n"x, ""y""","1\n2"\n',
      [
        ['a', 'b'],
        ['x, "y"', '1\n2'],
      ],
    ],
    [
      'a separator in a quoted name of a column',
      '"a;b",c\n1,2\n',
      [
        ['a;b', 'c'],
        ['1', '2'],
      ],
    ],
    [
      'blanks around quotes',
      'a,b\n "x" , "y"\n',
      [
        ['a', 'b'],
        ['x', 'y'],
      ],
    ],
    [
      'a quotation mark within a cell',
      'a,b\n5" disk,2\n',
      [
        ['a', 'b'],
        ['5" disk', '2'],
      ],
    ],
    [
      'empty lines and rows of nothing',
      'a,b\n\n1,2\n,\n  ,\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'rows that end early',
      'a,b,c\n1\n',
      [
        ['a', 'b', 'c'],
        ['1', '', ''],
      ],
    ],
    [
      'separators at the end of every line',
      'a,b,,\n1,2,,\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    ['formulas are text', "a\n=cmd|' /C calc'!A0\n@SUM(1)\n", [['a'], ["=cmd|' /C calc'!A0"], ['@SUM(1)']]],
    [
      'a byte order mark',
      '\ufeffa,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
  ];
  test.each(taken)('%s', (_what, text, expected) => {
    expect(cells(text)).toEqual(expected);
  });

  test('rows know the line in which they begin', () => {
    expect(readCsv(Buffer.from('sep=,\na\n"1\n2"\n\r\nx\n')).rows).toEqual([
      { line: 3, cells: ['1\n2'] },
      { line: 6, cells: ['x'] },
    ]);
  });

  test.each([
    ['utf-16le', Buffer.from('\ufeffa\tb\nMüller\t2\n', 'utf16le')],
    ['utf-16be', Buffer.from('\ufeffa\tb\nMüller\t2\n', 'utf16le').swap16()],
    ['windows-1252', Buffer.from('a\tb\nM\xfcller\t2\n', 'latin1')],
    ['utf-8', Buffer.from('a\tb\nMüller\t2\n')],
  ])('%s', (encoding, content) => {
    expect(readCsv(content)).toMatchObject({ encoding, rows: [{ cells: ['Müller', '2'] }] });
  });
});

describe('what is refused', () => {
  const faults: [string, string | Uint8Array, string][] = [
    ['nothing', '', 'it is empty'],
    [
      'a quotation mark that is never closed',
      'a,b\n1,"2\n3,4\n',
      'line 2: a quotation mark is opened here and never closed',
    ],
    [
      'text behind a closing quotation mark',
      'a,b\n"1"2,3\n',
      'line 2: text follows a closing quotation mark',
    ],
    ['more cells than columns', 'a,b\n1,2\n1,2,3\n', 'line 3: there are 2 columns, and another cell "3"'],
    [
      'a spreadsheet',
      Buffer.from('PK\u0003\u0004xl/workbook.xml'),
      'it is a spreadsheet or an archive, not CSV',
    ],
    ['NUL characters', 'a\n1\0\n', 'it holds NUL characters'],
    ['too many columns', `${'a,'.repeat(501)}a\n`, 'line 1: it has more than 500 columns'],
    ['a cell without end', `a\n${'x'.repeat(40_000)}\n`, 'line 2: a cell holds more than 32767 characters'],
    [
      'a quoted cell without end',
      `a\n"${'x'.repeat(40_000)}"\n`,
      'line 2: a cell holds more than 32767 characters',
    ],
    ['too many rows', `a\n${'x\n'.repeat(200_001)}`, 'line 200002: it has more than 200000 rows'],
    ['too many bytes', new Uint8Array(64 * 1024 * 1024 + 1), 'it is larger than 64 MiB'],
  ];
  test.each(faults)('%s', (_what, content, message) => {
    expect(() => cells(content)).toThrow(message);
  });

  /** What comes of any bytes: 'whole rows', or the next step of a failure; anything else is thrown on. */
  const fate = (content: Uint8Array): string | undefined => {
    try {
      const { header, rows } = readCsv(content);
      return rows.every((row) => row.cells.length === header.length) ? 'whole rows' : undefined;
    } catch (error) {
      if (error instanceof Failure) return error.nextStep;
      throw error;
    }
  };

  test('whatever the bytes, the answer is a table of whole rows or a failure that says the next step', () => {
    const mark = fc.constantFrom(',', ';', '"', '\n', '\r', '\t', 'a', '=', '\ufeff', '\0', 'sep=');
    const marks = fc.array(mark, { maxLength: 60 }).map((all) => Buffer.from(all.join('')));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), marks), (content) => {
        expect(fate(content)).toMatch(/./);
      }),
      { numRuns: 3000 },
    );
  });

  test('what a writer of RFC 4180 wrote comes back', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'ü', ' ', ',', '"', '\n', '=', ';'), maxLength: 8 });
    const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 6 }), (rows) => {
        const text = [['one', 'two'], ...rows].map((row) => `${row.map(quote).join(',')}\r\n`).join('');
        const full = rows.filter((row) => row.some((one) => one.trim() !== ''));

        expect(cells(text).slice(1)).toEqual(full);
      }),
    );
  });
});
