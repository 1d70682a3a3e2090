/**
 * What differs from one advisory feed to the next. A feed is a file in this folder and one line in
 * `registry.ts`. Everything here is pure: the upstream's files in, rows out.
 */
import { clean } from '#data/model/clean.ts';
import type { FeedContentTable, FeedRow } from '#data/model/feed-tables.ts';
import type { FeedId } from '#data/model/words.ts';

/** One file of a feed as it came, unpacked if it was gzip. */
export interface FeedFile {
  /** Its name without folders, or its path below the feed's folder. */
  name: string;
  content: Uint8Array;
}

type Bare<N extends FeedContentTable> = Omit<FeedRow<N>, 'feed'>;

/** What a feed says; the rows do not name the feed yet. */
export type FeedRows = { [N in FeedContentTable]?: Bare<N>[] };

export interface FeedContent {
  rows: FeedRows;
  /** Records that could not be what they claim to be. */
  rejections: { place: string; reason: string; excerpt: string }[];
  /** Everything published until then is in it, by what the content itself says (UTC); null when it does not say. */
  currentAt: string | null;
}

export interface Feed {
  id: FeedId;
  title: string;
  /** Where the publisher has it; null when there is no single address. */
  upstream: string | null;
  /** Bytes beyond which an answer cannot be this feed. */
  maxBytes: number;
  /**
   * @param files the whole feed; most are one file
   * @throws FeedDamaged when they are not this feed, or not whole
   */
  parse: (files: FeedFile[]) => FeedContent;
}

/** Content that is not the feed that it should be, or not all of it. The message ends a sentence that begins with the feed. */
export class FeedDamaged extends Error {
  override name = 'FeedDamaged';
}

/** The text of a feed's only file. @throws FeedDamaged */
export function onlyText(files: FeedFile[]): string {
  const [file, ...others] = files;
  if (file === undefined || others.length > 0) throw new FeedDamaged(`is one file, not ${files.length}`);
  return textOf(file);
}

/** @throws FeedDamaged when the file is not UTF-8 */
export function textOf({ name, content }: FeedFile): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw new FeedDamaged(`holds bytes that are not UTF-8 text (${clean(name)})`);
  }
}

/** @throws FeedDamaged */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FeedDamaged(`is not whole JSON: ${clean(error instanceof Error ? error.message : '', 120)}`);
  }
}

/** Bounds of a day-precise date: the whole day in UTC. Null when there is no such day. */
export function dayBounds(day: string): { notBefore: string; notAfter: string } | null {
  const start = new Date(`${day}T00:00:00.000Z`);
  if (
    !/^\d{4}-\d{2}-\d{2}$/.test(day) ||
    Number.isNaN(start.getTime()) ||
    !start.toISOString().startsWith(day)
  )
    return null;
  return { notBefore: start.toISOString(), notAfter: `${day}T23:59:59.999Z` };
}

export const cvePattern = /^CVE-\d{4}-\d{4,19}$/;
/** Codename of a release, as a path of the archive names it. */
export const releasePattern = /^[a-z][a-z0-9-]{1,30}$/;

/** Most records kept of those that are wrong; more only count. */
export const mostRejections = 1000;
/** Share of wrong records beyond which the whole is taken for damaged. */
const mostWrong = 0.02;

/** @throws FeedDamaged when there is nothing, or too much that makes no sense */
export function refuseNonsense(good: number, wrong: number, what: string): void {
  if (good === 0) throw new FeedDamaged(`holds no ${what}`);
  if (wrong > Math.max(20, good * mostWrong))
    throw new FeedDamaged(`holds ${wrong} wrong ${what} beside ${good}`);
}
