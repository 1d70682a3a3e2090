/**
 * Alpine's order of versions (apk-package(5)): `number{.number}…{letter}{_suffix{number}}…{~hash}{-r#}`.
 *
 * It is the order of apk 3. apk 2 knows no hash, and takes numbers that begin with a zero apart in another way
 * ("1.001" against "1.0c"); on all else the two agree.
 */

/** Before the plain version, and after it. */
const before = ['alpha', 'beta', 'pre', 'rc'];
const after = ['cvs', 'svn', 'git', 'hg', 'p'];

const suffixes = [...before, ...after].join('|');
const shape = new RegExp(
  `^\\d{1,30}(?:\\.\\d{1,30})*[a-z]?(?:_(?:${suffixes})\\d{0,30})*(?:~[0-9a-f]{1,64})?(?:-r\\d{1,10})?$`,
);

/** Whether apk 3 takes it for a version. */
export function isVersion(text: string): boolean {
  return text.length <= 200 && shape.test(text);
}

/** In the order in which apk has them: where one version has a part and the other a later one, the former is newer. */
const kinds = [
  'initial',
  'number',
  'letter',
  'suffix',
  'suffix-number',
  'hash',
  'revision',
  'end',
  'other',
] as const;

interface Token {
  kind: (typeof kinds)[number];
  text: string;
}

/**
 * @returns negative when a is older than b, 0 when equal in order, positive when newer
 */
export function compareVersions(a: string, b: string): number {
  const left = tokensOf(a);
  const right = tokensOf(b);
  for (const [index, one] of left.entries()) {
    const two = right[index]!;
    const difference = one.kind === two.kind ? compareTokens(one, two) : compareKinds(one, two);
    if (difference !== 0 || one.kind === 'end' || one.kind === 'other') return difference;
  }
  return 0;
}

function compareKinds(one: Token, two: Token): number {
  if (isBefore(one)) return -1;
  if (isBefore(two)) return 1;
  return kinds.indexOf(two.kind) - kinds.indexOf(one.kind);
}

function compareTokens(one: Token, two: Token): number {
  if (one.kind === 'suffix') return suffixPlace(one.text) - suffixPlace(two.text);
  if (one.kind === 'number' && (one.text.startsWith('0') || two.text.startsWith('0'))) {
    return compareTexts(one.text, two.text);
  }
  const isNumber = ['initial', 'number', 'suffix-number', 'revision'].includes(one.kind);
  return isNumber ? compareNumbers(one.text, two.text) : compareTexts(one.text, two.text);
}

function isBefore(token: Token): boolean {
  return token.kind === 'suffix' && before.includes(token.text);
}

function suffixPlace(suffix: string): number {
  return [...before, ...after].indexOf(suffix);
}

/** Numbers of any length, without rounding. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')];
  return left.length - right.length || compareTexts(left, right);
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const tokenShapes: [RegExp, Token['kind']][] = [
  [/^\.(\d+)/, 'number'],
  [/^([a-z])/, 'letter'],
  [new RegExp(`^_(${suffixes})(?![a-z])`), 'suffix'],
  [/^(\d+)/, 'suffix-number'],
  [/^~([0-9a-f]+)/, 'hash'],
  [/^-r(\d+)/, 'revision'],
];

/** The parts of a version; what is none ends in 'other', which is older than anything. */
function tokensOf(version: string): Token[] {
  const first = /^\d+/.exec(version)?.[0];
  if (first === undefined) return [{ kind: 'other', text: version }];
  const tokens: Token[] = [{ kind: 'initial', text: first }];
  let rest = version.slice(first.length);
  while (rest !== '') {
    const found = tokenShapes.find(([pattern]) => pattern.test(rest));
    const match = found?.[0].exec(rest);
    if (match === undefined || match === null) return [...tokens, { kind: 'other', text: rest }];
    tokens.push({ kind: found![1], text: match[1]! });
    rest = rest.slice(match[0].length);
  }
  return [...tokens, { kind: 'end', text: '' }];
}
