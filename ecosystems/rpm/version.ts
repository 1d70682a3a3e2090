/** rpm's order of versions: rpm-version(7), and rpm's own tests of rpmvercmp for what the page leaves open. */

/**
 * @param a `[epoch:]version[-release]`; a missing epoch is 0, a missing release is older than any
 * @returns negative when a is older than b, 0 when equal in order ("1.0-1" and "0:1.00-1"), positive when newer
 */
export function compareVersions(a: string, b: string): number {
  const left = splitVersion(a);
  const right = splitVersion(b);
  return (
    compareNumbers(left.epoch, right.epoch) ||
    compareParts(left.version, right.version) ||
    compareReleases(left.release, right.release)
  );
}

interface Version {
  epoch: string;
  version: string;
  /** Null where none is given. */
  release: string | null;
}

/** The epoch is what is before a ':' as long as it is digits only; the release starts after the last '-'. */
function splitVersion(text: string): Version {
  const epoch = /^(\d*):/.exec(text);
  const rest = epoch === null ? text : text.slice(epoch[0].length);
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: epoch?.[1] ?? '0',
    version: hyphen < 0 ? rest : rest.slice(0, hyphen),
    release: hyphen < 0 ? null : rest.slice(hyphen + 1),
  };
}

function compareReleases(a: string | null, b: string | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return compareParts(a, b);
}

/** A number, a word, or one of the two marks; whatever else is there only separates. */
const segment = /\d+|[A-Za-z]+|[~^]/g;

/** From the left, segment by segment. */
function compareParts(a: string, b: string): number {
  const left = a.match(segment) ?? [];
  const right = b.match(segment) ?? [];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = compareSegments(left[index], right[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * '~' is older than everything, even the end; '^' is newer than the end and older than everything else; a number is
 * newer than a word; and what goes on is newer than what ends.
 */
function compareSegments(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === '~' || b === '~') return a === '~' ? -1 : 1;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  if (a === '^' || b === '^') return a === '^' ? -1 : 1;
  const [leftIsNumber, rightIsNumber] = [isNumber(a), isNumber(b)];
  if (leftIsNumber !== rightIsNumber) return leftIsNumber ? 1 : -1;
  return leftIsNumber ? compareNumbers(a, b) : a < b ? -1 : 1;
}

/** Numbers of any length, without rounding. */
function compareNumbers(a: string, b: string): number {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

function isNumber(text: string): boolean {
  return /^\d/.test(text);
}
