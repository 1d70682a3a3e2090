import { Command, InvalidArgumentError } from 'commander';
import process from 'node:process';
import { isAbsolute, resolve } from 'node:path';
import { loadFeed } from '#collector/feeds/load.ts';
import type { FeedPlace, GoodLoad, LoadRows } from '#collector/feeds/load.ts';
import { readFacts, shippedFeeds } from '#data/feeds/facts/facts.ts';
import { feeds } from '#data/feeds/registry.ts';
import { appendEntry } from '#data/ledger/append.ts';
import type { Appended } from '#data/ledger/append.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { lastGoodLoads } from '#data/ledger/feeds.ts';
import { withWriterLock } from '#data/ledger/lock.ts';
import { Failure } from '#data/model/failure.ts';
import type { FeedRow, FeedTableName } from '#data/model/feed-tables.ts';
import { feedIds } from '#data/model/words.ts';
import type { FeedId } from '#data/model/words.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import type { Workspace } from '#data/workspace/load.ts';
import { print, printJson, say, showProgress } from './output.ts';
import { programVersion } from './version.ts';
import { waitOption } from './wait.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';
import type { Places } from './workspace.ts';

const someFeedsFailed = 3;

export function feedsCommand(): Command {
  return new Command('feeds')
    .description('load advisory feeds into the record, or show what is in force')
    .addHelpText(
      'before',
      'Example: patchledger feeds load\n         patchledger feeds load debian-dsa --from ./DSA-list.gz\n',
    )
    .addCommand(loadCommand())
    .addCommand(showCommand(), { isDefault: true });
}

interface LoadFlags {
  workspace?: string;
  from?: string;
  allowShrinking?: boolean;
  wait: number;
  json?: boolean;
}

function loadCommand(): Command {
  return new Command('load')
    .description('load feeds from where patchledger.yaml says, or from --from')
    .argument('[feeds...]', `only these: ${feedIds.join(', ')}`, readId)
    .addOption(workspaceOption())
    .option('--from <place>', "a file, a folder, an address, 'upstream' or 'shipped'; for one feed")
    .option('--allow-shrinking', 'take a copy that holds much less than the last good one')
    .addOption(waitOption())
    .option('--json', 'the result as JSON')
    .addHelpText('before', 'Example: patchledger feeds load kev --from upstream\n')
    .action(async (ids: FeedId[], flags: LoadFlags) => {
      const where = places(findWorkspace(flags.workspace));
      const workspace = await loadWorkspace(where.root);
      const wanted = chooseFeeds(workspace, ids, flags.from);
      const { loads } = await appendLoads(where, workspace, {
        wanted: () => wanted,
        waitSeconds: flags.wait,
        allowShrinking: flags.allowShrinking === true,
      });
      if (flags.json) printJson(loads);
      else for (const load of loads) say(describeLoad(load));
      if (loads.some(({ outcome }) => outcome === 'failed')) process.exitCode = someFeedsFailed;
    });
}

function showCommand(): Command {
  return new Command('show')
    .description('what is in force of each feed')
    .addOption(workspaceOption())
    .option('--json', 'the result as JSON')
    .action(async (flags: { workspace?: string; json?: boolean }) => {
      const where = places(findWorkspace(flags.workspace));
      const last = await lastGoodLoads(listEntries(where.ledger));
      const rows = feedIds.map((feed) => ({ feed, title: feeds[feed].title, ...(last.get(feed) ?? null) }));
      if (flags.json) return printJson(rows);
      for (const { feed, title, current_at, advisories, location } of rows) {
        const state =
          location === undefined
            ? 'never loaded'
            : `current until ${current_at ?? 'an unknown time'}, ${advisories} records, ${location}`;
        print(`${feed.padEnd(18)} ${title}: ${state}`);
      }
    });
}

interface AppendOptions {
  /** Which feeds, from where; asked under the lock, with what is in force. */
  wanted: (last: Map<FeedId, GoodLoad>) => Map<FeedId, FeedPlace>;
  waitSeconds: number;
  allowShrinking?: boolean;
}

/** Loads feeds and appends what came of it as one entry; no entry when none is wanted. */
async function appendLoads(
  where: Places,
  workspace: Workspace,
  { wanted, waitSeconds, allowShrinking = false }: AppendOptions,
): Promise<{ entry: Appended | null; loads: FeedRow<'feed_loads'>[] }> {
  const onWait = (holder: string): void => say(`waiting for ${holder}…`);
  return withWriterLock(where.ledger, { waitSeconds, onWait }, async () => {
    const last = await lastGoodLoads(listEntries(where.ledger));
    const chosen = [...wanted(last)];
    const loads: FeedRow<'feed_loads'>[] = [];
    if (chosen.length === 0) return { entry: null, loads };
    const startedAt = new Date();
    const progress = showProgress('loading feeds', chosen.length);
    try {
      const entry = await appendEntry(
        where.ledger,
        {
          collector: workspace.config.collector,
          kind: 'feed',
          startedAt,
          workspaceFiles: workspace.files,
          programVersion,
        },
        async (tables) => {
          for (const [feed, place] of chosen) {
            progress.step(loads.length, feed);
            const rows = await loadFeed(feed, {
              place,
              last: last.get(feed),
              allowShrinking,
              now: new Date(),
            });
            for (const [name, group] of Object.entries(rows) as [FeedTableName, LoadRows[FeedTableName]][])
              tables.add(name, group as never);
            loads.push(...rows.feed_loads);
          }
          return summarise(loads);
        },
      );
      return { entry, loads };
    } finally {
      progress.end();
    }
  });
}

/**
 * Loads the feeds that patchledger.yaml takes from somewhere else than from what Patchledger ships.
 *
 * @returns what came of each; none when no feed is configured
 */
export async function loadConfiguredFeeds(
  where: Places,
  waitSeconds: number,
): Promise<FeedRow<'feed_loads'>[]> {
  const workspace = await loadWorkspace(where.root);
  const ids = feedIds.filter((id) => !['off', 'shipped', undefined].includes(workspace.config.feeds[id]));
  if (ids.length === 0) return [];
  const wanted = chooseFeeds(workspace, ids, undefined);
  const { loads } = await appendLoads(where, workspace, { wanted: () => wanted, waitSeconds });
  return loads;
}

function summarise(loads: FeedRow<'feed_loads'>[]): Record<string, number> {
  const count = (outcome: string): number => loads.filter((load) => load.outcome === outcome).length;
  return { loaded: count('loaded'), unchanged: count('unchanged'), failed: count('failed') };
}

/** Loads the facts that Patchledger ships where the record holds nothing newer. */
export async function loadShippedFacts(where: Places, waitSeconds: number): Promise<void> {
  const workspace = await loadWorkspace(where.root);
  await appendLoads(where, workspace, {
    waitSeconds,
    wanted: (last) =>
      new Map(
        shippedFeeds()
          .filter((id) => workspace.config.feeds[id] !== 'off' && isNews(id, last.get(id)))
          .map((id) => [id, { source: 'shipped' as const }]),
      ),
  });
}

function isNews(id: FeedId, last: GoodLoad | undefined): boolean {
  if (last === undefined) return true;
  const { sha256, content } = readFacts(id);
  return sha256 !== last.content_sha256 && (content.currentAt ?? '') > (last.current_at ?? '');
}

function chooseFeeds(workspace: Workspace, ids: FeedId[], from: string | undefined): Map<FeedId, FeedPlace> {
  if (from !== undefined && ids.length !== 1) {
    throw new Failure('usage', '--from is for one feed', {
      nextStep: 'patchledger feeds load debian-dsa --from PLACE',
      exitCode: 2,
    });
  }
  const configured = feedIds.filter((id) => workspace.config.feeds[id] !== undefined);
  const chosen = ids.length > 0 ? ids : configured.length > 0 ? configured : shippedFeeds();
  return new Map(
    chosen
      .map((id) => [id, from ?? workspace.config.feeds[id] ?? 'shipped'] as const)
      .filter(([, place]) => place !== 'off')
      .map(([id, place]) => [id, placeOf(id, place, from === undefined ? workspace.root : process.cwd())]),
  );
}

function placeOf(id: FeedId, place: string, base: string): FeedPlace {
  if (place === 'shipped') {
    if (shippedFeeds().includes(id)) return { source: 'shipped' };
    throw new Failure('no-facts', `Patchledger ships no facts of ${id}`, {
      nextStep: `patchledger feeds load ${id} --from upstream, or a file`,
      exitCode: 2,
    });
  }
  if (place === 'upstream') {
    const { upstream } = feeds[id];
    if (upstream !== null) return { source: 'url', url: new URL(upstream) };
    throw new Failure('no-upstream', `${id} has no single address`, {
      nextStep: `give a file, a folder or the address of your mirror`,
      exitCode: 2,
    });
  }
  if (/^https?:\/\//.test(place)) return { source: 'url', url: new URL(place) };
  return { source: 'file', path: isAbsolute(place) ? place : resolve(base, place) };
}

function readId(word: string, earlier: FeedId[] | undefined): FeedId[] {
  const id = feedIds.find((known) => known === word);
  if (id === undefined) throw new InvalidArgumentError(`there are ${feedIds.join(', ')}`);
  return [...(earlier ?? []), id];
}

/** A load in one line. */
export function describeLoad({
  feed,
  outcome,
  reason,
  advisories,
  current_at,
}: FeedRow<'feed_loads'>): string {
  if (outcome === 'failed') return `${feed}: failed: it ${reason}; the last good copy stays in force`;
  return `${feed}: ${outcome}, ${advisories} records, current until ${current_at ?? 'an unknown time'}`;
}
