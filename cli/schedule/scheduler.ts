/** What every way to start the nightly run has in common. */
import { createHash } from 'node:crypto';
import { Failure } from '#data/model/failure.ts';
import type { When } from './when.ts';

export const kinds = ['systemd', 'cron', 'github', 'gitlab'] as const;
export type Kind = (typeof kinds)[number];

/** Where and for whom the run is to be started. */
export interface Setting {
  /** Absolute. */
  workspace: string;
  /** Name of its chain. */
  collector: string;
  /** `scan.every-hours`. */
  everyHours: number;
  /** Folder of this Patchledger, absolute. */
  checkout: string;
  /** The account that is to run it: the workspace's owner, where root schedules. */
  account: string;
  /** Whether root schedules: for the whole machine, not for one account. */
  isRoot: boolean;
  /** Home folder of whoever schedules. */
  home: string;
  hostname: string;
  /** Whether hosts are read that a confined process could not reach as the operator could. */
  needsFreedom: boolean;
  /** Where the machine's folders begin; '/' but in tests. */
  machineRoot: string;
}

/** A file, or lines of one, that make the schedule. */
export interface Piece {
  /** The file; for the table of an account, what people call it. */
  place: string;
  content: string;
}

export interface Scheduler {
  kind: Kind;
  /** What is written, and where. */
  pieces: (when: When) => Piece[];
  /** Writes the pieces and has them obeyed. */
  install: (when: When) => void;
  /** Takes away what is there. */
  remove: () => void;
  /** What is there now, in the order of `pieces`; empty when nothing is. */
  installed: () => Piece[];
  /** When a run begins, in words. */
  describe: (when: When) => string;
  /** What people must do or know beside it. */
  notes: () => string[];
  /** Why what is installed starts nothing, with the next step; null when it does, or nobody can say. */
  fault: () => { message: string; nextStep: string } | null;
}

/** The same for one workspace on one machine, and for no other: units and files are called so. */
export function scheduleName({ collector, workspace }: Setting): string {
  const path = createHash('sha256').update(workspace).digest('hex').slice(0, 6);
  return `patchledger-${collector}-${path}`;
}

/** What a name of ours looks like in folders that hold others' files too. */
export const scheduleNamePattern = /^patchledger-[a-z0-9-]+-[0-9a-f]{6}(?:\.service|\.timer)?$/;

export function programOf({ checkout }: Setting): string {
  return `${checkout}/bin/patchledger`;
}

// systemd.syntax(7) and systemd.unit(5): quotes, escapes, specifiers. crontab(5): the percent sign.
// systemd.service(5): the dollar sign.
const unquotable = /[%\\"'$`\p{Cc}\u2028\u2029\ufffd]/u;

/**
 * What stands in a unit or in a table of cron is read by rules that differ between versions; a path that
 * would need more than plain quotes is refused.
 *
 * @throws Failure 'schedule'
 */
export function assertQuotable(...paths: string[]): void {
  const path = paths.find((one) => unquotable.test(one));
  if (path === undefined) return;
  throw new Failure('schedule', `a schedule cannot name this path safely: ${JSON.stringify(path)}`, {
    nextStep: 'give the folder a name without quotes, backslash, %, $ and control characters',
    exitCode: 2,
  });
}
