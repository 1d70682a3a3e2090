import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveSite } from '#site/serve.ts';
import { markFailedRun } from '#site/status.ts';
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
      // One could not be read, and the lists of one are too old for their nothing to be 0.
      expect(up).toEqual(['0', '1', '2', '2', '3', '3', '3', 'unknown', 'unknown']);

      await page.keyboard.press('Enter');
      expect(await head.getAttribute('aria-sort')).toBe('descending');
      const down = await page.locator('tbody td:nth-child(7)').allInnerTexts();
      expect(down).toEqual(['3', '3', '3', '2', '2', '1', '0', 'unknown', 'unknown']);
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

describe('how old a page is', () => {
  // The last run of the fleet ended at 06:01:30 on that day; a scan is too old after 72 hours.
  const lastRun = Date.parse('2026-11-23T06:01:30Z');
  const late = 'The last run on this page is 27 hours old; a new one was expected by 2026-11-24 08:01 UTC.';
  const old = 'The last run on this page is 3 days old; after 72 hours a reading proves nothing about today.';

  /** What the page says at its top when it is read so many hours after the run. */
  async function noteAfter(hours: number, url = server.url): Promise<string[]> {
    let notes: string[] = [];
    await visit(
      url,
      async (page) => {
        await page.clock.setFixedTime(lastRun + hours * 3_600_000);
        await page.reload();
        notes = await page.locator('header .age').allInnerTexts();
        const width = await page.evaluate<number>('document.documentElement.scrollWidth');
        expect(width).toBeLessThanOrEqual(360);
        // From a disk, axe itself would ask for files that the policy forbids.
        const found = url.startsWith('file:') ? [] : await violations(page);
        expect(found).toEqual([]);
      },
      { viewport: { width: 360, height: 740 } },
    );
    return notes;
  }

  test.each<[string, number, string[]]>([
    ['by a reader whose clock is behind', -5, []],
    ['the day after', 20, []],
    ['before the next run has to be there', 25.9, []],
    ['when it is late', 27, [`Late ${late}`]],
    ['just within the greatest age', 72, ['Late ' + late.replace('27 hours', '3 days')]],
    ['beyond the greatest age', 73, [`Old ${old}`]],
    ['months later', 24 * 100, [`Old ${old.replace('3 days', '100 days')}`]],
  ])('read %s', async (_name, hours, expected) => {
    expect(await noteAfter(hours)).toEqual(expected);
  });

  test('it stands on every page, from a disk too, and moves nothing sideways', async () => {
    for (const path of kinds) {
      expect(await noteAfter(73, pathToFileURL(join(site, path)).href), path).toEqual([`Old ${old}`]);
    }
  });

  test('without JavaScript each page says as of when it is, and by when a new run was expected', async () => {
    for (const path of ['index.html', 'hosts/db-01/index.html']) {
      await visit(
        `${server.url}${path}`,
        async (page) => {
          const said = await page.locator('.evidence').innerText();
          expect(said.replaceAll(/\s+/g, ' ')).toContain(
            'As of 2026-11-23 06:01 UTC Next run by 2026-11-24 08:01 UTC',
          );
          expect(await page.locator('.age').count()).toBe(0);
        },
        { javaScriptEnabled: false },
      );
    }
  });

  test('a failed night puts its mark beside the pages: they say it, and are the same to the byte', async () => {
    const fleet = await makeFleet();
    const marked = await buildIn(join(fleet.folder, 'marked'), fleet.findingsPath);
    const url = pathToFileURL(join(marked, 'index.html')).href;
    const html = readFileSync(join(marked, 'index.html'), 'utf8');
    markFailedRun(marked, { at: '2026-11-24T03:17:05.000Z', steps: ['scan', 'build'] });
    const failed = 'The run of 2026-11-24 03:17 UTC failed: hosts were not read, pages were not made.';

    expect(await noteAfter(20, url)).toEqual([`Not current ${failed}`]);
    expect(await noteAfter(27, url)).toEqual([`Not current ${failed} ${late}`]);
    expect(await noteAfter(73, url)).toEqual([`Old ${failed} ${old}`]);
    expect(readFileSync(join(marked, 'index.html'), 'utf8')).toBe(html);
    expect(html).not.toContain('failed:');
  });

  test('a mark that is not one of ours is not believed', async () => {
    const fleet = await makeFleet();
    const marked = await buildIn(join(fleet.folder, 'strange'), fleet.findingsPath);
    const url = pathToFileURL(join(marked, 'index.html')).href;
    markFailedRun(marked, { at: '<img src=x onerror=alert(1)>', steps: ['<script>' as never] });

    expect(await noteAfter(20, url)).toEqual(['Not current The run of <img src=x onerr UTC failed: .']);
  });

  test('where there is no site yet, there is nobody to tell', () => {
    expect(() =>
      markFailedRun('/nowhere/site', { at: '2026-11-24T03:17:05.000Z', steps: ['scan'] }),
    ).not.toThrow();
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
