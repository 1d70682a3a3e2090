/** Loads of feeds from files and from a real server: what is new, what is not, and what is refused. */
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadFeed } from '#collector/feeds/load.ts';
import type { GoodLoad, LoadOptions, LoadRows } from '#collector/feeds/load.ts';
import { zipOf } from './zip.ts';

const folder = mkdtempSync(join(tmpdir(), 'patchledger-feeds-'));
const now = new Date('2026-09-01T00:00:00.000Z');
const list = (count: number, day = '30 Aug 2026'): string =>
  Array.from(
    { length: count },
    (_, index) => `[${day}] DSA-${6000 - index}-1 a - b\n\t[trixie] - a 1.${index}\n`,
  ).join('');

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let answer: Answer;
let server: Server;
let url: URL;
const requests: IncomingMessage[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/data/DSA/list`);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

function written(name: string, content: string | Buffer): LoadOptions['place'] {
  const path = join(folder, name);
  writeFileSync(path, content);
  return { source: 'file', path };
}

async function load(place: LoadOptions['place'], more: Partial<LoadOptions> = {}): Promise<LoadRows> {
  return loadFeed('debian-dsa', { place, last: undefined, now, ...more });
}

const outcome = ({ feed_loads: [row] }: LoadRows) => row;
const served =
  (text: string, headers: object = {}): Answer =>
  (_, response) =>
    response.writeHead(200, headers as never).end(text);

describe('from a file', () => {
  test.each([
    ['plain', 'list', list(20)],
    ['gzip, whatever its name', 'list2', gzipSync(list(20))],
  ])('%s', async (_, name, content) => {
    const rows = await load(written(name, content));
    expect(outcome(rows)).toMatchObject({
      outcome: 'loaded',
      source: 'file',
      advisories: 20,
      current_at: '2026-08-30T23:59:59.999Z',
    });
    expect(rows.advisories).toHaveLength(20);
    expect(rows.advisory_fixes[0]).toMatchObject({ feed: 'debian-dsa', release: 'trixie' });
  });

  const damaged: [string, string | Buffer, RegExp][] = [
    ['gzip that is cut', gzipSync(list(20)).subarray(0, 60), /is no whole gzip file/],
    ['not UTF-8', Buffer.concat([Buffer.from(list(20)), Buffer.of(0xff, 0x0a)]), /not UTF-8/],
    ['empty', '', /ends in the middle/],
  ];
  test.each(damaged)('%s is refused with its reason', async (_, content, reason) => {
    const rows = await load(written('damaged', content));
    expect(outcome(rows)).toMatchObject({ outcome: 'failed', content_sha256: null, advisories: 0 });
    expect(outcome(rows)?.reason).toMatch(reason);
    expect(rows.advisories).toEqual([]);
  });

  test('one that is not there is refused', async () => {
    const rows = await load({ source: 'file', path: join(folder, 'none') });
    expect(outcome(rows)?.reason).toMatch(/is not there/);
  });

  test('the same content again is not written again', async () => {
    const place = written('same', list(20));
    const first = outcome(await load(place));
    const rows = await load(place, { last: first as GoodLoad });
    expect(outcome(rows)).toMatchObject({
      outcome: 'unchanged',
      content_sha256: first?.content_sha256,
      advisories: 20,
    });
    expect(rows.advisories).toEqual([]);
  });

  test('a copy that lost much is refused, unless it is wanted', async () => {
    const last = outcome(await load(written('full', list(200)))) as GoodLoad;
    const place = written('half', list(100));
    const refused = outcome(await load(place, { last }));
    expect(refused).toMatchObject({ outcome: 'failed' });
    expect(refused?.reason).toMatch(/holds 100 records where the last good copy held 200/);
    expect(outcome(await load(place, { last, allowShrinking: true }))).toMatchObject({ outcome: 'loaded' });
    expect(outcome(await load(written('few less', list(190)), { last }))).toMatchObject({
      outcome: 'loaded',
    });
  });
});

describe('a zip', () => {
  const ela = JSON.stringify({
    id: 'ELA-1-1',
    modified: '2026-08-30T00:00:00Z',
    related: [],
    affected: [
      { package: { ecosystem: 'Debian:10', name: 'a' }, ranges: [{ events: [{ fixed: '1.0-1+deb10u1' }] }] },
    ],
  });
  const whole = zipOf({ 'ELA-1-1.json': ela });
  const loadZip = (content: Buffer) =>
    loadFeed('debian-elts', { place: written('elts.zip', content), last: undefined, now });

  test('of records is read', async () => {
    expect((await loadZip(whole)).advisories).toHaveLength(1);
  });

  test('with a flipped byte in a record is refused by its check sum', async () => {
    const flipped = Buffer.from(whole);
    const place = flipped.indexOf('1.0-1+deb10u1');
    flipped.writeUInt8('9'.charCodeAt(0), place);
    expect(outcome(await loadZip(flipped))?.reason).toMatch(
      /is no whole zip file: check sum of ELA-1-1.json/,
    );
  });

  test('that is cut is refused', async () => {
    expect(outcome(await loadZip(whole.subarray(0, -10)))?.reason).toMatch(/is no whole zip file/);
  });

  test('may be a folder instead', async () => {
    mkdirSync(join(folder, 'elts'), { recursive: true });
    writeFileSync(join(folder, 'elts', 'ELA-1-1.json'), ela);
    const rows = await loadFeed('debian-elts', {
      place: { source: 'file', path: join(folder, 'elts') },
      last: undefined,
      now,
    });
    expect(rows.advisories).toHaveLength(1);
  });
});

describe('from a server', () => {
  test('is current as of the answer; the second request is conditional', async () => {
    answer = (request, response) =>
      request.headers['if-none-match'] === '"v1"'
        ? response.writeHead(304).end()
        : response
            .writeHead(200, { etag: '"v1"', 'last-modified': 'Sun, 30 Aug 2026 10:00:00 GMT' })
            .end(list(20));
    const first = outcome(await load({ source: 'url', url }));
    expect(first).toMatchObject({
      outcome: 'loaded',
      etag: '"v1"',
      current_at: now.toISOString(),
      location: url.href,
    });

    const later = new Date('2026-09-02T00:00:00.000Z');
    const rows = await load({ source: 'url', url }, { last: first as GoodLoad, now: later });
    expect(outcome(rows)).toMatchObject({
      outcome: 'unchanged',
      etag: '"v1"',
      advisories: 20,
      current_at: later.toISOString(),
      content_sha256: first?.content_sha256,
    });
    expect(requests.at(-1)?.headers['if-modified-since']).toBe('Sun, 30 Aug 2026 10:00:00 GMT');
  });

  test('whose list has been quiet for weeks is only as current as its newest record', async () => {
    answer = served(list(20, '01 Jul 2026'));
    expect(outcome(await load({ source: 'url', url }))).toMatchObject({
      outcome: 'loaded',
      current_at: '2026-07-01T23:59:59.999Z',
    });
  });

  const failures: [string, Answer, RegExp][] = [
    ['an error', (_, response) => response.writeHead(503, 'Out of order').end(), /was answered with 503/],
    ['a page that is no list', served('<html></html>\n'), /holds no records/],
    [
      'an answer that is cut off',
      (_, response) => {
        response.writeHead(200, { 'content-length': 10_000 });
        response.write(list(1));
        setTimeout(() => response.destroy(), 50);
      },
      /could not be downloaded/,
    ],
    ['no answer', () => {}, /no whole answer within 1 s/],
    [
      'one drop at a time, for ever',
      (_, response) => {
        response.writeHead(200);
        const drops = setInterval(() => response.write('x'), 20);
        response.once('close', () => clearInterval(drops));
      },
      /no whole answer within 1 s/,
    ],
    [
      'more than any such list',
      (_, response) => {
        const block = 'x'.repeat(1 << 20);
        const pour = (): void => {
          while (!response.destroyed && response.write(block));
          if (!response.destroyed) response.once('drain', pour);
        };
        pour();
      },
      /is larger than 64 MiB/,
    ],
    ['a gzip bomb', (_, response) => response.end(gzipSync(Buffer.alloc(80 << 20))), /is larger than 64 MiB/],
  ];
  test.each(failures)('%s: failed, and what is in force stays', async (_, how, reason) => {
    answer = how;
    const last = {
      content_sha256: 'a',
      etag: null,
      last_modified: null,
      location: 'x',
      advisories: 20,
      bytes: 1,
      current_at: null,
    };
    const timeoutMs = reason.source.includes('within') ? 1000 : 20_000;
    const rows = await load({ source: 'url', url }, { last, timeoutMs });
    expect(outcome(rows)).toMatchObject({ outcome: 'failed' });
    expect(outcome(rows)?.reason).toMatch(reason);
    expect(rows.advisories).toEqual([]);
  });

  test('nobody listening', async () => {
    const rows = await load({ source: 'url', url: new URL('http://127.0.0.1:9/x') });
    expect(outcome(rows)?.reason).toMatch(/could not be downloaded/);
  });

  test('a login in the address is sent, and not recorded', async () => {
    answer = served(list(20));
    const secret = new URL(url);
    secret.username = 'me';
    secret.password = 'pass word';
    const rows = await load({ source: 'url', url: secret });
    expect(requests.at(-1)?.headers.authorization).toBe(
      `Basic ${Buffer.from('me:pass word').toString('base64')}`,
    );
    expect(JSON.stringify(rows)).not.toMatch(/pass|me:/);
  });
});

test('what a feed says of the wrong kind is a failed load, never a crash', async () => {
  for (const id of [
    'kev',
    'debian-tracker',
    'debian-elts',
    'lifecycle',
    'debian-changelogs',
    'debian-dla',
  ] as const)
    for (const text of ['', '\u0000', '[]', '{}', '"x"', list(3), 'a,b\n'])
      expect(
        outcome(await loadFeed(id, { place: written('odd', text), last: undefined, now }))?.outcome,
      ).toBe('failed');
});
