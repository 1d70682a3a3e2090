/** The sentences that say a page's finding. What nobody could read is part of every one of them. */
import type { FixLine, Frame, HostStory, Overview } from '#reports/reading.ts';
import { countOf, formatAge, formatCount, formatDay, formatInstant, upperFirst } from './words.ts';

/** The leadership page in one sentence, and a second one for what keeps it from being the whole truth. */
export function overviewSentence({ figures }: Pick<Overview, 'figures'>): string {
  const { hosts, hosts_updates_known: known, hosts_security_pending: pending } = figures;
  if (hosts === 0) return 'The inventory names no hosts.';
  if (known === 0) return `Nothing is known yet: the updates of ${countOf(hosts, 'host')} could not be read.`;
  if (hosts === 1) return withDoubt(onlyHostSentence(figures), figures);
  const finding =
    pending > 0
      ? `${formatCount(pending)} of ${countOf(hosts, 'host')} ${pending === 1 ? 'lacks' : 'lack'} security fixes${exploitedText(figures)}.`
      : `No security fix was found missing on ${formatCount(known)} of ${countOf(hosts, 'host')}.`;
  return withDoubt(finding, figures);
}

function onlyHostSentence(figures: Overview['figures']): string {
  const { missing_fixes: missing, security_updates: security } = figures;
  if (missing > 0)
    return `The one host lacks ${countOf(missing, 'security fix', 'security fixes')}${exploitedText(figures)}.`;
  return security > 0
    ? `The one host lacks ${countOf(security, 'security update')} that ${security === 1 ? 'is' : 'are'} on offer to it.`
    : 'No security fix was found missing on the one host.';
}

function exploitedText({ exploited_fixes: exploited }: Overview['figures']): string {
  return exploited === 0
    ? ''
    : `, ${formatCount(exploited)} of them against weaknesses that are known to be exploited`;
}

function withDoubt(finding: string, figures: Overview['figures']): string {
  const doubt = doubtText(figures);
  return doubt === '' ? finding : `${finding} Not wholly known: ${doubt}.`;
}

/** The hosts that may lack more than was found: '1 unread, 2 stale'; '' when there are none. */
export function doubtText(figures: Overview['figures']): string {
  const doubts: [number, string][] = [
    [figures.hosts_updates_unread, 'unread'],
    [figures.hosts_stale, 'stale'],
    [figures.hosts_partly_read, 'read in part'],
    [figures.hosts_lists_old, 'with old package lists'],
    [figures.hosts_advisories_old, 'with advisories that are not known until today'],
    [figures.hosts_fixes_unseen, 'with fixes that were published since'],
  ];
  return doubts
    .filter(([hosts]) => hosts > 0)
    .map(([hosts, word]) => `${formatCount(hosts)} ${word}`)
    .join(', ');
}

/** A host's verdict so far. */
export function hostSentence({ host }: Pick<HostStory, 'host'>): string {
  if (host.last_read_at === null) {
    return 'Nothing is known of this host: no run has ever read it.';
  }
  const when = formatInstant(host.last_read_at);
  const lead = host.standing === 'stale' ? `Not read since ${when} UTC. At that time: ` : '';
  const retired =
    host.standing === 'retired' ? `No longer in the inventory. When last read, ${when} UTC: ` : '';
  const unsupported =
    host.unsupported_since === null
      ? ''
      : `security support for its release ended on ${formatDay(host.unsupported_since)}.`;
  const said = [unsupported, fixesText(host), unseenText(host), pendingSentence(host)].filter(
    (sentence) => sentence !== '',
  );
  // After a lead that ends in a colon the first one goes on in small letters.
  const [first = '', ...others] = said;
  return upperFirst(`${lead}${retired}${[first, ...others.map(upperFirst)].join(' ')}`);
}

/** '3 security fixes missing, 1 installed and not effective.' or nothing. */
function fixesText(host: HostStory['host']): string {
  const parts: [number | null, string][] = [
    [host.missing_fixes, 'missing'],
    [host.not_effective_fixes, 'installed and not effective'],
    [host.effect_unknown_fixes, 'installed with unknown effect'],
  ];
  const said = parts
    .filter(([count]) => count !== null && count > 0)
    .map(
      ([count, how], index) =>
        `${index === 0 ? countOf(count ?? 0, 'security fix', 'security fixes') : formatCount(count ?? 0)} ${how}`,
    );
  if (said.length === 0) return '';
  const exploited = host.exploited_fixes ?? 0;
  const worst =
    exploited === 0 ? '' : `, ${formatCount(exploited)} of the missing against what is known to be exploited`;
  return `${said.join(', ')}${worst}.`;
}

function unseenText({ unseen_fixes: unseen }: HostStory['host']): string {
  return unseen === 0
    ? ''
    : `whether it lacks ${countOf(unseen, 'security fix', 'security fixes')} published since it was last read is unknown.`;
}

function pendingSentence(host: HostStory['host']): string {
  const { updates, security_updates: security, unclear_updates: unclear } = host;
  if (updates === null || security === null || unclear === null)
    return 'its updates could not be read, so nothing is known of what it lacks.';
  const least = host.updates_reading === 'partial' ? 'at least ' : '';
  const others = updates - security - unclear;
  const parts = [
    security > 0
      ? `${least}${countOf(security, 'security update')} pending${sinceText(host.oldest_security_seen_at)}`
      : '',
    unclear > 0 ? `${countOf(unclear, 'update')} of unknown kind` : '',
    others > 0 ? countOf(others, 'other update') : '',
  ].filter((part) => part !== '');
  if (parts.length > 0) return `${parts.join('; ')}.${listsText(host)}`;
  if (host.updates_reading === 'partial')
    return 'no pending update was seen, but the updates were read in part only.';
  return `no update was on offer.${listsText(host)}`;
}

function sinceText(seenAt: string | null): string {
  return seenAt === null ? '' : `, the oldest seen on offer by ${formatDay(seenAt)}`;
}

function listsText(host: HostStory['host']): string {
  if (host.lists_fresh || host.last_read_at === null) return '';
  if (host.lists_checked_at === null)
    return ' When its package lists were refreshed is unknown, so there may be more.';
  if (host.lists_checked_at > host.last_read_at)
    return ' Its package lists claim to be of later than that, so there may be more.';
  const age = formatAge(host.lists_checked_at, host.last_read_at);
  return ` Its package lists were ${age} old by then, so there may be more.`;
}

/** What the hosts' own logs say of the last weeks. */
export function weeksSentence({
  weeks,
  logged_hosts,
  figures,
}: Pick<Overview, 'weeks' | 'logged_hosts' | 'figures'>): string {
  const logged = weeks.filter((week) => week.hosts_logged > 0);
  if (logged.length === 0) return "No host's own log dates an upgrade in the last 26 weeks.";
  const upgrades = sum(logged.map((week) => week.upgrades));
  const installs = sum(logged.map((week) => week.installs));
  const busiest = logged.reduce((most, week) => (week.upgrades > most.upgrades ? week : most));
  const peak =
    busiest.upgrades === 0
      ? ''
      : `, the most in the week of ${busiest.week} (${formatCount(busiest.upgrades)}),`;
  return (
    `In the ${countOf(logged.length, 'week')} that logs reach back to, those of ${formatCount(logged_hosts)} of ${countOf(figures.hosts, 'host')} ` +
    `date ${countOf(upgrades, 'upgrade')}${peak} and ${countOf(installs, 'new install')}.`
  );
}

/** Who was read, in one sentence; the four numbers sum to the population. */
export function coverageSentence({ population }: Pick<Frame, 'population'>): string {
  const { total, read, partly_read, stale, never_read } = population;
  if (total === 0) return 'The inventory names no hosts.';
  if (read === total)
    return `${total === 1 ? 'The one host' : `All ${formatCount(total)} hosts`} of the population ${total === 1 ? 'was' : 'were'} read completely.`;
  return (
    `${formatCount(read)} of ${countOf(total, 'host')} ${read === 1 ? 'was' : 'were'} read completely; ` +
    `${formatCount(partly_read)} partly, ${formatCount(stale)} stale, ${formatCount(never_read)} never.`
  );
}

/** The list of fixes in one sentence. */
export function fixesSentence(all: FixLine[]): string {
  const fixes = all.filter(({ kind }) => kind === 'security' || kind === 'security-unlisted');
  if (fixes.length === 0) return 'No fix that is known concerns any host.';
  const open = fixes.filter(({ open_hosts }) => open_hosts > 0);
  const exploited = open.filter((fix) => fix.exploited > 0).length;
  const finding =
    open.length === 0
      ? `None of ${countOf(fixes.length, 'known security fix', 'known security fixes')} is missing on a host that was read.`
      : `${formatCount(open.length)} of ${countOf(fixes.length, 'known security fix', 'known security fixes')} ${open.length === 1 ? 'is' : 'are'} missing on at least one host`;
  if (open.length === 0) return finding;
  return exploited === 0
    ? `${finding}; none of these closes a CVE that is known to be exploited.`
    : `${finding}; ${formatCount(exploited)} of these ${exploited === 1 ? 'closes a CVE that is' : 'close CVEs that are'} known to be exploited.`;
}

/** How a fix stands, in one sentence. */
export function fixSentence(fix: FixLine): string {
  const parts: [number, string][] = [
    [fix.open_hosts, 'missing on'],
    [fix.not_effective_hosts, 'installed and not effective on'],
    [fix.unknown_hosts, 'installed with unknown effect on'],
    [fix.closed_hosts, 'effective on'],
  ];
  const said = parts.filter(([hosts]) => hosts > 0).map(([hosts, how]) => `${how} ${countOf(hosts, 'host')}`);
  if (said.length === 0) return 'No host of the inventory is concerned any more.';
  return `${upperFirst(said.join('; '))}.`;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
