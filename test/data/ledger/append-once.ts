/** A writer for other processes to run, trace and kill: appends one entry under the lock. */
import process from 'node:process';
import { withWriterLock } from '#data/ledger/lock.ts';
import { sayFailure } from '#cli/output.ts';
import { append } from './record.ts';
import { sampleRows } from './rows.ts';

const [ledgerRoot = '', seed = '1', holdMs = '0', waitSeconds = '0'] = process.argv.slice(2);

try {
  await withWriterLock(ledgerRoot, { waitSeconds: Number(waitSeconds) }, async () => {
    console.log('held');
    await new Promise((resolve) => setTimeout(resolve, Number(holdMs)));
    const files = { 'patchledger.yaml': `collector: main # ${seed}\n` };
    await append(ledgerRoot, sampleRows(Number(seed)), { at: new Date().toISOString(), files });
  });
  console.log('appended');
} catch (error) {
  process.exitCode = sayFailure(error);
}
