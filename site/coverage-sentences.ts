/** The sentences of `/coverage/` that depend on data. */
import type { CoverageLine, RunLine } from '#reports/reading.ts';
import { countOf, formatCount, formatOffset } from './words.ts';

/** Clocks that are off by less are nobody's concern; what they told is corrected all the same. */
const notableMs = 60_000;

/** How many hosts have package lists that prove nothing about today; null when all of them do. */
export function listsSentence(hosts: readonly CoverageLine[], maxAgeHours: number): string | null {
  const read = hosts.filter(({ last_read_at: at }) => at !== null);
  const old = read.filter(({ lists_fresh: isFresh }) => !isFresh);
  if (old.length === 0) return null;
  const undated = old.filter(({ lists_checked_at: at }) => at === null).length;
  const of =
    undated === 0
      ? ''
      : undated === old.length
        ? ' (of unknown age)'
        : ` (${formatCount(undated)} of unknown age)`;
  return (
    `${formatCount(old.length)} of ${countOf(read.length, 'host')} that ${read.length === 1 ? 'was' : 'were'} ever read ` +
    `${old.length === 1 ? 'has' : 'have'} package lists that are not known to be younger than ${maxAgeHours} hours${of}: ` +
    `what they do not offer is unknown, and none of these hosts counts as having nothing on offer.`
  );
}

/** Hosts whose clock is off by more than a minute, farthest first. */
export function skewedClocks(
  hosts: readonly CoverageLine[],
): { host_id: string; off: string; within: string }[] {
  return hosts
    .flatMap(({ host_id, clock_offset_ms: offset, clock_uncertainty_ms: uncertainty }) =>
      offset === null || Math.abs(offset) - (uncertainty ?? 0) < notableMs
        ? []
        : [{ host_id, offset, uncertainty }],
    )
    .sort((a, b) => Math.abs(b.offset) - Math.abs(a.offset))
    .map(({ host_id, offset, uncertainty }) => ({
      host_id,
      off: formatOffset(offset),
      within:
        uncertainty === null ? 'not known how closely' : `to ${Math.max(1, Math.ceil(uncertainty / 1000))} s`,
    }));
}

/** A host's clock beside the collector's. */
export function clockSentence(offset: number, uncertainty: number | null): string {
  const measured = `${offset} ms from the collector's, ± ${uncertainty ?? '?'} ms`;
  if (Math.abs(offset) - (uncertainty ?? 0) < notableMs) return measured;
  return `${formatOffset(offset)} (${measured}); taken off every time that it told`;
}

/** What the runs of a collector read, from the oldest to the latest; null when there is nothing to compare. */
export function runsSentence(runs: readonly RunLine[]): string | null {
  const last = runs.at(-1);
  if (last === undefined || runs.length < 2) return null;
  const shares = runs.map(shareRead);
  const [least, most] = [Math.min(...shares), Math.max(...shares)];
  const range = least === most ? `${least} %` : `between ${least} and ${most} %`;
  return (
    `The last ${countOf(runs.length, 'whole run')} read ${range} of the population completely; ` +
    `the latest ${formatCount(last.hosts_read)} of ${countOf(last.population, 'host')}.`
  );
}

/** In whole percent, rounded down: what is not whole is not 100 %. */
function shareRead({ hosts_read: read, population }: RunLine): number {
  return population === 0 ? 0 : Math.floor((100 * read) / population);
}
