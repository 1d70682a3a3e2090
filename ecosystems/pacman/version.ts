/** pacman's order of versions (alpm-pkg-vercmp, vercmp(8): `[epoch:]version[-release]`, the release only where both have one). */

/**
 * @returns negative when a is older than b, 0 when equal in order ("1.0" and "1.0-1"), positive when newer
 */
export function compareVersions(a: string, b: string): number {
  const left = splitVersion(a);
  const right = splitVersion(b);
  const difference = compareParts(left.epoch, right.epoch) || compareParts(left.version, right.version);
  if (difference !== 0 || left.release === null || right.release === null) return difference;
  return compareParts(left.release, right.release);
}

interface Version {
  epoch: string;
  version: string;
  release: string | null;
}

/** The epoch is digits before the first ':', the release what follows the last '-'. */
function splitVersion(text: string): Version {
  const epoch = /^\d*(?=:)/.exec(text)?.[0];
  const rest = epoch === undefined ? text : text.slice(epoch.length + 1);
  const hyphen = rest.lastIndexOf('-');
  return {
    epoch: epoch === undefined || epoch === '' ? '0' : epoch,
    version: hyphen < 0 ? rest : rest.slice(0, hyphen),
    release: hyphen < 0 ? null : rest.slice(hyphen + 1),
  };
}

/**
 * Segment by segment, a run of digits or of letters: of two runs of separators the longer is newer, numbers are newer
 * than letters, and at the end what has more is newer, unless it goes on with letters ("1.0rc" is older than "1.0").
 */
function compareParts(a: string, b: string): number {
  let [left, right] = [a, b];
  while (left !== '' && right !== '') {
    const [one, two] = [withoutSeparators(left), withoutSeparators(right)];
    if (one === '' || two === '') return compareEnds(one, two);
    const separators = left.length - one.length - (right.length - two.length);
    if (separators !== 0) return separators;
    const [first, second] = [segment.exec(one)![0], segment.exec(two)![0]];
    const difference = compareSegments(first, second);
    if (difference !== 0) return difference;
    [left, right] = [one.slice(first.length), two.slice(second.length)];
  }
  return compareEnds(left, right);
}

const segment = /^(?:\d+|[A-Za-z]+)/;

function compareEnds(left: string, right: string): number {
  if (left === right) return 0;
  return (left === '' && !startsWithLetter(right)) || startsWithLetter(left) ? -1 : 1;
}

function compareSegments(first: string, second: string): number {
  if (startsWithLetter(first) !== startsWithLetter(second)) return startsWithLetter(first) ? -1 : 1;
  if (startsWithLetter(first)) return first < second ? -1 : first > second ? 1 : 0;
  // Numbers of any length, without rounding.
  const [left, right] = [first.replace(/^0+/, ''), second.replace(/^0+/, '')];
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : left > right ? 1 : 0;
}

function withoutSeparators(text: string): string {
  return text.replace(/^[^A-Za-z0-9]+/, '');
}

function startsWithLetter(text: string): boolean {
  return /^[A-Za-z]/.test(text);
}
