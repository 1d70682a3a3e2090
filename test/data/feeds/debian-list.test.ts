import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FeedDamaged } from '#data/feeds/feed.ts';
import { fixture, parse } from './feeds.ts';

const one = '[14 Aug 2026] DSA-6442-1 util-linux - security update\n';

/** The advisory that the text holds, without the feed around it. */
function only(text: string) {
  const { rows, rejections } = parse('debian-dsa', text);
  return { ...rows, rejections };
}

describe('a record of the list', () => {
  test('has an id, the bounds of its day, CVEs and fixes', () => {
    expect(
      only(`${one}\t{CVE-2026-13595 CVE-2026-27456}\n\t[trixie] - util-linux 2.41-5+deb13u1\n`),
    ).toMatchObject({
      advisories: [
        {
          advisory: 'DSA-6442-1',
          published_not_before: '2026-08-14T00:00:00.000Z',
          published_not_after: '2026-08-14T23:59:59.999Z',
        },
      ],
      advisory_cves: [
        { advisory: 'DSA-6442-1', cve: 'CVE-2026-13595' },
        { advisory: 'DSA-6442-1', cve: 'CVE-2026-27456' },
      ],
      advisory_fixes: [
        {
          advisory: 'DSA-6442-1',
          release: 'trixie',
          source_package: 'util-linux',
          status: 'fixed',
          fixed_version: '2.41-5+deb13u1',
        },
      ],
      rejections: [],
    });
  });

  const fixes: [string, string, object][] = [
    ['a tab', '\t[lenny] - vlc 1.0-1', { status: 'fixed', fixed_version: '1.0-1' }],
    ['spaces for the tab', '        [squeeze] - vlc 1.0-1', { status: 'fixed' }],
    [
      'two blanks before the version',
      '\t[wheezy] - curl  7.26.0-1+wheezy5',
      { fixed_version: '7.26.0-1+wheezy5' },
    ],
    ['a blank at the end', '\t[squeeze] - tzdata 2015b-0squeeze1 ', { fixed_version: '2015b-0squeeze1' }],
    [
      'not affected',
      '\t[lenny] - vlc <not-affected> (Vulnerable code not present)',
      { status: 'not-affected', fixed_version: null },
    ],
    ['end of life', '\t[jessie] - virtualbox <end-of-life>', { status: 'end-of-life', fixed_version: null }],
    ['unfixed', '\t[etch] - squid <unfixed>', { status: 'unfixed', fixed_version: null }],
  ];
  test.each(fixes)('a fix: %s', (_, line, expected) => {
    expect(only(`${one}${line}\n`).advisory_fixes).toMatchObject([expected]);
  });

  test('without a revision is the first; without CVE or package it is an advisory all the same', () => {
    const { advisories, advisory_fixes, advisory_cves } = only(
      '[18 Apr 2018] DSA-4205-1 jessie end-of-life\n        NOTE: end of security support\n[05 Aug 2002] DSA-143 krb5 - integer overflow\n',
    );
    expect(advisories?.map(({ advisory }) => advisory)).toEqual(['DSA-4205-1', 'DSA-143-1']);
    expect([advisory_fixes, advisory_cves]).toEqual([[], []]);
  });

  test('of another family, or with a day that does not exist, is kept visible as rejected', () => {
    const { advisories, rejections } = only(
      `${one}[30 Feb 2026] DSA-1-1 x - y\n\t[trixie] - x 1\n[01 Jan 2026] DLA-7-1 x - y\n`,
    );
    expect(advisories).toHaveLength(1);
    expect(rejections.map(({ place }) => place)).toEqual(['line 2', 'line 4']);
  });

  test('with shell for a version is rejected', () => {
    const { advisory_fixes, rejections } = only(
      `${one}\t[trixie] - util-linux $(reboot)\n\t[trixie] - a;b 1.0\n`,
    );
    expect(advisory_fixes).toEqual([]);
    expect(rejections).toHaveLength(2);
  });
});

describe('the whole', () => {
  test('a cut of the real list is read without a rejection', () => {
    const { rows, rejections, currentAt } = parse('debian-dsa', [fixture('dsa.list')]);
    expect(rejections).toEqual([]);
    expect(rows.advisories?.length).toBeGreaterThan(15);
    expect(currentAt).toBe('2026-08-20T23:59:59.999Z');
  });

  const damaged: [string, string, RegExp][] = [
    ['nothing', '', /ends in the middle/],
    ['an empty line', '\n', /holds no records/],
    ['a page of HTML', '<html>\n<body>404</body>\n</html>\n', /holds no records/],
    ['a cut line', one.slice(0, -10), /ends in the middle of a line/],
    ['mostly nonsense', one + 'nonsense\n'.repeat(30), /30 wrong records beside 1/],
  ];
  test.each(damaged)('%s is refused', (_, text, reason) => {
    expect(() => parse('debian-dsa', text)).toThrow(reason);
  });

  test('a cut between lines gives whole records only; any other cut is refused', () => {
    const whole = Buffer.from(fixture('dsa.list').content).toString();
    const all = new Set(parse('debian-dsa', whole).rows.advisories?.map(({ advisory }) => advisory));
    const read = (text: string): (string | undefined)[] => {
      try {
        return parse('debian-dsa', text).rows.advisories?.map(({ advisory }) => advisory) ?? [];
      } catch (error) {
        return [error instanceof FeedDamaged && !text.endsWith('\n') ? undefined : 'wrongly refused'];
      }
    };
    fc.assert(
      fc.property(fc.integer({ min: 200, max: whole.length }), (length) => {
        const found = read(whole.slice(0, length));
        expect(found.filter((advisory) => advisory !== undefined && !all.has(advisory))).toEqual([]);
        expect(found.includes(undefined)).toBe(whole[length - 1] !== '\n');
      }),
      { numRuns: 200 },
    );
  });
});

describe('coverage', () => {
  const day = (n: number) => String(n).padStart(2, '0');
  const list = (...numbers: number[]) =>
    numbers.map((n) => `[${day(n)} Jan 2026] DSA-${5000 + n}-1 a - b\n`).join('');
  const spans = (text: string) =>
    parse('debian-dsa', text).rows.feed_coverage?.map(({ from_at, to_at }) => [
      from_at.slice(8, 10),
      to_at.slice(8, 10),
    ]);

  test('ends with the newest and begins with the oldest', () => {
    expect(spans(list(3, 2, 1))).toEqual([['01', '03']]);
  });

  test('numbers that were never given out are no hole; more are', () => {
    expect(spans(list(10, 5, 1))).toEqual([['01', '10']]);
    expect(spans(list(20, 10, 5, 1))).toEqual([
      ['01', '10'],
      ['20', '20'],
    ]);
  });

  test('a later revision says nothing about the numbers around it', () => {
    expect(spans(`[30 Jan 2026] DSA-4000-2 a - b\n${list(2, 1)}`)).toEqual([['01', '02']]);
  });
});
