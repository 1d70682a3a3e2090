/** Dated events from the history that dnf 5 keeps of its transactions. */
import { z } from 'zod';
import { clean } from '#data/model/clean.ts';
import type { EventAction } from '#data/model/words.ts';
import { localBounds } from '../linux/local-time.ts';
import { jsonAnswer } from '../json-answer.ts';
import { parseParts, partProblem, partText } from '../parts.ts';
import { rejecter } from '../rejections.ts';
import { parseNevra } from '../rpm/names.ts';
import { sectionProblem } from '../sections.ts';
import type { ParseContext } from '../ecosystem.ts';
import type { Rejecter } from '../rejections.ts';
import type { History } from '../log-files.ts';
import type { EventRow } from './rpm-log.ts';

const section = 'dnf-history';
const seconds = z.int().min(0).max(99_999_999_999);

const Transactions = z
  .array(
    z.object({
      start_time: seconds,
      end_time: seconds,
      status: z.string(),
      description: z.string(),
      packages: z.array(z.object({ nevra: z.string(), action: z.string() })).max(100_000),
    }),
  )
  .max(100_000);

type Transaction = z.output<typeof Transactions>[number];

const comes: { [action: string]: EventAction } = {
  Install: 'install',
  Upgrade: 'upgrade',
  Downgrade: 'downgrade',
  Reinstall: 'reinstall',
};

/** Reads the section `dnf-history`; `absent` where dnf 5 is not what the host uses. */
export function parseDnf5History(context: ParseContext): History {
  const output = context.sections.get(section);
  const rejecting = rejecter(context.hostId, section);
  const problem = sectionProblem(section, output);
  if (problem !== null || output?.text.trim() === 'absent') return { ...nothing, problems: [problem] };
  const part = parseParts(output?.text ?? '').parts.get('history');
  const read = jsonAnswer(Transactions, partText(part));
  const unread = read === null ? "What 'dnf5 history info' said could not be read." : null;
  const transactions = read ?? [];
  const events = transactions.flatMap((transaction) => eventsOf(context, transaction, rejecting));
  const bad =
    rejecting.rows.length > 0 ? `${rejecting.rows.length} changes of the history could not be read.` : null;
  const row = logRow(context.hostId, transactions);
  return {
    events,
    logs: read !== null && part?.exitStatus === 0 ? [row] : [],
    rejections: rejecting.rows,
    problems: [partProblem('dnf5 history info', part), unread, bad],
  };
}

const nothing: History = { events: [], logs: [], rejections: [], problems: [] };

/** Times are seconds since 1970: the log's local time is UTC. */
function logRow(hostId: string, transactions: Transaction[]): History['logs'][number] {
  const times = transactions.map(({ start_time }) => localTime(start_time)).sort();
  return {
    host_id: hostId,
    log: 'dnf5',
    path: '/usr/lib/sysimage/libdnf5/transaction_history.sqlite',
    bytes: null,
    modified_at: null,
    sha256: null,
    first_time: times[0] ?? null,
    last_time: times.at(-1) ?? null,
  };
}

function eventsOf(context: ParseContext, transaction: Transaction, { reject }: Rejecter): EventRow[] {
  const bounds = boundsOf(context, transaction);
  const changes = transaction.packages.flatMap(({ nevra, action }) => {
    const parsed = parseNevra(nevra);
    if (parsed === null) reject(1, 'A package with its version.', nevra);
    return parsed === null ? [] : [{ ...parsed, said: action, key: `${parsed.name} ${parsed.architecture}` }];
  });
  const came = new Set(changes.filter(({ said }) => comes[said] !== undefined).map(({ key }) => key));
  const before = new Map(
    changes.filter(({ said }) => said === 'Replaced').map(({ key, version }) => [key, version]),
  );
  return changes.flatMap(({ said, key, name, version, architecture }): EventRow[] => {
    const event = {
      host_id: context.hostId,
      log: 'dnf5',
      local_time: localTime(transaction.start_time),
      ...bounds,
      package: name,
      architecture,
      command: clean(transaction.description, 500),
    };
    const action = comes[said];
    if (action !== undefined) {
      const old_version = action === 'install' ? null : (before.get(key) ?? null);
      return [
        { ...event, action, old_version, new_version: version, completed: transaction.status === 'Ok' },
      ];
    }
    const gone = { ...event, old_version: version, new_version: null, completed: null };
    if (said === 'Remove') return [{ ...gone, action: 'remove' as const }];
    return said === 'Replaced' && !came.has(key) ? [{ ...gone, action: 'disappear' as const }] : [];
  });
}

function boundsOf(
  context: ParseContext,
  { start_time, end_time }: Transaction,
): { not_before: string; not_after: string } {
  const first = localBounds(localTime(start_time), 'UTC', context.clock);
  const last = localBounds(localTime(Math.max(start_time, end_time)), 'UTC', context.clock);
  return { not_before: first!.not_before, not_after: last!.not_after };
}

function localTime(secondsSince1970: number): string {
  return new Date(secondsSince1970 * 1000).toISOString().slice(0, 19);
}
