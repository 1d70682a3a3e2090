/** Compares the population of a record with a list of others, as `population compare` does. */
import { createHash } from 'node:crypto';
import { appendEntry } from '#data/ledger/append.ts';
import { chooseColumns, describeColumns, retiredWords } from '#data/population/columns.ts';
import { comparePopulation, countOutcomes } from '#data/population/compare.ts';
import { readCsv } from '#data/population/csv.ts';
import { listMachines } from '#data/population/listed.ts';

export interface ComparisonStory {
  /** UTC instant at which it is recorded. */
  at: string;
  source: string;
  /** Day of the list. */
  dated: string;
  csv: string;
  /** Hosts of the inventory, with their addresses. */
  hosts: { [hostId: string]: string | null };
  /** What hosts call themselves. */
  hostnames?: { [hostId: string]: string };
  collector?: string;
}

export async function writeComparison(ledgerRoot: string, story: ComparisonStory): Promise<void> {
  const { at, source, dated, csv, hosts, hostnames = {}, collector = 'people' } = story;
  const table = readCsv(Buffer.from(csv));
  const columns = chooseColumns(table.header, {});
  const known = Object.entries(hosts).map(([host_id, address]) => ({
    host_id,
    address,
    hostname: hostnames[host_id] ?? null,
  }));
  const compared = comparePopulation(listMachines(table, columns, retiredWords), known);
  await appendEntry(
    ledgerRoot,
    {
      collector,
      kind: 'comparison',
      startedAt: new Date(at),
      recordedAt: () => new Date(at),
      programVersion: 'test',
      workspaceFiles: [],
    },
    (tables) => {
      tables.add('comparisons', [
        {
          source,
          dated,
          dated_by: 'given',
          dated_at: new Date(Date.parse(dated) + 86_400_000).toISOString(),
          file: 'list.csv',
          content_sha256: createHash('sha256').update(csv).digest('hex'),
          bytes: csv.length,
          columns_used: describeColumns(table.header, columns),
          ...countOutcomes(compared),
        },
      ]);
      tables.add('comparison_rows', compared.rows);
      tables.add('comparison_hosts', compared.hosts);
      return Promise.resolve({});
    },
  );
}
