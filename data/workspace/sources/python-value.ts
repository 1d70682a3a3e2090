/**
 * What Ansible takes a value of an INI inventory for: Python's `ast.literal_eval` where that understands it, text where
 * not. Only what a variable of ours can be is read: numbers, truth, text, lists of these.
 */

/** A number, boolean, null, text or list; whatever is none of them stays the text that it was. */
export function pythonValue(text: string): unknown {
  const reader = { text, at: 0 };
  const value = readValue(reader);
  skipBlanks(reader);
  const rest = text.slice(reader.at);
  return value === notPython || !(rest === '' || rest.startsWith('#')) ? text : value;
}

interface Reader {
  text: string;
  at: number;
}

const notPython = Symbol('not a literal');
const words = new Map<string, unknown>([
  ['True', true],
  ['False', false],
  ['None', null],
]);
// Python's grammar, "Integer literals" and "Floating point literals": no leading zeros, underscores between digits.
const integer = /^[+-]?(?:0(?:_?0)*|[1-9](?:_?\d)*)(?![\w.])/;
const real = /^[+-]?(?:(?:\d(?:_?\d)*)?\.\d(?:_?\d)*|\d(?:_?\d)*\.?)(?:[eE][+-]?\d+)?(?![\w.])/;

function readValue(reader: Reader): unknown {
  skipBlanks(reader);
  const rest = reader.text.slice(reader.at);
  if (rest.startsWith('[')) return readList(reader);
  if (rest.startsWith("'") || rest.startsWith('"')) return readText(reader);
  const word = /^[A-Za-z]+(?!\w)/.exec(rest)?.[0] ?? '';
  if (words.has(word)) return take(reader, word, words.get(word));
  const whole = integer.exec(rest)?.[0];
  if (whole !== undefined) return take(reader, whole, Number(whole.replaceAll('_', '')));
  const number = real.exec(rest)?.[0];
  const isReal = number !== undefined && /[.eE]/.test(number) && !/^[+-]?\.?$/.test(number);
  return isReal ? take(reader, number, Number(number.replaceAll('_', ''))) : notPython;
}

function readList(reader: Reader): unknown {
  reader.at++;
  const items: unknown[] = [];
  for (;;) {
    skipBlanks(reader);
    if (reader.text.charAt(reader.at) === ']') return take(reader, ']', items);
    const item = readValue(reader);
    if (item === notPython || Array.isArray(item)) return notPython;
    items.push(item);
    skipBlanks(reader);
    const next = reader.text.charAt(reader.at);
    if (next === ',') reader.at++;
    else if (next !== ']') return notPython;
  }
}

const escapes = new Map(Object.entries({ n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' }));

function readText(reader: Reader): unknown {
  const mark = reader.text.charAt(reader.at);
  let said = '';
  for (let at = reader.at + 1; at < reader.text.length; at++) {
    const character = reader.text.charAt(at);
    if (character === mark) {
      reader.at = at + 1;
      return said;
    }
    const escaped = character === '\\' ? escapes.get(reader.text.charAt(at + 1)) : undefined;
    // Python keeps a backslash that escapes nothing. Octal and Unicode escapes are in no host's name.
    if (character === '\\' && escaped === undefined && /[\dxuUNabfv\n]/.test(reader.text.charAt(at + 1)))
      return notPython;
    if (escaped !== undefined) at++;
    said += escaped ?? character;
  }
  return notPython;
}

function skipBlanks(reader: Reader): void {
  while (/[ \t]/.test(reader.text.charAt(reader.at))) reader.at++;
}

function take(reader: Reader, taken: string, value: unknown): unknown {
  reader.at += taken.length;
  return value;
}
