import { join } from 'node:path';
import { Command } from 'commander';
import { loadWorkspace } from '#data/workspace/load.ts';
import { buildSite } from '#site/build.ts';
import { readAsOf } from './as-of.ts';
import { withFindings } from './findings.ts';
import { printJson, say, showProgress } from './output.ts';
import { recordWorkspace } from './record-workspace.ts';
import { programVersion } from './version.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';
import type { Places } from './workspace.ts';

export function buildCommand(): Command {
  return new Command('build')
    .description('derive the findings from the record and build the site into out/site')
    .addOption(workspaceOption())
    .option(
      '--as-of <when>',
      'with what was known then, policies and inventory included, into out/as-of/<when>/site',
    )
    .option('--json', 'the result as JSON')
    .addHelpText('before', 'Example: patchledger build\n         patchledger build --as-of 2026-09-30\n')
    .action(async (options: { workspace?: string; asOf?: string; json?: boolean }) => {
      const where = places(findWorkspace(options.workspace));
      const { pages, site } =
        options.asOf === undefined ? await build(where) : await buildAsOf(where, options.asOf);
      if (options.json) printJson({ site, pages });
      else say(`site: ${pages} pages in ${site}`);
    });
}

export interface BuiltSite {
  pages: number;
  /** The site's folder. */
  site: string;
}

/** Folds what is new and builds the site; the old site stands until the new one is complete. */
export async function build(where: Places): Promise<BuiltSite> {
  await recordWorkspace(where);
  return buildInto(where, { asOf: null, outFolder: where.out });
}

/** The site as it would have been built at the end of a past day; the site of today stays as it is. */
async function buildAsOf(where: Places, when: string): Promise<BuiltSite> {
  const { config } = await loadWorkspace(where.root);
  const asOf = readAsOf(when, config.zone);
  return buildInto(where, { asOf, outFolder: join(where.out, 'as-of', when.replaceAll(':', '')) });
}

async function buildInto(
  where: Places,
  { asOf, outFolder }: { asOf: string | null; outFolder: string },
): Promise<BuiltSite> {
  const progress = showProgress('building the site', 100);
  try {
    const { pages } = await withFindings(
      where,
      (findings) =>
        buildSite({
          findingsPath: findings.path,
          outFolder,
          cacheFolder: where.cache,
          version: programVersion,
          onProgress: (percent, note) => progress.step(Math.round(percent), note),
        }),
      { asOf },
    );
    return { pages, site: join(outFolder, 'site') };
  } finally {
    progress.end();
  }
}
