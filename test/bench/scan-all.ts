/**
 * One scan of many hosts in a process of its own, so that its CPU and memory can be read off:
 *   node scan-all.ts FOLDER LIST CONCURRENCY [ssh|openssh]
 * FOLDER holds `client` and `known_hosts`; LIST has a line `address port login` a host.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { defaultLimits, scanPopulation } from '#collector/scan.ts';
import { opensshTransport } from '#collector/transport/openssh/openssh.ts';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import { optionsFor, sshHost } from '#test/collector/ssh/sshd.ts';

const [folder = '', list = '', concurrency = '16', transport = 'ssh'] = process.argv.slice(2);
const hosts = readFileSync(list, 'utf8')
  .trim()
  .split('\n')
  .map((line, index) => {
    const [address = '', port = '', login = ''] = line.split(' ');
    const way = transport === 'openssh' ? 'openssh' : 'ssh';
    return sshHost({ host_id: `h${index}`, address, port: Number(port), login, transport: way });
  });
const statuses: { [status: string]: number } = {};
const startedAt = performance.now();
let lastRead = 0;
let packages = 0;
for await (const { snapshot } of scanPopulation(hosts, {
  known: () => ({ positions: {}, machineId: null }),
  transports: {
    ssh: sshTransport(optionsFor(folder)),
    openssh: opensshTransport({
      configFile: 'none',
      user: null,
      identityFiles: [join(folder, 'client')],
      knownHostsFiles: [join(folder, 'known_hosts')],
    }),
  },
  limits: { ...defaultLimits, connectMs: 15_000 },
  concurrency: Number(concurrency),
})) {
  const status = snapshot.scans[0]?.status ?? 'none';
  statuses[status] = (statuses[status] ?? 0) + 1;
  packages += snapshot.packages.length;
  if (snapshot.scans[0]?.observed_at !== null) lastRead = performance.now();
}
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
console.log(
  JSON.stringify({
    seconds: (performance.now() - startedAt) / 1000,
    lastReadSeconds: (lastRead - startedAt) / 1000,
    cpuSeconds: (userCPUTime + systemCPUTime) / 1e6,
    peakBytes: maxRSS * 1024,
    statuses,
    packages,
  }),
);
