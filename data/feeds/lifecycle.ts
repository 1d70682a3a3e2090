/**
 * How long releases are supported: `debian.csv` of distro-info-data, and the lists of debian-security-support
 * (`security-support-ended.deb12`) for packages whose support ended earlier. Any of these files, in any number.
 */
import { clean } from '#data/model/clean.ts';
import { isVersion } from '#data/model/debian-names.ts';
import { uniqueBy } from './debian-list.ts';
import { dayBounds, FeedDamaged, mostRejections, refuseNonsense, releasePattern, textOf } from './feed.ts';
import type { Feed, FeedContent, FeedFile, FeedRows } from './feed.ts';

const endedName = /(?:^|\/)security-support-ended\.deb(\d+)$/;
const csvName = /(?:^|\/)(debian|ubuntu)\.csv$/;
// Package names and the few signs of regular expressions that the lists use; anything else may not run.
const sourcePattern = /^[a-z0-9][a-z0-9+.*_-]*$/;

export const lifecycle: Feed = {
  id: 'lifecycle',
  title: 'Releases and the ends of their support',
  upstream: 'https://debian.pages.debian.net/distro-info-data/debian.csv',
  maxBytes: 4 * 1024 * 1024,
  parse,
};

type Rows = Required<Pick<FeedRows, 'releases' | 'ended_support'>>;

function parse(files: FeedFile[]): FeedContent {
  const rows: Rows = { releases: [], ended_support: [] };
  const rejections: FeedContent['rejections'] = [];
  const reject = (file: FeedFile, line: number, reason: string, text: string): void => {
    rejections.push({ place: clean(`${file.name} line ${line}`, 120), reason, excerpt: clean(text, 120) });
  };
  for (const file of files) {
    const distribution = csvName.exec(file.name)?.[1];
    if (distribution !== undefined) readReleases(rows, file, distribution, reject);
  }
  const byVersion = new Map(
    rows.releases
      .filter(({ distribution }) => distribution === 'debian')
      .map(({ version, release }) => [version, release]),
  );
  for (const file of files) {
    const release = byVersion.get(endedName.exec(file.name)?.[1] ?? '');
    if (release !== undefined) readEnded(rows, file, release, reject);
  }
  refuseNonsense(rows.releases.length, rejections.length, 'releases');
  return {
    rows: {
      releases: uniqueBy(rows.releases, ({ distribution, release }) => `${distribution} ${release}`),
      ended_support: uniqueBy(rows.ended_support, (row) => `${row.release} ${row.source_pattern}`),
    },
    rejections: rejections.slice(0, mostRejections),
    currentAt: null,
  };
}

type Reject = (file: FeedFile, line: number, reason: string, text: string) => void;

function readReleases(rows: Rows, file: FeedFile, distribution: string, reject: Reject): void {
  const [head = '', ...lines] = textOf(file).trimEnd().split('\n');
  const names = head.trim().split(',');
  if (!['version', 'series', 'release', 'eol'].every((name) => names.includes(name)))
    throw new FeedDamaged(`is not a list of releases (${clean(file.name)})`);
  for (const [index, line] of lines.entries()) {
    const cells = line.trim().split(',');
    const cell = (name: string): string => cells[names.indexOf(name)] ?? '';
    const dates = ['release', 'eol', 'eol-lts', 'eol-elts', 'eol-esm'].map(cell);
    if (
      !releasePattern.test(cell('series')) ||
      dates.some((date) => date !== '' && dayBounds(date) === null)
    ) {
      reject(file, index + 2, 'expected a release with its dates', line);
      continue;
    }
    const end = (name: string): string | null => dayBounds(cell(name))?.notAfter ?? null;
    rows.releases.push({
      distribution,
      // '24.04 LTS' is version 24.04.
      version: cell('version').split(' ')[0] || null,
      release: cell('series'),
      released_at: dayBounds(cell('release'))?.notBefore ?? null,
      support_ends_at: end('eol'),
      lts_ends_at: distribution === 'debian' ? end('eol-lts') : null,
      elts_ends_at: distribution === 'debian' ? end('eol-elts') : end('eol-esm'),
    });
  }
}

function readEnded(rows: Rows, file: FeedFile, release: string, reject: Reject): void {
  for (const [index, line] of textOf(file).split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [pattern = '', version = '', day = ''] = line.trim().split(/\s+/);
    const ended = dayBounds(day);
    if (!sourcePattern.test(pattern) || !isVersion(version) || ended === null)
      reject(file, index + 1, 'expected source package, last version, day', line);
    else
      rows.ended_support.push({
        release,
        source_pattern: pattern,
        last_version: version,
        ended_at: ended.notBefore,
      });
  }
}
