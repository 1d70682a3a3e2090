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

/** What one scan can read of a host; each is read, partly read or unread on its own. */
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

/** What apt would do with a package in the widest of the simulated transactions that touches it. */
export const updateActions = ['upgrade', 'install', 'remove', 'downgrade', 'none'] as const;
export type UpdateAction = (typeof updateActions)[number];

export const transports = ['local', 'ssh'] as const;
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
