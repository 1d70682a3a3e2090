/** `npm run check`: types, lint (with the direction of imports), format, dead code. All run; any fails. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const checks: [string, string[]][] = [
  ['types', ['typescript/bin/tsc']],
  [
    'types of pages',
    ['@astrojs/check/bin/astro-check.js', '--root', 'site', '--tsconfig', 'site/tsconfig.json'],
  ],
  ['lint', ['oxlint/bin/oxlint', '--deny-warnings']],
  ['format', ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.']],
  ['dead code', ['knip/bin/knip.js']],
];

/** Returns whether every check passed; prints what a failed one said. */
export async function check(): Promise<boolean> {
  let passed = true;
  for (const [name, [program = '', ...args]] of checks) {
    const startedAt = performance.now();
    const { status, output } = await run([join(root, 'node_modules', program), ...args]);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.error(`check ${name}: ${status === 0 ? 'passed' : 'FAILED'} (${seconds} s)`);
    if (status !== 0) console.error(output);
    passed &&= status === 0;
  }
  return passed;
}

function run(args: string[]): Promise<{ status: number; output: string }> {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0', ASTRO_TELEMETRY_DISABLED: '1' };
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (code) =>
      resolve({ status: code ?? 1, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });
}

if (import.meta.main) process.exitCode = (await check()) ? 0 : 1;
