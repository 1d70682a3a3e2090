/** How values are written on a page: numbers, instants, and the record's words in plain English. */
import type { EvidenceKind, ScanStatus, Stage } from '#data/model/words.ts';
import type { ExposureStatus, Fix, OfferedUpdate, Standing, Verdict } from '#reports/reading.ts';

/** A whole number with its thousands apart: 12,345. */
export function formatCount(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** '1 host', '2 hosts', 'no hosts'. */
export function countOf(value: number, one: string, many = `${one}s`): string {
  return `${value === 0 ? 'no' : formatCount(value)} ${value === 1 ? one : many}`;
}

/** With a capital at its beginning. */
export function upperFirst(text: string): string {
  return `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}`;
}

/** A text that may or may not end like a sentence, as one. */
export function asSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** An instant to the minute, in UTC: '2026-11-23 06:01'. */
export function formatInstant(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)}`;
}

/** A deadline to the minute, in UTC; midnight is the end of the day before: '2026-11-22 24:00'. */
export function formatDeadline(instant: string): string {
  if (!instant.endsWith('T00:00:00.000Z')) return formatInstant(instant);
  return `${new Date(Date.parse(instant) - 1).toISOString().slice(0, 10)} 24:00`;
}

export function formatDay(instant: string): string {
  return instant.slice(0, 10);
}

/** How far apart two instants are, roughly: '40 min', '5 h', '12 d'. */
export function formatAge(from: string, to: string): string {
  const minutes = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 60_000));
  if (minutes < 120) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`;
  return `${formatCount(Math.round(minutes / 1440))} d`;
}

/** How far a clock is off, roughly: '40 s ahead', '3 h behind'. */
export function formatOffset(milliseconds: number): string {
  const seconds = Math.round(Math.abs(milliseconds) / 1000);
  const far =
    seconds < 120
      ? `${seconds} s`
      : seconds < 7200
        ? `${Math.round(seconds / 60)} min`
        : seconds < 172_800
          ? `${Math.round(seconds / 3600)} h`
          : `${formatCount(Math.round(seconds / 86_400))} d`;
  return `${far} ${milliseconds < 0 ? 'behind' : 'ahead'}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** The system in two words, 'debian 12'; null when the host did not say. */
export function systemName(host: { os_id: string | null; os_version: string | null }): string | null {
  if (host.os_id === null) return null;
  return host.os_version === null ? host.os_id : `${host.os_id} ${host.os_version}`;
}

/** What a status looks like: the shape carries the meaning, the colour only repeats it. */
export type Shape = 'triangle' | 'square' | 'half' | 'ring' | 'dashed' | 'disc';

export interface Marked {
  word: string;
  shape: Shape;
}

export const standings: Record<Standing, Marked> = {
  read: { word: 'read', shape: 'disc' },
  'partly-read': { word: 'partly read', shape: 'half' },
  stale: { word: 'stale', shape: 'ring' },
  'never-read': { word: 'never read', shape: 'dashed' },
  retired: { word: 'retired', shape: 'ring' },
};

export const verdicts: Record<Verdict, Marked> = {
  unsupported: { word: 'unsupported', shape: 'triangle' },
  'security-pending': { word: 'security missing', shape: 'triangle' },
  'not-effective': { word: 'not effective', shape: 'half' },
  'updates-unread': { word: 'updates unread', shape: 'dashed' },
  stale: { word: 'stale', shape: 'ring' },
  'partly-read': { word: 'partly read', shape: 'half' },
  'unclear-pending': { word: 'kind unknown', shape: 'dashed' },
  'updates-pending': { word: 'others pending', shape: 'square' },
  'lists-old': { word: 'package lists old', shape: 'ring' },
  'effect-unknown': { word: 'effect unknown', shape: 'dashed' },
  'fixes-unseen': { word: 'newer fixes unseen', shape: 'ring' },
  'advisories-old': { word: 'advisories not current', shape: 'ring' },
  'none-on-offer': { word: 'none on offer', shape: 'disc' },
};

export const exposureStatuses: Record<ExposureStatus, Marked> = {
  open: { word: 'missing', shape: 'triangle' },
  'installed-not-effective': { word: 'installed, not effective', shape: 'half' },
  'installed-effect-unknown': { word: 'installed, effect unknown', shape: 'dashed' },
  closed: { word: 'effective', shape: 'disc' },
  'package-removed': { word: 'package removed', shape: 'square' },
  'host-retired': { word: 'host retired', shape: 'ring' },
  'host-rebuilt': { word: 'host rebuilt', shape: 'ring' },
  'advisory-withdrawn': { word: 'advisory withdrawn', shape: 'square' },
};

/** Whether an update is a security one: nobody being able to tell is an answer of its own. */
export function securityMark(security: boolean | null): Marked {
  if (security === null) return { word: 'unknown', shape: 'dashed' };
  return security ? { word: 'security', shape: 'triangle' } : { word: 'other', shape: 'square' };
}

const reasons: Record<string, [word: string, meaning: string]> = {
  'none-yet-tried': ['none yet tried', 'nothing stands in the way on the host'],
  held: ['held', 'an administrator holds the package'],
  phased: ['phased', 'the vendor has not phased it in for this host yet'],
  'kept-back': [
    'kept back',
    'the plain upgrade would not take it without more being installed, removed or confirmed',
  ],
  pinned: ['pinned', 'a pin on the host hides it'],
  'repository-missing-it': ['repository missing it', 'no configured repository offers it'],
  'partly-installed': ['partly installed', 'some packages of the source have it, others lack it'],
  'end-of-life': ['end of life', 'security support has ended, so its repositories stay without it'],
  'host-unreachable': ['host unreachable', 'the last attempt to read the host failed'],
  'not-entitled': ['not entitled', 'the host has no right to the repository'],
};

/** Why an update is not applied, as a word and what it means. */
export function reasonWord(reason: string): string {
  return reasons[reason]?.[0] ?? reason;
}

export function reasonMeaning(reason: string): string {
  return reasons[reason]?.[1] ?? '';
}

const evidence: Record<EvidenceKind, string> = {
  'package-manager-log': 'log',
  'package-database': 'package database',
  'between-scans': 'between scans',
  'late-entry': 'late entry',
  'operator-statement': 'statement',
};

export function evidenceWord(kind: EvidenceKind): string {
  return evidence[kind];
}

const evidenceMeanings: Record<EvidenceKind, string> = {
  'package-manager-log': "the package manager's own log dates it",
  'package-database': 'the package database says when it was written',
  'between-scans': 'after the last scan without it, by the first with it',
  'late-entry': 'it was there at the first reading: when it began is not known',
  'operator-statement': 'somebody says so in a reviewed file',
};

/** What the evidence for a date is worth. */
export function evidenceMeaning(kind: EvidenceKind): string {
  return evidenceMeanings[kind];
}

const dateEvidence: Record<string, string> = {
  ...evidence,
  published: 'published',
  advisory: 'advisory',
  changelog: 'changelog',
  'first-proof': 'first proof',
  'first-offered': 'first seen on offer',
  boot: 'boot',
  'everything-restarted': 'all restarted since',
  'process-maps': 'process maps',
};

/** How a log does not fit what scans saw. */
export const logBreakWords = {
  skipped: 'a line speaks of a version that nothing brought: lines before it are missing',
  unconfirmed: 'the next scan saw what was there before the line',
  silent: 'scans saw a change that the log does not tell',
} as const;

/** What each kind of evidence for a date is worth. */
export const dateEvidenceMeanings: Record<string, string> = {
  ...evidenceMeanings,
  published: 'the fix was published while the vulnerable version was there',
  advisory: 'day or instant that the advisory or its list gives',
  changelog: 'date in the changelog of the package that a feed quotes',
  'first-proof': 'when the record first learned that the fix exists: it is at least so old',
  'first-offered': 'first seen on offer to a host, in no feed: it is at least so old',
  boot: 'the host has booted since it was installed',
  'everything-restarted': 'every process that could use it started after it was installed',
  'process-maps': 'no process used replaced files of it any more',
};

/** Where a date of an exposure comes from, in a word or two. */
export function dateEvidenceWord(kind: string): string {
  return dateEvidence[kind] ?? kind;
}

const fixKinds: Record<Fix['kind'], string> = {
  security: 'security',
  'security-unlisted': 'security, no advisory loaded',
  bugfix: 'bugfix',
  unclassified: 'not classified',
};

/** What kind of fix it is, in words. */
export function fixKindWord(kind: Fix['kind']): string {
  return fixKinds[kind];
}

const endings: Record<string, string> = {
  installed: 'installed',
  'package-removed': 'package removed',
  'no-longer-offered': 'no longer offered',
  'host-rebuilt': 'host rebuilt',
  'host-retired': 'host retired',
};

/** How a spell ended. */
export function endingWord(status: string): string {
  return endings[status] ?? status;
}

/** What each family calls its upgrades, narrowest first; apt has three, zypper two, all others one. */
const upgradeNames: Record<string, [narrow: string, middle: string, wide: string]> = {
  apt: ['upgrade', 'with new packages', 'full-upgrade'],
  zypper: ['patch', 'update', 'update'],
  dnf: ['upgrade', 'upgrade', 'upgrade'],
  pacman: ['-Syu', '-Syu', '-Syu'],
  apk: ['upgrade', 'upgrade', 'upgrade'],
};

/** Which of the family's upgrades would touch the package. */
export function takenBy(
  update: Pick<OfferedUpdate, 'in_upgrade' | 'in_upgrade_with_new' | 'in_full_upgrade'>,
  ecosystem: string | null,
): string {
  const [narrow, middle, wide] = upgradeNames[ecosystem ?? 'apt'] ?? ['upgrade', 'upgrade', 'upgrade'];
  const flags = [update.in_upgrade, update.in_upgrade_with_new, update.in_full_upgrade];
  const parts = [...new Set([narrow, middle, wide].filter((_name, index) => flags[index]))];
  if (flags.every(Boolean)) return 'every upgrade';
  if (parts.length === 0) return 'none of them';
  return parts.length === 1 ? `${parts[0]} only` : parts.join(', ');
}

const widestUpgrades: Record<string, string> = {
  apt: 'apt-get dist-upgrade',
  dnf: 'dnf upgrade',
  zypper: 'zypper update',
  pacman: 'pacman -Syu',
  apk: 'apk upgrade',
};

/** The command whose transaction is the widest that is recorded. */
export function widestUpgrade(ecosystem: string | null): string {
  return widestUpgrades[ecosystem ?? ''] ?? 'the widest upgrade';
}

const debianReleases = ['stretch', 'buster', 'bullseye', 'bookworm', 'trixie', 'forky', 'duke', 'sid'];

/** A release as people say it: `Debian bookworm`, `rocky 9`. */
export function releaseWord(release: string): string {
  if (debianReleases.includes(release)) return `Debian ${release}`;
  return release.replace(/-(?=[\d.]+$)/, ' ');
}

const statusMeanings: Record<ScanStatus, string> = {
  ok: 'read completely, as far as the figures go',
  partial: 'read, but for what the reason names',
  unreachable: 'no way to the address, or something else than SSH answers there',
  refused: 'the host is there and lets nobody in at that port or session',
  'timed-out': 'nothing came within the limit of a stage',
  'host-key-unknown': 'nobody has vouched for the key that the host offers',
  'host-key-changed': 'the host offers another key than the one that is known, or a revoked one',
  'no-common-algorithm': 'both sides know no common way to encrypt or to sign',
  'auth-failed': 'the host accepts none of the keys of the collector',
  'cut-off': 'the connection ended before the answer did',
  'output-too-large': 'the host sent more than is taken',
  'unsupported-os': 'a system that this version cannot read',
  'no-package-manager': 'no package manager was found on the host',
};

/** What the ending of a scan means. */
export function statusMeaning(status: ScanStatus): string {
  return statusMeanings[status];
}

const stageWords: Record<Stage, string> = {
  connect: 'while connecting',
  banner: 'waiting for the greeting',
  'key-exchange': 'in the key exchange',
  login: 'at the login',
  session: 'opening a session',
  probe: 'during the probe',
};

/** Where an attempt ended, as the end of a phrase. */
export function stageWord(stage: Stage): string {
  return stageWords[stage];
}

const disagreements: Record<string, string> = {
  'fixed-but-not-offered': 'fixed by the vendor, not on offer to the host',
  'offered-but-in-no-feed': 'security update on offer, in no loaded feed',
};

const disagreementCauses: Record<string, string> = {
  'end-of-life': 'security support has ended there',
  'updates-not-read': 'the updates of the host were not read completely',
  'old-package-lists': 'its package lists are old, or of unknown age',
  'no-security-repository': 'no security repository is configured on it',
  'not-in-its-repositories': 'its repositories do not have it: a mirror behind, or a release not served',
  'release-not-covered': 'no loaded feed speaks of the release',
  'feed-not-current': 'the feed does not reach to that day',
  'no-advisory-in-feed': 'the feed covers that day and has no advisory',
};

/** In what way advisories and the offers of hosts disagree. */
export function disagreementWord(kind: string): string {
  return disagreements[kind] ?? kind;
}

/** Which of the two is behind, as far as it is known. */
export function disagreementMeaning(cause: string): string {
  return disagreementCauses[cause] ?? cause;
}
