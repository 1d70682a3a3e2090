/** The two functions that stand between a host's text and everybody else. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { clean } from '#data/model/clean.ts';
import { csvCell } from '#data/model/csv.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes)),
);
const unsafe = /[\p{Cc}\p{Cs}\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]/u;

describe('clean', () => {
  test.each([
    ['plain text', 'plain text'],
    ['Zürich, 東京 🙂', 'Zürich, 東京 🙂'],
    ['a\u001b[31mb', 'a\\x1b[31mb'],
    ['line\r\nline\ttab', 'line\\x0d\\x0aline\\x09tab'],
    ['nul\u0000', 'nul\\x00'],
    ['\u202egnp.exe', '\\u{202e}gnp.exe'],
    ['zero\u200bwidth', 'zero\\u{200b}width'],
    ['\u009b31m', '\\x9b31m'],
    ['half \ud800 pair', 'half \\u{d800} pair'],
  ])('%j becomes %j', (text, expected) => {
    expect(clean(text)).toBe(expected);
  });

  test('nothing that acts on a terminal or a reader is left, and cleaning again changes nothing', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const cleaned = clean(text, 10_000);
        expect(cleaned).not.toMatch(unsafe);
        expect(clean(cleaned, 100_000)).toBe(cleaned);
        expect(Buffer.from(cleaned, 'utf8').toString('utf8')).toBe(cleaned);
      }),
      { numRuns: 1000 },
    );
  });

  test('what is too long is cut and says so', () => {
    expect(clean('x'.repeat(300))).toBe(`${'x'.repeat(255)}…`);
    expect(clean('x'.repeat(256))).toBe('x'.repeat(256));
    expect(clean('\u001b'.repeat(50_000_000), 100).length).toBeLessThan(500);
  });
});

describe('csvCell', () => {
  test.each([
    ['plain', '"plain"'],
    ['say "hi", you', '"say ""hi"", you"'],
    ['', '""'],
    ['=1+1', '"\'=1+1"'],
    ['+49', '"\'+49"'],
    ['-1', '"\'-1"'],
    ['@SUM(A1)', '"\'@SUM(A1)"'],
    ['\t=1', '"\\x09=1"'],
    ["=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""],
  ])('%j becomes %s', (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });

  test('a naive reader gets the cleaned text back, and never a formula', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const cell = csvCell(text);
        const read = cell.slice(1, -1).replaceAll('""', '"');
        expect(cell).toMatch(/^"(?:[^"]|"")*"$/s);
        expect(read).not.toMatch(/^[=+\-@\t\r]/);
        expect(read.replace(/^'(?=[=+\-@])/, '')).toBe(clean(text, 32_767));
      }),
      { numRuns: 1000 },
    );
  });
});
