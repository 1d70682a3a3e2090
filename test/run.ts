/** `npm test`: what the tests need, then the checks, then every test. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { check } from './check.ts';
import { neededPackages, provision } from './provision.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param only file names or parts of them; all tests when none is given */
async function main(only: string[]): Promise<number> {
  try {
    provision(neededPackages());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
  const checked = only.length > 0 || (await check());
  const tested = runTests(only);
  // Said last as well: what stands above hundreds of tests is not seen.
  if (!checked) console.log('a check FAILED before the tests: npm run check repeats it');
  return checked && tested ? 0 : 1;
}

function runTests(only: string[]): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-test-'));
  const report = join(folder, 'report.json');
  // What a killed test leaves goes away with the folder. Open as /tmp is: some tests become other users.
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary);
  chmodSync(folder, 0o755);
  chmodSync(temporary, 0o1777);
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        join(root, 'node_modules/vitest/vitest.mjs'),
        'run',
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${report}`,
        ...only,
      ],
      {
        cwd: root,
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, TMPDIR: temporary, TZ: 'UTC', LC_ALL: 'C.UTF-8' },
      },
    );
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, success } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    console.log(
      `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`,
    );
    return status === 0 && success === true && numPassedTests > 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = await main(process.argv.slice(2));
