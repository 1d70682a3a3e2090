import { hostname } from 'node:os';
import { Command } from 'commander';
import { initWorkspace } from '#data/workspace/init.ts';
import { build } from './build.ts';
import { loadShippedFacts } from './feeds.ts';
import { say } from './output.ts';
import { runScan } from './run.ts';
import { describeRun } from './scan.ts';
import { serve, usualPort } from './serve.ts';
import { findWorkspace, isWorkspace, places, usualWorkspace, workspaceOption } from './workspace.ts';

// `npm start` prints four lines of its own; with these the whole stays within ten.
const mostRunLines = 4;
const waitSeconds = 60;

export function startCommand(): Command {
  return new Command('start')
    .description('make a workspace if there is none, scan, build the site, show it')
    .addOption(workspaceOption())
    .option('-p, --port <port>', 'port of the site; the next free one when taken', Number, usualPort)
    .option('--no-serve', 'end when the site is built')
    .addHelpText('before', 'Example: npm start\n')
    .action(async (options: { workspace?: string; port: number; serve: boolean }) => {
      const where = places(findOrMake(options.workspace));
      const lines = describeRun(await runScan({ places: where, waitSeconds }));
      await loadShippedFacts(where, waitSeconds);
      for (const line of shorten(lines)) say(line);
      const { pages } = await build(where);
      if (!options.serve) return say(`site: ${pages} pages in ${where.site}`);
      await serve(where.site, options.port);
    });
}

function findOrMake(named: string | undefined): string {
  const folder = named ?? usualWorkspace();
  if (isWorkspace(folder)) return findWorkspace(folder);
  initWorkspace(folder, { hostname: hostname() });
  say(`new workspace in ${folder}: this machine is its first host`);
  return findWorkspace(folder);
}

function shorten(lines: string[]): string[] {
  if (lines.length <= mostRunLines) return lines;
  return [
    ...lines.slice(0, mostRunLines - 1),
    `  … and ${lines.length - mostRunLines + 1} more: see /coverage/ of the site`,
  ];
}
