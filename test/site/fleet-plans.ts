/** Plans for the fleet of the site's tests, and what a script said of its run. */
import type { PlanStory } from '#test/reports/plans/plan-story.ts';
import { hostile } from './host-details.ts';

const approval = {
  approval: 'all-security-fixes',
  approver: 'Standing rule of this workspace',
  approved_when: '2026-01-01',
};

/** One that was applied in part, one that nobody ran. */
export const plans: PlanStory[] = [
  {
    host: 'web-01.example.org',
    plan: '1'.repeat(64),
    fixes: [
      { ...approval, fix_id: 'bookworm/nginx/1.22.1-9+deb12u3', source: 'nginx', names: ['DSA-6101-1'] },
      { ...approval, fix_id: 'bookworm/curl/7.88.1-10+deb12u13', source: 'curl', names: ['DSA-6104-1'] },
    ],
    changes: [
      { package: 'nginx', old_version: '1.22.1-9+deb12u2', new_version: '1.22.1-9+deb12u3' },
      { package: 'curl', old_version: '7.88.1-10+deb12u12', new_version: '7.88.1-10+deb12u14' },
      { package: 'libnghttp3-3', old_version: null, new_version: '0.8.0-1', wanted: false },
    ],
  },
  {
    host: 'db-01',
    plan: '2'.repeat(64),
    fixes: [
      {
        ...approval,
        fix_id: 'bookworm/openssl/3.0.17-1~deb12u3',
        source: 'openssl',
        names: ['DSA-6102-1'],
        approver: hostile.html,
        ticket: hostile.formula,
      },
    ],
    changes: [{ package: 'openssl', old_version: '3.0.17-1~deb12u2', new_version: '3.0.17-1~deb12u3' }],
    leftAlone: [
      {
        package: 'postgresql-15',
        architecture: 'amd64',
        installed_version: '15.13-0+deb12u1',
        reason: 'held',
      },
    ],
  },
];

export const omissions = [
  {
    host_id: 'db-01',
    fix_id: 'bookworm/postgresql-15/15.14-0+deb12u1',
    reason: 'held',
    detail: 'postgresql-15 held',
  },
  { host_id: 'liar', fix_id: hostile.html, reason: 'not-simulated', detail: hostile.html },
];

/** What the script on web-01 said of its run. */
export const halfDone = {
  plan: '1'.repeat(64),
  reason: 'apt-failed',
  exit_status: 20,
  started_at: '2026-11-18T04:20:00.000Z',
  ended_at: '2026-11-18T04:25:00.000Z',
};
