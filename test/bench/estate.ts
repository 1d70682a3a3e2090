/**
 * An estate for the benchmark: 1,000 Debian hosts with a share of real package names, scanned every night for
 * 90 nights, each host patching on days of its own, and half a year of advisories. A seed makes it the same
 * each time.
 */
import { appendEntry } from '#data/ledger/append.ts';
import type { RowOf, ScanTableName, Snapshot } from '#data/model/tables.ts';
import { generator } from '#reports/statistics/bands.ts';
import { advisoryRows, writeFeed } from '#test/reports/findings/feed-story.ts';
import type { Advisory } from '#test/reports/findings/feed-story.ts';
import { member, snapshotOf } from '#test/reports/findings/story.ts';

export interface Estate {
  hosts: number;
  nights: number;
  packages: number;
}

const first = Date.UTC(2026, 7, 20, 3);
const day = 86_400_000;
const advisories = 260;

/** Appends the feeds and every night but the last one; gives the function that appends that. */
export async function writeEstate(ledgerRoot: string, estate: Estate): Promise<() => Promise<void>> {
  const random = generator(20_261_124);
  const list = advisoriesOf(random, estate.packages);
  await writeFeed(ledgerRoot, {
    at: new Date(first - day).toISOString(),
    feed: 'debian-dsa',
    rows: advisoryRows(list),
  });
  const hosts = Array.from(
    { length: estate.hosts },
    (_, index) => new BenchHost(`host-${index}`, list, random),
  );
  for (let night = 0; night < estate.nights - 1; night++) await writeNight(ledgerRoot, hosts, night, estate);
  return () => writeNight(ledgerRoot, hosts, estate.nights - 1, estate);
}

function advisoriesOf(random: () => number, packages: number): Advisory[] {
  return Array.from({ length: advisories }, (_, index) => {
    const published = new Date(first - 60 * day + Math.floor(random() * 148) * day);
    return [
      `DSA-${7000 + index}-1`,
      published.toISOString().slice(0, 10),
      packageName(Math.floor(random() * packages)),
      `1.0-${index + 2}`,
      `CVE-2026-${30_000 + index}`,
    ] satisfies Advisory;
  }).sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function packageName(index: number): string {
  return `package${index}`;
}

/** One host: it patches everything that is published, every one to eight weeks. */
class BenchHost {
  readonly id: string;
  readonly every: number;
  readonly offset: number;
  readonly list: Advisory[];
  patchedUntil = '';

  constructor(id: string, list: Advisory[], random: () => number) {
    this.id = id;
    this.list = list;
    this.every = 7 + Math.floor(random() * 50);
    this.offset = Math.floor(random() * this.every);
  }

  scan(night: number, packages: number): Snapshot {
    const at = new Date(first + night * day).toISOString();
    const today = at.slice(0, 10);
    const patches = night % this.every === this.offset;
    const log = patches
      ? this.list
          .filter(
            ([, published]) =>
              published > this.patchedUntil && published <= today && this.patchedUntil !== '',
          )
          .map(
            ([, , source, version]) =>
              [
                new Date(first + night * day - 3_600_000).toISOString(),
                'upgrade',
                source,
                '1.0-1',
                version,
              ] as [string, 'upgrade', string, string, string],
          )
      : [];
    if (patches || this.patchedUntil === '') this.patchedUntil = patches ? today : '2026-06-30';
    const installed = Object.fromEntries(
      Array.from({ length: packages }, (_, index) => [packageName(index), '1.0-1']),
    );
    const offers: { [name: string]: Partial<RowOf<'updates'>> } = {};
    for (const [, published, source, version] of this.list) {
      if (published <= this.patchedUntil) installed[source] = version;
      else if (published <= today)
        offers[source] = {
          newest_version: version,
          candidate_version: version,
          security: true,
          origin: 'Debian',
        };
    }
    return snapshotOf(this.id, { packages: installed, offers, log }, at);
  }
}

async function writeNight(
  ledgerRoot: string,
  hosts: BenchHost[],
  night: number,
  { packages }: Estate,
): Promise<void> {
  const startedAt = new Date(first + night * day);
  const identity = {
    collector: 'main',
    kind: 'scan' as const,
    startedAt,
    recordedAt: () => new Date(startedAt.getTime() + 600_000),
    programVersion: 'bench',
    workspaceFiles: [],
  };
  await appendEntry(ledgerRoot, identity, async (tables) => {
    for (const host of hosts) {
      tables.add('population', [member(host.id)]);
      for (const [name, rows] of Object.entries(host.scan(night, packages)))
        tables.add(name as ScanTableName, rows);
    }
    return {};
  });
}
