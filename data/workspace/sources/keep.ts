/**
 * What the record keeps of a file that was not written for Patchledger: every line, and of it only what says which
 * hosts there are. All else, such as passwords of applications, is left out, so that lines and columns stay true.
 */

export interface Kept {
  /** Offsets in the text. */
  start: number;
  end: number;
  /** What stands there instead; never longer than what it stands for. */
  instead?: string;
}

/** The text with everything blank but what is kept. */
export function keepOnly(text: string, kept: readonly Kept[]): string {
  const out = blank(text);
  for (const { start, end, instead } of kept) {
    const words = instead ?? text.slice(start, end);
    for (let index = 0; index < words.length; index++) out[start + index] = words.charAt(index);
  }
  return trimmed(out);
}

/** The text with some of it blank; `instead` is written at its beginning. */
export function leaveOut(text: string, ranges: readonly Kept[]): string {
  const out = text.split('');
  for (const { start, end, instead = '' } of ranges) {
    for (let index = start; index < end; index++) if (!isLineEnd(text.charAt(index))) out[index] = ' ';
    for (let index = 0; index < instead.length; index++) out[start + index] = instead.charAt(index);
  }
  return trimmed(out);
}

function blank(text: string): string[] {
  return text.split('').map((character) => (isLineEnd(character) ? character : ' '));
}

function isLineEnd(character: string): boolean {
  return character === '\n' || character === '\r';
}

function trimmed(characters: string[]): string {
  const text = characters.join('').replaceAll('\r\n', '\n').replaceAll('\r', '\n').replace(/[ \t]+$/gm, '');
  return text.trim() === '' ? '' : `${text.trimEnd()}\n`;
}
