/** Debian's order of versions (Debian Policy 5.6.12; the algorithm of dpkg's verrevcmp). */

/**
 * @returns negative when a is older than b, 0 when equal in order ("1.0" and "0:1.0"), positive when newer
 */
export function compareVersions(a: string, b: string): number {
  if (a === b) return 0;
  const left = splitVersion(a);
  const right = splitVersion(b);
  return (
    compareNumbers(left.epoch, right.epoch) ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  );
}

interface Version {
  epoch: string;
  upstream: string;
  revision: string;
}

/** The epoch ends at the first ':', the revision starts after the last '-'. */
function splitVersion(version: string): Version {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? '0' : version.slice(0, colon),
    upstream: hyphen < 0 ? rest : rest.slice(0, hyphen),
    revision: hyphen < 0 ? '' : rest.slice(hyphen + 1),
  };
}

/** Alternates between a part without digits and a number, from the left. */
function compareParts(a: string, b: string): number {
  let left = 0;
  let right = 0;
  while (left < a.length || right < b.length) {
    while ((left < a.length && !isDigit(a, left)) || (right < b.length && !isDigit(b, right))) {
      const difference = order(a, left) - order(b, right);
      if (difference !== 0) return difference;
      left += 1;
      right += 1;
    }
    const leftEnd = digitsEnd(a, left);
    const rightEnd = digitsEnd(b, right);
    const difference = compareNumbers(a.slice(left, leftEnd), b.slice(right, rightEnd));
    if (difference !== 0) return difference;
    left = leftEnd;
    right = rightEnd;
  }
  return 0;
}

/** '~' sorts before everything, even the end; letters before all other characters. */
function order(text: string, index: number): number {
  if (index >= text.length || isDigit(text, index)) return 0;
  const code = text.charCodeAt(index);
  if (code === 0x7e) return -1;
  const isLetter = (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
  return isLetter ? code : code + 256;
}

/** Numbers of any length, without rounding. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index);
  return code >= 0x30 && code <= 0x39;
}

function digitsEnd(text: string, start: number): number {
  let end = start;
  while (end < text.length && isDigit(text, end)) end += 1;
  return end;
}
