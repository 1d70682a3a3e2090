/**
 * Quotes one word for POSIX sh: whatever the text is, the shell reads it as that one word.
 * The only quoting function of the project (POSIX.1-2017, Shell Command Language 2.2.2).
 * @throws RangeError on a NUL, which no argument can hold
 */
export function quote(word: string): string {
  if (word.includes('\0')) throw new RangeError('a shell word cannot hold a NUL');
  return `'${word.replaceAll("'", "'\\''")}'`;
}
