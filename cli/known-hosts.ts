/** Vouching for the keys of hosts. Nothing is ever believed that a person has not typed. */
import process from 'node:process';
import { Command } from 'commander';
import { addKnownKey, removeKnownKeys } from '#collector/transport/ssh/known-hosts-file.ts';
import { judgeKey, keyFinder, knownName } from '#collector/transport/ssh/known-hosts.ts';
import { askHostKeys } from '#collector/transport/ssh/offered-keys.ts';
import type { OfferedKey } from '#collector/transport/ssh/offered-keys.ts';
import type { SshSetUp } from '#collector/transport/ssh/set-up.ts';
import type { Host } from '#collector/transport/transport.ts';
import { Failure } from '#data/model/failure.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import type { Workspace } from '#data/workspace/load.ts';
import { print, printJson, say, showProgress } from './output.ts';
import { chooseHosts } from './run.ts';
import { limitsOf, sshSetUpOf } from './transports.ts';
import { findWorkspace, workspaceOption } from './workspace.ts';

/** Exit code when some hosts could not be asked, or their keys are not known. */
const someNotKnown = 3;
const askedAtOnce = 16;

export function knownHostsCommand(): Command {
  const command = new Command('known-hosts')
    .description('show the keys that hosts offer, and vouch for them after comparing')
    .addHelpText(
      'before',
      'Example: patchledger known-hosts\n         patchledger known-hosts accept web1 SHA256:0lR+LAup2bbcWWx0djmMd8Ehnt0GaPYsVg8RrWsFsrU\n',
    );
  command.addCommand(showCommand(), { isDefault: true });
  command.addCommand(acceptCommand());
  command.addCommand(forgetCommand());
  return command;
}

interface Options {
  workspace?: string;
  json?: boolean;
}

interface Shown {
  host_id: string;
  address: string;
  state: 'known' | 'unknown' | 'changed' | 'revoked' | 'not-asked';
  keys: { type: string; fingerprint: string; state: string }[];
  reason: string | null;
}

function showCommand(): Command {
  return new Command('show')
    .description('ask hosts for their keys, without logging in, and say which are known')
    .argument('[hosts...]', 'only these host ids')
    .addOption(workspaceOption())
    .option('--json', 'the result as JSON')
    .action(async (only: string[], options: Options) => {
      const { workspace, setUp } = await open(options);
      const hosts = chooseHosts(workspace, only).filter(
        ({ transport, address }) => transport === 'ssh' && address !== null,
      );
      if (hosts.length === 0) say('the inventory has no hosts that are reached over SSH');
      const shown = await askAll(hosts, workspace, setUp);
      if (options.json) printJson(shown);
      else for (const host of shown) describe(host);
      if (shown.some(({ state }) => state !== 'known')) process.exitCode = someNotKnown;
    });
}

async function askAll(hosts: Host[], workspace: Workspace, setUp: SshSetUp): Promise<Shown[]> {
  const progress = showProgress('asking', hosts.length);
  const shown: Shown[] = [];
  const find = keyFinder(setUp.options.knownKeys);
  const waiting = [...hosts];
  const askNext = async (): Promise<void> => {
    for (let host = waiting.shift(); host !== undefined; host = waiting.shift()) {
      const offered = await askHostKeys(host, limitsOf(workspace));
      shown.push(judge(host, offered, find(nameOf(host))));
      progress.step(shown.length, host.host_id);
    }
  };
  await Promise.all(Array.from({ length: askedAtOnce }, askNext));
  progress.end();
  return shown.sort((a, b) => (a.host_id < b.host_id ? -1 : 1));
}

function judge(
  host: Host,
  offered: Awaited<ReturnType<typeof askHostKeys>>,
  mine: Parameters<typeof judgeKey>[0],
): Shown {
  const base = { host_id: host.host_id, address: nameOf(host) };
  if (!Array.isArray(offered)) return { ...base, state: 'not-asked', keys: [], reason: offered.message };
  const keys = offered.map(({ type, key, fingerprint }) => {
    const { verdict } = judgeKey(mine, Buffer.from(key, 'base64'));
    return { type, fingerprint, state: verdict };
  });
  const worst = (['revoked', 'changed', 'known', 'unknown'] as const).find((state) =>
    keys.some((key) => key.state === state),
  );
  return { ...base, state: worst ?? 'unknown', keys, reason: null };
}

function describe({ host_id: id, address, state, keys, reason }: Shown): void {
  print(`${id} (${address}): ${state === 'not-asked' ? `could not be asked: ${reason}` : state}`);
  for (const key of keys) print(`  ${key.state.padEnd(8)} ${key.type} ${key.fingerprint}`);
  const first = keys.find((key) => key.state === 'unknown');
  if (state === 'unknown' && first !== undefined) {
    say(`  compare at the host: cat /etc/ssh/ssh_host_*_key.pub | ssh-keygen -lf -`);
    say(`  if it is the same:   patchledger known-hosts accept ${id} ${first.fingerprint}`);
  }
  if (state === 'changed')
    say(`  find out why; if the host was rebuilt: patchledger known-hosts forget ${id}`);
}

function acceptCommand(): Command {
  return new Command('accept')
    .description('vouch for a key of a host, by the fingerprint that you have compared')
    .argument('<host>', 'host id')
    .argument('<fingerprint>', 'SHA256:… as ssh-keygen -l prints it on the host')
    .addOption(workspaceOption())
    .action(async (id: string, fingerprint: string, options: Options) => {
      const { workspace, setUp } = await open(options);
      const host = chooseSshHost(workspace, id);
      const offered = await askHostKeys(host, limitsOf(workspace));
      if (!Array.isArray(offered))
        throw new Failure('not-asked', `${id} could not be asked: ${offered.message}`);
      accept({ host, offered, fingerprint, setUp });
    });
}

interface Acceptance {
  host: Host;
  offered: OfferedKey[];
  fingerprint: string;
  setUp: SshSetUp;
}

function accept({ host, offered, fingerprint, setUp }: Acceptance): void {
  const key = offered.find((candidate) => candidate.fingerprint === fingerprint);
  if (key === undefined) {
    const list = offered.map((candidate) => `${candidate.type} ${candidate.fingerprint}`).join(', ');
    throw new Failure('other-key', `${host.host_id} offers another key: ${list}`, {
      nextStep: 'compare again; if it still differs, what answers at this address may not be the host',
    });
  }
  const judged = judgeKey(keyFinder(setUp.options.knownKeys)(nameOf(host)), Buffer.from(key.key, 'base64'));
  if (judged.verdict === 'known') return say(`${host.host_id}: this key is known already`);
  if (judged.verdict !== 'unknown') {
    throw new Failure('key-conflict', `${judged.place} says otherwise: the key is ${judged.verdict}`, {
      nextStep: `after finding out why: patchledger known-hosts forget ${host.host_id}`,
    });
  }
  const file = setUp.knownHostsFiles[0] ?? 'known_hosts';
  addKnownKey(file, nameOf(host), key);
  say(`${host.host_id}: ${key.type} ${key.fingerprint} is known now (${file})`);
}

function forgetCommand(): Command {
  return new Command('forget')
    .description("remove a host's keys from the workspace's own file, after the host was rebuilt")
    .argument('<host>', 'host id')
    .addOption(workspaceOption())
    .action(async (id: string, options: Options) => {
      const { workspace, setUp } = await open(options);
      const host = chooseSshHost(workspace, id);
      const [own = 'known_hosts', ...others] = setUp.knownHostsFiles;
      const { removed, left } = removeKnownKeys(own, nameOf(host));
      for (const key of removed) say(`forgot ${key.type} (${key.place})`);
      const elsewhere = setUp.options.knownKeys
        .filter(({ place }) => others.some((file) => place.startsWith(`${file}:`)))
        .filter((key) => keyFinder([key])(nameOf(host)).length > 0);
      for (const { place } of [...left, ...elsewhere]) say(`left as it is: ${place}; edit it by hand`);
      if (removed.length + left.length + elsewhere.length === 0) say(`no key is known for ${id}`);
    });
}

async function open(options: Options): Promise<{ workspace: Workspace; setUp: SshSetUp }> {
  const workspace = await loadWorkspace(findWorkspace(options.workspace));
  return { workspace, setUp: sshSetUpOf(workspace) };
}

function chooseSshHost(workspace: Workspace, id: string): Host {
  const [host] = chooseHosts(workspace, [id]);
  if (host?.transport === 'ssh') return host;
  throw new Failure('not-ssh', `${id} is not reached over SSH`, { exitCode: 2 });
}

function nameOf(host: Host): string {
  return knownName(host.address ?? '', host.port ?? 22);
}
