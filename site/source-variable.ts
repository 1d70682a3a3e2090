/** What the build process tells the pages, and under which name. */
import type { FindingsSource } from '#reports/reading.ts';

export interface SiteSource {
  findings: FindingsSource;
  /** Version of Patchledger. */
  version: string;
  /** A JSON file: the downloads, written before the pages. */
  downloadsFile: string;
}

/** The environment variable that holds a `SiteSource` as JSON. */
export const sourceVariable = 'PATCHLEDGER_SITE';
