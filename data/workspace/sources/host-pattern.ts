/** `web[01:50].example.org:2222`: what a name of an Ansible inventory stands for. */

export interface HostPattern {
  names: string[];
  port: number | null;
}

/** More names than any one line means. */
const mostNames = 65_536;
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** @returns the names, and a port where one stands behind it; or what is wrong, in the words of a problem */
export function expandPattern(text: string): HostPattern | string {
  // A name in brackets, which an IPv6 address needs, or one without a colon outside of its ranges.
  const found = /^\[([^[\]]+)\]:(\d+)$/.exec(text) ?? /^((?:[^:[\]]|\[[^\]]*\])*):(\d+)$/.exec(text);
  const pattern = found?.[1] ?? text;
  const port = found?.[2] === undefined ? null : Number(found[2]);
  if (port === null && text.endsWith(':')) return `the name ends in ':' and no port follows`;
  const names = expandRanges(pattern);
  return typeof names === 'string' ? names : { names, port };
}

function expandRanges(pattern: string): string[] | string {
  const open = pattern.indexOf('[');
  if (open < 0) return [pattern];
  const close = pattern.indexOf(']', open);
  if (close < 0) return `the range that begins with '[' is never closed`;
  const steps = rangeOf(pattern.slice(open + 1, close).split(':'));
  if (typeof steps === 'string') return steps;
  const tails = expandRanges(pattern.slice(close + 1));
  if (typeof tails === 'string') return tails;
  if (steps.length * tails.length > mostNames) return `the range stands for more than ${mostNames} names`;
  const head = pattern.slice(0, open);
  return steps.flatMap((step) => tails.map((tail) => `${head}${step}${tail}`));
}

function rangeOf([begin = '', end = '', step = '1', ...more]: string[]): string[] | string {
  const said = `expected a range such as [01:50], [a:f] or [0:10:2]`;
  if (more.length > 0 || end === '' || !/^[1-9]\d*$/.test(step)) return said;
  const from = begin === '' ? '0' : begin;
  if (/^[A-Za-z]$/.test(from) && /^[A-Za-z]$/.test(end))
    return count(letters.indexOf(from), letters.indexOf(end), Number(step), (place) => letters.charAt(place));
  if (!/^\d+$/.test(from) || !/^\d+$/.test(end)) return said;
  const padded = from.startsWith('0') && from.length > 1;
  if (padded && from.length !== end.length)
    return `the range begins with ${from.length} digits and ends with ${end.length}`;
  return count(Number(from), Number(end), Number(step), (number) =>
    padded ? String(number).padStart(from.length, '0') : String(number),
  );
}

function count(
  from: number,
  to: number,
  step: number,
  write: (number: number) => string,
): string[] | string {
  if (from > to) return 'the range ends before it begins';
  if ((to - from) / step >= mostNames) return `the range stands for more than ${mostNames} names`;
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => write(from + index * step));
}
