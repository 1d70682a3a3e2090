/** The cuts of real feeds that tests read (test/fixtures/feeds), and what they make of them. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FeedContent, FeedFile } from '#data/feeds/feed.ts';
import { feeds } from '#data/feeds/registry.ts';
import type { FeedId } from '#data/model/words.ts';

const fixtures = fileURLToPath(new URL('../../fixtures/feeds', import.meta.url));

export function fixture(name: string): FeedFile {
  return { name, content: readFileSync(join(fixtures, name)) };
}

export function file(name: string, text: string): FeedFile {
  return { name, content: Buffer.from(text) };
}

/** Parses files, or one text. */
export function parse(id: FeedId, from: FeedFile[] | string): FeedContent {
  return feeds[id].parse(typeof from === 'string' ? [file('feed', from)] : from);
}

/** The ELA records among the fixtures. */
export function elaFiles(): FeedFile[] {
  return readdirSync(fixtures)
    .filter((name) => name.startsWith('ELA-'))
    .map(fixture);
}
