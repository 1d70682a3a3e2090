/** One TCP connection on its way: which stage it is at, a clock on that stage, and the first reason of its end. */
import { Socket } from 'node:net';
import { cutOff, explainError, notSsh, timedOut } from './troubles.ts';
import type { Stage } from '#data/model/words.ts';
import type { ConnectOptions, Host, TransportEnd } from '../transport.ts';

export interface Line {
  socket: Socket;
  stage: () => Stage;
  /** Moves on to a stage that may take that many milliseconds; without a number it may take any time. */
  enter: (next: Stage, milliseconds?: number) => void;
  /** Settles with what ended the connection, when something does; never rejects. */
  ended: Promise<TransportEnd>;
  /** Ends the connection and frees the socket. The first reason counts. */
  end: (reason: TransportEnd) => void;
}

/** Longest text before the SSH greeting (RFC 4253, 4.2, allows some and names no limit). */
const mostGreeting = 8192;

export function openLine(host: Host, { limits, signal }: ConnectOptions): Line {
  const socket = inOnePiece(new Socket().setNoDelay());
  const { promise: ended, resolve } = Promise.withResolvers<TransportEnd>();
  let stage: Stage = 'connect';
  let timer: NodeJS.Timeout | undefined;
  const giveUp = () => end(cutOff(stage, 'the run was ended'));
  const end = (reason: TransportEnd) => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
    resolve(reason);
    socket.destroy();
  };
  const enter = (next: Stage, milliseconds?: number) => {
    clearTimeout(timer);
    stage = next;
    // An ended connection must not leave a clock behind.
    if (milliseconds !== undefined && !socket.destroyed)
      timer = setTimeout(() => end(timedOut(next, milliseconds)), milliseconds);
  };
  signal?.addEventListener('abort', giveUp);
  // Permanent: a reset may come at any time, also when nobody waits for anything.
  socket.on('error', (error) => end(explainError(error, stage, host)));
  socket.on('close', () => end(cutOff(stage)));
  socket.once('connect', () => enter('banner', limits.connectMs));
  enter('connect', limits.connectMs);
  const line = { socket, stage: () => stage, enter, ended, end };
  watchGreeting(line, limits.connectMs);
  socket.connect({ host: host.address ?? '', port: host.port ?? 22 });
  return line;
}

/** ssh2 writes every packet in three pieces, and several packets in a row: what one turn writes leaves together. */
function inOnePiece(socket: Socket): Socket {
  const write = socket.write.bind(socket) as Socket['write'];
  socket.write = ((...args: Parameters<Socket['write']>) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    return write(...args);
  }) as Socket['write'];
  return socket;
}

/** Reads along until the greeting has come. What does not greet is no SSH server. */
function watchGreeting({ socket, enter, end }: Line, connectMs: number): void {
  let seen = '';
  const read = (chunk: Buffer) => {
    seen += chunk.toString('latin1');
    const greeted = /^SSH-(2\.0|1\.99)-[^\n]*\n/m.test(seen);
    if (greeted) enter('key-exchange', connectMs);
    if (greeted || seen.length > mostGreeting) socket.off('data', read);
    if (!greeted && seen.length > mostGreeting) end(notSsh(`${seen.length} bytes without a greeting`));
  };
  socket.on('data', read);
}
