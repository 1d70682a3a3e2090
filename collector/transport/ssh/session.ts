/** One program on a host that we are logged in to: sent on standard input, read with limits of our own. */
import type { Client, ClientChannel } from 'ssh2';
import { clean } from '#data/model/clean.ts';
import type { Line } from './line.ts';
import { cutOff, trouble } from './troubles.ts';
import type { RunOptions, TransportEnd } from '../transport.ts';

/**
 * What the login shell is asked for. It must mean the same to sh, csh and fish, and leave nothing to be
 * quoted: the program itself goes to standard input.
 */
const command = 'sh -s';

/** How long the far side may take to close an ended connection by itself. */
const farewellMs = 500;

const mostStderr = 500;

interface Program extends RunOptions {
  program: string;
}

export async function runProgram(line: Line, client: Client, options: Program): Promise<TransportEnd> {
  if (line.socket.destroyed) return line.ended;
  line.enter('session', options.limits.connectMs);
  const opened = new Promise<TransportEnd>((resolve) => {
    try {
      client.exec(command, (error, channel) => {
        if (error === undefined || error === null) resolve(readChannel(line, channel, options));
        else line.end(explainRefusal(error));
      });
    } catch (error) {
      line.end(cutOff('session', error instanceof Error ? error.message : ''));
    }
  });
  const end = await Promise.race([opened, line.ended]);
  if (!line.socket.destroyed) line.enter('session');
  return end;
}

/** Settles when the program has ended and all that was wanted of its output is in. */
function readChannel(
  line: Line,
  channel: ClientChannel,
  { program, limits, onBytes }: Program,
): Promise<TransportEnd> {
  line.enter('probe', limits.deadlineMs);
  const { promise, resolve } = Promise.withResolvers<TransportEnd>();
  const silent = () => {
    const seconds = Math.round(limits.silenceMs / 100) / 10;
    line.end(trouble('timed-out', 'probe', { message: `The host said nothing for ${seconds} s.` }));
  };
  const silence = setTimeout(silent, limits.silenceMs);
  let bytes = 0;
  let wanted = true;
  let exitStatus: number | null | undefined;
  let stderr = Buffer.alloc(0);
  const finish = () => {
    const text = clean(stderr.toString('utf8').trim(), 300);
    resolve({ outcome: 'ended', stage: 'probe', exitStatus: exitStatus ?? null, message: text });
  };
  channel.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    silence.refresh();
    if (wanted) wanted = onBytes(chunk);
    if (bytes > limits.maxBytes)
      line.end(trouble('output-too-large', 'probe', { message: `More than ${limits.maxBytes} bytes.` }));
    // What is left open by something that the login files started must not be waited for.
    else if (!wanted && exitStatus !== undefined) finish();
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    stderr = Buffer.concat([stderr, chunk]).subarray(-mostStderr);
    if (bytes > limits.maxBytes)
      line.end(trouble('output-too-large', 'probe', { message: `More than ${limits.maxBytes} bytes.` }));
  });
  channel.on('exit', (status: number | null) => {
    exitStatus = status;
    if (!wanted) finish();
  });
  channel.on('close', finish);
  channel.on('error', () => {
    // A shell that ends before it has read the program closes its input: its exit says so.
  });
  channel.end(program);
  return Promise.race([promise, line.ended]).finally(() => clearTimeout(silence));
}

function explainRefusal(error: Error): TransportEnd {
  return trouble('refused', 'session', {
    message: `The host let us log in, but gave us no session (${clean(error.message, 150)}).`,
    nextStep:
      'Look at MaxSessions and ForceCommand in sshd_config of the host, and at the shell of the account.',
  });
}

/** Says good-bye, and does not wait for an answer for long. */
export function hangUp(line: Line, client: Client): void {
  if (line.socket.destroyed) return;
  const destroy = () => line.end(cutOff('probe', 'we hung up'));
  const timer = setTimeout(destroy, farewellMs);
  line.socket.once('close', () => clearTimeout(timer));
  client.end();
}
