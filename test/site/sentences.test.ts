import { expect, test } from 'vitest';
import type { HostStory, Overview } from '#reports/reading.ts';
import { coverageSentence, hostSentence, overviewSentence, weeksSentence } from '#site/sentences.ts';

const figures: Overview['figures'] = {
  hosts: 10,
  hosts_updates_known: 10,
  hosts_updates_unread: 0,
  hosts_security_pending: 0,
  hosts_none_on_offer: 10,
  hosts_stale: 0,
  hosts_partly_read: 0,
  hosts_lists_old: 0,
  hosts_advisories_old: 0,
  hosts_fixes_unseen: 0,
  hosts_unsupported: 0,
  hosts_not_effective: 0,
  missing_fixes: 0,
  exploited_fixes: 0,
  hosts_reboot_required: 0,
  hosts_reboot_unknown: 0,
  updates: 0,
  security_updates: 0,
  unclear_updates: 0,
};

test.each<[string, Partial<Overview['figures']>, string]>([
  ['all well', {}, 'No security fix was found missing on 10 of 10 hosts.'],
  ['no hosts', { hosts: 0, hosts_updates_known: 0 }, 'The inventory names no hosts.'],
  [
    'nobody answered',
    { hosts_updates_known: 0, hosts_updates_unread: 10 },
    'Nothing is known yet: the updates of 10 hosts could not be read.',
  ],
  [
    'nothing found, not everybody read',
    { hosts_updates_known: 7, hosts_updates_unread: 3 },
    'No security fix was found missing on 7 of 10 hosts. Not wholly known: 3 unread.',
  ],
  [
    'the only one lacks',
    { hosts: 1, hosts_updates_known: 1, hosts_security_pending: 1, security_updates: 82 },
    'The one host lacks 82 security updates that are on offer to it.',
  ],
  [
    'the only one lacks fixes that feeds know',
    {
      hosts: 1,
      hosts_updates_known: 1,
      hosts_security_pending: 1,
      security_updates: 82,
      missing_fixes: 31,
      exploited_fixes: 2,
    },
    'The one host lacks 31 security fixes, 2 of them against weaknesses that are known to be exploited.',
  ],
  [
    'exploited ones, and advisories not known until today',
    { hosts_security_pending: 2, missing_fixes: 5, exploited_fixes: 1, hosts_advisories_old: 4 },
    '2 of 10 hosts lack security fixes, 1 of them against weaknesses that are known to be exploited. Not wholly known: 4 with advisories that are not known until today.',
  ],
  [
    'the only one lacks none',
    { hosts: 1, hosts_updates_known: 1, hosts_lists_old: 1 },
    'No security fix was found missing on the one host. Not wholly known: 1 with old package lists.',
  ],
  ['one lacks', { hosts_security_pending: 1 }, '1 of 10 hosts lacks security fixes.'],
  [
    'some lack, with every doubt',
    {
      hosts_security_pending: 4,
      hosts_updates_known: 9,
      hosts_updates_unread: 1,
      hosts_stale: 2,
      hosts_partly_read: 1,
      hosts_lists_old: 3,
    },
    '4 of 10 hosts lack security fixes. Not wholly known: 1 unread, 2 stale, 1 read in part, 3 with old package lists.',
  ],
])('the overview: %s', (_name, changed, sentence) => {
  expect(overviewSentence({ figures: { ...figures, ...changed } })).toBe(sentence);
});

const host = {
  standing: 'read',
  updates_reading: 'complete',
  last_read_at: '2026-11-23T06:00:00.000Z',
  lists_checked_at: '2026-11-23T05:00:00.000Z',
  lists_fresh: true,
  updates: 0,
  security_updates: 0,
  unclear_updates: 0,
  oldest_security_seen_at: null,
  missing_fixes: 0,
  exploited_fixes: 0,
  not_effective_fixes: 0,
  effect_unknown_fixes: 0,
  unseen_fixes: 0,
  unsupported_since: null,
} as HostStory['host'];

test.each<[string, Partial<HostStory['host']>, string]>([
  ['nothing on offer', {}, 'No update was on offer.'],
  [
    'never read',
    { last_read_at: null, standing: 'never-read' },
    'Nothing is known of this host: no run has ever read it.',
  ],
  [
    'updates unread',
    { updates: null, security_updates: null, unclear_updates: null },
    'Its updates could not be read, so nothing is known of what it lacks.',
  ],
  [
    'read in part and nothing seen',
    { updates_reading: 'partial', standing: 'partly-read' },
    'No pending update was seen, but the updates were read in part only.',
  ],
  [
    'read in part and something seen',
    {
      updates_reading: 'partial',
      updates: 2,
      security_updates: 2,
      oldest_security_seen_at: '2026-11-09T06:00:00.000Z',
    },
    'At least 2 security updates pending, the oldest seen on offer by 2026-11-09.',
  ],
  [
    'every kind',
    { updates: 6, security_updates: 1, unclear_updates: 2 },
    '1 security update pending; 2 updates of unknown kind; 3 other updates.',
  ],
  [
    'old lists prove nothing',
    { lists_fresh: false, lists_checked_at: '2026-10-14T06:00:00.000Z' },
    'No update was on offer. Its package lists were 40 d old by then, so there may be more.',
  ],
  [
    'lists of unknown age prove nothing',
    { lists_fresh: false, lists_checked_at: null },
    'No update was on offer. When its package lists were refreshed is unknown, so there may be more.',
  ],
  [
    'stale',
    { standing: 'stale', updates: 1, security_updates: 0 },
    'Not read since 2026-11-23 06:00 UTC. At that time: 1 other update.',
  ],
  [
    'fixes missing and not in effect',
    {
      missing_fixes: 3,
      exploited_fixes: 1,
      not_effective_fixes: 2,
      effect_unknown_fixes: 1,
      updates: 4,
      security_updates: 4,
    },
    '3 security fixes missing, 2 installed and not effective, 1 installed with unknown effect, 1 of the missing against what is known to be exploited. 4 security updates pending.',
  ],
  [
    'fixes whose effect is all that is unknown',
    { effect_unknown_fixes: 1 },
    '1 security fix installed with unknown effect. No update was on offer.',
  ],
  [
    'fixes published since it was last read',
    { unseen_fixes: 2, standing: 'stale' },
    'Not read since 2026-11-23 06:00 UTC. At that time: whether it lacks 2 security fixes published since it was last read is unknown. No update was on offer.',
  ],
  [
    'past the end of support',
    { unsupported_since: '2026-08-31T00:00:00.000Z' },
    'Security support for its release ended on 2026-08-31. No update was on offer.',
  ],
  [
    'retired',
    { standing: 'retired', updates: 1, security_updates: 1 },
    'No longer in the inventory. When last read, 2026-11-23 06:00 UTC: 1 security update pending.',
  ],
])('a host: %s', (_name, changed, sentence) => {
  expect(hostSentence({ host: { ...host, ...changed } })).toBe(sentence);
});

test('the weeks: what no log reaches back to is no part of the sentence', () => {
  const weeks = [
    { week: '2026-11-02', upgrades: 0, installs: 0, hosts_logged: 0 },
    { week: '2026-11-09', upgrades: 3, installs: 1, hosts_logged: 2 },
    { week: '2026-11-16', upgrades: 9, installs: 0, hosts_logged: 2 },
  ];
  expect(weeksSentence({ weeks, logged_hosts: 2, figures })).toBe(
    'In the 2 weeks that logs reach back to, those of 2 of 10 hosts date 12 upgrades, the most in the week of 2026-11-16 (9), and 1 new install.',
  );
  expect(weeksSentence({ weeks: weeks.slice(0, 1), logged_hosts: 0, figures })).toBe(
    "No host's own log dates an upgrade in the last 26 weeks.",
  );
});

test.each([
  [
    { total: 1, read: 1, partly_read: 0, stale: 0, never_read: 0 },
    'The one host of the population was read completely.',
  ],
  [
    { total: 3, read: 3, partly_read: 0, stale: 0, never_read: 0 },
    'All 3 hosts of the population were read completely.',
  ],
  [
    { total: 4, read: 1, partly_read: 1, stale: 1, never_read: 1 },
    '1 of 4 hosts was read completely; 1 partly, 1 stale, 1 never.',
  ],
  [{ total: 0, read: 0, partly_read: 0, stale: 0, never_read: 0 }, 'The inventory names no hosts.'],
])('coverage %j', (population, sentence) => {
  expect(coverageSentence({ population: { ...population, retired: 0 } })).toBe(sentence);
});
