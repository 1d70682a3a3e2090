/** From what hosts lack and what people approved to one plan a host: what goes in, what is left out, and why. */
import { describe, expect, test } from 'vitest';
import { planOf, propose } from '#reports/plans/plan.ts';
import type { Proposal, Proposals } from '#reports/plans/plan.ts';
import type { LackingPart, Material, MissingFix, Offer, PlannedHost } from '#reports/plans/missing.ts';
import type { Approval } from '#data/workspace/schemas.ts';

const web: PlannedHost = {
  host_id: 'web',
  groups: [],
  environment: null,
  ring: null,
  criticality: null,
  internet_exposed: null,
  tags: [],
  command: null,
  address: null,
  port: null,
  login: null,
  transport: 'local',
  owner: null,
  standing: 'read',
  ecosystem: 'apt',
  machine_id: 'm'.repeat(64),
  os_id: 'debian',
  os_version: '12',
};
const lacks = (source: string, kind: 'security' | 'bugfix' = 'security'): MissingFix => ({
  host_id: 'web',
  fix_id: `bookworm/${source}/2`,
  source,
  advisories: kind === 'security' ? ['DSA-1-1'] : [],
  reason: 'none-yet-tried',
  ratings: [
    { kind, source, advisories: [], cve: 'CVE-2026-1000', known_exploited: false, severity: 'high' },
    { kind, source, advisories: [], cve: 'CVE-2026-1001', known_exploited: false, severity: 'high' },
  ],
});
const offer = (name: string, more: Partial<Offer> = {}): Offer => ({
  host_id: 'web',
  fix_id: `bookworm/${name}/2`,
  package: name,
  architecture: 'amd64',
  installed_version: '1',
  candidate_version: '2',
  origin: 'Debian',
  reason: 'none-yet-tried',
  ...more,
});
const part = (fix: string, name: string, reason = 'not-offered'): LackingPart => ({
  host_id: 'web',
  fix_id: `bookworm/${fix}/2`,
  package: name,
  architecture: 'amd64',
  installed_version: '1',
  reason,
});
const approval = (id: string, more: Partial<Approval> = {}): Approval => ({
  id,
  fixes: { kinds: ['security'] },
  approver: 'CISO',
  when: '2026-01-01',
  'allow-newer-from-same-origin': false,
  ...more,
});

function proposed(material: Partial<Material>, approvals = [approval('all')]): Proposals {
  return propose(
    { hosts: [web], missing: [], offers: [], parts: [], asOf: '2026-09-01T00:00:00.000Z', ...material },
    { approvals, rings: ['canary'], now: '2026-09-10T00:00:00.000Z' },
  );
}
const one = (material: Partial<Material>, approvals?: Approval[]): Proposal => {
  const [proposal] = proposed(material, approvals).proposals;
  if (proposal === undefined) throw new Error('nothing was proposed');
  return proposal;
};

describe('a proposal', () => {
  test('asks for the versions on offer, names advisories and CVEs once, and quotes the approval', () => {
    expect(one({ missing: [lacks('ssl')], offers: [offer('ssl'), offer('ssl')] })).toMatchObject({
      targets: [{ package: 'ssl', architecture: 'amd64', version: '2' }],
      fixes: [
        { fix_id: 'bookworm/ssl/2', names: ['DSA-1-1', 'CVE-2026-1000', 'CVE-2026-1001'], approval: 'all' },
      ],
      approvals: [{ id: 'all', approver: 'CISO' }],
      left_alone: [],
    });
  });

  test('names packages of the source that stay behind', () => {
    const proposal = one({
      missing: [lacks('ssl')],
      offers: [offer('ssl')],
      parts: [part('ssl', 'ssl'), part('ssl', 'libssl-old')],
    });
    expect(proposal.left_alone).toEqual([
      { package: 'libssl-old', architecture: 'amd64', installed_version: '1', reason: 'not-offered' },
    ]);
  });
});

describe('left out, with the reason', () => {
  test.each<[string, Partial<Material>, [reason: string, detail: RegExp]]>([
    [
      'no approval',
      { missing: [lacks('tz', 'bugfix')], offers: [offer('tz')] },
      ['awaiting-approval', /No approval/],
    ],
    ['held', { missing: [lacks('ssl')], offers: [offer('ssl', { reason: 'held' })] }, ['held', /^ssl held$/]],
    [
      'phased',
      { missing: [lacks('ssl')], offers: [offer('ssl', { reason: 'phased' })] },
      ['phased', /phased/],
    ],
    ['not on offer', { missing: [{ ...lacks('ssl'), reason: null }] }, ['not-offered', /offered nothing/]],
    [
      'not on offer, and why is known',
      { missing: [{ ...lacks('ssl'), reason: 'end-of-life' }] },
      ['end-of-life', /offered nothing/],
    ],
    [
      'a machine of which nothing is known',
      { hosts: [{ ...web, machine_id: null }], missing: [lacks('ssl')], offers: [offer('ssl')] },
      ['host-unreachable', /Nothing is known/],
    ],
  ])('%s', (_what, material, [reason, detail]) => {
    const { proposals, omissions } = proposed(material);
    expect(proposals).toEqual([]);
    expect(omissions).toEqual([
      expect.objectContaining({ host_id: 'web', reason, detail: expect.stringMatching(detail) as string }),
    ]);
  });

  test('one held package keeps its own fix out, and no other', () => {
    const { proposals, omissions } = proposed({
      missing: [lacks('ssl'), lacks('nginx')],
      offers: [offer('ssl', { reason: 'held' }), offer('nginx')],
    });
    expect(proposals[0]?.targets.map((target) => target.package)).toEqual(['nginx']);
    expect(proposals[0]?.left_alone).toMatchObject([{ package: 'ssl', reason: 'held' }]);
    expect(omissions.map(({ fix_id }) => fix_id)).toEqual(['bookworm/ssl/2']);
  });
});

describe('the plan', () => {
  const when = {
    asOf: '2026-09-01T00:00:00.000Z',
    simulatedAt: '2026-09-02T00:00:00.000Z',
    validDays: 7,
    head: 'h'.repeat(64),
  };
  const simulated = {
    changes: [
      { package: 'ssl', architecture: 'amd64', old_version: '1', new_version: '2' },
      { package: 'libnew', architecture: 'amd64', old_version: null, new_version: '2' },
    ],
    download_bytes: 10,
    installed_bytes: null,
  };
  const proposal = one({ missing: [lacks('ssl')], offers: [offer('ssl')] });

  test('is good for its days from the simulation on, and knows what was wanted and what comes along', () => {
    expect(planOf(proposal, simulated, when)).toMatchObject({
      expires_at: '2026-09-09T00:00:00.000Z',
      changes: [
        { package: 'ssl', wanted: true },
        { package: 'libnew', wanted: false, newer_origin: null },
      ],
    });
  });

  test('is named by all that it says', () => {
    const name = (part_: Partial<typeof when>, changes = simulated.changes): string =>
      planOf(proposal, { ...simulated, changes }, { ...when, ...part_ }).plan;
    expect(name({})).toMatch(/^[0-9a-f]{64}$/);
    expect(name({})).toBe(name({}));
    expect(name({ validDays: 8 })).not.toBe(name({}));
    expect(name({}, simulated.changes.slice(0, 1))).not.toBe(name({}));
  });

  const newer = approval('newer', { 'allow-newer-from-same-origin': true, fixes: { packages: ['ssl'] } });
  const twoFixes = {
    missing: [lacks('ssl'), { ...lacks('ssl'), fix_id: 'bookworm/ssl/1.5', ratings: lacks('tls').ratings }],
    offers: [offer('ssl'), offer('ssl', { fix_id: 'bookworm/ssl/1.5' })],
  };
  test.each<[string, Partial<Material>, Approval[], string | null]>([
    ['where the approval says so', { missing: [lacks('ssl')], offers: [offer('ssl')] }, [newer], 'Debian'],
    ['nowhere else', { missing: [lacks('ssl')], offers: [offer('ssl')] }, [approval('all')], null],
    [
      'not from an origin that nobody knows',
      { missing: [lacks('ssl')], offers: [offer('ssl', { origin: null })] },
      [newer],
      null,
    ],
    [
      'not from one with hostile words',
      { missing: [lacks('ssl')], offers: [offer('ssl', { origin: "Debian'; id" })] },
      [newer],
      null,
    ],
    ['only where every approval of the package says so', twoFixes, [newer, approval('all')], null],
  ])('a newer build may stand in %s', (_what, material, approvals, origin) => {
    expect(planOf(one(material, approvals), simulated, when).changes[0]?.newer_origin).toBe(origin);
  });
});
