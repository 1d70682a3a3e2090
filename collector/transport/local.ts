/** This machine. */
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { clean } from '#data/model/clean.ts';
import { withoutConnecting } from './transport.ts';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Outcome, RunOptions, Transport, TransportEnd } from './transport.ts';

/** @param shell the sh that reads the program */
export function localTransport(shell: string[] = ['sh']): Transport {
  return withoutConnecting('local', (_host, program, options) => run(shell, program, options));
}

function run(shell: string[], program: string, options: RunOptions): Promise<TransportEnd> {
  return new Promise((resolve) => {
    const [command = 'sh', ...words] = shell;
    // Its own session: whatever it starts can be found and ended.
    const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const stopped = bound(child, options);
    const stderr = tail(child);
    // A shell that ends early closes its input: its exit says so, not the broken pipe.
    child.stdin.on('error', () => {});
    child.on('error', (error) => {
      const message = `${command} cannot be started: ${error.message}`;
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
function bound(
  child: ChildProcessByStdio<Writable, Readable, Readable>,
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
  const silent = () => stop('timed-out', `Not a byte for ${Math.round(limits.silenceMs / 1000)} s.`);
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
function killSession(child: ChildProcess): void {
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
