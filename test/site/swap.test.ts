import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { swapSite } from '#site/swap.ts';

function workspace(): { outFolder: string; site: string; build: (word: string) => string } {
  const root = mkdtempSync(join(tmpdir(), 'patchledger-swap-'));
  const outFolder = join(root, 'out');
  const build = (word: string): string => {
    const built = join(root, `built-${word}`);
    mkdirSync(join(built, 'hosts'), { recursive: true });
    writeFileSync(join(built, 'index.html'), word);
    writeFileSync(join(built, 'hosts', 'index.html'), word);
    return built;
  };
  return { outFolder, site: join(outFolder, 'site'), build };
}

test('the first site and the one that replaces it; only the present one is kept', () => {
  const { outFolder, site, build } = workspace();
  swapSite({ built: build('one'), outFolder, id: 'a' });
  expect(readFileSync(join(site, 'hosts', 'index.html'), 'utf8')).toBe('one');

  swapSite({ built: build('two'), outFolder, id: 'b' });
  expect(readFileSync(join(site, 'index.html'), 'utf8')).toBe('two');
  expect(readlinkSync(site)).toBe(join('.sites', 'b'));
  expect(readdirSync(join(outFolder, '.sites'))).toEqual(['b']);
});

test('what killed swaps left behind is removed by the next', () => {
  const { outFolder, site, build } = workspace();
  swapSite({ built: build('one'), outFolder, id: 'a' });
  mkdirSync(join(outFolder, '.sites', '.incoming-dead'));
  mkdirSync(join(outFolder, '.sites', 'never-linked'));
  symlinkSync('nowhere', join(outFolder, '.sites', '.incoming-link-dead'));

  swapSite({ built: build('two'), outFolder, id: 'b' });

  expect(readdirSync(join(outFolder, '.sites'))).toEqual(['b']);
  expect(readFileSync(join(site, 'index.html'), 'utf8')).toBe('two');
});

test('a dangling link is replaced', () => {
  const { outFolder, site, build } = workspace();
  mkdirSync(outFolder, { recursive: true });
  symlinkSync('.sites/gone', site);
  swapSite({ built: build('one'), outFolder, id: 'a' });
  expect(readFileSync(join(site, 'index.html'), 'utf8')).toBe('one');
});

test.each(['a folder', 'a file'])('%s that somebody made is left alone', (kind) => {
  const { outFolder, site, build } = workspace();
  mkdirSync(kind === 'a folder' ? site : outFolder, { recursive: true });
  writeFileSync(kind === 'a folder' ? join(site, 'mine.html') : site, 'mine');
  const built = build('one');

  expect(() => swapSite({ built, outFolder, id: 'a' })).toThrow(/was not made by Patchledger/);

  expect(existsSync(join(built, 'index.html'))).toBe(true);
  expect(readFileSync(kind === 'a folder' ? join(site, 'mine.html') : site, 'utf8')).toBe('mine');
});

test('between file systems the site is copied', () => {
  const { outFolder, site } = workspace();
  const elsewhere = mkdtempSync('/dev/shm/patchledger-swap-');
  writeFileSync(join(elsewhere, 'index.html'), 'copied');
  swapSite({ built: elsewhere, outFolder, id: 'a' });
  expect(readFileSync(join(site, 'index.html'), 'utf8')).toBe('copied');
});
