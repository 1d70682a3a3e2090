/**
 * The tables of a scan entry: what one run writes, one Parquet file a table.
 * A change of meaning needs a new version and a mapping in `data/ledger/read.ts`; so does a new column,
 * which is null in what older versions wrote.
 *
 * 1: the first. 2: `scans` has stage, attempts and host_key. 3: `scans` has
 * born_at; entries of the kind feed. 4: entries of the kind workspace. 5: results and result_changes; entries of
 * the kind plan. 6: host_advisories; a release and a transport for each scan; modules and build times; packages and
 * kernels may be there in several versions at once; entries of the kind comparison.
 */
import { count, flag, instant, orUnknown, table, text, texts, word } from './column.ts';
import type { Row } from './column.ts';
import { resultChanges, results } from './result-tables.ts';
import {
  eventActions,
  readingStatuses,
  reasonsNotApplied,
  scanStatuses,
  stages,
  subjects,
  transports,
  updateActions,
} from './words.ts';

const hostId = text('Stable id of the host, from the inventory.');
const packageName = text('Binary package.');
const packageArchitecture = text("Architecture of the package, e.g. 'amd64' or 'all'.");

const population = table(
  'population',
  'The hosts that should exist at the run, from the inventory, with inherited settings resolved.',
  {
    host_id: hostId,
    address: orUnknown(text('Address or name to connect to; null for this machine.')),
    port: orUnknown(count('TCP port; null for this machine.')),
    login: orUnknown(text('Account on the host; null for this machine.')),
    transport: word(transports, 'How the collector reaches the host.'),
    owner: orUnknown(text('Who answers for the host.')),
    groups: texts('Inventory groups, outermost first.'),
    environment: orUnknown(text('For example production.')),
    ring: orUnknown(text('Deployment ring: canary, early, broad…')),
    criticality: orUnknown(text('low, medium, high or critical.')),
    internet_exposed: orUnknown(
      flag('Whether the host can be reached from the internet; null when nobody said.'),
    ),
    tags: texts('Free labels, sorted.'),
    command: orUnknown(
      texts('Words of the command that starts a shell on the host; null for all other transports.'),
    ),
  },
  ['host_id'],
);

const scans = table(
  'scans',
  'One host in one run: how it ended and who the host said it was.',
  {
    host_id: hostId,
    status: word(scanStatuses, 'How the scan ended.'),
    reason: orUnknown(text('Why it is not ok, or what is to be done although it is, in one sentence.')),
    next_step: orUnknown(text('What to do about it.')),
    started_at: instant(
      'When the collector began, by its own clock; of an answer brought by hand, when its script began, by the clock of the host.',
    ),
    ended_at: instant('When it was done, by the same clock.'),
    stage: orUnknown(
      word(stages, 'How far it came: connect, banner, key-exchange, login, session or probe.'),
    ),
    attempts: orUnknown(count('Attempts at the host in this run, this one included.')),
    host_key: orUnknown(
      text('SHA-256 fingerprint of the host key that was verified; null without one, as for this machine.'),
    ),
    observed_at: orUnknown(
      instant(
        "When the host's state was read, by the collector's clock (by hand: by the host's); null when nothing was read.",
      ),
    ),
    ecosystem: orUnknown(text("Package manager family, e.g. 'apt'.")),
    probe_version: orUnknown(text('Version of the probe that was run.')),
    hostname: orUnknown(text('What the host calls itself.')),
    machine_id: orUnknown(
      text('SHA-256 of "patchledger:" and /etc/machine-id: tells hosts apart without disclosing the id.'),
    ),
    os_id: orUnknown(text('ID of os-release.')),
    os_version: orUnknown(text('VERSION_ID of os-release.')),
    os_codename: orUnknown(text('VERSION_CODENAME of os-release.')),
    os_name: orUnknown(text('PRETTY_NAME of os-release.')),
    architecture: orUnknown(text("The package manager's own architecture.")),
    virtualization: orUnknown(text("Container or virtual machine kind, 'none' where the host says so.")),
    kernel_release: orUnknown(text('uname -r.')),
    kernel_version: orUnknown(text('uname -v.')),
    booted_at: orUnknown(instant('When the kernel started.')),
    time_zone: orUnknown(text('IANA zone of the host.')),
    utc_offset_seconds: orUnknown(count('Offset of its local time from UTC at the scan.')),
    clock_offset_ms: orUnknown(count("The host's clock minus the collector's.")),
    clock_uncertainty_ms: orUnknown(count('How far that offset may be off, either way.')),
    scan_user: orUnknown(text('Account that ran the probe on the host.')),
    is_root: orUnknown(flag('Whether that account was root.')),
    processes_total: orUnknown(count('User-space processes seen.')),
    processes_read: orUnknown(count('Of them, those whose memory maps could be read.')),
    reboot_required: orUnknown(flag('Whether the host asks for a reboot.')),
    reboot_packages: texts('Packages that asked for it.'),
    package_cache: orUnknown(text("Whether a package cache was usable: 'readable' or 'none'.")),
    lists_checked_at: orUnknown(instant('Latest evidence that the host refreshed its package lists.')),
    born_at: orUnknown(
      instant('When this machine got its machine-id: older log lines are of the image it was made from.'),
    ),
    release: orUnknown(text("Release as advisories speak of it, e.g. 'bookworm' or 'rocky-9'.")),
    transport: orUnknown(word(transports, 'How this answer came.')),
    bundle_sha256: orUnknown(text('SHA-256 of the answer, where it was brought by hand.')),
  },
  ['host_id'],
);

const readings = table(
  'readings',
  'What was read of each host, subject by subject. Rows of a subject that is not complete prove nothing by their absence.',
  {
    host_id: hostId,
    subject: word(subjects, 'What was to be read.'),
    status: word(readingStatuses, 'How much of it was read.'),
    reason: orUnknown(text('Why it is not complete.')),
    needs_root: flag('Whether root would have read more.'),
    row_count: count('Rows recorded for the subject.'),
    digest: orUnknown(text('SHA-256 of those rows, to tell unchanged state; null when unread.')),
  },
  ['host_id', 'subject'],
);

const sections = table(
  'sections',
  'Every command that the probe ran on the host.',
  {
    host_id: hostId,
    section: text('Name of the section.'),
    command: text('What was run.'),
    exit_status: orUnknown(count('Its exit status; null when it never ended.')),
    duration_ms: orUnknown(count('How long it ran on the host.')),
    bytes: count('Bytes it printed.'),
    truncated: flag('Whether it printed more than its limit.'),
    sha256: text('SHA-256 of what was received.'),
    stderr: orUnknown(text('End of what it said on standard error, cleaned.')),
    as_root: orUnknown(
      flag('Whether root read it, by leave of sudo; null in a record older than the column.'),
    ),
  },
  ['host_id', 'section'],
);

const packages = table(
  'packages',
  'Every package that the package database names, installed or not quite.',
  {
    host_id: hostId,
    package: packageName,
    architecture: packageArchitecture,
    version: text('Installed version.'),
    source_package: text('Source package it was built from.'),
    source_version: text('Version of that source package.'),
    wanted: text("What the administrator asked for: 'install', 'hold', 'deinstall', 'purge'."),
    state: text("What it is: 'installed', 'config-files', 'half-installed', 'unpacked'…"),
    origin: orUnknown(text('Origin of the repository that offers this very version; null where none does.')),
    suite: orUnknown(text('Suite of that repository.')),
    installed_at: orUnknown(
      instant('When the package database last wrote the package (evidence kind package-database).'),
    ),
    built_at: orUnknown(instant('When the build was made, where the package says so.')),
    module: orUnknown(text("Module stream it came from, e.g. 'nodejs:18'.")),
  },
  ['host_id', 'package', 'architecture', 'version'],
);

const updates = table(
  'updates',
  'What the package manager of the host offers beyond what is installed, as it decides itself on that host.',
  {
    host_id: hostId,
    package: packageName,
    architecture: packageArchitecture,
    installed_version: orUnknown(text('Null for a package that would be new.')),
    candidate_version: orUnknown(text('What the package manager would choose; null for a removal.')),
    newest_version: orUnknown(text('Newest version on offer, even where a pin hides it.')),
    action: word(updateActions, 'What full-upgrade would do.'),
    in_upgrade: flag('Part of the narrowest upgrade: `apt-get upgrade`, `dnf upgrade`, `zypper patch`…'),
    in_upgrade_with_new: flag('Part of `apt-get upgrade --with-new-pkgs`, `dnf upgrade`, `zypper update`…'),
    in_full_upgrade: flag(
      'Part of the widest upgrade: `apt-get dist-upgrade`, `dnf upgrade`, `zypper update`…',
    ),
    security: orUnknown(
      flag(
        'Whether a version newer than the installed one comes from a security origin; null when nobody could tell.',
      ),
    ),
    security_version: orUnknown(text('Newest such version.')),
    origin: orUnknown(text('Origin field of the repository that offers the candidate.')),
    suite: orUnknown(text('Its suite.')),
    reason: word(reasonsNotApplied, 'Why it is not applied.'),
    phased_percent: orUnknown(count('Share of hosts that the vendor has phased it in for.')),
    candidate_built_at: orUnknown(instant('When the candidate was built, where its repository says so.')),
  },
  ['host_id', 'package', 'architecture'],
);

const repositories = table(
  'repositories',
  'Package lists that the host is configured to use, and what it holds of them.',
  {
    host_id: hostId,
    uri: text('Address, without credentials.'),
    suite: text('Suite as configured.'),
    component: text("Component, or '' for a flat repository."),
    architecture: text('Architecture of the list.'),
    present: flag('Whether the host holds the list.'),
    origin: orUnknown(text('Origin field of its Release file.')),
    label: orUnknown(text('Label field.')),
    archive: orUnknown(text('Suite field.')),
    codename: orUnknown(text('Codename field.')),
    security: orUnknown(flag("Whether it is the vendor's security origin, judged by those fields.")),
    priority: orUnknown(count('Pin priority.')),
    released_at: orUnknown(instant('Date field.')),
    valid_until: orUnknown(instant('Valid-Until field.')),
    fetched_at: orUnknown(instant('Modification time of the list on the host.')),
  },
  ['host_id', 'uri', 'suite', 'component', 'architecture'],
);

const kernels = table(
  'kernels',
  'Kernel images in the package database.',
  {
    host_id: hostId,
    package: packageName,
    architecture: packageArchitecture,
    version: text('Version of the package.'),
    release: text('What uname -r prints when it runs.'),
    flavour: text("Flavour, e.g. 'amd64' or 'cloud-amd64'."),
    running: flag('Whether it is the running one.'),
    same_flavour: flag('Whether its flavour is that of the running kernel.'),
  },
  ['host_id', 'package', 'architecture', 'version'],
);

const hostAdvisories = table(
  'host_advisories',
  "What the host's own package manager knows of advisories on packages that it has: updateinfo of rpm repositories.",
  {
    host_id: hostId,
    advisory: text("The vendor's id, e.g. 'RLSA-2026:1234'."),
    package: packageName,
    architecture: packageArchitecture,
    version: text('First version with the fix.'),
    kind: text("The vendor's word: 'security', 'bugfix', 'enhancement', 'recommended'…"),
    severity: orUnknown(text("The vendor's word, in lower case; null where there is none.")),
    published_not_before: orUnknown(
      instant('Earliest instant of publication; a day-precise date is that day.'),
    ),
    published_not_after: orUnknown(instant('Latest instant of publication.')),
    cves: texts('CVEs that it names, sorted.'),
    title: orUnknown(text('Its title, cleaned.')),
    repository: orUnknown(text('Repository that it came from.')),
  },
  ['host_id', 'advisory', 'package', 'architecture', 'version'],
);

const processes = table(
  'processes',
  'User-space processes at the scan.',
  {
    host_id: hostId,
    pid: count('Process id.'),
    name: text('Name, cleaned.'),
    started_at: instant('When it started.'),
    maps_read: flag('Whether its memory maps could be read.'),
  },
  ['host_id', 'pid'],
);

const mappings = table(
  'mappings',
  'Processes that still map a file that was deleted or replaced.',
  {
    host_id: hostId,
    pid: count('Process id.'),
    process: text('Name, cleaned.'),
    path: text('The deleted file, cleaned.'),
    package: orUnknown(text('Package that owns the path now; null where none does.')),
  },
  ['host_id', 'pid', 'path'],
);

const events = table(
  'events',
  "Dated events from the package manager's own logs. Each is written once, by the first run that reads it.",
  {
    host_id: hostId,
    log: text("Which log: 'dpkg', 'apt-history', 'dnf', 'zypp', 'pacman', 'apk'…"),
    local_time: text("As printed, in the host's local time: YYYY-MM-DDTHH:MM:SS."),
    not_before: instant('Earliest instant it can stand for.'),
    not_after: instant('Latest instant it can stand for.'),
    action: word(eventActions, 'What happened.'),
    package: packageName,
    architecture: packageArchitecture,
    old_version: orUnknown(text('Version before.')),
    new_version: orUnknown(text('Version after.')),
    completed: orUnknown(
      flag('Whether the log shows that the package was configured; null where the log cannot say.'),
    ),
    command: orUnknown(text('Command line, where the log names it.')),
  },
  ['host_id', 'log', 'local_time', 'package', 'architecture', 'action', 'old_version', 'new_version'],
);

const logs = table(
  'logs',
  'Log files read for the events, and how far.',
  {
    host_id: hostId,
    log: text('Which log, as in events.'),
    path: text('File on the host.'),
    bytes: orUnknown(count('Its size.')),
    modified_at: orUnknown(instant('Its modification time.')),
    sha256: orUnknown(text('SHA-256 of the file as it lies on the host.')),
    first_time: orUnknown(text('Local time of its first line.')),
    last_time: orUnknown(text('Local time of its last line: where the next run reads on, with an overlap.')),
  },
  ['host_id', 'log', 'path'],
);

const software = table(
  'software',
  'Software seen on the host that Patchledger does not judge.',
  {
    host_id: hostId,
    kind: text("'snap', 'flatpak', 'container-image', 'opt', 'python', 'node'…"),
    name: text('Name, cleaned.'),
    version: orUnknown(text('Version, where it says so.')),
  },
  ['host_id', 'kind', 'name', 'version'],
);

const rejections = table(
  'rejections',
  'Lines that a host printed and that could not be what they claim to be. They are kept visible, cleaned.',
  {
    host_id: hostId,
    section: text('Section that printed it.'),
    line: count('Line in that section, from 1.'),
    reason: text('What was expected.'),
    excerpt: text('The start of the line, cleaned.'),
  },
  ['host_id', 'section', 'line'],
);

/** Every table of a scan entry, in the order in which they are written. */
export const scanTables = {
  population,
  scans,
  readings,
  sections,
  packages,
  updates,
  repositories,
  kernels,
  processes,
  mappings,
  events,
  logs,
  software,
  host_advisories: hostAdvisories,
  results,
  result_changes: resultChanges,
  rejections,
} as const;

export type ScanTableName = keyof typeof scanTables;
export type RowOf<N extends ScanTableName> = Row<(typeof scanTables)[N]>;

/** Everything that one scan read of one host: rows per table, all with that host's id. */
export type Snapshot = { [N in Exclude<ScanTableName, 'population'>]: RowOf<N>[] };

/** The tables whose rows are a subject's state, for digests and for telling unread from empty. */
export const subjectTables: { [subject: string]: ScanTableName } = {
  packages: 'packages',
  updates: 'updates',
  repositories: 'repositories',
  kernels: 'kernels',
  processes: 'processes',
  mappings: 'mappings',
  history: 'events',
  software: 'software',
  advisories: 'host_advisories',
};

export const schemaVersion = 6;
