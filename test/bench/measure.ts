/** Running whole commands and reading off what they cost. */
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Host } from '#collector/transport/transport.ts';

export interface Cost {
  seconds: number;
  cpuSeconds: number;
  /** Peak resident memory; 0 where it is not known. */
  peakBytes: number;
}

export interface ScanCost extends Cost {
  /** When the last host was read. */
  lastReadSeconds: number;
  statuses: { [status: string]: number };
  packages: number;
}

/** As `patchledger scan` is run (cli/setup.mjs). */
const scanFlags = JSON.parse(
  readFileSync(new URL('../../cli/scan-flags.json', import.meta.url), 'utf8'),
) as string[];

/** One scan by the collector, in a process of its own. */
export async function scanCost(
  folder: string,
  hosts: Host[],
  concurrency: number,
  transport: 'ssh' | 'openssh' = 'ssh',
): Promise<ScanCost> {
  const list = join(folder, 'list');
  writeFileSync(list, hosts.map(({ address, port, login }) => `${address} ${port} ${login}\n`).join(''));
  const program = fileURLToPath(new URL('scan-all.ts', import.meta.url));
  return JSON.parse(
    await output([process.execPath, ...scanFlags, program, folder, list, String(concurrency), transport]),
  ) as ScanCost;
}

/** The same hosts by a plain loop of OpenSSH clients: the program in, the answer into a file. */
export async function opensshCost(
  folder: string,
  hosts: Host[],
  { program, concurrency }: { program: string; concurrency: number },
): Promise<Cost> {
  const list = join(folder, 'openssh-list');
  writeFileSync(list, hosts.map(({ address, port, login }) => `${address} ${port} ${login}\n`).join(''));
  writeFileSync(join(folder, 'program'), program);
  const one = `ssh -F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${folder}/known_hosts -o LogLevel=ERROR -i ${folder}/client -p "$1" "$2@$0" sh -s <${folder}/program >${folder}/answer-"$0"`;
  return shellCost(`xargs -P ${concurrency} -L 1 sh -c '${one}' <${list}`);
}

/** Runs a line of bash; CPU is that of everything it started and waited for. */
export async function shellCost(line: string): Promise<Cost> {
  const startedAt = performance.now();
  const said = await output(['bash', '-c', `{ ${line}; } >&2; status=$?; times; exit $status`]);
  const seconds = (performance.now() - startedAt) / 1000;
  // The second line is that of the children: minutes and seconds, user and system.
  const children = said.trim().split('\n').at(-1) ?? '';
  const cpuSeconds = [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, rest]) => sum + Number(minutes) * 60 + Number(rest),
    0,
  );
  return { seconds, cpuSeconds, peakBytes: 0 };
}

function output([command = '', ...args]: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
    const out: Buffer[] = [];
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => (err = (err + chunk.toString()).slice(-2000)));
    child.once('error', reject);
    child.once('close', (status) => {
      if (status === 0) resolve(Buffer.concat(out).toString('utf8'));
      else reject(new Error(`${command} ${args.join(' ').slice(0, 200)} ended with ${status}: ${err}`));
    });
  });
}
