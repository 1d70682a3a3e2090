/**
 * Takes every page of a built site in light, dark, on a phone and printed.
 *
 * Example: node test/site/screenshots.ts workspace/out/site /tmp/pictures
 */
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Browser } from 'playwright-core';
import { serveSite } from '#site/serve.ts';
import { openBrowser } from './browser.ts';

const views = {
  light: { colorScheme: 'light', viewport: { width: 1280, height: 800 } },
  dark: { colorScheme: 'dark', viewport: { width: 1280, height: 800 } },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 740 } },
} as const;

/** Writes `<page>-<view>.png` and `<page>-print.pdf` into the folder. */
export async function takeScreenshots(site: string, into: string): Promise<string[]> {
  mkdirSync(into, { recursive: true });
  const server = await serveSite({ folder: site, port: 0 });
  const browser = await openBrowser();
  try {
    const pages = readdirSync(site, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.html'))
      .sort();
    for (const page of pages) await takePage(browser, `${server.url}${page}`, join(into, nameOf(page)));
    return pages;
  } finally {
    await browser.close();
    await server.close();
  }
}

async function takePage(browser: Browser, url: string, base: string): Promise<void> {
  for (const [view, options] of Object.entries(views)) {
    const context = await browser.newContext(options);
    const page = await context.newPage();
    await page.goto(url);
    await page.screenshot({ path: `${base}-${view}.png`, fullPage: true });
    if (view === 'light')
      await page.pdf({ path: `${base}-print.pdf`, format: 'A4', preferCSSPageSize: true });
    await context.close();
  }
}

function nameOf(page: string): string {
  const name = page
    .replace(/(^|\/)index\.html$/, '')
    .replace(/\.html$/, '')
    .replaceAll('/', '-');
  return name === '' ? 'overview' : name;
}

if (import.meta.main) {
  const [site, into] = process.argv.slice(2);
  if (site === undefined || into === undefined) throw new Error('usage: screenshots.ts SITE FOLDER');
  await takeScreenshots(site, into);
}
