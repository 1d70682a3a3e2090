import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveSite } from '#site/serve.ts';
import type { SiteServer } from '#site/serve.ts';
import { openBrowser } from './browser.ts';
import { fixFolder } from '#site/paths.ts';
import { buildIn, makeFleet } from './fleet.ts';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const kinds = [
  'index.html',
  'hosts/index.html',
  'fixes/index.html',
  `fixes/${fixFolder({ fix_id: 'bookworm/openssl/3.0.17-1~deb12u3', source: 'openssl' })}/index.html`,
  'policies/index.html',
  'policies/default/index.html',
  'owners/index.html',
  'exceptions/index.html',
  'coverage/index.html',
  'trends/index.html',
  'method/index.html',
  'method/fixes/index.html',
  'data/index.html',
  '404.html',
  'hosts/web-01.example.org/index.html',
  'hosts/db-01/index.html',
  'hosts/vault/index.html',
  'hosts/edge-07/index.html',
  'hosts/liar/index.html',
  'hosts/old-3/index.html',
];

let site: string;
let server: SiteServer;
let browser: Browser;

beforeAll(async () => {
  const fleet = await makeFleet();
  site = await buildIn(fleet.folder, fleet.findingsPath);
  server = await serveSite({ folder: site, port: 0 });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Opens a page, gives it to the work, and demands that it said nothing and asked nobody else. */
async function visit(
  url: string,
  work: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const said: string[] = [];
  const elsewhere: string[] = [];
  page.on('console', (message) => said.push(message.text()));
  page.on('pageerror', (error) => said.push(error.message));
  page.on('dialog', (dialog) => said.push(`dialog: ${dialog.message()}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(url.startsWith('file:') ? 'file:' : server.url))
      elsewhere.push(request.url());
  });
  await page.goto(url);
  await work(page);
  expect(said).toEqual([]);
  expect(elsewhere).toEqual([]);
  await context.close();
}

/** Runs axe in the page's own world: the policy forbids scripts that the site does not bring. */
async function violations(page: Page): Promise<string[]> {
  const session = await page.context().newCDPSession(page);
  const run = `${axe}; axe.run().then((result) => result.violations.map((violation) =>
    violation.id + ': ' + violation.nodes.map((node) => node.html.slice(0, 200)).join(' | ')))`;
  const { result } = await session.send('Runtime.evaluate', {
    expression: run,
    awaitPromise: true,
    returnByValue: true,
  });
  return result.value as string[];
}

describe.each(['light', 'dark'] as const)('%s', (colorScheme) => {
  test.each(kinds)('%s has no accessibility violation and is silent', async (path) => {
    await visit(`${server.url}${path}`, async (page) => expect(await violations(page)).toEqual([]), {
      colorScheme,
    });
  });
});

test('the two themes differ, and both follow the system', async () => {
  const backgrounds: string[] = [];
  for (const colorScheme of ['light', 'dark'] as const) {
    await visit(
      server.url,
      async (page) => {
        backgrounds.push(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor'));
      },
      { colorScheme },
    );
  }
  expect(backgrounds[0]).toBe('rgb(255, 255, 255)');
  expect(backgrounds[1]).not.toBe(backgrounds[0]);
});

describe('narrow', () => {
  test.each(kinds)('%s does not scroll sideways at 360 px', async (path) => {
    await visit(
      `${server.url}${path}`,
      async (page) => {
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        expect(width).toBeLessThanOrEqual(360);
        expect(await violations(page)).toEqual([]);
      },
      { viewport: { width: 360, height: 740 } },
    );
  });
});

describe('without JavaScript', () => {
  test.each(kinds)('%s is complete', async (path) => {
    let withScript = '';
    await visit(`${server.url}${path}`, async (page) => {
      withScript = await page.locator('main').innerText();
    });
    await visit(
      `${server.url}${path}`,
      async (page) => {
        const without = await page.locator('main').innerText();
        const cells = (text: string): string[] =>
          text
            .replaceAll(/Filter this page/g, '')
            .split(/\s+/)
            .filter(Boolean);
        expect(cells(without)).toEqual(cells(withScript));
        expect(await page.locator('button, input').count()).toBe(0);
      },
      { javaScriptEnabled: false },
    );
  });

  test('every page is reached by links', async () => {
    await visit(
      server.url,
      async (page) => {
        await page.getByRole('link', { name: 'Hosts', exact: true }).click();
        await page.getByRole('link', { name: 'db-01' }).click();
        expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('db-01');
      },
      { javaScriptEnabled: false },
    );
  });
});

describe('filter and sort', () => {
  async function names(page: Page): Promise<string[]> {
    return page.locator('table[data-list] tbody tr:visible th').allInnerTexts();
  }

  /** Presses Tab until the wanted thing has the focus. */
  async function tabTo(page: Page, selector: string): Promise<void> {
    for (let presses = 0; presses < 60; presses++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate<boolean>(`document.activeElement?.matches(${JSON.stringify(selector)})`))
        return;
    }
    throw new Error(`no way to ${selector} by keyboard`);
  }

  test('the keyboard reaches the filter, and the count is said', async () => {
    await visit(`${server.url}hosts/`, async (page) => {
      await tabTo(page, '.tools input');
      await page.keyboard.type('security web-');
      expect(await names(page)).toEqual(['web-02.example.org', 'web-01.example.org']);
      expect(await page.locator('.tools output').innerText()).toBe('2 of 9 shown');
      expect(await violations(page)).toEqual([]);
    });
  });

  test('the keyboard sorts both ways; what is unknown comes last either way', async () => {
    await visit(`${server.url}hosts/`, async (page) => {
      await tabTo(page, 'th:nth-child(7) button');
      await page.keyboard.press('Enter');
      const head = page.locator('th:nth-child(7)').first();
      expect(await head.getAttribute('aria-sort')).toBe('ascending');
      expect(await page.locator('th[aria-sort]').count()).toBe(1);
      const up = await page.locator('tbody td:nth-child(7)').allInnerTexts();
      expect(up).toEqual(['0', '0', '1', '2', '2', '3', '3', '3', 'unknown']);

      await page.keyboard.press('Enter');
      expect(await head.getAttribute('aria-sort')).toBe('descending');
      const down = await page.locator('tbody td:nth-child(7)').allInnerTexts();
      expect(down).toEqual(['3', '3', '3', '2', '2', '1', '0', '0', 'unknown']);
      expect(await violations(page)).toEqual([]);
    });
  });

  test('things to press are large enough', async () => {
    await visit(`${server.url}hosts/`, async (page) => {
      for (const box of await page.locator('th button, .tools input, nav a').all()) {
        expect((await box.boundingBox())?.height).toBeGreaterThanOrEqual(24);
      }
    });
  });
});

test.each(kinds)('%s opens from a disk, with style and script', async (path) => {
  await visit(pathToFileURL(join(site, path)).href, async (page) => {
    expect(await page.evaluate('getComputedStyle(document.body).maxWidth')).not.toBe('none');
    const lists = await page.locator('table[data-list]').count();
    expect(await page.locator('.tools input').count()).toBe(lists);
    await page.getByRole('link', { name: 'Hosts', exact: true }).first().click();
    expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Hosts');
  });
});

test('printed, a page is black on white, open, and without what is only for screens', async () => {
  await visit(
    `${server.url}index.html`,
    async (page) => {
      await page.emulateMedia({ media: 'print' });
      expect(await page.evaluate('getComputedStyle(document.documentElement).backgroundColor')).toBe(
        'rgb(255, 255, 255)',
      );
      expect(await page.locator('nav').isVisible()).toBe(false);
      expect(await page.locator('.evidence').isVisible()).toBe(true);
      expect(await page.locator('footer code').first().isVisible()).toBe(true);
      const height = await page
        .locator('details table')
        .first()
        .evaluate((table) => table.getBoundingClientRect().height);
      expect(height).toBeGreaterThan(100);
    },
    { colorScheme: 'dark' },
  );
});
