import { describe, expect, test } from 'vitest';
import { eventActions, evidenceKinds, reasonsNotApplied } from '#data/model/words.ts';
import {
  asSentence,
  countOf,
  endingWord,
  evidenceMeaning,
  evidenceWord,
  formatAge,
  formatBytes,
  formatCount,
  formatInstant,
  reasonMeaning,
  reasonWord,
  securityMark,
  standings,
  systemName,
  releaseWord,
  takenBy,
  widestUpgrade,
  verdicts,
} from '#site/words.ts';

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1234567, '1,234,567'],
])('%d is written %s', (value, text) => {
  expect(formatCount(value)).toBe(text);
});

test.each([
  [0, 'no hosts'],
  [1, '1 host'],
  [2, '2 hosts'],
  [1200, '1,200 hosts'],
])('%d of something', (value, text) => {
  expect(countOf(value, 'host')).toBe(text);
});

test.each([
  ['2026-11-23T05:21:00.000Z', '40 min'],
  ['2026-11-23T01:01:00.000Z', '5 h'],
  ['2026-11-22T06:01:00.000Z', '24 h'],
  ['2026-11-11T06:01:00.000Z', '12 d'],
  ['2026-11-24T00:00:00.000Z', '0 min'],
])('from %s it is %s', (from, age) => {
  expect(formatAge(from, '2026-11-23T06:01:00.000Z')).toBe(age);
});

test.each([
  [632, '632 B'],
  [5200, '5.2 kB'],
  [12_345_678, '12.3 MB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('an instant is written to the minute', () => {
  expect(formatInstant('2026-11-23T06:01:59.999Z')).toBe('2026-11-23 06:01');
});

test.each([
  [true, true, true, 'every upgrade'],
  [false, true, true, 'with new packages, full-upgrade'],
  [false, false, true, 'full-upgrade only'],
  [false, false, false, 'none of them'],
  [true, false, true, 'upgrade, full-upgrade'],
])('upgrade %s, with new %s, full %s: %s', (in_upgrade, in_upgrade_with_new, in_full_upgrade, text) => {
  expect(takenBy({ in_upgrade, in_upgrade_with_new, in_full_upgrade }, 'apt')).toBe(text);
});

describe('every word of the record has plain words', () => {
  test.each(reasonsNotApplied.map((reason) => [reason]))('%s', (reason) => {
    expect(reasonWord(reason)).not.toContain('-');
    expect(reasonMeaning(reason)).not.toBe('');
  });

  test.each(evidenceKinds.map((kind) => [kind]))('%s', (kind) => {
    expect([evidenceWord(kind), evidenceMeaning(kind)]).not.toContain('');
  });

  test('a word that is not known yet is shown as it is', () => {
    expect([reasonWord('outside-window'), endingWord('advisory-withdrawn'), eventActions[0]]).toEqual([
      'outside-window',
      'advisory-withdrawn',
      'install',
    ]);
  });
});

test('a shape stands for one kind of thing: unknown never looks like good', () => {
  const good = Object.entries(verdicts).filter(([, { shape }]) => shape === 'disc');
  expect(good.map(([verdict]) => verdict)).toEqual(['none-on-offer']);
  expect(
    Object.entries(standings)
      .filter(([, { shape }]) => shape === 'disc')
      .map(([name]) => name),
  ).toEqual(['read']);
  expect(securityMark(null)).toEqual({ word: 'unknown', shape: 'dashed' });
});

test.each([
  [{ os_id: 'debian', os_version: '12' }, 'debian 12'],
  [{ os_id: 'debian', os_version: null }, 'debian'],
  [{ os_id: null, os_version: '12' }, null],
])('%j', (host, name) => {
  expect(systemName(host)).toBe(name);
});

test('a text ends as a sentence, once', () => {
  expect(['No way', 'No way.', 'Really?'].map(asSentence)).toEqual(['No way.', 'No way.', 'Really?']);
});

test.each([
  ['zypper', [false, true, true], 'update only'],
  ['zypper', [true, true, true], 'every upgrade'],
  ['dnf', [false, false, false], 'none of them'],
  ['a family of tomorrow', [true, false, false], 'upgrade only'],
] as const)('upgrades are called what %s calls them', (ecosystem, [narrow, middle, wide], text) => {
  const flags = { in_upgrade: narrow, in_upgrade_with_new: middle, in_full_upgrade: wide };
  expect(takenBy(flags, ecosystem)).toBe(text);
});

test.each([
  ['bookworm', 'Debian bookworm'],
  ['rocky-9', 'rocky 9'],
  ['opensuse-leap-15.6', 'opensuse-leap 15.6'],
  ['alpine-3.19', 'alpine 3.19'],
  ['arch', 'arch'],
  ['noble', 'noble'],
])('the release %s is said as %s', (release, text) => {
  expect(releaseWord(release)).toBe(text);
});

test.each([
  ['apt', 'apt-get dist-upgrade'],
  ['pacman', 'pacman -Syu'],
  [null, 'the widest upgrade'],
])('the widest upgrade of %s', (ecosystem, text) => {
  expect(widestUpgrade(ecosystem)).toBe(text);
});
