/** The schemas of people's files. JSON Schemas for editors are made from these (`json-schemas.ts`). */
import { z } from 'zod';
import { feedIds, transports } from '#data/model/words.ts';
import type { FeedId } from '#data/model/words.ts';
import {
  Address,
  CollectorName,
  FixSelector,
  HostId,
  HostSelector,
  Line,
  Login,
  Name,
  Path,
  strict,
  WebAddress,
  When,
} from './shapes.ts';

/** A number of seconds, hours… within bounds, with a default. */
function within(min: number, max: number, usual: number, meaning: string): z.ZodDefault<z.ZodInt> {
  return z.int().min(min).max(max).default(usual).describe(meaning);
}

const Scan = strict({
  'max-age-hours': within(1, 8760, 72, 'Age in hours beyond which a scan proves nothing about today.'),
  'every-hours': within(
    1,
    744,
    24,
    'A new run is expected this long after the last one; pages say by when.',
  ),
  'connect-seconds': within(
    1,
    600,
    15,
    'Time for each step of connecting: TCP, greeting, key exchange, login, session.',
  ),
  'host-seconds': within(5, 3600, 300, 'Time for the probe on one host.'),
  concurrency: within(1, 500, 16, 'Hosts read at the same time.'),
  connecting: within(
    1,
    1000,
    64,
    'Hosts being connected to at the same time, not counting those that do not answer.',
  ),
  attempts: within(1, 10, 3, 'Attempts at a host whose trouble may pass by itself.'),
});

const Ssh = strict({
  user: Login.optional().describe('Account where the inventory names none; your own when not given.'),
  'identity-files': z
    .array(Path)
    .min(1)
    .optional()
    .describe('Private keys to log in with; those of the agent and the usual ones when not given.'),
  'known-hosts': z
    .array(Path)
    .min(1)
    .optional()
    .describe('Files with the keys of hosts. The first one is written by `known-hosts accept`.'),
});

const Sources = strict({
  ansible: z
    .array(Path)
    .min(1)
    .optional()
    .describe('Inventories of Ansible: INI or YAML files, or folders as `ansible -i` takes them.'),
  'ssh-config': z
    .array(Path)
    .min(1)
    .optional()
    .describe('Configurations of ssh; every Host that stands there without a pattern is a host.'),
  'leave-out': z
    .array(HostId)
    .min(1)
    .optional()
    .describe('Hosts of these files that do not belong to the population.'),
}).describe('Where hosts are listed beside inventory/*.yaml.');

const Feeds = strict(
  Object.fromEntries(
    feedIds.map((id) => [
      id,
      Line.optional().describe("A file or folder, an address, 'upstream', 'shipped' or 'off'."),
    ]),
  ) as { [id in FeedId]: z.ZodOptional<typeof Line> },
).describe('Where advisory feeds come from; the facts that Patchledger ships where nothing is said.');

const Remediation = strict({
  rings: z
    .array(Name)
    .min(1)
    .default(['canary', 'early', 'broad'])
    .describe('Deployment rings, in the order in which they open.'),
  'valid-days': within(1, 90, 7, 'Days for which a script may be run.'),
}).describe('How scripts are planned.');

export const Config = strict({
  collector: CollectorName.describe(
    "Name of this collector's chain in the ledger. Two collectors never share one.",
  ),
  title: Line.default('Patch compliance').describe('Title of the site.'),
  zone: z
    .string()
    .refine(isZone, 'expected an IANA time zone such as Europe/Zurich')
    .default('UTC')
    .describe('Zone of days and deadlines.'),
  'primary-policy': Name.optional().describe('Policy of the headline; the only one when there is one.'),
  scan: Scan.prefault({}),
  ssh: Ssh.prefault({}),
  inventory: Sources.prefault({}),
  feeds: Feeds.prefault({}),
  remediation: Remediation.prefault({}),
}).describe('patchledger.yaml: the settings of a workspace.');

const hostSettings = {
  address: Address.optional().describe('Host name or address; with openssh also a name of ~/.ssh/config.'),
  port: z.int().min(1).max(65535).optional().describe('TCP port of sshd; 22 when not given.'),
  user: Login.optional().describe('Account to log in with.'),
  transport: z
    .enum(transports)
    .optional()
    .describe('How to reach it: ssh (when not given), openssh, local, command, or bundle for by hand.'),
  command: z
    .array(Line)
    .min(1)
    .optional()
    .describe('Words of the command that starts a shell on it, such as [podman, exec, -i, web, sh].'),
  refresh: z
    .boolean()
    .optional()
    .describe('Whether it may be asked to refresh its package lists before it is read.'),
  owner: Line.optional().describe('Who answers for it.'),
  environment: Name.optional(),
  ring: Name.optional().describe('Deployment ring, such as canary, early, broad.'),
  criticality: z.enum(['low', 'medium', 'high', 'critical']).optional(),
  'internet-exposed': z.boolean().optional(),
  tags: z.array(Name).optional(),
};

export const HostSettings = strict(hostSettings);
export type HostSettings = z.output<typeof HostSettings>;

const Hosts = z.record(HostId, HostSettings.nullable()).describe('Hosts by id.');

export type GroupShape = HostSettings & {
  hosts?: Record<string, HostSettings | null>;
  groups?: Record<string, GroupShape | null>;
};

/** What a group says holds for every host and group in it, unless they say otherwise; tags add up. */
const Group: z.ZodType<GroupShape> = strict({
  ...hostSettings,
  hosts: Hosts.optional(),
  get groups(): z.ZodOptional<z.ZodRecord<typeof Name, z.ZodNullable<z.ZodType<GroupShape>>>> {
    return z.record(Name, Group.nullable()).optional();
  },
});

export const Inventory = strict({
  hosts: Hosts.optional(),
  groups: z.record(Name, Group.nullable()).optional().describe('Groups by name.'),
}).describe('inventory/*.yaml: the hosts that should exist.');

const Allowed = strict({
  hours: z.int().min(1).optional(),
  days: z.int().min(1).optional(),
  months: z.int().min(1).optional(),
}).refine((allowed) => Object.keys(allowed).length === 1, 'expected exactly one of hours, days, months');

const Rule = strict({
  name: Line.describe('What the rule is called on pages.'),
  fixes: FixSelector.optional().describe('Fixes it judges; all when not given.'),
  hosts: HostSelector.optional().describe('Hosts it judges; all when not given.'),
  allowed: Allowed.describe('Time allowed from the start of the clock.'),
});

export const Policy = strict({
  id: Name,
  title: Line,
  source: strict({ text: Line, url: WebAddress.optional() }).describe('Where the rule is written.'),
  clock: z
    .enum(['published', 'available', 'first-observed', 'evaluated', 'from-introduction'])
    .describe('Which of the four dates starts the clock.'),
  rules: z.array(Rule).min(1).describe('The first rule that matches decides.'),
  evaluation: strict({
    allowed: Allowed.describe('Time allowed for the decision, from detection.'),
    'scan-interval-hours': within(1, 8760, 24, 'Detection is this long after publication at the latest.'),
  })
    .optional()
    .describe('For a clock that starts with the evaluation.'),
  effectiveness: z
    .enum(['effective', 'effective-or-unknown', 'installed'])
    .default('effective')
    .describe('What counts as done.'),
  unrated: z
    .enum(['critical', 'high', 'medium', 'low'])
    .default('high')
    .describe('How a fix without severity is judged.'),
  reopened: z
    .enum(['keep', 'restart'])
    .default('keep')
    .describe('Whether a reopened exposure keeps its deadline.'),
  zone: z.string().refine(isZone, 'expected an IANA time zone').optional(),
})
  .refine((policy) => policy.clock !== 'evaluated' || policy.evaluation !== undefined, {
    path: ['evaluation'],
    error: 'expected the time allowed for the evaluation, which starts the clock',
  })
  .describe('policies/*.yaml: one framework or house rule.');

export const Exceptions = strict({
  exceptions: z
    .array(
      strict({
        id: Name,
        hosts: HostSelector.optional(),
        fixes: FixSelector,
        reason: Line,
        'compensating-control': Line,
        'requested-by': Line,
        approver: Line,
        from: When,
        until: When.describe('An exception always ends.'),
        evidence: WebAddress.optional(),
      }),
    )
    .default([]),
}).describe('exceptions/*.yaml: fixes that may be missing for a while, and why.');

const Tested = strict({
  ring: Name,
  hosts: z.array(HostId).min(1),
  from: When,
  until: When,
  result: z.enum(['passed', 'failed']),
  evidence: Line.describe('Where the result can be seen: a ticket, an address, a file.'),
});

export const Approvals = strict({
  approvals: z
    .array(
      strict({
        id: Name,
        fixes: FixSelector,
        hosts: HostSelector.optional(),
        rings: z.array(Name).min(1).optional(),
        approver: Line,
        when: When,
        ticket: Line.optional(),
        tested: z
          .array(Tested)
          .optional()
          .describe('What the rings before said; a ring opens once the one before it has passed.'),
        'allow-newer-from-same-origin': z.boolean().default(false),
      }),
    )
    .default([]),
}).describe('approvals/*.yaml: fixes that may be installed, by whose decision.');

export const Evaluations = strict({
  evaluations: z
    .array(
      strict({
        id: Name,
        fixes: FixSelector,
        hosts: HostSelector.optional(),
        evaluator: Line,
        when: When.describe('When it was decided: starts the clock of policies with the clock `evaluated`.'),
        decision: Line,
        evidence: WebAddress.optional(),
      }),
    )
    .default([]),
}).describe('evaluations/*.yaml: who looked at which fixes, when, and what was decided.');

export type Policy = z.output<typeof Policy>;
export type Exception = z.output<typeof Exceptions>['exceptions'][number];
export type Evaluation = z.output<typeof Evaluations>['evaluations'][number];
export type Approval = z.output<typeof Approvals>['approvals'][number];

function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
