/**
 * Set-up before anything else: plain JavaScript, because a bare machine's Node cannot run the rest.
 * Installs the npm packages when they do not match the lockfile, then hands over to the pinned Node.
 *
 *   node cli/setup.mjs start [arguments]     what `npm start` runs
 *   node cli/setup.mjs test|check|bench      what `npm test` and so on run
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const stamp = join(modules, '.patchledger-installed');
const oldestNode = 20;
const quietly = ['--no-audit', '--no-fund', '--include=optional', '--include=dev'];

/** What each word runs, as arguments of the pinned Node. */
const targets = {
  test: ['test/run.ts'],
  check: ['test/check.ts'],
  fleet: ['test/fleet/up.ts'],
  bench: ['test/bench/run.ts'],
  facts: ['cli/make-facts.ts'],
};

async function main([word = 'start', ...args]) {
  checkPlatform();
  await installPackages();
  const target = targets[word] ?? ['cli/main.ts', word];
  const flags = ['scan', 'nightly'].includes(word) ? scanFlags() : [];
  return run(pinnedNode(), [...flags, join(root, target[0]), ...target.slice(1), ...args]);
}

/** A scan runs beside others' work, all night: it need not grow (docs/decisions.md 10). */
function scanFlags() {
  return JSON.parse(readFileSync(join(root, 'cli', 'scan-flags.json'), 'utf8'));
}

function checkPlatform() {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) {
    refuse(
      `Patchledger runs on Linux (x64 or arm64), not on ${process.platform} ${process.arch}`,
      'use such a machine, or a container on this one',
    );
  }
  if (Number(process.versions.node.split('.')[0]) < oldestNode) {
    refuse(
      `Node ${process.versions.node} is too old to set up Patchledger`,
      `install Node ${oldestNode} or newer`,
    );
  }
  const { glibcVersionRuntime } = process.report.getReport().header;
  if (glibcVersionRuntime === undefined) {
    refuse(
      'Patchledger needs the GNU C library; this machine has another one (musl?)',
      'use a Debian, Ubuntu or RHEL-like machine or container',
    );
  }
}

/** Installs once for each lockfile. Killed half way, the stamp is missing and it runs again. */
async function installPackages() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (isInstalled(wanted)) return;
  await withInstallLock(async () => {
    if (isInstalled(wanted)) return;
    await installFromLockfile();
    if (!existsSync(nodePath())) {
      refuse(
        `the npm package with Node for ${process.arch} was not installed`,
        'remove node_modules, check that npm does not omit optional packages, and try again',
      );
    }
    writeFileSync(`${stamp}.new`, wanted);
    renameSync(`${stamp}.new`, stamp);
  });
}

function isInstalled(wanted) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(nodePath());
}

/** Two set-ups at once would break each other: the lock is a file descriptor of `flock`, freed at death. */
async function withInstallLock(work) {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const path = join(root, '.cache', 'setup.lock');
  const holder = spawn('flock', ['--exclusive', path, 'sh', '-c', 'echo held; cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const held = new Promise((resolve) => {
    holder.stdout.once('data', resolve);
    // Without flock (util-linux) we go on: it only guards against two set-ups at once.
    holder.once('error', resolve);
    holder.once('exit', resolve);
  });
  await held;
  try {
    await work();
  } finally {
    holder.stdin?.end();
  }
}

/**
 * What `npm ci` does, without its complaint where a registry (a mirror, say) lacks optional packages of
 * other platforms: the tree of the lockfile, with its hashes, into an empty folder.
 */
async function installFromLockfile() {
  rmSync(modules, { recursive: true, force: true });
  const log = join(root, '.cache', 'npm-install.log');
  const output = openSync(log, 'w');
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  const terminal = process.stderr.isTTY;
  process.stderr.write(`installing npm packages (once)…${terminal ? '' : '\n'}`);
  const timer = setInterval(
    () => terminal && process.stderr.write(`\rinstalling npm packages (once)… ${seconds()} s`),
    1000,
  );
  const child = spawn('npm', ['install', '--no-save', '--ignore-scripts', ...quietly], {
    cwd: root,
    stdio: ['ignore', output, output],
  });
  const status = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(code ?? signal));
  });
  clearInterval(timer);
  closeSync(output);
  process.stderr.write(terminal ? '\r\u001b[K' : '');
  if (status === 0) return;
  process.stderr.write(`${lastLines(log)}\n`);
  refuse(
    `npm install failed (${status}); all it said is in .cache/npm-install.log`,
    adviceOn(readFileSync(log, 'utf8')),
  );
}

function lastLines(path) {
  const lines = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .filter((line) => !line.startsWith('npm warn'));
  return lines.slice(-8).join('\n');
}

function adviceOn(text) {
  if (/ENOSPC/.test(text)) return 'the disk is full: free about 1 GB and try again';
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network/i.test(text))
    return 'npm could not reach its registry: check the network and `npm config get registry`, then try again';
  if (/EACCES|EROFS/.test(text)) return 'this folder cannot be written: check its owner and mode';
  return 'mend what npm names above and try again';
}

function nodePath() {
  return join(modules, `node-linux-${process.arch}`, 'bin', 'node');
}

/** The Node of the lockfile, which must also start on this machine. */
function pinnedNode() {
  const path = nodePath();
  const tried = spawnSync(path, ['--version'], { encoding: 'utf8' });
  if (tried.status !== 0) {
    refuse(
      `the pinned Node does not start here: ${String(tried.error?.message ?? tried.stderr)
        .trim()
        .slice(0, 200)}`,
      'a machine with glibc 2.28 or newer is needed',
    );
  }
  return path;
}

/** Passes arguments, streams, signals and the exit code through. */
function run(node, args) {
  // Compiled code is kept: half of the time that a command needs to start.
  const env = { NODE_COMPILE_CACHE: join(modules, '.cache', 'patchledger-node'), ...process.env };
  const child = spawn(node, args, { stdio: 'inherit', env });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', (error) => refuse(error.message, 'remove node_modules and try again'));
    child.once('exit', (code, signal) => {
      for (const name of signals) process.removeAllListeners(name);
      if (signal !== null) process.kill(process.pid, signal);
      resolve(code ?? 1);
    });
  });
}

function refuse(message, nextStep) {
  process.stderr.write(`patchledger: ${message}\n  next: ${nextStep}\n`);
  process.exit(1);
}

process.exitCode = await main(process.argv.slice(2));
