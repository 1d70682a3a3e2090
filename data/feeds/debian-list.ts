/**
 * Debian's advisory lists, `data/DSA/list` and `data/DLA/list` of its security tracker: facts by the
 * tracker's own grammar, newest first. An advisory is `[DD Mon YYYY] DSA-n-r source - title`, indented lines
 * are its CVEs `{CVE-…}`, fixes `[release] - source version`, and notes.
 */
import { clean } from '#data/model/clean.ts';
import { isPackageName, isVersion } from '#data/model/debian-names.ts';
import { cvePattern, dayBounds, FeedDamaged, mostRejections, onlyText, refuseNonsense } from './feed.ts';
import type { Feed, FeedContent, FeedFile } from './feed.ts';
import { coverageOf } from './numbering.ts';

const title = /^\[(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})\] (D[SL]A)-0*(\d{1,6})(?:-(\d{1,4}))?(?:\s|$)/;
const cveLine = /^\s+\{(.*)\}\s*$/;
const fixLine = /^\s+\[([a-z][a-z-]*)\] - (\S+)\s+(\S+)(?: \(.*\))?\s*$/;
const noteLine = /^\s+(?:NOTE:|TODO:|$)/;
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const annotations: { [mark: string]: 'not-affected' | 'unfixed' | 'end-of-life' } = {
  '<not-affected>': 'not-affected',
  '<unfixed>': 'unfixed',
  '<end-of-life>': 'end-of-life',
};

export const debianDsa: Feed = {
  id: 'debian-dsa',
  title: 'Debian security advisories (DSA)',
  upstream: 'https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/DSA/list',
  maxBytes: 64 * 1024 * 1024,
  parse: (files) => parseList(files, 'DSA'),
};

export const debianDla: Feed = {
  id: 'debian-dla',
  title: 'Debian LTS advisories (DLA)',
  upstream: 'https://salsa.debian.org/security-tracker-team/security-tracker/-/raw/master/data/DLA/list',
  maxBytes: 64 * 1024 * 1024,
  parse: (files) => parseList(files, 'DLA'),
};

interface Reading {
  rows: Required<Pick<FeedContent['rows'], 'advisories' | 'advisory_fixes' | 'advisory_cves'>>;
  rejections: FeedContent['rejections'];
  wrong: number;
  numbered: { number: number; day: string }[];
  /** The advisory that indented lines belong to; null below a line that could not be read. */
  current: string | null;
}

function parseList(files: FeedFile[], family: 'DSA' | 'DLA'): FeedContent {
  const text = onlyText(files);
  if (!text.endsWith('\n')) throw new FeedDamaged('ends in the middle of a line');
  const reading: Reading = {
    rows: { advisories: [], advisory_fixes: [], advisory_cves: [] },
    rejections: [],
    wrong: 0,
    numbered: [],
    current: null,
  };
  for (const [index, line] of text.slice(0, -1).split('\n').entries())
    readLine(reading, line, index + 1, family);
  refuseNonsense(reading.rows.advisories.length, reading.wrong, 'records');
  const { intervals, currentAt } = coverageOf(reading.numbered);
  return {
    rows: { ...dedupe(reading.rows), feed_coverage: intervals },
    rejections: reading.rejections,
    currentAt,
  };
}

function readLine(reading: Reading, line: string, number: number, family: string): void {
  if (!/^\s/.test(line)) return readTitle(reading, line, number, family);
  if (reading.current === null || noteLine.test(line)) return;
  const cves = cveLine.exec(line);
  if (cves !== null) return readCves(reading, cves[1] ?? '', line, number);
  const fix = fixLine.exec(line);
  if (fix === null) return reject(reading, line, number, 'a fix `[release] - source version`');
  const [, release = '', source = '', version = ''] = fix;
  const status = annotations[version];
  if (!isPackageName(source) || (status === undefined && !isVersion(version)))
    return reject(reading, line, number, 'a source package and its version');
  reading.rows.advisory_fixes.push({
    advisory: reading.current,
    release,
    source_package: source,
    status: status ?? 'fixed',
    fixed_version: status === undefined ? version : null,
  });
}

function readTitle(reading: Reading, line: string, number: number, family: string): void {
  reading.current = null;
  if (line === '') return;
  const match = title.exec(line);
  const day =
    match === null ? '' : `${match[3]}-${monthNumber(match[2] ?? '')}-${(match[1] ?? '').padStart(2, '0')}`;
  const bounds = dayBounds(day);
  if (match === null || match[4] !== family || bounds === null)
    return reject(reading, line, number, `an advisory \`[DD Mon YYYY] ${family}-n-r source - title\``);
  reading.current = `${family}-${match[5]}-${match[6] ?? 1}`;
  if ((match[6] ?? '1') === '1') reading.numbered.push({ number: Number(match[5]), day });
  reading.rows.advisories.push({
    advisory: reading.current,
    published_not_before: bounds.notBefore,
    published_not_after: bounds.notAfter,
  });
}

function readCves(reading: Reading, inside: string, line: string, number: number): void {
  for (const word of inside.split(/\s+/).filter((found) => found !== '')) {
    if (cvePattern.test(word))
      reading.rows.advisory_cves.push({ advisory: reading.current ?? '', cve: word });
    // Very old advisories name candidates of the time before CVE ids were fixed.
    else if (!word.startsWith('CAN-')) reject(reading, line, number, 'CVE ids');
  }
}

/** The list repeats itself here and there; the first, and so newest, record of a key counts. */
function dedupe(rows: Reading['rows']): Reading['rows'] {
  return {
    advisories: uniqueBy(rows.advisories, ({ advisory }) => advisory),
    advisory_fixes: uniqueBy(
      rows.advisory_fixes,
      (fix) => `${fix.advisory} ${fix.release} ${fix.source_package}`,
    ),
    advisory_cves: uniqueBy(rows.advisory_cves, ({ advisory, cve }) => `${advisory} ${cve}`),
  };
}

/** The first of every key. */
export function uniqueBy<T>(rows: T[], keyOf: (row: T) => string): T[] {
  const seen = new Map<string, T>();
  for (const row of rows) if (!seen.has(keyOf(row))) seen.set(keyOf(row), row);
  return [...seen.values()];
}

function monthNumber(name: string): string {
  return String(months.indexOf(name) + 1).padStart(2, '0');
}

function reject(reading: Reading, line: string, number: number, expected: string): void {
  reading.wrong += 1;
  if (reading.rejections.length < mostRejections)
    reading.rejections.push({
      place: `line ${number}`,
      reason: `expected ${expected}`,
      excerpt: clean(line, 120),
    });
}
