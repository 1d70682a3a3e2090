/** What the collector costs, beside what anybody could write in a line of shell. */
import { readFileSync } from 'node:fs';
import { renderProbe } from '#collector/probe/program.ts';
import { recordedMark } from '#collector/transport/replay.ts';
import type { Host } from '#collector/transport/transport.ts';
import { blackHole } from '#test/collector/ssh/bad-servers.ts';
import { startCachedHosts } from '#test/collector/ssh/cached-host.ts';
import type { CachedHosts } from '#test/collector/ssh/cached-host.ts';
import { sshHost } from '#test/collector/ssh/sshd.ts';
import { familyRoots } from '#test/fleet/family-roots.ts';
import { startFleet } from '#test/fleet/fleet.ts';
import type { Fleet } from '#test/fleet/fleet.ts';
import { releases } from '#test/fleet/roots.ts';
import { provision } from '#test/provision.ts';
import { ansibleCost } from './ansible.ts';
import { opensshCost, scanCost } from './measure.ts';
import type { Cost } from './measure.ts';
import { tell } from './table.ts';

const concurrency = 16;
const program = renderProbe(recordedMark, {});
/** What a real host says, with the mark that answers are kept with. */
function answerOf(fleet: Fleet): Buffer {
  const host = fleet.hosts.find(({ id }) => id === 'debian12');
  if (host === undefined) throw new Error('the fleet has no Debian 12');
  const { stdout } = host.inside(['sh', '-s'], { asAccount: true, input: program });
  return Buffer.from(stdout);
}

type Contest = { [name: string]: () => Promise<Cost> };
type Runs<C extends Contest> = { [name in keyof C]: Awaited<ReturnType<C[name]>>[] };

/** Some rounds of each, taken in turn: other work of the machine hits all alike. */
async function inTurn<C extends Contest>(rounds: number, contest: C): Promise<Runs<C>> {
  const names = Object.keys(contest);
  const runs: { [name: string]: Cost[] } = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const name of names) runs[name]?.push(await contest[name]!());
  return runs as Runs<C>;
}

const least = <T>(runs: T[], of: (run: T) => number): number => Math.min(...runs.map(of));

async function benchCached(answer: Buffer): Promise<void> {
  const cached = await startCachedHosts(answer);
  try {
    await benchCachedHosts(cached);
  } finally {
    await cached.stop();
  }
}

async function benchCachedHosts(cached: CachedHosts): Promise<void> {
  const hosts = Array.from({ length: 500 }, (_, index) => cached.host(index));
  const { folder } = cached.sshd;
  console.log(`\n500 hosts that answer from a cache, ${concurrency} at a time`);
  // A machine that others use too is as much as a quarter slower at times: the least of few runs tells little.
  const runs = await inTurn(6, contest(folder, hosts));
  const few = await scanCost(folder, hosts.slice(0, 50), concurrency);
  tellContest(hosts, runs);
  const { ours } = runs;
  const cpu = least(ours, (run) => run.cpuSeconds);
  tell('client CPU of the collector for one host', (cpu / 500) * 1000, 'ms');
  tell('peak memory at 500 hosts', least(ours, (run) => run.peakBytes) / 1e6, 'MB', 250);
  tell('peak memory, 500 hosts / 50 hosts', least(ours, (run) => run.peakBytes) / few.peakBytes, '×', 1.25);

  const ansible = await ansibleCost(hosts.slice(0, 100), {
    folder,
    concurrency,
    answer: `${folder}/recorded`,
  });
  tell(
    'client CPU a host, collector / Ansible shell module',
    cpu / 500 / (ansible.cpuSeconds / 100),
    '×',
    0.125,
  );

  console.log('\n250 of them beside 250 black holes');
  const hole = await blackHole(7799);
  const healthy = hosts.slice(0, 250);
  const mixed = healthy.flatMap((host, index) => [
    sshHost({ ...host, address: `127.101.0.${(index % 250) + 1}`, port: 7799 }),
    host,
  ]);
  const { alone, beside } = await inTurn(4, {
    alone: () => scanCost(folder, healthy, concurrency),
    beside: () => scanCost(folder, mixed, concurrency),
  });
  await hole.stop();
  for (const run of beside) assertAll(run.statuses, { ok: 250, 'timed-out': 250 });
  tell(
    'the healthy half is in after, beside black holes / alone',
    least(beside, (run) => run.lastReadSeconds) / least(alone, (run) => run.lastReadSeconds),
    '×',
    1.1,
  );
}

/** Both transports of the collector, and the line of shell. */
function contest(folder: string, hosts: Host[]) {
  return {
    ours: () => scanCost(folder, hosts, concurrency),
    theirs: () => opensshCost(folder, hosts, { program, concurrency }),
    system: () => scanCost(folder, hosts, concurrency, 'openssh'),
  };
}

/** Both do all parsing; the line of shell keeps what hosts say in files. */
function tellContest(hosts: Host[], { ours, theirs, system }: Runs<ReturnType<typeof contest>>): void {
  for (const run of [...ours, ...system]) assertAll(run.statuses, { ok: hosts.length });
  const wall = (runs: Cost[]) => least(runs, (run) => run.seconds);
  const cpu = (runs: Cost[]) => least(runs, (run) => run.cpuSeconds);
  tell('wall time, transport openssh / parallel OpenSSH', wall(system) / wall(theirs), '×', 1.1);
  tell('peak memory, transport openssh', least(system, (run) => run.peakBytes) / 1e6, 'MB', 250);
  tell('wall time, collector / parallel OpenSSH', wall(ours) / wall(theirs), '×', 1.05);
  tell('client CPU, collector / parallel OpenSSH', cpu(ours) / cpu(theirs), '×', 0.5);
}

function assertAll(found: { [status: string]: number }, expected: { [status: string]: number }): void {
  if (JSON.stringify(Object.entries(found).sort()) !== JSON.stringify(Object.entries(expected).sort()))
    throw new Error(
      `the figures would mean nothing: ${JSON.stringify(found)} in the place of ${JSON.stringify(expected)}`,
    );
}

async function benchReal(fleet: Fleet): Promise<void> {
  const wanted = 50 - fleet.hosts.length;
  const roots = [...releases, ...familyRoots.map(({ root }) => root)];
  for (let n = 0; n < wanted; n++) {
    const root = roots[n % roots.length] ?? 'bookworm';
    await fleet.add(root, { id: `real${n}`, address: `127.77.5.${n + 1}`, size: '64m' });
  }
  const hosts: Host[] = fleet.hosts.map(({ id, address, port, user }) =>
    sshHost({ host_id: id, address, port, login: user }),
  );
  console.log(
    `\n${hosts.length} real hosts of Debian 11, 12 and 13, ${familyRoots.map(({ id }) => id).join(', ')}, ${concurrency} at a time`,
  );
  const runs = await inTurn(3, contest(fleet.folder, hosts));
  tellContest(hosts, runs);
  tell(
    'wall time of the collector',
    least(runs.ours, (run) => run.seconds),
    's',
  );
}

/** What the probe costs the host itself: CPU of its own processes, by the shell's `times`. */
function benchProbe(fleet: Fleet): void {
  console.log("\nthe probe's own CPU on a host (Debian 12), as an unprivileged account");
  const host = fleet.hosts.find(({ id }) => id === 'debian12');
  const cpu = () => {
    const timed = 'sh -s >/dev/null; times';
    const { stdout } = host?.inside(['sh', '-c', timed], { asAccount: true, input: program }) ?? {
      stdout: '',
    };
    const children = stdout.trim().split('\n').at(-1) ?? '';
    return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
      (sum, [, m, s]) => sum + Number(m) * 60 + Number(s),
      0,
    );
  };
  host?.inside(['apt-cache', 'gencaches']);
  tell('with a readable package cache', Math.min(cpu(), cpu(), cpu()), 's');
  host?.inside(['sh', '-c', 'rm -f /var/cache/apt/*.bin']);
  tell('without one', Math.min(cpu(), cpu(), cpu()), 's');
}

/** The parts of the benchmark by name; each needs the fleet. */
const parts: { [name: string]: (fleet: Fleet) => void | Promise<void> } = {
  probe: benchProbe,
  cached: (fleet) => benchCached(answerOf(fleet)),
  real: benchReal,
};
export const hostParts = Object.keys(parts);

/** @param wanted names of parts */
export async function benchHosts(wanted: string[]): Promise<void> {
  provision(
    readFileSync(new URL('../packages.txt', import.meta.url), 'utf8').match(
      /^(debootstrap|openssh-\w+)$/gm,
    ) ?? [],
  );
  provision(['ansible']);
  const fleet = await startFleet((text) => console.error(text));
  try {
    for (const name of wanted) await parts[name]?.(fleet);
  } finally {
    await fleet.stop();
  }
}
