/**
 * The process in which Astro builds the pages of one site: Astro keeps state and works below its current
 * folder, so every build gets a process and a folder of its own. `site/build.ts` starts it and keeps what it
 * says; it answers with progress messages and its exit status.
 */
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'astro';

// Ends with its parent: nobody would take the result.
process.on('disconnect', endWithParent);

const folder = process.cwd();
const site = fileURLToPath(new URL('.', import.meta.url));

await build({
  root: folder,
  srcDir: site,
  publicDir: join(site, 'public'),
  outDir: join(folder, 'pages'),
  cacheDir: join(folder, 'astro'),
  configFile: false,
  output: 'static',
  logLevel: 'error',
  trailingSlash: 'always',
  // As prettier formats the pages: a line break between a text and an expression is no space.
  compressHTML: 'jsx',
  devToolbar: { enabled: false },
  build: { format: 'directory', inlineStylesheets: 'never' },
  vite: {
    cacheDir: join(folder, 'vite'),
    optimizeDeps: { noDiscovery: true },
  },
});

process.off('disconnect', endWithParent);
process.disconnect?.();

function endWithParent(): void {
  process.kill(process.pid, 'SIGKILL');
}
