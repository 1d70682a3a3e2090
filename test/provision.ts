/** Installs the Debian packages that the tests need, or says which line to type. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** Names in a list of packages: one a line, '#' begins a comment. */
function readPackageList(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/#.*/, '').trim())
    .filter((line) => line !== '');
}

/** Of the named packages, those that are not installed. */
function findMissing(names: string[]): string[] {
  const { stdout } = spawnSync('dpkg-query', ['-W', '-f', '${Package} ${db:Status-Status}\n', ...names], {
    encoding: 'utf8',
  });
  const installed = new Set(
    stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  return names.filter((name) => !installed.has(name));
}

/** @throws Error with the line to type when this account may not install */
export function provision(names: string[]): void {
  const missing = findMissing(names);
  if (missing.length === 0) return;
  const prefix = rightToInstall();
  const line = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  if (prefix === undefined)
    throw new Error(`the tests need Debian packages that are not installed. Type:\n  sudo ${line}`);
  console.error(`installing for the tests: ${missing.join(' ')}`);
  if (install(prefix, missing)) return;
  runApt(prefix, ['update']);
  if (install(prefix, missing) || install(prefix, missing)) return;
  throw new Error(
    `apt could not install what the tests need. Type, and look at what it says:\n  sudo ${line}`,
  );
}

function rightToInstall(): string[] | undefined {
  if (process.getuid?.() === 0) return [];
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : undefined;
}

function install(prefix: string[], names: string[]): boolean {
  return runApt(prefix, ['install', '-y', '--no-install-recommends', ...names]);
}

function runApt(prefix: string[], args: string[]): boolean {
  const [command = 'env', ...rest] = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-q',
    '-o',
    'DPkg::Lock::Timeout=300',
    ...args,
  ];
  const { status, stdout, stderr } = spawnSync(command, rest, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status !== 0) console.error(`${stdout}\n${stderr}`.trim().split('\n').slice(-8).join('\n'));
  return status === 0;
}

export function neededPackages(): string[] {
  return readPackageList(readFileSync(new URL('packages.txt', import.meta.url), 'utf8'));
}
