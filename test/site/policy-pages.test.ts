/** The pages of policies and exceptions, their sentences, and of whom they speak. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { PolicyLine } from '#reports/reading.ts';
import { percentOf, policyHostsSentence, policySentence } from '#site/policy-sentences.ts';
import { formatDeadline } from '#site/words.ts';
import { buildIn, makeFleet } from './fleet.ts';
import { listPages, textOf } from './tree.ts';

let site: string;
const html = (page: string): string => readFileSync(join(site, page), 'utf8');
const text = (page: string): string => textOf(html(page));

beforeAll(async () => {
  const fleet = await makeFleet();
  site = await buildIn(fleet.folder, fleet.findingsPath);
});

describe('pages', () => {
  test('the overview begins with the headline under the primary policy, and names it', () => {
    const overview = text('index.html');
    expect(overview).toContain('0.0 % in effect in time: 0 of 4 deadlines of the last 30 days.');
    expect(overview).toContain('Judged by: Known-exploited within 7 days, other security fixes within 30');
  });

  test('the overview follows the headline week by week, each point as it was known then', () => {
    const overview = text('index.html');
    for (const words of [
      'in the week of 2026-11-09: each as it was known at the time.',
      '2026-11-09 2026-11-09 06:01',
      'before the first run',
      'newly overdue',
      'overdue, and now in',
    ])
      expect(overview).toContain(words);
  });

  test('every policy is judged side by side on the same record', () => {
    const list = text('policies/index.html');
    for (const title of ['PCI DSS 4.0.1, 6.3.3', 'Cyber Essentials 3.3, security update management'])
      expect(list).toContain(title);
    expect(list).toContain('5 of 9');
  });

  test('a policy: its rules, the deciding CVE, the deadline as the end of a day, and who owns it', () => {
    const page = text('policies/default/index.html');
    for (const words of [
      'Known to be exploited',
      '7 days',
      'decided by CVE-2026-20003',
      '2026-11-08 24:00',
      'data, network',
      'not wholly read',
    ])
      expect(page).toContain(words);
  });

  test("a host's page says what each policy says of it, and by when each fix has to be in", () => {
    const page = text('hosts/db-01/index.html');
    expect(page).toContain('Judged by policies');
    expect(page).toContain('2026-11-08 24:00 overdue');
    expect(page).toContain('2026-12-02 24:00 due');
  });

  test('owners: most overdue first, summing to what the policy says', () => {
    const page = text('owners/index.html');
    expect(page).toContain('2 exposures overdue with 2 owners, most of them (1) with data.');
    expect(page).toMatch(/All 9 5 \d+ 2 2 0 5 2/);
  });

  test('an exception: who, why, until when, over what it stands, and what is doubtful', () => {
    const page = text('exceptions/index.html');
    for (const words of [
      '1 exception in force, of 2 that the record knows. 1 exception back-dated or self-approved.',
      'nginx-until-december',
      '2026-12-15 24:00',
      'approved by Head of operations',
      'back-dated',
      'self-approved',
      'nothing that is overdue',
    ])
      expect(page).toContain(words);
  });
});

describe('whether the population is whole, and what no policy judges', () => {
  test('the population beside a list of others: numbers that sum, both differences, what changed since', () => {
    const said = text('coverage/index.html');
    for (const words of [
      'Of 9 hosts: 4 in both, 4 only here, 1 retired there. Of 8 rows there: 3 only there.',
      '1 host came into the inventory since, and was not compared.',
      'List of 2026-11-19, compared 2026-11-20 12:00 UTC by name: Name, address: IP, status: Status; 1 retired row, no rows without a name.',
      'By its own word Nothing but what it calls itself tells that vault is on the list.',
      'shadow-7 7 10.0.0.7 Live not in the inventory',
      'web-01.example.org 2 Live in the inventory since, as web-01.example.org',
      'lab-09 retired on the list nobody named',
      'left-since not on the list',
    ])
      expect(said).toContain(words);
    expect(text('index.html')).toContain(
      'Compared with ServiceNow export of 2026-11-19: 4 of 9 hosts stood there, too; it named 3 machines that the inventory lacked.',
    );
  });

  test('every page says what the population was compared with', () => {
    for (const page of listPages(site)) {
      const evidence = /<dl class="evidence".*?<\/dl>/s.exec(html(page))?.[0] ?? '';
      expect([page, textOf(evidence)]).toEqual([
        page,
        expect.stringContaining('compared with ServiceNow export of 2026-11-19'),
      ]);
    }
  });

  test('both lists of differences are there to take away', () => {
    expect(readFileSync(join(site, 'data/only_there.csv'), 'utf8')).toContain('"shadow-7"');
    expect(readFileSync(join(site, 'data/only_here.csv'), 'utf8')).toContain('"left-since"');
  });

  test.each(['coverage/index.html', 'policies/default/index.html', 'policies/pci-dss-4.0.1/index.html'])(
    '%s names software that no policy judges, and how far that is known',
    (page) => {
      expect(text(page)).toMatch(
        /Snaps, flatpaks, what runs in containers, software in \/opt and packages of languages .* no policy judges them.* Seen: \d+ folders in \/opt on \d+ hosts.* What there is on \d+ of 9 hosts is not known, or only in part\./,
      );
    },
  );
});

describe('sentences', () => {
  const line = {
    met_recently: 0,
    judged: 0,
    due_recently: 0,
    hosts: 4,
    hosts_clean: 3,
    hosts_overdue: 0,
    hosts_unread: 1,
    hosts_not_provable: 0,
    hosts_unsupported: 0,
  } as PolicyLine;

  test('no deadline is no percentage', () => {
    expect(policySentence(line)).toBe('No deadline fell in the last 30 days, and nothing is overdue.');
  });

  test('what is overdue for longer is part of the denominator, and named', () => {
    expect(policySentence({ ...line, met_recently: 8, due_recently: 9, judged: 12 })).toBe(
      '66.6 % in effect in time: 8 of 12: 9 deadlines of the last 30 days, and 3 overdue, not provable or unknown from before.',
    );
  });

  test('unread hosts count against', () => {
    expect(policyHostsSentence(line)).toBe(
      '75.0 % of hosts have nothing overdue: 3 of 4; 1 unread or read in part.',
    );
  });

  test('only all is 100 %', () => {
    expect([percentOf(9999, 10_000), percentOf(3, 3)]).toEqual(['99.9 %', '100.0 %']);
  });

  test('midnight is the end of the day before', () => {
    expect(formatDeadline('2026-03-01T00:00:00.000Z')).toBe('2026-02-28 24:00');
    expect(formatDeadline('2026-03-01T04:00:00.000Z')).toBe('2026-03-01 04:00');
  });
});
