import { join } from 'node:path';
import { Command } from 'commander';
import { loadWorkspace } from '#data/workspace/load.ts';
import { buildSite } from '#site/build.ts';
import { readAsOf } from './as-of.ts';
import { withFindings } from './findings.ts';
import { printJson, say, showProgress } from './output.ts';
import { recordWorkspace } from './record-workspace.ts';
import { programVersion } from './version.ts';
import { waitOption } from './wait.ts';
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
    .addOption(waitOption())
    .option('--json', 'the result as JSON')
    .addHelpText('before', 'Example: patchledger build\n         patchledger build --as-of 2026-09-30\n')
    .action(async (options: BuildFlags) => {
      const where = places(findWorkspace(options.workspace));
      const { pages, site } =
        options.asOf === undefined
          ? await build(where, options.wait)
          : await buildAsOf(where, options.asOf, options.wait);
      if (options.json) printJson({ site, pages });
      else say(`site: ${pages} pages in ${site}`);
    });
}

interface BuildFlags {
  workspace?: string;
  asOf?: string;
  wait: number;
  json?: boolean;
}

export interface BuiltSite {
  pages: number;
  /** The site's folder. */
  site: string;
}

/**
 * Folds what is new and builds the site; the old site stands until the new one is complete.
 *
 * @param waitSeconds how long to wait for another writer
 */
export async function build(where: Places, waitSeconds?: number): Promise<BuiltSite> {
  await recordWorkspace(where, waitSeconds);
  return buildInto(where, { asOf: null, outFolder: where.out, waitSeconds });
}

/** The site as it would have been built at the end of a past day; the site of today stays as it is. */
async function buildAsOf(where: Places, when: string, waitSeconds: number): Promise<BuiltSite> {
  const { config } = await loadWorkspace(where.root);
  const asOf = readAsOf(when, config.zone);
  return buildInto(where, {
    asOf,
    outFolder: join(where.out, 'as-of', when.replaceAll(':', '')),
    waitSeconds,
  });
}

async function buildInto(
  where: Places,
  {
    asOf,
    outFolder,
    waitSeconds = 60,
  }: { asOf: string | null; outFolder: string; waitSeconds: number | undefined },
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
      { asOf, waitSeconds },
    );
    return { pages, site: join(outFolder, 'site') };
  } finally {
    progress.end();
  }
}
