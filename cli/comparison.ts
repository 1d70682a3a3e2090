/** What `population compare` says of a comparison, and of which day the list is. */
import type { Appended } from '#data/ledger/append.ts';
import type { ComparisonRow } from '#data/model/comparison-tables.ts';
import { Failure } from '#data/model/failure.ts';
import type { Comparison } from '#data/population/compare.ts';
import { readAsOf } from './as-of.ts';
import { print, say } from './output.ts';

export interface Compared extends Comparison {
  entry: Appended;
  summary: ComparisonRow<'comparisons'>;
}

/** The day of the list. The clock of whoever wrote the file may be ahead; a list of tomorrow is none. */
export function listDate(
  said: string | undefined,
  { changedAt, now, zone }: { changedAt: Date; now: Date; zone: string },
): Pick<ComparisonRow<'comparisons'>, 'dated' | 'dated_by' | 'dated_at'> {
  const latest = now.toISOString();
  if (said === undefined) {
    const at = changedAt < now ? changedAt.toISOString() : latest;
    const dated = Temporal.Instant.from(at).toZonedDateTimeISO(zone).toPlainDate().toString();
    return { dated, dated_by: 'file', dated_at: at };
  }
  const end = readAsOf(said, zone, '--date');
  const today = Temporal.Instant.from(latest).toZonedDateTimeISO(zone).toPlainDate().toString();
  if (said.length === 10 ? said > today : end > latest)
    throw new Failure('usage', `--date: ${said} is in the future`, {
      nextStep: '--date of the export',
      exitCode: 2,
    });
  return { dated: said, dated_by: 'given', dated_at: end < latest ? end : latest };
}

/** Names on one line at most. */
const mostNamed = 20;

export function describe({ rows, hosts, entry, summary }: Compared): void {
  print(
    `${summary.source}, of ${summary.dated}${summary.dated_by === 'file' ? ' (as the file was last changed; --date says it better)' : ''}: ` +
      `${summary.rows} rows, ${summary.retired_rows} of them retired, ${summary.unusable_rows} without a name`,
  );
  print(`  compared by ${summary.columns_used.join(', ')}`);
  print(`${summary.in_both} of ${summary.hosts} hosts are in both`);
  const there = rows.filter(({ outcome }) => outcome === 'only-there');
  const unclear = rows.filter(({ outcome }) => outcome === 'ambiguous');
  printNames(
    'only there',
    there.map(({ name, line }) => `${name} (line ${line})`),
  );
  printNames(
    'only here',
    hosts.filter(({ outcome }) => outcome === 'only-here').map(({ host_id }) => host_id),
  );
  printNames(
    'retired there, and still here',
    hosts.filter(({ outcome }) => outcome === 'retired-there').map(({ host_id }) => host_id),
  );
  printNames(
    'not clear',
    unclear.map(({ name, line, candidates }) => `${name} (line ${line}) may be ${candidates.join(' or ')}`),
  );
  say(`entry ${entry.sequence} · head ${entry.hash.slice(0, 12)}; /coverage/ of the next build shows it`);
}

function printNames(what: string, names: string[]): void {
  if (names.length === 0) return;
  const more = names.length > mostNamed ? `, and ${names.length - mostNamed} more` : '';
  print(`${what}, ${names.length}: ${names.slice(0, mostNamed).join(', ')}${more}`);
}

export function asJson({ rows, hosts, entry, summary }: Compared): object {
  return {
    collector: entry.collector,
    sequence: entry.sequence,
    hash: entry.hash,
    ...summary,
    only_there_rows: rows.filter(({ outcome }) => outcome === 'only-there'),
    ambiguous: rows.filter(({ outcome }) => outcome === 'ambiguous'),
    hosts_not_in_both: hosts.filter(({ outcome }) => outcome !== 'both'),
  };
}
