/** Histories of `semantics.md` 1 to 4, each spelled out, and the exposures that they must give. */
import { describe, expect, test } from 'vitest';
import { advisoryRows, writeFeed } from './feed-story.ts';
import type { Advisory } from './feed-story.ts';
import { advisory, at, daily, endOf, fixed, old, startOf } from './september.ts';
import { tell } from './story.ts';
import type { HostState, RunStory } from './story.ts';

/** As an account that may not look into other processes. */
const blind = { readings: { mappings: 'partial', processes: 'partial' } } as const;
const upgrade = (day: number, from = '1', to = '2'): NonNullable<HostState['log']>[number] => [
  at(day, '20:00:00.000'),
  'upgrade',
  'ssl',
  from,
  to,
];

type Row = { [column: string]: unknown };

async function exposuresOf(runs: RunStory[], advisories: Advisory[] = [advisory]): Promise<Row[]> {
  const world = await tell(runs);
  await writeFeed(world.ledgerRoot, {
    at: '2026-09-29T00:00:00.000Z',
    feed: 'debian-dsa',
    rows: advisoryRows(advisories),
  });
  return world.rows("FROM exposures WHERE host_id = 'web' ORDER BY incarnation, fix_id, spell");
}

const histories: [string, RunStory[], Row[]][] = [
  [
    'missing when it is published, and ever since: open from the day of publication',
    daily(old, old, old, old),
    [
      {
        status: 'open',
        opened_not_before: startOf(3),
        opened_not_after: endOf(3),
        opened_evidence: 'published',
        last_confirmed_at: at(4),
        pre_empted: false,
        introduced_late: false,
        installed_not_after: null,
      },
    ],
  ],
  [
    'there at the first scan, published before it: since publication at the earliest, by the scan at the latest',
    [{ at: at(20), hosts: { web: old } }],
    [
      {
        status: 'open',
        introduced_late: false,
        opened_not_before: startOf(3),
        opened_not_after: at(20),
        opened_evidence: 'late-entry',
        entered_at: at(20),
      },
    ],
  ],
  [
    'there at the first scan, and its log says what it was before: since publication',
    [{ at: at(20), hosts: { web: { packages: { ssl: '1.5' }, log: [upgrade(10, '1', '1.5')] } } }],
    [
      {
        status: 'open',
        opened_not_before: startOf(3),
        opened_not_after: at(10, '20:00:00.000'),
        entered_at: at(10, '20:00:00.000'),
        vulnerable_version: '1',
      },
    ],
  ],
  [
    'installed between two scans: bounds are the scans',
    daily(old, old, old, old, fixed),
    [
      {
        status: 'closed',
        installed_not_before: at(4),
        installed_not_after: at(5),
        installed_evidence: 'between-scans',
        effective_not_before: at(4),
        effective_not_after: at(5),
        effective_evidence: 'process-maps',
      },
    ],
  ],
  [
    "installed by the host's own log: bounds are the log's",
    daily(old, old, old, old, { ...fixed, log: [upgrade(4)] }),
    [
      {
        status: 'closed',
        installed_not_before: at(4, '20:00:00.000'),
        installed_not_after: at(4, '20:00:00.000'),
        installed_evidence: 'package-manager-log',
        effective_not_before: at(4, '20:00:00.000'),
        effective_not_after: at(5),
      },
    ],
  ],
  [
    'installed before the first scan: the log has the whole story',
    [{ at: at(20), hosts: { web: { ...fixed, log: [upgrade(8)] } } }],
    [
      {
        status: 'closed',
        opened_not_before: startOf(3),
        installed_not_before: at(8, '20:00:00.000'),
        entered_at: at(8, '20:00:00.000'),
        effective_not_after: at(20),
        first_observed_at: at(20),
      },
    ],
  ],
  [
    'installed before it was published: pre-empted, kept',
    daily(old, { ...fixed, log: [upgrade(1)] }, fixed, fixed),
    [{ status: 'closed', pre_empted: true, installed_not_before: at(1, '20:00:00.000') }],
  ],
  [
    'installed within the day of publication: pre-empted',
    daily(old, old, old, { ...fixed, log: [upgrade(3)] }),
    [{ status: 'closed', pre_empted: true }],
  ],
  ['never had a vulnerable version: no exposure', daily(fixed, fixed, fixed, fixed), []],
  ['never had the package: no exposure', daily({ packages: { web: '1' } }), []],
  [
    'arrives after publication: introduced late, open from its arrival',
    daily({ packages: {} }, { packages: {} }, { packages: {} }, { packages: {} }, old),
    [
      {
        status: 'open',
        introduced_late: true,
        opened_not_before: at(4),
        opened_not_after: at(5),
        opened_evidence: 'between-scans',
      },
    ],
  ],
  [
    'removed: an exit, not a patch',
    daily(old, old, old, old, { packages: {} }),
    [
      {
        status: 'package-removed',
        installed_not_after: null,
        effective_not_after: null,
        exited_not_before: at(4),
        exited_not_after: at(5),
      },
    ],
  ],
  [
    'removed before it was published: no exposure',
    daily(old, { packages: {} }, { packages: {} }, { packages: {} }),
    [],
  ],
  [
    'downgraded: a second spell, linked to the first',
    daily(old, old, old, fixed, old),
    [
      { spell: 1, status: 'closed', reopened: false, effective_not_after: at(4) },
      { spell: 2, status: 'open', reopened: true, opened_not_before: at(4), opened_not_after: at(5) },
    ],
  ],
  [
    'upgraded to something still vulnerable: the same spell',
    daily(old, old, old, { packages: { ssl: '1.5' } }, fixed),
    [
      {
        spell: 1,
        status: 'closed',
        vulnerable_version: '1',
        installed_not_before: at(4),
        installed_not_after: at(5),
      },
    ],
  ],
  [
    'a newer build than the fixed one closes it as well',
    daily(old, old, old, { packages: { ssl: '3' } }),
    [{ status: 'closed', installed_not_after: at(4) }],
  ],
  [
    'the log tells of an upgrade that no scan confirms: still open',
    daily(old, old, old, { ...old, log: [upgrade(3)] }, old),
    [
      { spell: 1, status: 'closed' },
      { spell: 2, status: 'open', opened_not_after: at(4) },
    ],
  ],
  [
    'unread for a week: stays open as last seen',
    daily(old, old, old, old, 'unreachable', 'unreachable', 'timed-out'),
    [{ status: 'open', last_confirmed_at: at(4) }],
  ],
  [
    'only partly read when it seems gone: proves nothing',
    daily(old, old, old, old, { packages: {}, readings: { packages: 'partial' } }),
    [{ status: 'open', last_confirmed_at: at(4) }],
  ],
  [
    'a changed machine-id: the old host ended there',
    daily(old, old, old, old, { machine: 'new', packages: { ssl: '2' } }),
    [{ incarnation: 1, status: 'host-rebuilt', exited_not_before: at(4), exited_not_after: at(5) }],
  ],
  [
    'left the inventory',
    daily(old, old, old, old, null),
    [{ status: 'host-retired', exited_not_before: at(4), exited_not_after: at(5) }],
  ],
  [
    'an old copy still in use: installed, not effective',
    daily(old, old, old, { ...fixed, mapped: ['ssl'] }),
    [{ status: 'installed-not-effective', installed_not_after: at(4), effective_not_after: null }],
  ],
  [
    'an old copy in use until a restart: effective between two scans',
    daily(old, old, old, { ...fixed, mapped: ['ssl'] }, { ...fixed, mapped: ['ssl'] }, fixed),
    [
      {
        status: 'closed',
        effective_not_before: at(5),
        effective_not_after: at(6),
        effective_evidence: 'process-maps',
      },
    ],
  ],
  [
    'nobody could look: installed, effect unknown',
    daily(old, old, old, { ...fixed, ...blind }),
    [{ status: 'installed-effect-unknown' }],
  ],
  [
    'nobody could look, but an old copy was seen all the same',
    daily(old, old, old, { ...fixed, ...blind, mapped: ['ssl'] }),
    [{ status: 'installed-not-effective' }],
  ],
  [
    'nobody could look, but the host booted after the install',
    daily(old, old, old, {
      ...fixed,
      ...blind,
      log: [upgrade(3)],
      scan: { booted_at: at(4, '01:00:00.000') },
    }),
    [
      {
        status: 'closed',
        effective_not_after: at(4, '01:00:00.000'),
        effective_evidence: 'everything-restarted',
      },
    ],
  ],
  [
    'the boot of a container is not its own',
    daily(old, old, old, {
      ...fixed,
      ...blind,
      log: [upgrade(3)],
      scan: { booted_at: at(4, '01:00:00.000'), virtualization: 'docker' },
    }),
    [{ status: 'installed-effect-unknown' }],
  ],
  [
    'every process of a container started after the install',
    daily(old, old, old, {
      ...fixed,
      readings: { mappings: 'partial' },
      log: [upgrade(3)],
      oldestProcess: at(4, '01:00:00.000'),
      scan: { virtualization: 'docker' },
    }),
    [{ status: 'closed', effective_not_after: at(4, '01:00:00.000') }],
  ],
  [
    'one binary of the source lacks it: partly installed is open',
    daily(
      ...[1, 2, 3].map(() => ({
        packages: { libssl: '1', ssl: '1' },
        sources: { libssl: ['ssl', '1'] as [string, string] },
      })),
      { packages: { libssl: '1', ssl: '2' }, sources: { libssl: ['ssl', '1'] } },
    ),
    [{ status: 'open', lacking: ['libssl:amd64'] }],
  ],
  [
    'a rebuild (binNMU) of the fixed source is fixed',
    daily(...[1, 2, 3].map(() => old), { packages: { ssl: '2+b1' }, sources: { ssl: ['ssl', '2'] } }),
    [{ status: 'closed' }],
  ],
  [
    "a line of the log older than the machine is its image's",
    [{ at: at(20), hosts: { web: { ...fixed, log: [upgrade(8)], scan: { born_at: at(10) } } } }],
    [],
  ],
];

describe('exposures', () => {
  test.each(histories)('%s', async (_, runs, expected) => {
    const found = await exposuresOf(runs);
    expect(found).toHaveLength(expected.length);
    expect(found).toMatchObject(expected);
  });
});

const image = (abi: string, version: string): [string, string] => [`linux-image-6.1.0-${abi}-amd64`, version];
function kernel(running: string, images: [string, string][], booted: string): HostState {
  return {
    packages: Object.fromEntries(images),
    sources: Object.fromEntries(
      images.map(([name, version]) => [name, ['linux-signed-amd64', version.replace('-', '+')]]),
    ),
    scan: {
      kernel_release: '6.1.0-1-amd64',
      kernel_version: `#1 SMP PREEMPT_DYNAMIC Debian ${running} (2026-09-01)`,
      booted_at: booted,
    },
  };
}

const kernels: [string, RunStory[], Row[]][] = [
  [
    'a new image that does not run yet: installed, not effective',
    daily(
      kernel('6.1.1-1', [image('1', '6.1.1-1')], at(1, '00:00:00.000')),
      kernel('6.1.1-1', [image('1', '6.1.1-1')], at(1, '00:00:00.000')),
      kernel('6.1.1-1', [image('1', '6.1.1-1')], at(1, '00:00:00.000')),
      kernel('6.1.1-1', [image('1', '6.1.1-1'), image('2', '6.1.2-1')], at(1, '00:00:00.000')),
    ),
    [{ status: 'installed-not-effective', installed_not_before: at(3), installed_not_after: at(4) }],
  ],
  [
    'booted: effective at the boot; the old image left on the disk does not matter',
    daily(
      kernel('6.1.1-1', [image('1', '6.1.1-1')], at(1, '00:00:00.000')),
      kernel('6.1.1-1', [image('1', '6.1.1-1')], at(1, '00:00:00.000')),
      kernel('6.1.1-1', [image('1', '6.1.1-1'), image('2', '6.1.2-1')], at(1, '00:00:00.000')),
      kernel('6.1.2-1', [image('1', '6.1.1-1'), image('2', '6.1.2-1')], at(3, '22:00:00.000')),
    ),
    [
      {
        status: 'closed',
        installed_not_after: at(3),
        effective_not_before: at(3),
        effective_not_after: at(3, '22:00:00.000'),
        effective_evidence: 'boot',
      },
    ],
  ],
  [
    'the same image with a newer build under it: what runs is known by uname -v',
    daily(
      kernel('6.1.1-1', [image('1', '6.1.1-1')], at(1, '00:00:00.000')),
      kernel('6.1.1-1', [image('1', '6.1.1-1')], at(1, '00:00:00.000')),
      kernel('6.1.1-1', [image('1', '6.1.2-1')], at(1, '00:00:00.000')),
    ),
    [{ status: 'installed-not-effective' }],
  ],
  [
    'the old one is booted again: a new spell that is not effective',
    daily(
      kernel('6.1.1-1', [image('1', '6.1.1-1')], at(1, '00:00:00.000')),
      kernel('6.1.1-1', [image('1', '6.1.1-1')], at(1, '00:00:00.000')),
      kernel('6.1.1-1', [image('1', '6.1.1-1'), image('2', '6.1.2-1')], at(1, '00:00:00.000')),
      kernel('6.1.2-1', [image('1', '6.1.1-1'), image('2', '6.1.2-1')], at(3, '22:00:00.000')),
      kernel('6.1.1-1', [image('1', '6.1.1-1'), image('2', '6.1.2-1')], at(4, '22:00:00.000')),
    ),
    [
      { spell: 1, status: 'closed' },
      { spell: 2, status: 'installed-not-effective', reopened: true },
    ],
  ],
];

describe('kernels', () => {
  test.each(kernels)('%s', async (_, runs, expected) => {
    const found = await exposuresOf(runs, [['DSA-2-1', '2026-09-02', 'linux', '6.1.2-1', 'CVE-2026-10001']]);
    expect(found).toHaveLength(expected.length);
    expect(found).toMatchObject(expected);
  });
});
