import { Command } from 'commander';
import { buildSite } from '#site/build.ts';
import { withFindings } from './findings.ts';
import { printJson, say, showProgress } from './output.ts';
import { programVersion } from './version.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';
import type { Places } from './workspace.ts';

export function buildCommand(): Command {
  return new Command('build')
    .description('derive the findings from the record and build the site into out/site')
    .addOption(workspaceOption())
    .option('--json', 'the result as JSON')
    .addHelpText('before', 'Example: patchledger build\n')
    .action(async (options: { workspace?: string; json?: boolean }) => {
      const where = places(findWorkspace(options.workspace));
      const built = await build(where);
      if (options.json) printJson({ site: where.site, pages: built.pages });
      else say(`site: ${built.pages} pages in ${where.site}`);
    });
}

/** Folds what is new and builds the site; the old site stands until the new one is complete. */
export async function build(where: Places): Promise<{ pages: number }> {
  const progress = showProgress('building the site', 100);
  try {
    return await withFindings(where, (findings) =>
      buildSite({
        findingsPath: findings.path,
        outFolder: where.out,
        cacheFolder: where.cache,
        version: programVersion,
        onProgress: (percent, note) => progress.step(Math.round(percent), note),
      }),
    );
  } finally {
    progress.end();
  }
}
