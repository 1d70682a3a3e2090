/** The files that `init` writes: commented, so that a person can go on from there. */

export interface TemplateValues {
  /** Name of the chain, and id of this machine's host. */
  name: string;
}

function head(schema: string, depth: number): string {
  return `# yaml-language-server: $schema=${depth === 0 ? './' : '../'}.patchledger/schemas/${schema}.schema.json\n`;
}

/** File name to content, relative to the workspace. */
export function templates({ name }: TemplateValues): Map<string, string> {
  return new Map([
    ['README.md', readme],
    ['.gitignore', '# Derived: can be deleted at any time.\n/cache/\n/out/\n'],
    ['patchledger.yaml', head('patchledger', 0) + config(name)],
    ['inventory/hosts.yaml', head('inventory', 1) + inventory(name)],
    ['policies/default.yaml', head('policy', 1) + policy],
    ['policies/pci-dss.yaml', head('policy', 1) + pciDss],
    ['policies/cyber-essentials.yaml', head('policy', 1) + cyberEssentials],
    ['exceptions/exceptions.yaml', head('exceptions', 1) + exceptions],
    ['approvals/approvals.yaml', head('approvals', 1) + approvals],
  ]);
}

const readme = `# A Patchledger workspace

- \`patchledger.yaml\`, \`inventory/\`, \`policies/\`, \`exceptions/\`, \`approvals/\`: written by people; review them like code.
- \`ledger/\`: the record. Written once, hashed, chained. Back it up; never edit it.
- \`cache/\`, \`out/\`: derived from the record; can be deleted at any time.
- \`patchledger scan\` adds a run, \`patchledger build\` makes the site, \`patchledger verify\` checks the record.
`;

function config(name: string): string {
  return `
# Name of this collector's chain in the ledger. Two collectors never share one.
collector: ${name}

# Title of the site.
title: Patch compliance

# Zone of days and deadlines.
zone: UTC

# The policy of the headline.
primary-policy: default

# Hosts that are listed elsewhere as well; what to leave out of these, such as a Host of ssh that is no machine of yours.
# inventory: { ansible: [../ansible/hosts], ssh-config: [~/.ssh/config], leave-out: [github.com] }

# scan:
#   max-age-hours: 72      # beyond this age a scan proves nothing about today
#   every-hours: 24        # a new run is expected this long after the last one
#   connect-seconds: 15    # for each step of connecting to one host
#   host-seconds: 300      # for the probe on one host
#   concurrency: 16        # hosts read at the same time
#   connecting: 64         # hosts being connected to at the same time
#   attempts: 3            # at a host whose trouble may pass by itself

# feeds:                   # the facts that Patchledger ships where nothing is said
#   debian-dsa: upstream   # or the address of your mirror, or a file
#   debian-dla: upstream
#   kev: feeds/known_exploited_vulnerabilities.json
#   debian-tracker: off

# remediation:
#   rings: [canary, early, broad]   # in the order in which they open
#   valid-days: 7                   # for which a script may be run

# ssh:
#   user: audit                                # where the inventory names none
#   identity-files: [~/.ssh/id_ed25519]        # instead of the agent's and the usual keys
#   known-hosts: [known_hosts, ~/.ssh/known_hosts]
`;
}

function inventory(name: string): string {
  return `
# The hosts that should exist. What a group says holds for every host and group in it, unless they say
# otherwise; tags add up. Any number of files under inventory/ is read.
hosts:
  ${name}:
    transport: local       # this machine

# groups:
#   web:
#     owner: Web team
#     environment: production
#     ring: broad
#     criticality: high
#     internet-exposed: true
#     user: audit
#     hosts:
#       web1:
#         address: web1.example.org
#       web2:
#         address: 192.0.2.7
#         port: 2222
#         ring: canary
`;
}

const policy = `
# A policy says by when a fix must be effective. The first rule that matches decides.
id: default
title: Known-exploited within 7 days, other security fixes within 30
source:
  text: House rule; change it to yours
clock: published
rules:
  - name: Known to be exploited
    fixes:
      known-exploited: true
    allowed:
      days: 7
  - name: Other security fixes
    fixes:
      kinds: [security, security-unlisted]
    allowed:
      days: 30
`;

const pciDss = `
# PCI DSS 4.0.1, requirement 6.3.3. The one month for critical patches is the standard's; the rest is for you to
# decide: what you rank as critical under 6.3.1, and the time frame for all others under your risk analysis.
# Delete this file when the standard does not concern you.
id: pci-dss-4.0.1
title: PCI DSS 4.0.1, 6.3.3
source:
  text: PCI DSS 4.0.1, requirement 6.3.3
  url: https://www.pcisecuritystandards.org/document_library/
clock: published
unrated: high
rules:
  - name: Critical by our ranking (6.3.1)
    fixes:
      kinds: [security, security-unlisted]
      severities: [critical, high]
    allowed:
      months: 1
  - name: Known to be exploited
    fixes:
      kinds: [security, security-unlisted]
      known-exploited: true
    allowed:
      months: 1
  - name: All others, by our own risk analysis
    fixes:
      kinds: [security, security-unlisted]
    allowed:
      months: 3
`;

const cyberEssentials = `
# Cyber Essentials 3.3: within 14 days of release where the vendor calls it critical or high, where CVSS is 7 or
# more, or where nobody says how severe it is. A fix counts when it is in effect, so a pending reboot is not done.
# Delete this file when the scheme does not concern you.
id: cyber-essentials-3.3
title: Cyber Essentials 3.3, security update management
source:
  text: Cyber Essentials, Requirements for IT infrastructure 3.3
  url: https://www.ncsc.gov.uk/cyberessentials/resources
clock: published
unrated: high
rules:
  - name: Critical, high or of undisclosed severity
    fixes:
      kinds: [security, security-unlisted]
      severities: [critical, high]
    allowed:
      days: 14
  - name: Known to be exploited
    fixes:
      kinds: [security, security-unlisted]
      known-exploited: true
    allowed:
      days: 14
`;

const exceptions = `
# Fixes that may be missing for a while. An exception never moves a deadline, and it always ends.
exceptions: []
# exceptions:
#   - id: web1-php
#     hosts: { ids: [web1] }
#     fixes: { packages: [php8.2] }
#     reason: The shop's plug-in breaks with the new build; its maker promised a release.
#     compensating-control: PHP is reachable only through the filtering proxy.
#     requested-by: Web team
#     approver: Head of operations
#     from: 2026-11-01
#     until: 2026-12-15
`;

const approvals = `
# Fixes that scripts may install. This rule approves every security fix on every host; make it narrower,
# or take it out and approve one by one.
approvals:
  - id: all-security-fixes
    fixes:
      kinds: [security, security-unlisted]
    approver: Standing rule of this workspace
    when: 2026-01-01
`;
