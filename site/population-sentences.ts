/** Whether the population is whole: what others know of it, and what no policy looks at. */
import type { Compared, ComparisonLine, OnlyHere, UnjudgedSoftware } from '#reports/reading.ts';
import { countOf, formatCount } from './words.ts';

/** Beside the population, on every page. */
export function comparedWords(compared: Compared | null): string {
  if (compared === null) return 'self-declared';
  return `compared with ${compared.source} of ${compared.dated}${compared.is_old ? ', which is old' : ''}`;
}

/** In one sentence, where the population is the subject. */
export function comparedSentence(compared: Compared | null): string {
  if (compared === null)
    return 'The population is self-declared: it was never compared with a list that others keep.';
  const { source, dated, is_old: isOld, in_both: both, hosts, only_there: there } = compared;
  const missing =
    there === 0
      ? 'it named no machine that the inventory lacked'
      : `it named ${countOf(there, 'machine')} that the inventory lacked`;
  const age = isOld ? ' The list is more than 90 days old.' : '';
  return `Compared with ${source} of ${dated}: ${formatCount(both)} of ${countOf(hosts, 'host')} stood there, too; ${missing}.${age}`;
}

/** What came of one comparison, in numbers that sum. */
export function comparisonSentence(line: ComparisonLine): string {
  const parts: [number, string][] = [
    [line.in_both, 'in both'],
    [line.only_here, 'only here'],
    [line.retired_there, 'retired there'],
    [line.ambiguous_hosts, 'not clear'],
  ];
  const said = parts
    .filter(([hosts], index) => index < 2 || hosts > 0)
    .map(([hosts, word]) => `${formatCount(hosts)} ${word}`);
  const there = `${formatCount(line.only_there)} only there`;
  const unclear = line.ambiguous_rows === 0 ? '' : `, ${formatCount(line.ambiguous_rows)} not clear`;
  return `Of ${countOf(line.hosts, 'host')}: ${said.join(', ')}. Of ${countOf(line.rows, 'row')} there: ${there}${unclear}.`;
}

const mostOwnWords = 20;

/** Hosts by name, the first of them. */
export function ownWords(hosts: readonly string[]): string {
  const more = hosts.length > mostOwnWords ? ` and ${formatCount(hosts.length - mostOwnWords)} more` : '';
  return hosts.slice(0, mostOwnWords).join(', ') + more;
}

const hereWords: { [outcome in OnlyHere['outcome']]: string } = {
  'only-here': 'not on the list',
  'retired-there': 'retired on the list',
  ambiguous: 'not clear which row it is',
};

export function hereWord(outcome: OnlyHere['outcome']): string {
  return hereWords[outcome];
}

const kindWords: { [kind: string]: [one: string, many: string] } = {
  snap: ['snap', 'snaps'],
  flatpak: ['flatpak', 'flatpaks'],
  opt: ['folder in /opt', 'folders in /opt'],
  python: ['Python package', 'Python packages'],
  node: ['Node package', 'Node packages'],
  ruby: ['Ruby gem', 'Ruby gems'],
  'container-tool': ['container tool', 'container tools'],
};

/** What was seen of such software, kind by kind. */
export function unjudgedWords({ kinds }: UnjudgedSoftware): string[] {
  return kinds.map(({ kind, things, hosts }) => {
    const [one, many] = kindWords[kind] ?? [kind, kind];
    return `${countOf(things, one, many)} on ${countOf(hosts, 'host')}`;
  });
}

/** How far that is known. */
export function unjudgedDoubt({ hosts, hosts_unread: unread }: UnjudgedSoftware): string {
  return unread === 0
    ? `It was looked for on ${hosts === 1 ? 'the one host' : `all ${countOf(hosts, 'host')}`}.`
    : `What there is on ${formatCount(unread)} of ${countOf(hosts, 'host')} is not known, or only in part.`;
}
