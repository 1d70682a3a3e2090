import { expect, test } from 'vitest';
import { makeLinksRelative } from '#site/links.ts';

test.each([
  ['the start page, from the top', '<a href="/">', 'index.html', '<a href="index.html">'],
  [
    'the start page, from below',
    '<a class="x" href="/">',
    'hosts/a/index.html',
    '<a class="x" href="../../index.html">',
  ],
  ['a folder', '<a href="/hosts/">', 'data/index.html', '<a href="../hosts/index.html">'],
  ['a folder with an anchor', '<a href="/data/#verify">', 'index.html', '<a href="data/index.html#verify">'],
  [
    'a file',
    '<link href="/assets/site.css">',
    'hosts/pages/2/index.html',
    '<link href="../../../assets/site.css">',
  ],
  ['a script', '<script src="/assets/list.js">', '404.html', '<script src="assets/list.js">'],
  ['an anchor of the page', '<a href="#main">', 'data/index.html', '<a href="#main">'],
  ['another site', '<a href="https://example.org/x">', 'index.html', '<a href="https://example.org/x">'],
  ['another host by //', '<a href="//example.org/x">', 'index.html', '<a href="//example.org/x">'],
  ['text that looks like a link', '<p>href=&quot;/x&quot;</p>', 'a/index.html', '<p>href=&quot;/x&quot;</p>'],
])('%s', (_name, html, page, expected) => {
  expect(makeLinksRelative(html, page)).toBe(expected);
});

test('every link of a page, not only the first', () => {
  const html = '<a href="/hosts/a/">a</a><a href="/hosts/b/events.csv" download>b</a>';
  expect(makeLinksRelative(html, 'hosts/index.html')).toBe(
    '<a href="../hosts/a/index.html">a</a><a href="../hosts/b/events.csv" download>b</a>',
  );
});
