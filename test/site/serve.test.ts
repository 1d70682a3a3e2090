import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serveSite } from '#site/serve.ts';
import type { SiteServer } from '#site/serve.ts';
import { swapSite } from '#site/swap.ts';

const out = join(mkdtempSync(join(tmpdir(), 'patchledger-serve-')), 'out');
let server: SiteServer;

function publish(word: string): void {
  const built = mkdtempSync(join(tmpdir(), 'patchledger-built-'));
  mkdirSync(join(built, 'hosts', 'a'), { recursive: true });
  writeFileSync(join(built, 'index.html'), word);
  writeFileSync(join(built, 'hosts', 'a', 'index.html'), word);
  writeFileSync(join(built, 'hosts', 'a', 'events.csv'), '"a"\n');
  writeFileSync(join(built, '404.html'), `<link href="assets/site.css"><a href="#main">${word}</a>`);
  swapSite({ built, outFolder: out, id: word });
}

beforeAll(async () => {
  publish('one');
  server = await serveSite({ folder: join(out, 'site'), port: 0 });
});
afterAll(() => server.close());

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

function ask(
  path: string,
  { host, method = 'GET' }: { host?: string; method?: string } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const headers = host === undefined ? {} : { Host: host };
    const sent = request({ hostname, port, path, method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on('error', reject).end();
  });
}

test('listens on a loopback address only', () => {
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
});

test.each([
  ['/', 'text/html'],
  ['/hosts/a/', 'text/html'],
  ['/hosts/a/index.html', 'text/html'],
  ['/hosts/a/events.csv', 'text/csv'],
])('%s is there, with the headers that keep a page to itself', async (path, type) => {
  const { status, headers } = await ask(path);
  expect(status).toBe(200);
  expect(headers['content-type']).toContain(type);
  expect(headers['content-security-policy']).toContain("default-src 'none'");
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
  expect(headers['x-content-type-options']).toBe('nosniff');
  expect(headers['referrer-policy']).toBe('no-referrer');
});

test.each([
  '/nothing',
  '/../../../../etc/passwd',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/hosts/..%2f..%2f..%2fetc/passwd',
])('%s is not', async (path) => {
  const { status, body } = await ask(path);
  expect(status).toBe(404);
  expect(body).not.toContain('root:');
});

test('the page for unknown addresses finds its style from anywhere', async () => {
  const { status, body } = await ask('/hosts/gone/');
  expect(status).toBe(404);
  expect(body).toContain('<link href="/assets/site.css"><a href="#main">');
});

test.each([
  ['localhost:1', 200],
  ['127.0.0.1', 200],
  ['[::1]:8080', 200],
  ['site.localhost', 200],
  ['patchledger.example.org', 403],
  ['127.0.0.1.example.org', 403],
  ['localhost.example.org:80', 403],
])('a request for host %s gets %d', async (host, status) => {
  expect((await ask('/', { host })).status).toBe(status);
});

test('only reading is answered', async () => {
  expect((await ask('/', { method: 'POST' })).status).toBe(405);
});

test('takes the next port when its own is taken', async () => {
  const port = Number(new URL(server.url).port);
  const second = await serveSite({ folder: join(out, 'site'), port });
  expect(Number(new URL(second.url).port)).toBeGreaterThan(port);
  await second.close();
});

test('a site that is swapped in is seen at once', async () => {
  expect((await ask('/')).body).toContain('one');
  publish('two');
  expect((await ask('/')).body).toContain('two');
  expect((await ask('/hosts/a/')).body).toContain('two');
});
