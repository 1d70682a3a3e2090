/**
 * Many scans in one process, good ones and every kind of failure, and what is left of them:
 *   node --expose-gc many-scans.ts FOLDER PORT COUNT BAD_PORT CUT_PORT
 */
import { readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultLimits, scanPopulation } from '#collector/scan.ts';
import { localTransport } from '#collector/transport/local.ts';
import { parseKnownHosts } from '#collector/transport/ssh/known-hosts.ts';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Host } from '#collector/transport/transport.ts';
import { optionsFor, sshHost } from './sshd.ts';

const [folder = '', port = '', count = '', badPort = '', cutPort = ''] = process.argv.slice(2);
const options = optionsFor(folder);
const [key] = readFileSync(`${folder}/known_hosts`, 'utf8').split(' ').slice(1, 3).join(' ').split('\n');
const knownKeys = [...options.knownKeys, ...parseKnownHosts(`[127.100.0.3]:${cutPort} ${key}\n`, 'cut').keys];

/** Of ten hosts six answer; the others fail in four ways. */
function hostNumber(n: number): Host {
  const host = {
    host_id: `h${n}`,
    address: `127.100.0.${(n % 200) + 10}`,
    port: Number(port),
    login: process.env['USER'] ?? 'root',
  };
  if (n % 10 === 6) return sshHost({ ...host, port: 9 });
  if (n % 10 === 7) return sshHost({ ...host, address: '127.100.0.1', port: Number(badPort) });
  if (n % 10 === 8) return sshHost({ ...host, address: '127.100.0.3', port: Number(cutPort) });
  if (n % 10 === 9) return sshHost({ ...host, login: 'nobody-at-all' });
  return sshHost(host);
}

async function scan(from: number, to: number): Promise<{ [status: string]: number }> {
  const statuses: { [status: string]: number } = {};
  const hosts = Array.from({ length: to - from }, (_, index) => hostNumber(from + index));
  for await (const { snapshot } of scanPopulation(hosts, {
    known: () => ({ positions: {}, machineId: null }),
    transports: { ssh: sshTransport({ ...options, knownKeys }), local: localTransport() },
    // Nothing here hangs; a machine under load may be slow.
    limits: { ...defaultLimits, connectMs: 60_000 },
    attempts: 2,
    retryAfterMs: 50,
  })) {
    const status = snapshot.scans[0]?.status ?? 'none';
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  return statuses;
}

/** What this process holds, once everything that can be freed is. */
async function held() {
  await sleep(1500);
  globalThis.gc?.();
  await sleep(200);
  globalThis.gc?.();
  const resources: { [kind: string]: number } = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  return {
    heap: process.memoryUsage().heapUsed,
    buffers: process.memoryUsage().arrayBuffers,
    descriptors: readdirSync('/proc/self/fd').length,
    children: readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim(),
    sockets: resources['TCPSocketWrap'] ?? 0,
    timers: resources['Timeout'] ?? 0,
    files: readdirSync(tmpdir()).filter((name) => name.startsWith(`patchledger-${process.pid}`)),
  };
}

await scan(0, 100);
const before = await held();
const statuses = await scan(100, 100 + Number(count));
console.log(JSON.stringify({ before, after: await held(), statuses }));
