/**
 * The one function that makes a host's text harmless to carry: valid Unicode, no control or
 * direction-changing characters (they become visible escapes), bounded. HTML, CSV, SQL and shell
 * still quote it in their own way.
 */

/* oxlint-disable no-control-regex -- finding control characters is what this is for */
// C0, DEL, C1, zero-width and bidirectional controls, line separators, tags, unpaired surrogates.
const unsafe =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/**
 * @param text what a host printed
 * @param maxLength characters kept (UTF-16 units); more is cut and marked with '…'
 */
export function clean(text: string, maxLength = 256): string {
  const kept = text.length > maxLength ? text.slice(0, maxLength - 1) : text;
  const visible = kept.replace(unsafe, escapeCharacter);
  return text.length > maxLength ? `${visible}…` : visible;
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}
