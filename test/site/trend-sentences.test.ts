import { describe, expect, test } from 'vitest';
import type { ExposureWeek, Latency, LatencyPoint } from '#reports/reading.ts';
import {
  ageWord,
  agesSentence,
  followedText,
  formatDays,
  hostDaysSentence,
  latencySentence,
  missingSentence,
  saysSomething,
  shareRange,
  weeksMovedSentence,
} from '#site/trend-sentences.ts';

function point(days: number, early: number, late: number): LatencyPoint {
  return { days, early, late, atRisk: 20, low: early, high: late };
}

const latency: Latency = {
  spells: 40,
  done: 30,
  leftOut: 0,
  fixes: 12,
  points: [point(0, 1, 1), point(7, 0.5, 0.7), point(30, 0.1, 0.3)],
  medianEarly: 7,
  medianLate: 12.4,
  until: 30,
};

describe('how long a group takes', () => {
  test.each<[string, Partial<Latency>, string]>([
    [
      'half between two days',
      {},
      'Half of the other security fixes were in effect between 7 and 12 days after publication.',
    ],
    [
      'half on one day',
      { medianEarly: 1, medianLate: 1.02 },
      'Half of the other security fixes were in effect 1 day after publication.',
    ],
    [
      'half not reached',
      { medianEarly: null, medianLate: null, points: [point(0, 1, 1), point(30, 0.6, 0.8)] },
      'Fewer than half of the other security fixes were in effect 30 days after publication: 60–80 % were still missing or not in effect.',
    ],
    [
      'half perhaps reached',
      { medianLate: null, points: [point(0, 1, 1), point(30, 0.4, 0.8)] },
      'Not provably half of the other security fixes were in effect 30 days after publication: 40–80 % were still missing or not in effect.',
    ],
    [
      'too few at any time',
      { points: [point(0, 1, 1)], medianEarly: null, medianLate: null },
      'Too few hosts were followed for other security fixes to say how long they take.',
    ],
    ['nobody', { spells: 0, points: [] }, 'Nobody could be followed for other security fixes yet.'],
  ])('%s', (_name, changed, sentence) => {
    expect(latencySentence({ group: 'other', effective: { ...latency, ...changed } })).toBe(sentence);
  });

  test('a curve of one point says nothing', () => {
    expect(saysSomething({ effective: latency })).toBe(true);
    expect(saysSomething({ effective: { ...latency, points: [point(0, 1, 1)] } })).toBe(false);
  });

  test('how many are behind it', () => {
    expect(followedText(latency)).toBe('40 spells of 12 fixes followed');
    expect(followedText({ ...latency, spells: 1, fixes: 1, leftOut: 3 })).toBe(
      '1 spell of 1 fix followed; 3 left out, over before anybody could follow them',
    );
  });

  test.each([
    [0, '0'],
    [0.94, '0.9'],
    [9.96, '10'],
    [29.6, '30'],
    [1234.5, '1,235'],
  ])('%d days', (days, text) => {
    expect(formatDays(days)).toBe(text);
  });

  test('shares', () => {
    expect(shareRange(0.4, 0.4)).toBe('40 %');
    expect(shareRange(0.4, 0.555)).toBe('40–56 %');
  });
});

const week: ExposureWeek = {
  week: '2026-11-16',
  retrospective: false,
  opening: 4,
  arrived: 3,
  found: 2,
  reopened: 1,
  fixed: 5,
  exited: 1,
  closing: 4,
  closing_exploited: 1,
  host_days: 30.4,
  host_days_confirmed: 20.1,
};

describe('weeks', () => {
  test('retrospective ones are no part of what came and went', () => {
    const weeks = [{ ...week, week: '2026-11-02', retrospective: true }, week];
    expect(weeksMovedSentence(weeks)).toBe(
      'In the 1 week since the first scan 4 came, 2 were there at a first reading, and 5 ended by the fix and 1 otherwise: 4 are left.',
    );
    expect(weeksMovedSentence([{ ...week, retrospective: true }])).toBe('No week with a reading yet.');
  });

  test('what is missing now', () => {
    expect(missingSentence([week])).toBe(
      '4 exposures last now, 1 of them to fixes of what is known to be exploited.',
    );
    expect(missingSentence([{ ...week, closing: 0 }])).toBe('No exposure to a security fix lasts.');
  });

  test('host-days of the last whole week, and what nobody saw of them', () => {
    expect(hostDaysSentence([week, { ...week, week: '2026-11-23', host_days: 1 }])).toBe(
      'In the week of 2026-11-16 exposures added up to 30 host-days, 10 of them after the last reading that saw it.',
    );
    expect(hostDaysSentence([{ ...week, host_days_confirmed: 30.4 }])).toBe(
      'In the week of 2026-11-16 exposures added up to 30 host-days.',
    );
    expect(hostDaysSentence([{ ...week, host_days: 0 }])).toBe(
      'No host-day of exposure in the last whole week.',
    );
  });
});

describe('ages', () => {
  const band = { missing: 0, missing_exploited: 0, fixes: 0, hosts: 0 };
  const ages = [
    { ...band, from_days: 0, to_days: 30, missing: 5 },
    { ...band, from_days: 31, to_days: 180, missing: 7 },
    { ...band, from_days: 181, to_days: null, missing: 2 },
  ];

  test('how many are old, and of how many nobody knows', () => {
    expect(agesSentence(ages, 14)).toBe('9 of 14 missing ones were published more than 30 days ago.');
    expect(agesSentence(ages, 17)).toBe(
      '9 of 14 missing ones were published more than 30 days ago. Of 3 it is not known when they were published.',
    );
    expect(agesSentence(ages, 0)).toBe('No security fix is missing on a host that was read.');
  });

  test('bands by name', () => {
    expect(ages.map((age) => ageWord(age))).toEqual(['0–30 days', '31–180 days', 'more than 180 days']);
  });
});
