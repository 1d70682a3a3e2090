/** What may answer in the place of an SSH server, and what may lie between. */
import { spawn } from 'node:child_process';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface BadServer {
  address: string;
  port: number;
  stop: () => Promise<void>;
}

/** Calls back with each connection. */
export function serverOf(address: string, onSocket: (socket: Socket) => void): Promise<BadServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, () => {
      const at = server.address();
      if (at === null || typeof at === 'string') throw new TypeError('a TCP server has an address');
      const stop = () => {
        for (const socket of sockets) socket.destroy();
        return new Promise<void>((done) => server.close(() => done()));
      };
      resolve({ address, port: at.port, stop });
    });
  });
}

/** Says line after line, and never what is waited for. */
export function tarpit(address: string): Promise<BadServer> {
  return serverOf(address, (socket) => {
    const timer = setInterval(() => socket.write('x\r\n'), 100);
    socket.on('close', () => clearInterval(timer));
  });
}

export interface Cut {
  /** Bytes of the server that still pass. */
  after: number;
  how: 'rst' | 'fin' | 'stall';
}

/** A proxy that cuts, or only stalls, what the server says after so many bytes. */
export function cuttingProxy(
  address: string,
  target: { address: string; port: number },
  cut: Cut,
): Promise<BadServer> {
  return serverOf(address, (client) => {
    const server = connect({ host: target.address, port: target.port });
    server.on('error', () => {});
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
    client.on('data', (chunk) => server.write(chunk));
    let left = cut.after;
    const pass = (chunk: Buffer) => {
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (part.length > 0) client.write(part);
      if (left === 0) end(client, server, cut.how);
    };
    if (left === 0) end(client, server, cut.how);
    else server.on('data', pass);
  });
}

function end(client: Socket, server: Socket, how: Cut['how']): void {
  server.removeAllListeners('data');
  if (how === 'stall') {
    server.pause();
    return;
  }
  if (how === 'rst') client.resetAndDestroy();
  else client.end();
  server.destroy();
}

/**
 * Addresses that swallow packets: the queue of a listener that never accepts is full, so the kernel drops
 * what comes, for every loopback address.
 */
export async function blackHole(port: number): Promise<BadServer> {
  const listen = `require('node:net').createServer().listen({ host: '0.0.0.0', port: ${port}, backlog: 1 }, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', listen], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGSTOP');
  const fillers: Socket[] = [];
  for (let full = false; !full;) {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    fillers.push(socket);
    full = !(await Promise.race([
      new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true))),
      sleep(300, false),
    ]));
    if (fillers.length > 50) throw new Error('the queue of a listener that never accepts does not fill up');
  }
  return {
    address: '127.0.0.1',
    port,
    stop: async () => {
      for (const socket of fillers) socket.destroy();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}
