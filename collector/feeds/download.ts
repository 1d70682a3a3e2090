/** A feed from a server: conditional, bounded in time and size. */
import { basename } from 'node:path';
import { clean } from '#data/model/clean.ts';
import { FeedDamaged } from '#data/feeds/feed.ts';
import { gatherBytes } from './files.ts';
import type { Gathered } from './files.ts';

/** What the server said of its content the last time, for a conditional request. */
export interface Validators {
  etag: string | null;
  lastModified: string | null;
}

export interface Download extends Validators {
  /** Null when the server says that nothing changed. */
  gathered: Gathered | null;
}

export interface DownloadOptions {
  /** Bytes beyond which the answer cannot be the feed, packed or unpacked. */
  maxBytes: number;
  /** Null when the content is wanted whatever was got before. */
  known: Validators | null;
  /** Until the whole answer is here. */
  timeoutMs: number;
}

/** @throws FeedDamaged when there is no answer, not the right one, or too much of it */
export async function download(url: URL, { maxBytes, known, timeoutMs }: DownloadOptions): Promise<Download> {
  const headers = new Headers({ 'user-agent': 'patchledger' });
  if (known?.etag) headers.set('if-none-match', known.etag);
  if (known?.lastModified) headers.set('if-modified-since', known.lastModified);
  try {
    const answer = await fetch(withoutLogin(url), {
      headers: withLogin(headers, url),
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (answer.status === 304 && known !== null) {
      await answer.body?.cancel();
      return { ...known, gathered: null };
    }
    if (!answer.ok)
      throw new FeedDamaged(`was answered with ${answer.status} ${clean(answer.statusText, 60)}`);
    const lastModified = header(answer, 'last-modified');
    const content = await readBounded(answer, maxBytes);
    const gathered = await gatherBytes(basename(url.pathname) || 'index', content, {
      maxBytes,
      changedAt: instantOf(lastModified),
    });
    return { gathered, etag: header(answer, 'etag'), lastModified };
  } catch (error) {
    if (error instanceof FeedDamaged) throw error;
    throw new FeedDamaged(`could not be downloaded: ${explain(error, timeoutMs)}`);
  }
}

async function readBounded(answer: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new FeedDamaged(`is larger than ${Math.round(maxBytes / 1024 / 1024)} MiB`);
    chunks.push(chunk);
  }
  const expected = Number(answer.headers.get('content-length'));
  const isEncoded = answer.headers.has('content-encoding');
  if (!isEncoded && answer.headers.has('content-length') && expected !== bytes)
    throw new FeedDamaged(`was cut off after ${bytes} of ${expected} bytes`);
  return Buffer.concat(chunks);
}

/** `fetch` takes no login in the address; mirrors inside a company have one now and then. */
function withLogin(headers: Headers, { username, password }: URL): Headers {
  if (username === '') return headers;
  const login = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  headers.set('authorization', `Basic ${Buffer.from(login).toString('base64')}`);
  return headers;
}

export function withoutLogin(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

/** Bounded: it comes back with the next request and lies in the record. */
function header(answer: Response, name: string): string | null {
  const value = answer.headers.get(name);
  return value === null || value.length > 300 || clean(value, 400) !== value ? null : value;
}

function instantOf(httpDate: string | null): string | null {
  const date = new Date(httpDate ?? '');
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

function explain(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return clean(String(error), 120);
  if (error.name === 'TimeoutError') return `no whole answer within ${Math.round(timeoutMs / 1000)} s`;
  const cause = error.cause instanceof Error ? error.cause.message : '';
  return clean(cause === '' ? error.message : cause, 160);
}
