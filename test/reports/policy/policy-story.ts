/** September 2026 under policies: a story, people's files, and what the policies say. */
import { createHash } from 'node:crypto';
import { appendEntry } from '#data/ledger/append.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { readRows, withDatabase } from '#data/ledger/database.ts';
import type { JsonRow } from '#data/ledger/database.ts';
import { deriveFindings } from '#reports/derive.ts';
import { advisoryRows, supported, writeFeed } from '../findings/feed-story.ts';
import type { Advisory, FeedStory } from '../findings/feed-story.ts';
import { advisory, at, fixed } from '../findings/september.ts';
import { tell } from '../findings/story.ts';
import type { Found, HostState, RunStory } from '../findings/story.ts';

export interface PolicyStory {
  runs: RunStory[];
  /** Policies, by id, as YAML below `clock`. */
  policies: { [id: string]: string };
  /** Exceptions as YAML list items, by the instant at which the record learns of them. */
  exceptions?: [at: string, yaml: string][];
  advisories?: Advisory[];
  feeds?: FeedStory[];
  /** Evaluations as YAML list items. */
  evaluations?: string;
  /** What patchledger.yaml says beside the collector. */
  config?: string;
}

export interface Judged {
  rows: (sql: string) => Promise<JsonRow[]>;
  ledgerRoot: string;
}

/** Appends people's files as an entry of their own. */
export async function writeFiles(
  ledgerRoot: string,
  at: string,
  files: { [path: string]: string },
): Promise<void> {
  await appendEntry(
    ledgerRoot,
    {
      collector: 'people',
      kind: 'workspace',
      startedAt: new Date(at),
      recordedAt: () => new Date(at),
      programVersion: 'test',
      workspaceFiles: Object.entries(files).map(([path, text]) => ({
        path,
        content: Buffer.from(text),
        sha256: createHash('sha256').update(text).digest('hex'),
      })),
    },
    () => Promise.resolve({}),
  );
}

function policyFile(id: string, body: string): string {
  return `id: ${id}\ntitle: ${id}\nsource:\n  text: a test\n${body}`;
}

/** Tells the story and judges it, as of its last entry. */
export async function judge(story: PolicyStory): Promise<Judged> {
  const { ledgerRoot, cacheRoot } = await tell(story.runs);
  await writeFeed(ledgerRoot, {
    at: '2026-08-30T00:00:00.000Z',
    feed: 'debian-dsa',
    rows: advisoryRows(story.advisories ?? [advisory]),
  });
  await writeFeed(ledgerRoot, { at: '2026-08-30T00:30:00.000Z', feed: 'lifecycle', rows: supported });
  for (const feed of story.feeds ?? []) await writeFeed(ledgerRoot, feed);
  const policies = Object.fromEntries(
    Object.entries(story.policies).map(([id, body]) => [`policies/${id}.yaml`, policyFile(id, body)]),
  );
  const config = {
    'patchledger.yaml': `collector: people\n${story.config ?? ''}`,
    ...(story.evaluations === undefined
      ? {}
      : { 'evaluations/evaluations.yaml': `evaluations:\n${story.evaluations}` }),
  };
  await writeFiles(ledgerRoot, '2026-08-30T01:00:00.000Z', { ...config, ...policies });
  for (const [at, yaml] of story.exceptions ?? [])
    await writeFiles(ledgerRoot, at, {
      ...config,
      ...policies,
      'exceptions/exceptions.yaml': yaml === '' ? 'exceptions: []\n' : `exceptions:\n${yaml}`,
    });
  const { path } = await deriveFindings({ cacheRoot, entries: listEntries(ledgerRoot), trendWeeks: 0 });
  return {
    ledgerRoot,
    rows: (sql) => withDatabase(path, { readOnly: true }, (connection) => readRows(connection, sql)),
  };
}

// The advisory is of 3 September, known to the day: ten days end at 24:00 of the 13th.
export const deadline = '2026-09-14T00:00:00.000Z';
export const tenDays = 'clock: published\nrules:\n  - name: all\n    allowed: { days: 10 }\n';
export const log = (day: number, time = '20:00:00.000'): HostState => ({
  ...fixed,
  log: [[at(day, time), 'upgrade', 'ssl', '1', '2']],
});

export function runs(found: { [day: number]: Found }): RunStory[] {
  return Object.entries(found).map(([day, state]) => ({
    at: at(Number(day)),
    hosts: { web: state, other: { packages: {} } },
  }));
}

export type Row = { [column: string]: unknown };

export async function verdictOf(
  story: Partial<PolicyStory> & { runs: RunStory[] },
): Promise<Row | undefined> {
  const { rows } = await judge({ policies: { ten: tenDays }, ...story });
  const found = await rows("FROM verdicts WHERE policy = 'ten' AND host_id = 'web' ORDER BY spell DESC");
  return found[0];
}
