/** A program of this machine that speaks for a host: its output with limits, and its end with all that it started. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { clean } from '#data/model/clean.ts';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Outcome, RunOptions, TransportEnd } from './transport.ts';

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

/** Starts it in a session of its own, with that environment: whatever it starts can be found and ended. */
export function startChild(
  [command = 'sh', ...words]: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Child {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env });
  // A shell that ends early closes its input: its exit says so, not the broken pipe.
  child.stdin.on('error', () => {});
  return child;
}

/** Runs a command that reads a program of POSIX sh on standard input. */
export function runChild(
  words: readonly string[],
  program: string,
  options: RunOptions,
): Promise<TransportEnd> {
  return new Promise((resolve) => {
    const child = startChild(words);
    const stopped = bound(child, options);
    const stderr = tail(child);
    child.on('error', (error) => {
      const message = `${words[0]} cannot be started: ${error.message}`;
      resolve({ outcome: 'unreachable', stage: 'session', exitStatus: null, message });
    });
    child.on('close', (exitStatus) => {
      const ended = { outcome: 'ended' as const, message: exitStatus === 0 ? '' : stderr() };
      resolve({ ...(stopped() ?? ended), stage: 'probe', exitStatus });
    });
    child.stdin.end(program);
  });
}

/** Hands the output on and ends everything at the limits; the answer says which limit it was, if any. */
export function bound(
  child: Child,
  { limits, onBytes }: RunOptions,
): () => Pick<TransportEnd, 'outcome' | 'message'> | null {
  let stopped: Pick<TransportEnd, 'outcome' | 'message'> | null = null;
  const stop = (outcome: Outcome, message: string) => {
    if (stopped !== null) return;
    stopped = { outcome, message };
    killSession(child);
    // A process that left the session may still hold the pipes.
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const late = () => stop('timed-out', `No end after ${Math.round(limits.deadlineMs / 1000)} s.`);
  const timer = setTimeout(late, limits.deadlineMs);
  const silent = () =>
    stop('timed-out', `The host said nothing for ${Math.round(limits.silenceMs / 100) / 10} s.`);
  const silence = setTimeout(silent, limits.silenceMs);
  for (const event of ['close', 'error']) {
    child.on(event, () => {
      clearTimeout(timer);
      clearTimeout(silence);
    });
  }
  let bytes = 0;
  let wanted = true;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    silence.refresh();
    if (wanted) wanted = onBytes(chunk);
    if (bytes > limits.maxBytes) stop('output-too-large', `More than ${limits.maxBytes} bytes.`);
  });
  // Standard error is bounded like the answer: a host may flood either.
  child.stderr.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.maxBytes) stop('output-too-large', `More than ${limits.maxBytes} bytes.`);
  });
  return () => stopped;
}

/** The end of what the shell itself said on standard error. */
function tail(child: ChildProcess): () => string {
  let kept = Buffer.alloc(0);
  child.stderr?.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-500);
  });
  return () => clean(kept.toString('utf8').trim(), 300);
}

/** `timeout` puts each command into a process group of its own, but all stay in the child's session. */
export function killSession(child: ChildProcess): void {
  if (child.pid === undefined) return;
  for (const pid of [child.pid, ...sessionMembers(child.pid)]) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

/** Processes whose session (proc(5), field 6 of stat) is that one. */
function sessionMembers(session: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => sessionOf(pid) === session);
}

function sessionOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
  } catch {
    return null;
  }
}
