/** The three policies that `init` writes, on worked cases: by when each wants a fix, and what it says of what happened. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { listEntries } from '#data/ledger/entries.ts';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import type { JsonRow } from '#data/ledger/database.ts';
import { templates } from '#data/workspace/templates.ts';
import { deriveFindings } from '#reports/derive.ts';
import { advisoryRows, writeFeed } from '../findings/feed-story.ts';
import type { Advisory } from '../findings/feed-story.ts';
import { writeRun } from '../findings/story.ts';
import type { HostState } from '../findings/story.ts';
import { writeFiles } from './policy-story.ts';

const presets = ['default', 'pci-dss-4.0.1', 'cyber-essentials-3.3'] as const;

/** Each case is a source package of its own: when its fix was published, and when its CVE was listed as exploited. */
const published: { [source: string]: { day: string; listed?: string } } = {
  'month-end': { day: '2026-01-31' },
  november: { day: '2026-11-30' },
  'summer-time': { day: '2026-03-15' },
  exploited: { day: '2026-03-10', listed: '2026-03-10' },
  'listed-later': { day: '2026-04-10', listed: '2026-04-20' },
  'listed-too-late': { day: '2026-05-01', listed: '2026-06-20' },
  straddling: { day: '2026-06-01' },
  excepted: { day: '2026-06-02' },
};

/** The deadline as the last day of each policy, whose 24:00 it is. */
const lastDays: [source: string, ...days: string[]][] = [
  // A month from the 31st ends with the last day of February.
  ['month-end', '2026-03-02', '2026-02-28', '2026-02-14'],
  ['november', '2026-12-30', '2026-12-30', '2026-12-14'],
  // The clock goes forward on 29 March where it does.
  ['summer-time', '2026-04-14', '2026-04-15', '2026-03-29'],
  ['exploited', '2026-03-17', '2026-04-10', '2026-03-24'],
  // Seven days from the listing come before thirty from publication; a month from it would not.
  ['listed-later', '2026-04-27', '2026-05-10', '2026-04-24'],
  ['listed-too-late', '2026-05-31', '2026-06-01', '2026-05-15'],
];

async function judgeIn(zone: string): Promise<JsonRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-presets-'));
  const ledgerRoot = join(folder, 'ledger');
  const list = Object.entries(published).map(([source, { day }], index): Advisory => [
    `DSA-${index + 1}-1`,
    day,
    source,
    '2',
    `CVE-2026-1000${index}`,
  ]);
  await writeFeed(ledgerRoot, {
    at: '2026-01-01T00:00:00.000Z',
    feed: 'debian-dsa',
    rows: advisoryRows(list),
  });
  await writeFeed(ledgerRoot, {
    at: '2026-01-01T01:00:00.000Z',
    feed: 'kev',
    rows: {
      exploited_cves: Object.values(published).flatMap(({ listed }, index) =>
        listed === undefined
          ? []
          : [
              {
                cve: `CVE-2026-1000${index}`,
                listed_not_before: `${listed}T00:00:00.000Z`,
                listed_not_after: `${listed}T23:59:59.999Z`,
                due_at: null,
                ransomware: false,
              },
            ],
      ),
    },
  });
  const files = Object.fromEntries(templates({ name: 'people' }));
  await writeFiles(ledgerRoot, '2026-01-01T02:00:00.000Z', {
    ...files,
    'patchledger.yaml': `collector: people\nzone: ${zone}\nprimary-policy: default\n`,
    'exceptions/exceptions.yaml': `exceptions:
  - id: until-august
    fixes: { packages: [excepted] }
    reason: the maker promised a release
    compensating-control: behind the proxy
    requested-by: Web team
    approver: Head of operations
    from: 2026-06-10
    until: 2026-08-31
`,
  });
  for (const [at, changed] of runs)
    await writeRun(ledgerRoot, 'main', { at, hosts: { web: stateOf(changed) } });
  const { path } = await deriveFindings({
    cacheRoot: join(folder, 'cache'),
    entries: listEntries(ledgerRoot),
    trendWeeks: 0,
  });
  return withDatabase(path, { readOnly: true }, (connection) =>
    readRows(
      connection,
      "SELECT policy, split_part(fix_id, '/', 2) AS source, verdict, detail, exception, deadline_not_before, deadline_not_after FROM verdicts",
    ),
  );
}

// 15 June is the last day of the third policy; the two scans around it leave open on which side the fix came in.
const runs: [at: string, fixed: string[]][] = [
  ['2026-01-02T03:00:00.000Z', []],
  ['2026-06-14T03:00:00.000Z', []],
  ['2026-06-17T03:00:00.000Z', ['straddling']],
  ['2026-08-01T03:00:00.000Z', ['straddling']],
  ['2026-12-31T12:00:00.000Z', ['straddling', 'excepted']],
];

function stateOf(fixed: string[]): HostState {
  return {
    packages: Object.fromEntries(
      Object.keys(published).map((source) => [source, fixed.includes(source) ? '2' : '1']),
    ),
  };
}

describe.each([
  ['UTC', (day: string) => `${day}T00:00:00.000Z`],
  // An hour or two before midnight in UTC, by the time of the year.
  [
    'Europe/Zurich',
    (day: string) => {
      const summer = day > '2026-03-29' && day <= '2026-10-25';
      return new Date(Date.parse(`${day}T00:00:00.000Z`) - (summer ? 2 : 1) * 3_600_000).toISOString();
    },
  ],
])('in %s', (zone, midnight) => {
  let rows: JsonRow[] = [];
  beforeAll(async () => {
    rows = await judgeIn(zone);
  });
  const saidOf = (policy: string, source: string): JsonRow | undefined =>
    rows.find((row) => row['policy'] === policy && row['source'] === source);

  test.each(lastDays)('%s: each policy has its own last day', (source, ...days) => {
    const found = presets.map((policy) => saidOf(policy, source)?.['deadline_not_after']);
    const ends = days.map((day) => midnight(dayAfter(day)));
    expect(found).toEqual(ends);
    expect(presets.map((policy) => saidOf(policy, source)?.['deadline_not_before'])).toEqual(ends);
  });

  test('between two scans around a deadline: not provable there, met where there was time', () => {
    expect(presets.map((policy) => saidOf(policy, 'straddling')?.['verdict'])).toEqual([
      'met',
      'met',
      'not-provable',
    ]);
  });

  test('an exception that has ended excuses nothing that came in afterwards', () => {
    expect(presets.map((policy) => saidOf(policy, 'excepted')?.['verdict'])).toEqual([
      'missed',
      'missed',
      'missed',
    ]);
  });
});

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00.000Z`) + 86_400_000).toISOString().slice(0, 10);
}
