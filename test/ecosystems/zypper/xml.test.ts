/** XML of hosts: what is well-formed is read, what is hostile is harmless and said to be. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { childOf, childrenOf, parseXml } from '#ecosystems/zypper/xml.ts';

const read = (text: string) => parseXml(text, 'The answer');

describe('what is well-formed', () => {
  test('is a tree of elements, their attributes and their text', () => {
    const { root, problem } = read(
      `<?xml version='1.0'?>\n<stream>\nzypper> lu\n<list n="1 &lt; 2 &amp; 3"><one/>text<one a='x'/></list></stream>`,
    );
    expect(problem).toBeNull();
    const list = childOf(root ?? undefined, 'list');
    expect(list?.attributes['n']).toBe('1 < 2 & 3');
    expect(list?.text).toBe('text');
    expect(childrenOf(list, 'one').map(({ attributes }) => ({ ...attributes }))).toEqual([{}, { a: 'x' }]);
    expect(childOf(list, 'two')).toBeUndefined();
    expect(childrenOf(undefined, 'one')).toEqual([]);
  });

  test('a piece may end anywhere', () => {
    const filler = 'x'.repeat(65_530);
    for (let shift = 0; shift < 30; shift++) {
      const { root, problem } = read(`<a>${filler}${' '.repeat(shift)}<b c="&quot;&amp;"/></a>`);
      expect([problem, childOf(root ?? undefined, 'b')?.attributes['c']]).toEqual([null, '"&']);
    }
  });
});

describe('what is hostile', () => {
  const billion = `<!DOCTYPE a [<!ENTITY b "${'x'.repeat(100)}"><!ENTITY c "${'&b;'.repeat(100)}">]><a>&c;</a>`;
  test.each([
    ['entities that grow', billion, 'declares a document type'],
    [
      'a file of the reader',
      '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
      'declares a document type',
    ],
    ['an entity that nobody declared', '<a>&b;</a>', 'is not well-formed XML'],
    ['an end that is another', '<a></b>', 'is not well-formed XML'],
    ['an attribute without quotes', '<a b=c/>', 'is not well-formed XML'],
    ['text before it', 'Welcome!\n<a/>', 'is not well-formed XML'],
    ['text behind it', '<a/>bye', 'is not well-formed XML'],
    ['an end that never comes', '<a><b/>', 'ends too early'],
    ['nothing', '', 'ends too early'],
    ['depth', '<a>'.repeat(100_000), 'is larger than is read'],
    ['number', `<a>${'<b/>'.repeat(600_000)}</a>`, 'is larger than is read'],
    [
      'number of attributes',
      `<a ${Array.from({ length: 600_000 }, (_, at) => `b${at}=""`).join(' ')}/>`,
      'is larger than is read',
    ],
  ])('%s', (_what, text, problem) => {
    expect(read(text).problem).toBe(`The answer ${problem}.`);
  });

  test('entities of a document are never put into a text', () => {
    expect(JSON.stringify(read(billion))).not.toContain('xx');
  });

  test('what came before the trouble is kept', () => {
    expect(read('<a><b/><c></a>').root?.children.map(({ name }) => name)).toEqual(['b', 'c']);
  });

  test('any text is read without an error, and quickly', () => {
    const piece = fc.constantFrom(
      '<',
      '>',
      '&',
      ';',
      '"',
      "'",
      '/',
      'a',
      ' ',
      '<a>',
      '</a>',
      '<!',
      '[',
      '-',
      '<?',
      '\u0000',
      '😀',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const { root, problem } = read(pieces.join(''));
        expect(root !== null || problem !== null).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
