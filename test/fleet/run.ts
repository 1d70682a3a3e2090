/** Commands that make a root: bounded in time, and with namespaces of their own that die with this process. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Downloads included; what takes longer hangs. */
const longestMs = 15 * 60_000;
const pauseMs = 3000;

/** Words before a command whose processes and mounts must not outlive the process that starts it. */
const isolated = [
  'setpriv',
  '--pdeathsig',
  'KILL',
  'unshare',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
];

/**
 * Runs a command to its end, in mount and process namespaces of its own; gives standard output.
 *
 * @throws Error with the end of what it said when it fails or takes too long
 */
export function runIsolated(command: string[], limitMs: number = longestMs): Promise<string> {
  const env = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LC_ALL: 'C',
    DEBIAN_FRONTEND: 'noninteractive',
    ...proxies(),
  };
  const [tool = '', ...words] = [...isolated, ...command];
  return new Promise((resolve, reject) => {
    const child = spawn(tool, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, limitMs);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    child.once('error', (error) => {
      clearTimeout(limit);
      reject(new Error(`${tool} cannot be run: apt-get install util-linux`, { cause: error }));
    });
    child.once('close', (status) => {
      clearTimeout(limit);
      const stdout = Buffer.concat(out).toString('utf8');
      if (status === 0) return resolve(stdout);
      const said = `${stdout.slice(-1500)}\n${Buffer.concat(err).toString('utf8').slice(-1500)}`;
      const ending = isLate ? `was not done after ${limitMs / 1000} s` : `ended with ${status}`;
      return reject(new Error(`${command.join(' ')} ${ending}:\n${said}`));
    });
  });
}

/** Tries again after a pause: mirrors hiccup. */
export async function attempt(times: number, work: () => Promise<unknown>): Promise<void> {
  for (let left = times - 1; ; left--) {
    try {
      await work();
      return;
    } catch (error) {
      if (left <= 0) throw error;
      await sleep(pauseMs);
    }
  }
}

function proxies(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => /^(http|https|no)_proxy$/i.test(name)),
  );
}
