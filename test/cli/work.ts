/**
 * The program's own steps as programs to trace and kill: `run` adds a run from a recorded host, `fold`
 * folds what is there, `swap` swaps in a site that was built before, `scan` adds a run of this machine.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { openFindings } from '#cli/findings.ts';
import { sayFailure } from '#cli/output.ts';
import { runScan } from '#cli/run.ts';
import { places } from '#cli/workspace.ts';
import { replayTransport } from '#collector/transport/replay.ts';
import { swapSite } from '#site/swap.ts';
import { recording } from '../fixtures/replay.ts';

const [step, root = '', id = ''] = process.argv.slice(2);
const where = places(root);

try {
  if (step === 'run') {
    await runScan({
      places: where,
      waitSeconds: 5,
      transports: { local: replayTransport(recording().bytes) },
    });
  } else if (step === 'scan') {
    await runScan({ places: where, waitSeconds: 5 });
  } else if (step === 'fold') {
    await openFindings(where);
  } else if (step === 'swap') {
    const built = join(where.cache, `site-${id}`);
    cpSync(join(root, 'built'), built, { recursive: true });
    swapSite({ built, outFolder: where.out, id });
  } else {
    throw new TypeError(`no step ${step}`);
  }
} catch (error) {
  process.exitCode = sayFailure(error);
}
