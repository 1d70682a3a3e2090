/**
 * One writer at a time, by a lock that the kernel frees when its holder dies: SQLite's lock on an empty
 * file (docs/decisions.md 1). Nothing is ever written to the file.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '#data/model/failure.ts';
import { explainWriteError, makeFolderDurably } from '#data/model/durable.ts';

export interface LockOptions {
  /** How long to wait for another holder, in seconds; 0 leaves at once. */
  waitSeconds: number;
  /** Told once who is waited for. */
  onWait?: (holder: string) => void;
  /** What the holder of this lock is doing; writing to the folder when not given. */
  doing?: string;
}

export const lockFile = '.lock';
const pollMs = 200;
const busyExitCode = 5;

/**
 * Runs the work while holding the lock of a folder.
 *
 * @throws Failure 'busy' when another process (or another call in this one) still holds it after the wait
 */
export async function withWriterLock<T>(
  folder: string,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await acquire(folder, options);
  try {
    return await work();
  } finally {
    lock.close();
  }
}

async function acquire(
  folder: string,
  { waitSeconds, onWait, doing = `writing to ${folder}` }: LockOptions,
): Promise<DatabaseSync> {
  const path = join(folder, lockFile);
  const deadline = performance.now() + waitSeconds * 1000;
  for (let attempt = 0; ; attempt++) {
    const lock = tryLock(folder, path);
    if (lock !== undefined) return lock;
    const holder = findHolder(path);
    if (performance.now() >= deadline) {
      throw new Failure('busy', `${holder} is ${doing}`, {
        nextStep: 'run the command again when it is done, or give --wait SECONDS',
        exitCode: busyExitCode,
      });
    }
    if (attempt === 0) onWait?.(holder);
    await sleep(pollMs);
  }
}

function tryLock(folder: string, path: string): DatabaseSync | undefined {
  let lock: DatabaseSync | undefined;
  try {
    makeFolderDurably(folder);
    lock = new DatabaseSync(path);
    lock.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock?.close();
    if (error instanceof Error && /database is locked/.test(error.message)) return undefined;
    throw explainLockError(error, folder);
  }
}

function explainLockError(error: unknown, folder: string): unknown {
  const refused = error instanceof Error && /unable to open database file/.test(error.message);
  const reason = refused ? new Error('EACCES: Permission denied', { cause: error }) : error;
  return explainWriteError(reason, folder, 'nothing was changed');
}

/** The process that holds the lock, where /proc/locks tells (not across containers). */
function findHolder(path: string): string {
  try {
    const { ino } = statSync(path);
    const line = readFileSync('/proc/locks', 'utf8')
      .split('\n')
      .find((text) => text.includes(`:${ino} `) && text.includes('WRITE'));
    const pid = line?.trim().split(/\s+/)[4];
    return pid === undefined || pid === '-1' ? 'another Patchledger' : `another Patchledger (process ${pid})`;
  } catch {
    return 'another Patchledger';
  }
}
