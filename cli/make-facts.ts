/** `npm run facts -- FEED=PATH…`: makes the facts that Patchledger ships (data/feeds/facts/README.md). */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { gatherPath } from '#collector/feeds/files.ts';
import { encodeFacts } from '#data/feeds/facts/facts.ts';
import { feeds } from '#data/feeds/registry.ts';
import { feedIds } from '#data/model/words.ts';

const wanted = process.argv.slice(2).map((word) => word.split('=', 2));
if (wanted.length === 0)
  throw new Error('name feeds and their files: npm run facts -- kev=known_exploited.json');
for (const [name, path = ''] of wanted) {
  const id = feedIds.find((feed) => feed === name);
  if (id === undefined) throw new Error(`no feed ${name}; there are ${feedIds.join(', ')}`);
  const feed = feeds[id];
  const { files, sha256, changedAt } = await gatherPath(path, feed.maxBytes);
  const content = feed.parse(files);
  for (const { place, reason } of content.rejections) console.error(`${id}: ${place}: ${reason}`);
  const facts = encodeFacts({
    feed: id,
    sha256,
    content: { ...content, currentAt: content.currentAt ?? changedAt },
  });
  writeFileSync(fileURLToPath(new URL(`../data/feeds/facts/${id}.json.gz`, import.meta.url)), facts);
  console.error(`${id}: ${facts.byteLength} bytes, current at ${content.currentAt ?? changedAt}`);
}
