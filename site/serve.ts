/** Shows a built site on a loopback address. There is nothing to attack: it only reads files of one folder. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sirv from 'sirv';
import { Failure } from '#data/model/failure.ts';
import { contentPolicy } from './policy.ts';

export interface ServeOptions {
  /** The site; may be a link that a later build replaces. */
  folder: string;
  /** Where to listen; a loopback address unless told. */
  host?: string;
  /** 0 for any free one; the next free one when taken. */
  port: number;
}

export interface SiteServer {
  /** Where it can be opened. */
  url: string;
  close: () => Promise<void>;
}

const portsTried = 50;

const headers = {
  'Content-Security-Policy': `${contentPolicy}; frame-ancestors 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * @returns once it listens
 * @throws Failure 'no-port' when none of the next ports is free
 */
export async function serveSite({ folder, host = '127.0.0.1', port }: ServeOptions): Promise<SiteServer> {
  // Not the cached mode: files are looked up each time, so a build that was swapped in is seen at once.
  const files = sirv(folder, { dev: true, etag: true });
  const server = createServer((request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (isLoopback(host) && !isLoopback(hostOf(request))) return refuse(response);
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405);
    files(request, response, () => sendNotFound(folder, response));
  });
  const taken = await listen(server, host, port);
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/`,
    close: () => close(server),
  };
}

/** A page elsewhere must not reach the site under its own name (DNS rebinding): only loopback names are answered. */
function isLoopback(name: string): boolean {
  return /^(localhost|([a-z0-9-]+\.)+localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(name);
}

function hostOf(request: IncomingMessage): string {
  return (request.headers.host ?? '').replace(/:\d+$/, '');
}

function refuse(response: ServerResponse, status = 403): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(status === 403 ? 'This site answers only to loopback names.\n' : 'Only GET and HEAD.\n');
}

/** The page for unknown addresses lies at the top; under a deeper address its links must begin there. */
function sendNotFound(folder: string, response: ServerResponse): void {
  let page = 'There is no such page.\n';
  let type = 'text/plain; charset=utf-8';
  try {
    page = readFileSync(join(folder, '404.html'), 'utf8').replaceAll(
      / (href|src)="(?![a-z]+:|#|\/)/g,
      ' $1="/',
    );
    type = 'text/html; charset=utf-8';
  } catch {
    // No site yet, or one being replaced: the plain sentence will do.
  }
  response.writeHead(404, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(page);
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  for (let attempt = 0; attempt < portsTried; attempt++) {
    const tried = port === 0 ? 0 : port + attempt;
    if (tried > 65_535) break;
    const error = await tryPort(server, host, tried);
    if (error === undefined) return (server.address() as AddressInfo).port;
    if (error.code !== 'EADDRINUSE') throw error;
  }
  throw new Failure('no-port', `no free port from ${port} on`, { nextStep: 'patchledger serve --port 0' });
}

function tryPort(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => resolve(error);
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve(undefined);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
