import { describe, expect, test } from 'vitest';
import type { Compared, ComparisonLine } from '#reports/reading.ts';
import {
  comparedSentence,
  comparedWords,
  comparisonSentence,
  ownWords,
  unjudgedDoubt,
  unjudgedWords,
} from '#site/population-sentences.ts';

const compared: Compared = {
  source: 'CMDB',
  dated: '2026-11-19',
  is_old: false,
  in_both: 8,
  hosts: 9,
  only_there: 0,
};

describe('what the population was compared with', () => {
  test.each<[Compared | null, string, string]>([
    [
      null,
      'self-declared',
      'The population is self-declared: it was never compared with a list that others keep.',
    ],
    [
      compared,
      'compared with CMDB of 2026-11-19',
      'Compared with CMDB of 2026-11-19: 8 of 9 hosts stood there, too; it named no machine that the inventory lacked.',
    ],
    [
      { ...compared, only_there: 1 },
      'compared with CMDB of 2026-11-19',
      'Compared with CMDB of 2026-11-19: 8 of 9 hosts stood there, too; it named 1 machine that the inventory lacked.',
    ],
    [
      { ...compared, only_there: 1200, is_old: true },
      'compared with CMDB of 2026-11-19, which is old',
      'Compared with CMDB of 2026-11-19: 8 of 9 hosts stood there, too; it named 1,200 machines that the inventory lacked. The list is more than 90 days old.',
    ],
  ])('%j', (line, words, sentence) => {
    expect(comparedWords(line)).toBe(words);
    expect(comparedSentence(line)).toBe(sentence);
  });

  const numbers = {
    hosts: 9,
    in_both: 5,
    only_here: 2,
    retired_there: 0,
    ambiguous_hosts: 0,
    rows: 7,
    only_there: 1,
    ambiguous_rows: 0,
  };
  test.each([
    [numbers, 'Of 9 hosts: 5 in both, 2 only here. Of 7 rows there: 1 only there.'],
    [
      { ...numbers, retired_there: 1, ambiguous_hosts: 1, ambiguous_rows: 2 },
      'Of 9 hosts: 5 in both, 2 only here, 1 retired there, 1 not clear. Of 7 rows there: 1 only there, 2 not clear.',
    ],
    [
      { ...numbers, hosts: 1, in_both: 0, only_here: 1, rows: 0, only_there: 0 },
      'Of 1 host: 0 in both, 1 only here. Of no rows there: 0 only there.',
    ],
  ])('%j', (line, sentence) => {
    expect(comparisonSentence(line as ComparisonLine)).toBe(sentence);
  });
});

test('hosts by name, the first twenty', () => {
  expect(ownWords(['a', 'b'])).toBe('a, b');
  expect(ownWords(Array.from({ length: 22 }, () => 'h'))).toMatch(/^(h, ){19}h and 2 more$/);
});

describe('software that no policy judges', () => {
  test('kinds in words, a new kind as it is', () => {
    const kinds = [
      { kind: 'snap', things: 1, hosts: 1 },
      { kind: 'python', things: 40, hosts: 3 },
      { kind: 'appimage', things: 2, hosts: 2 },
    ];
    expect(unjudgedWords({ kinds, hosts: 4, hosts_unread: 0 })).toEqual([
      '1 snap on 1 host',
      '40 Python packages on 3 hosts',
      '2 appimage on 2 hosts',
    ]);
  });

  test.each([
    [4, 0, 'It was looked for on all 4 hosts.'],
    [1, 0, 'It was looked for on the one host.'],
    [4, 1, 'What there is on 1 of 4 hosts is not known, or only in part.'],
  ])('of %i hosts %i unread', (hosts, unread, words) => {
    expect(unjudgedDoubt({ kinds: [], hosts, hosts_unread: unread })).toBe(words);
  });
});
