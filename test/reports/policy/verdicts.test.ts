/** Worked cases of `semantics.md` 5: what a policy says of one exposure, each history spelled out. */
import { describe, expect, test } from 'vitest';
import { at, fixed, old } from '../findings/september.ts';
import type { HostState, RunStory } from '../findings/story.ts';
import { deadline, log, runs, tenDays, verdictOf } from './policy-story.ts';
import type { PolicyStory, Row } from './policy-story.ts';

/** Read without leave to look into processes. */
const blind = { readings: { mappings: 'partial', processes: 'partial' } } as const;

describe('deadline and bounds', () => {
  const histories: [string, RunStory[], Row][] = [
    [
      'in effect before the deadline: met',
      runs({ 1: old, 10: old, 11: log(10) }),
      { verdict: 'met', deadline_not_before: deadline, deadline_not_after: deadline, lasting: false },
    ],
    ['still open, within its time: due', runs({ 1: old, 12: old }), { verdict: 'due', lasting: true }],
    [
      'seen open after the deadline: missed',
      runs({ 1: old, 15: old }),
      { verdict: 'missed', detail: 'still-open', lasting: true },
    ],
    [
      'installed after the deadline: missed, for good',
      runs({ 1: old, 15: old, 17: log(16) }),
      { verdict: 'missed', detail: 'fixed-late', lasting: false },
    ],
    [
      'somewhere between two scans around the deadline: not provable, never met',
      runs({ 1: old, 12: old, 20: fixed }),
      { verdict: 'not-provable', detail: 'bounds-straddle', lasting: false },
    ],
    [
      'nobody looked since: not provable once the deadline is over, and it counts against',
      runs({ 1: old, 5: old, 20: 'unreachable' }),
      { verdict: 'not-provable', detail: 'not-seen-since', lasting: true },
    ],
    [
      'installed in time, of unknown effect: not provable under a policy that wants effect',
      runs({ 1: old, 10: { ...fixed, ...blind }, 20: { ...fixed, ...blind } }),
      { verdict: 'not-provable', detail: 'effect-unknown', lasting: true },
    ],
    [
      'in effect at the look after the install, whatever is in use later: met',
      runs({ 1: old, 10: log(9), 20: { ...fixed, mapped: ['ssl'] } }),
      { verdict: 'met' },
    ],
    [
      'an old copy seen in use since the install and past the deadline: missed',
      runs({ 1: old, 10: { ...log(9), mapped: ['ssl'] }, 20: { ...fixed, mapped: ['ssl'] } }),
      { verdict: 'missed', detail: 'still-open', lasting: true },
    ],
    [
      'installed before it was published: met, pre-empted',
      runs({ 1: old, 2: fixed, 20: fixed }),
      { verdict: 'met', detail: 'pre-empted' },
    ],
    [
      'the vulnerable package came after the deadline: missed, introduced late',
      runs({
        1: { packages: {} },
        16: { packages: {} },
        20: { packages: { ssl: '1' }, log: [[at(18), 'install', 'ssl', null, '1']] },
      }),
      { verdict: 'missed', detail: 'introduced-late' },
    ],
    [
      'the package was removed in time: exited',
      runs({ 1: old, 8: { packages: {} }, 20: { packages: {} } }),
      { verdict: 'exited', lasting: false },
    ],
    [
      'the package was removed too late: missed',
      runs({ 1: old, 15: old, 16: { packages: {} } }),
      { verdict: 'missed', detail: 'left-late' },
    ],
    [
      'downgraded after the deadline: the new spell keeps the old deadline',
      runs({ 1: old, 8: log(7), 20: { ...old, log: [[at(19), 'downgrade', 'ssl', '2', '1']] } }),
      { verdict: 'missed', spell: 2, deadline_not_after: deadline },
    ],
  ];

  test.each(histories)('%s', async (_name, story, expected) => {
    expect(await verdictOf({ runs: story })).toMatchObject(expected);
  });

  test('a fix that was published since the host was last read is unknown', async () => {
    const story = { runs: runs({ 1: old, 20: 'unreachable' }) };

    expect(await verdictOf(story)).toMatchObject({ verdict: 'unknown', detail: 'published-since', spell: 0 });
  });

  test('a reopened exposure gets a clock of its own where the policy says so', async () => {
    const story = runs({ 1: old, 8: log(7), 20: { ...old, log: [[at(19), 'downgrade', 'ssl', '2', '1']] } });

    expect(
      await verdictOf({ runs: story, policies: { ten: `${tenDays}reopened: restart\n` } }),
    ).toMatchObject({ verdict: 'due', spell: 2, deadline_not_after: '2026-09-30T00:00:00.000Z' });
  });
});

describe('what counts as done', () => {
  const late = runs({ 1: old, 10: { ...fixed, ...blind }, 20: { ...fixed, ...blind } });
  const cases: [string, string, RunStory[], Row][] = [
    ['unknown effect is accepted', 'effective-or-unknown', late, { verdict: 'met' }],
    ['installed is enough', 'installed', late, { verdict: 'met' }],
    [
      'installed is enough though an old copy is in use',
      'installed',
      runs({ 1: old, 10: { ...log(9), mapped: ['ssl'] }, 20: { ...fixed, mapped: ['ssl'] } }),
      { verdict: 'met' },
    ],
  ];

  test.each(cases)('%s', async (_name, effectiveness, story, expected) => {
    const policies = { ten: `${tenDays}effectiveness: ${effectiveness}\n` };
    expect(await verdictOf({ runs: story, policies })).toMatchObject(expected);
  });
});

describe('which clock', () => {
  const offered: HostState = { packages: { ssl: '1' }, offers: { ssl: '2' } };
  const refreshed = { ...old, scan: { lists_checked_at: at(6) } };
  const story = runs({ 1: old, 6: refreshed, 7: offered, 8: offered });
  const cases: [string, string, Row][] = [
    ['published', '', { deadline_not_before: deadline, deadline_not_after: deadline }],
    [
      'available',
      '',
      { deadline_not_before: '2026-09-17T00:00:00.000Z', deadline_not_after: '2026-09-18T00:00:00.000Z' },
    ],
    [
      'first-observed',
      '',
      { deadline_not_before: '2026-09-17T00:00:00.000Z', deadline_not_after: '2026-09-17T00:00:00.000Z' },
    ],
    ['from-introduction', '', { deadline_not_before: deadline, deadline_not_after: deadline }],
    [
      'evaluated',
      'evaluation: { allowed: { days: 2 }, scan-interval-hours: 24 }\n',
      // Detected at 24:00 of the 4th at the latest, evaluated by the end of the 6th, and ten days more.
      { deadline_not_after: '2026-09-17T00:00:00.000Z' },
    ],
  ];

  test.each(cases)('%s', async (clock, more, expected) => {
    const policies = { ten: tenDays.replace('published', clock) + more };
    expect(await verdictOf({ runs: story, policies })).toMatchObject(expected);
  });

  test.each([
    // Evaluated on the 5th, and ten days more.
    ['a decision starts the clock', 'when: 2026-09-05', '2026-09-16T00:00:00.000Z'],
    ['an exact one too, on the day in the zone', 'when: 2026-09-05T09:00:00Z', '2026-09-16T00:00:00.000Z'],
    ['a late one earns nothing', 'when: 2026-09-12', '2026-09-17T00:00:00.000Z'],
    ['one before the fix was out is about something else', 'when: 2026-08-01', '2026-09-17T00:00:00.000Z'],
    [
      'on other hosts it says nothing',
      'hosts: { ids: [other] }, when: 2026-09-05',
      '2026-09-17T00:00:00.000Z',
    ],
    ['nor about other fixes', 'fixes: { packages: [bash] }, when: 2026-09-05', '2026-09-17T00:00:00.000Z'],
  ])('evaluated: %s', async (_what, said, expected) => {
    const fixes = said.includes('fixes:') ? '' : 'fixes: { packages: [ssl] }, ';
    const policies = {
      ten: `${tenDays.replace('published', 'evaluated')}evaluation: { allowed: { days: 2 }, scan-interval-hours: 24 }\n`,
    };
    const evaluations = `  - { id: a, ${fixes}${said}, evaluator: Security team, decision: install it }\n`;

    expect(await verdictOf({ runs: story, policies, evaluations })).toMatchObject({
      deadline_not_after: expected,
    });
  });

  test('a deadline that may be over by now or not is not provable', async () => {
    const policies = { ten: tenDays.replace('published', 'available') };

    expect(await verdictOf({ runs: [...story, ...runs({ 17: offered })], policies })).toMatchObject({
      verdict: 'not-provable',
      detail: 'deadline-straddles',
      lasting: true,
    });
  });

  test('a clock that has not started is unknown, not clean', async () => {
    const policies = { ten: tenDays.replace('published', 'available') };

    expect(await verdictOf({ runs: runs({ 1: old, 20: old }), policies })).toMatchObject({
      verdict: 'unknown',
      detail: 'clock-not-started',
    });
  });

  test("the end of the day is that of the policy's zone", async () => {
    const policies = { ten: `${tenDays}zone: America/New_York\n` };

    expect(await verdictOf({ runs: story, policies })).toMatchObject({
      deadline_not_before: '2026-09-14T04:00:00.000Z',
      deadline_not_after: '2026-09-14T04:00:00.000Z',
    });
  });
});

describe('rules, ratings and the deciding CVE', () => {
  const rules = `clock: published
rules:
  - name: exploited
    fixes: { known-exploited: true }
    allowed: { days: 3 }
  - name: others
    allowed: { days: 10 }
`;
  const listed = (day: string, loaded: string): PolicyStory['feeds'] => [
    {
      at: loaded,
      feed: 'kev',
      rows: {
        exploited_cves: [
          {
            cve: 'CVE-2026-10000',
            listed_not_before: `${day}T00:00:00.000Z`,
            listed_not_after: `${day}T23:59:59.999Z`,
            due_at: null,
            ransomware: false,
          },
        ],
      },
    },
  ];
  const story = runs({ 1: old, 12: old });

  test('listed before it was published: the short time from publication', async () => {
    const feeds = listed('2026-08-29', '2026-08-30T02:00:00.000Z');
    expect(await verdictOf({ runs: story, policies: { ten: rules }, feeds })).toMatchObject({
      rule: 'exploited',
      deciding_cve: 'CVE-2026-10000',
      deadline_not_after: '2026-09-07T00:00:00.000Z',
    });
  });

  test('listed later: the earlier of the old deadline and the listing with the new allowance', async () => {
    const feeds = listed('2026-09-05', '2026-09-06T02:00:00.000Z');
    expect(await verdictOf({ runs: story, policies: { ten: rules }, feeds })).toMatchObject({
      rule: 'exploited',
      deadline_not_after: '2026-09-09T00:00:00.000Z',
    });
  });

  test('listed so late that the old deadline comes first: the old deadline stands', async () => {
    const feeds = listed('2026-09-12', '2026-09-12T02:00:00.000Z');
    expect(await verdictOf({ runs: story, policies: { ten: rules }, feeds })).toMatchObject({
      rule: 'others',
      deadline_not_after: deadline,
    });
  });

  test('what no rule speaks of is not judged', async () => {
    const policies = { ten: rules.replace(/ {2}- name: others[^]*/, '') };
    expect(await verdictOf({ runs: story, policies })).toBeUndefined();
  });

  test('a rule speaks of some hosts only', async () => {
    const policies = {
      ten: `${rules}    hosts: { ids: [other] }\n`,
    };
    expect(await verdictOf({ runs: story, policies })).toBeUndefined();
  });
});
