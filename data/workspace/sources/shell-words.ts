/** A line split into words as Python's `shlex.split(line, comments=True)` does, which Ansible reads host lines with. */

export interface Word {
  /** Without its quotes. */
  text: string;
  /** Offsets in the line. */
  start: number;
  end: number;
}

/** @returns the words; or why there are none, in the words of a problem */
export function splitWords(line: string): Word[] | string {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    if (/\s/.test(line.charAt(at))) at++;
    else if (line.charAt(at) === '#') break;
    else {
      const word = readWord(line, at);
      if (typeof word === 'string') return word;
      words.push(word);
      at = word.end;
    }
  }
  return words;
}

function readWord(line: string, start: number): Word | string {
  let text = '';
  let at = start;
  // A '#' ends a word and begins a comment even in its midst.
  while (at < line.length && !/[\s#]/.test(line.charAt(at))) {
    const character = line.charAt(at);
    if (character === '"' || character === "'") {
      const quotedPart = readQuoted(line, at);
      if (quotedPart === undefined) return 'a quotation mark is never closed';
      text += quotedPart.text;
      at = quotedPart.end;
    } else if (character === '\\') {
      if (at + 1 >= line.length) return 'it ends with a backslash';
      text += line.charAt(at + 1);
      at += 2;
    } else {
      text += character;
      at++;
    }
  }
  return { text, start, end: at };
}

function readQuoted(line: string, start: number): { text: string; end: number } | undefined {
  const mark = line.charAt(start);
  let text = '';
  for (let at = start + 1; at < line.length; at++) {
    const character = line.charAt(at);
    if (character === mark) return { text, end: at + 1 };
    // Between double quotes a backslash speaks for a quote or a backslash only.
    const escapes = mark === '"' && character === '\\' && /["\\]/.test(line.charAt(at + 1));
    text += escapes ? line.charAt(++at) : character;
  }
  return undefined;
}
