/** Every advisory feed that Patchledger reads. */
import type { FeedId } from '#data/model/words.ts';
import { debianChangelogs } from './debian-changelogs.ts';
import { debianElts } from './debian-elts.ts';
import { debianDla, debianDsa } from './debian-list.ts';
import { debianTracker } from './debian-tracker.ts';
import type { Feed } from './feed.ts';
import { kev } from './kev.ts';
import { lifecycle } from './lifecycle.ts';

export const feeds: { readonly [id in FeedId]: Feed } = {
  'debian-dsa': debianDsa,
  'debian-dla': debianDla,
  'debian-elts': debianElts,
  'debian-tracker': debianTracker,
  'debian-changelogs': debianChangelogs,
  kev,
  lifecycle,
};
