/**
 * Set-up on a bare machine, with the one thing faked that must be: npm, which here only notes that it
 * was called and puts a link to the pinned Node where the package would be.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
let checkout: string;
let fakes: string;

interface Ran {
  status: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'patchledger-setup-'));
  fakes = join(checkout, 'fakes');
  for (const path of ['cli', 'bin', 'fakes']) mkdirSync(join(checkout, path));
  for (const path of ['cli/setup.mjs', 'cli/scan-flags.json', 'bin/patchledger']) {
    copyFileSync(join(root, path), join(checkout, path));
  }
  writeFileSync(join(checkout, 'package-lock.json'), '{"lockfileVersion": 3}\n');
  writeFileSync(join(checkout, 'package.json'), '{"type": "module"}\n');
  writeFileSync(
    join(checkout, 'cli/main.ts'),
    `const wait: number = Number(process.env['WAIT'] ?? 0);
     console.log(JSON.stringify({ args: process.argv.slice(2), node: process.execPath, flags: process.execArgv }));
     if (wait > 0) setTimeout(() => {}, wait);
     process.exitCode = Number(process.env['EXIT'] ?? 0);\n`,
  );
  writeNpm('');
});

/** An npm that notes its call, does what is asked of it, and then "installs" the pinned Node. */
function writeNpm(before: string): void {
  const node = join(checkout, `node_modules/node-linux-${process.arch}/bin/node`);
  const script = `#!/bin/sh\necho "$*" >> '${join(checkout, 'calls')}'\n${before}\nmkdir -p '${dirname(node)}'\nln -sf '${process.execPath}' '${node}'\n`;
  writeFileSync(join(fakes, 'npm'), script);
  chmodSync(join(fakes, 'npm'), 0o755);
}

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${fakes}:${dirname(process.execPath)}:/usr/bin:/bin`, ...more };
}

function setup(args: string[], more: NodeJS.ProcessEnv = {}): Ran {
  return spawnSync(process.execPath, [join(checkout, 'cli/setup.mjs'), ...args], {
    encoding: 'utf8',
    env: environment(more),
    cwd: tmpdir(),
  });
}

function calls(): string[] {
  const path = join(checkout, 'calls');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

describe('installing', () => {
  test('once, without scripts and without touching the lockfile; then not again', () => {
    expect(setup(['start']).status).toBe(0);
    expect(setup(['start'])).toMatchObject({ status: 0, stderr: '' });

    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toMatch(/^install --no-save --ignore-scripts /);
  });

  test('again when the lockfile changed', () => {
    setup(['start']);
    writeFileSync(join(checkout, 'package-lock.json'), '{"lockfileVersion": 3, "x": 1}\n');
    setup(['start']);

    expect(calls()).toHaveLength(2);
  });

  test('again when the last one was killed half way', async () => {
    writeNpm('sleep 30');
    const child = spawn(process.execPath, [join(checkout, 'cli/setup.mjs'), 'start'], {
      env: environment(),
      stdio: 'ignore',
      detached: true,
    });
    while (calls().length === 0) await sleep(50);
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    writeNpm('');

    expect(setup(['start']).status).toBe(0);
    expect(calls()).toHaveLength(2);
  });

  test('two at once install once', async () => {
    writeNpm('sleep 1');
    const run = (): Promise<number | null> =>
      new Promise((resolve) => {
        const child = spawn(process.execPath, [join(checkout, 'cli/setup.mjs'), 'start'], {
          env: environment(),
          stdio: 'ignore',
        });
        child.once('close', resolve);
      });

    expect(await Promise.all([run(), run()])).toEqual([0, 0]);
    expect(calls()).toHaveLength(1);
  });

  test.each([
    ['getaddrinfo ENOTFOUND registry', 'check the network'],
    ['ENOSPC: no space left on device', 'the disk is full'],
    ['EACCES: permission denied', 'check its owner and mode'],
    ['something else', 'mend what npm names above'],
  ])('npm fails with %j: its last lines, the log and the next step', (said, next) => {
    writeNpm(`echo 'npm warn nothing'; echo 'npm error ${said}' >&2; exit 1`);
    const { status, stderr } = setup(['start']);

    expect(status).toBe(1);
    expect(stderr).toContain(`npm error ${said}`);
    expect(stderr).not.toContain('npm warn');
    expect(stderr).toContain('.cache/npm-install.log');
    expect(stderr).toContain(next);
    writeNpm('');
    expect(setup(['start']).status).toBe(0);
  });

  test('an npm that leaves out optional packages is told so', () => {
    writeFileSync(join(fakes, 'npm'), '#!/bin/sh\nexit 0\n');

    expect(setup(['start'])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the npm package with Node'),
    });
  });
});

describe('handing over', () => {
  test('arguments and exit code pass through, to the pinned Node', () => {
    const { status, stdout } = setup(['query', 'SELECT 1', '--json'], { EXIT: '7' });

    expect(status).toBe(7);
    expect(JSON.parse(stdout)).toMatchObject({ args: ['query', 'SELECT 1', '--json'] });
  });

  const scanFlags = JSON.parse(readFileSync(join(root, 'cli/scan-flags.json'), 'utf8')) as string[];
  test.each([
    ['scan', scanFlags],
    ['nightly', scanFlags],
    ['build', []],
  ])('%s runs with the flags of V8 that are kept for it', (word, flags) => {
    expect(JSON.parse(setup([word]).stdout)).toMatchObject({ args: [word], flags });
  });

  test('a signal reaches the program, and its end is ours', async () => {
    setup(['start']);
    const child = spawn(process.execPath, [join(checkout, 'cli/setup.mjs'), 'start'], {
      env: environment({ WAIT: '60000' }),
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
    child.kill('SIGTERM');

    expect(await ended).toBe('SIGTERM');
  });

  test('the launcher works through a link, from anywhere', () => {
    const link = join(mkdtempSync(join(tmpdir(), 'patchledger-bin-')), 'patchledger');
    symlinkSync(join(checkout, 'bin/patchledger'), link);
    chmodSync(join(checkout, 'bin/patchledger'), 0o755);
    const { status, stdout } = spawnSync(link, ['verify'], {
      encoding: 'utf8',
      env: environment(),
      cwd: '/',
    });

    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ args: ['verify'] });
  });

  test('timers have no Node in their PATH: the launcher takes the pinned one, once it is there whole', () => {
    chmodSync(join(checkout, 'bin/patchledger'), 0o755);
    setup(['start']);
    const tools = mkdtempSync(join(tmpdir(), 'patchledger-tools-'));
    for (const tool of ['readlink', 'uname']) symlinkSync(`/usr/bin/${tool}`, join(tools, tool));
    const launch = (env: NodeJS.ProcessEnv): Ran =>
      spawnSync(join(checkout, 'bin/patchledger'), ['nightly'], { encoding: 'utf8', env });
    expect(JSON.parse(launch({ PATH: tools }).stdout)).toMatchObject({ args: ['nightly'] });

    // Killed while it was installed: the file is there, and no program.
    const node = join(checkout, `node_modules/node-linux-${process.arch}/bin/node`);
    rmSync(join(checkout, 'node_modules/.patchledger-installed'));
    rmSync(node);
    writeFileSync(node, 'half a program', { mode: 0o755 });
    expect(launch(environment()).status).toBe(0);
  });

  test('with nothing to do the launcher shows the help', () => {
    const { stdout } = spawnSync(join(checkout, 'bin/patchledger'), [], {
      encoding: 'utf8',
      env: environment(),
    });

    expect(JSON.parse(stdout)).toMatchObject({ args: ['--help'] });
  });
});
