/** The closed lists of words that the record may contain. Their meaning: docs/words.md. */

/** How a scan of one host ended. */
export const scanStatuses = [
  'ok',
  'partial',
  'unreachable',
  'refused',
  'timed-out',
  'host-key-unknown',
  'host-key-changed',
  'no-common-algorithm',
  'auth-failed',
  'cut-off',
  'output-too-large',
  'unsupported-os',
  'no-package-manager',
] as const;
export type ScanStatus = (typeof scanStatuses)[number];

/** How far a scan came on its way to the host and back. */
export const stages = ['connect', 'banner', 'key-exchange', 'login', 'session', 'probe'] as const;
export type Stage = (typeof stages)[number];

/**
 * What one scan can read of a host; each is read, partly read or unread on its own. Advisories are a subject only
 * where the package manager knows them.
 */
export const subjects = [
  'identity',
  'packages',
  'updates',
  'repositories',
  'kernels',
  'processes',
  'mappings',
  'history',
  'software',
  'advisories',
] as const;
export type Subject = (typeof subjects)[number];

export const readingStatuses = ['complete', 'partial', 'unread'] as const;
export type ReadingStatus = (typeof readingStatuses)[number];

/** Why an update is not applied (`product.md`, vocabulary); the ones a scan alone can know. */
export const reasonsNotApplied = [
  'none-yet-tried',
  'held',
  'phased',
  'kept-back',
  'pinned',
  'repository-missing-it',
  'not-entitled',
] as const;
export type ReasonNotApplied = (typeof reasonsNotApplied)[number];

/** What the package manager would do with a package in the widest of the simulated transactions that touches it. */
export const updateActions = ['upgrade', 'install', 'remove', 'downgrade', 'none'] as const;
export type UpdateAction = (typeof updateActions)[number];

/** What a remediation script says of a run of it. */
export const resultStates = ['running', 'refused', 'finished', 'interrupted'] as const;
export const resultChangeStates = ['done', 'unchanged', 'other'] as const;

/**
 * How a host is reached: `ssh` in process, `openssh` through the system's own ssh, `command` through any command that
 * starts a shell on it, `bundle` by nobody: its answers are brought by hand.
 */
export const transports = ['local', 'ssh', 'openssh', 'command', 'bundle'] as const;
export type Transport = (typeof transports)[number];

/** Where a date comes from, strongest first. */
export const evidenceKinds = [
  'package-manager-log',
  'package-database',
  'between-scans',
  'late-entry',
  'operator-statement',
] as const;
export type EvidenceKind = (typeof evidenceKinds)[number];

/** What a package manager's log says happened. */
export const eventActions = [
  'install',
  'upgrade',
  'downgrade',
  'reinstall',
  'remove',
  'purge',
  'disappear',
] as const;
export type EventAction = (typeof eventActions)[number];

/** Advisory feeds, by the word that people write into `patchledger.yaml`. */
export const feedIds = [
  'debian-dsa',
  'debian-dla',
  'debian-elts',
  'debian-tracker',
  'debian-changelogs',
  'kev',
  'lifecycle',
] as const;
export type FeedId = (typeof feedIds)[number];

/** What came of an attempt to load a feed. */
export const loadOutcomes = ['loaded', 'unchanged', 'failed'] as const;
export type LoadOutcome = (typeof loadOutcomes)[number];

/** Where a feed came from: the facts that Patchledger ships, a file, an address. */
export const feedSources = ['shipped', 'file', 'url'] as const;
export type FeedSource = (typeof feedSources)[number];

/** What an advisory says of a source package in a release. */
export const advisoryStatuses = ['fixed', 'not-affected', 'unfixed', 'end-of-life'] as const;

/** What a tracker says of a CVE in a source package of a release. */
export const cveStatuses = ['resolved', 'open', 'undetermined'] as const;

/** What became of a machine of a list that the population was compared with. */
export const comparedRowOutcomes = ['matched', 'only-there', 'ambiguous', 'retired', 'unusable'] as const;

/** Whether such a list names a host. */
export const comparedHostOutcomes = ['both', 'only-here', 'retired-there', 'ambiguous'] as const;

/** By what a machine of such a list is told to be a host, the surest first. */
export const matchKinds = ['id', 'name', 'address', 'short-name', 'reported-name'] as const;
export type MatchKind = (typeof matchKinds)[number];
