/** Looking at a built site from outside. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

/** Every file of a tree, relative, in order. */
export function listFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(root, name)).isFile())
    .sort();
}

export function listPages(root: string): string[] {
  return listFiles(root).filter((name) => name.endsWith('.html'));
}

/** One hash over every name and every byte. */
export function digestTree(root: string): string {
  const hash = createHash('sha256');
  for (const name of listFiles(root))
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(root, name)))
      .update('\0');
  return hash.digest('hex');
}

/** What a page says, without its markup, spaces made one. */
export function textOf(html: string): string {
  const entities: { [name: string]: string } = { lt: '<', gt: '>', amp: '&', quot: '"', '#39': "'" };
  return html
    .replace(/<head>.*?<\/head>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&(lt|gt|amp|quot|#39);/g, (_entity, name: string) => entities[name] ?? '')
    .replace(/\s+/g, ' ');
}

/** Links of every page that lead nowhere, leave the site or are not relative, as '<page> → <link>'. */
export function brokenLinks(root: string): string[] {
  return listPages(root).flatMap((page) => {
    const html = readFileSync(join(root, page), 'utf8');
    const links = [...html.matchAll(/<[a-z][^>]*? (?:href|src)="([^"]*)"/g)].map(([, link = '']) => link);
    return links.filter((link) => !resolves(root, page, link)).map((link) => `${page} → ${link}`);
  });
}

function resolves(root: string, page: string, link: string): boolean {
  if (/^([a-z]+:|\/)/i.test(link)) return false;
  const [path = '', anchor] = link.split('#', 2);
  const target = normalize(join(root, path === '' ? page : join(dirname(page), path)));
  if (!target.startsWith(normalize(root)) || !existsSync(target) || !statSync(target).isFile()) return false;
  return anchor === undefined || readFileSync(target, 'utf8').includes(` id="${anchor}"`);
}
