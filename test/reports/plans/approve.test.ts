/** Which decision lets a fix in: approvals by day, by host, by ring, and what the ring before said. */
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { Approvals } from '#data/workspace/schemas.ts';
import { approve } from '#reports/plans/approve.ts';
import type { HostMember, RatedFix } from '#reports/policy/selectors.ts';

const fix: RatedFix = {
  kind: 'security',
  source: 'ssl',
  advisories: ['DSA-1-1'],
  cve: 'CVE-2026-1000',
  known_exploited: false,
  severity: 'high',
};
const web: HostMember = {
  host_id: 'web',
  groups: ['shop'],
  environment: 'production',
  ring: null,
  criticality: 'high',
  internet_exposed: true,
  tags: [],
};

/** What is decided by approvals, given as YAML list items without the approver. */
function decide(yaml: string, host: Partial<HostMember> = {}, ratings = [fix]): string {
  const items = yaml.replaceAll(/^- /gm, '- approver: CISO\n  ');
  const { approvals } = Approvals.parse(parseDocument(`approvals:\n${items}`).toJS());
  const decision = approve(
    ratings,
    { ...web, ...host },
    { approvals, rings: ['canary', 'early', 'broad'], now: '2026-09-10T12:00:00.000Z' },
  );
  return 'refused' in decision ? decision.refused : decision.approval.id;
}

const all = '- id: all\n  fixes: {}\n  when: 2026-09-01\n';
const security = '- id: security\n  fixes: { kinds: [security] }\n  when: 2026-09-01\n';
const tested = (ring: string, result: string) =>
  `${all}  tested:\n    - { ring: ${ring}, hosts: [web], from: 2026-09-01, until: 2026-09-03, result: ${result}, evidence: CHG-1 }\n`;

describe('approve', () => {
  test.each([
    ['names the first approval that fits', all + security, {}, 'all'],
    ['passes over one for other fixes', security.replace('security]', 'bugfix]') + all, {}, 'all'],
    ['passes over one for other hosts', `${security}  hosts: { ids: [db] }\n${all}`, {}, 'all'],
    [
      'refuses when none fits',
      `${all}  hosts: { ids: [db] }\n`,
      {},
      'No approval names this fix on this host.',
    ],
    ['counts from the day', all.replace('2026-09-01', '2026-09-10'), {}, 'all'],
    [
      'does not count before',
      all.replace('2026-09-01', '2026-09-11'),
      {},
      "Approval 'all' begins on 2026-09-11.",
    ],
    ['counts from the instant', all.replace('2026-09-01', "'2026-09-10T14:00:00+02:00'"), {}, 'all'],
    ['opens the first ring', all, { ring: 'canary' }, 'all'],
    [
      'does not open the second untested',
      all,
      { ring: 'early' },
      "Ring 'early' opens when approval 'all' says that ring 'canary' was tested.",
    ],
    ['opens the second after the first', tested('canary', 'passed'), { ring: 'early' }, 'all'],
    [
      'does not skip a ring',
      tested('canary', 'passed'),
      { ring: 'broad' },
      "Ring 'broad' opens when approval 'all' says that ring 'early' was tested.",
    ],
    [
      'closes after a failure',
      tested('canary', 'failed'),
      { ring: 'early' },
      "Approval 'all' says that ring 'canary' failed.",
    ],
    [
      'knows its rings',
      `${all}  rings: [canary, early]\n`,
      { ring: 'broad' },
      "Approval 'all' is for the rings canary, early.",
    ],
    [
      'does not take a host without a ring for one of them',
      `${all}  rings: [canary]\n`,
      {},
      "Approval 'all' is for the rings canary.",
    ],
    [
      'does not guess where an unknown ring stands',
      all,
      { ring: 'pilot' },
      "Ring 'pilot' of the host is not among `remediation: rings`.",
    ],
    [
      'goes on to the next when one is not open yet',
      all.replace('2026-09-01', '2026-10-01') + security,
      {},
      'security',
    ],
  ])('%s', (_what, yaml, host, expected) => {
    expect(decide(yaml, host)).toBe(expected);
  });

  test('a fix is approved when one of its CVEs is', () => {
    const exploited = '- id: kev\n  fixes: { known-exploited: true }\n  when: 2026-09-01\n';
    expect(decide(exploited)).toBe('No approval names this fix on this host.');
    expect(decide(exploited, {}, [fix, { ...fix, cve: 'CVE-2026-1001', known_exploited: true }])).toBe('kev');
  });
});
