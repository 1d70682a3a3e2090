/** Exceptions and the headline (`semantics.md` 5 and 7), each history spelled out. */
import { describe, expect, test } from 'vitest';
import { at, fixed, old } from '../findings/september.ts';
import type { Found, RunStory } from '../findings/story.ts';
import { judge, log, runs, tenDays, verdictOf } from './policy-story.ts';
import type { Row } from './policy-story.ts';

describe('exceptions', () => {
  const exception = (from: string, until: string, more = ''): string => `  - id: later
    fixes: { packages: [ssl] }
    reason: the maker promised a release
    compensating-control: behind the proxy
    requested-by: Web team
    approver: Head of operations
    from: ${from}
    until: ${until}
${more}`;
  const overdue = runs({ 1: old, 15: old, 20: old });
  const cases: [string, RunStory[], [string, string][], Row][] = [
    [
      'in force over what is overdue: excepted',
      overdue,
      [[at(10), exception('2026-09-10', '2026-09-25')]],
      { verdict: 'excepted', detail: 'still-open', exception: 'later', lasting: true },
    ],
    [
      'one never makes due what is due',
      runs({ 1: old, 12: old }),
      [[at(10), exception('2026-09-10', '2026-09-25')]],
      { verdict: 'due', exception: null },
    ],
    [
      'it has expired: missed again',
      overdue,
      [[at(10), exception('2026-09-10', '2026-09-18')]],
      { verdict: 'missed', exception: null },
    ],
    [
      'its last day counts to its end',
      overdue,
      [[at(10), exception('2026-09-10', '2026-09-20')]],
      { verdict: 'excepted' },
    ],
    [
      'it was taken out: missed again',
      overdue,
      [
        [at(10), exception('2026-09-10', '2026-09-25')],
        [at(18), ''],
      ],
      { verdict: 'missed', exception: null },
    ],
    [
      'the record learned of it after the deadline: it counts from then, and that is said',
      overdue,
      [[at(18), exception('2026-09-10', '2026-09-25')]],
      { verdict: 'excepted', detail: 'overdue-before-exception' },
    ],
    [
      'it begins later than today',
      overdue,
      [[at(10), exception('2026-09-21', '2026-09-25')]],
      { verdict: 'missed', exception: null },
    ],
    [
      'fixed within the deadline: met, exception or not',
      runs({ 1: old, 10: old, 12: log(11), 20: fixed }),
      [[at(10), exception('2026-09-10', '2026-09-25')]],
      { verdict: 'met', exception: null },
    ],
    [
      'fixed late, while excepted: its own band',
      runs({ 1: old, 15: old, 17: log(16), 20: fixed }),
      [[at(10), exception('2026-09-10', '2026-09-25')]],
      { verdict: 'excepted', detail: 'fixed-while-excepted', lasting: false },
    ],
    [
      'fixed late, after it had expired: missed',
      runs({ 1: old, 15: old, 19: log(18), 20: fixed }),
      [[at(10), exception('2026-09-10', '2026-09-16')]],
      { verdict: 'missed', detail: 'fixed-late' },
    ],
    [
      'it speaks of another host',
      overdue,
      [[at(10), exception('2026-09-10', '2026-09-25', '    hosts: { ids: [other] }\n')]],
      { verdict: 'missed', exception: null },
    ],
  ];

  test.each(cases)('%s', async (_name, story, exceptions, expected) => {
    expect(await verdictOf({ runs: story, exceptions })).toMatchObject(expected);
  });

  test('back-dated and self-approved ones are findings; a change makes another version', async () => {
    const self = exception('2026-09-10', '2026-09-25').replace('Head of operations', 'web team');
    const { rows } = await judge({
      runs: overdue,
      policies: { ten: tenDays },
      exceptions: [
        [at(12), self],
        [at(18), exception('2026-09-18', '2026-09-30')],
      ],
    });

    expect(
      await rows(
        'SELECT exception, standing, back_dated, self_approved, counts_from, gone_at FROM exceptions ORDER BY version',
      ),
    ).toEqual([
      {
        exception: 'later',
        standing: 'taken-out',
        back_dated: true,
        self_approved: true,
        counts_from: at(12),
        gone_at: at(18),
      },
      {
        exception: 'later',
        standing: 'in-force',
        back_dated: false,
        self_approved: false,
        counts_from: at(18),
        gone_at: null,
      },
    ]);
  });
});

describe('the headline', () => {
  test('counts what was met of what had to be, and hosts with the unread among them', async () => {
    const hosts = (web: Found, db: Found, mail: Found): RunStory['hosts'] => ({ web, db, mail });
    const { rows } = await judge({
      runs: [
        { at: at(1), hosts: hosts(old, old, old) },
        { at: at(10), hosts: hosts(log(9), old, old) },
        { at: at(20), hosts: hosts(fixed, old, 'unreachable') },
      ],
      policies: { ten: tenDays },
    });

    expect(await rows('SELECT * EXCLUDE (policy) FROM policy_figures')).toEqual([
      {
        met_recently: 1,
        judged: 3,
        due_recently: 3,
        overdue_longer: 0,
        unknown: 0,
        overdue: 1,
        not_provable: 1,
        due: 0,
        excepted: 0,
        hosts: 3,
        hosts_clean: 1,
        hosts_overdue: 1,
        hosts_unread: 1,
        hosts_not_provable: 0,
        hosts_unsupported: 0,
      },
    ]);
    expect(await rows('SELECT host_id, standing FROM policy_hosts ORDER BY host_id')).toEqual([
      { host_id: 'db', standing: 'overdue' },
      { host_id: 'mail', standing: 'unread' },
      { host_id: 'web', standing: 'clean' },
    ]);
  });

  test('a record without policies has none', async () => {
    const { rows } = await judge({ runs: runs({ 1: old }), policies: {} });

    expect(await rows('FROM policy_figures')).toEqual([]);
  });
});
