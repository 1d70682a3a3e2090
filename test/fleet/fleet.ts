/** The standard fleet: a host of each Debian release, a client that may log in, and the files it needs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeKey } from '#test/collector/ssh/sshd.ts';
import { startHost } from './host.ts';
import type { FleetHost, HostOptions } from './host.ts';
import { releases, rootOf } from './roots.ts';
import type { Release } from './roots.ts';

/** Gives a root's folder, making it when there is none. */
export type RootMaker = (say: (text: string) => void) => Promise<string>;

export interface Fleet {
  /** Holds `client`, `client.pub` and `known_hosts`. */
  folder: string;
  /** First two parts of the addresses. */
  network: string;
  hosts: FleetHost[];
  /** Starts one more host on the root of a Debian release or on any other, and makes its keys known. */
  add: (root: Release | RootMaker, options: Omit<HostOptions, 'root' | 'publicKey'>) => Promise<FleetHost>;
  stop: () => Promise<void>;
}

const versions: { [release in Release]: number } = { bullseye: 11, bookworm: 12, trixie: 13 };

/**
 * A fleet without a host.
 *
 * @param network first two parts of the addresses; two fleets at once need two networks
 */
export function startEmptyFleet(say: (text: string) => void = () => {}, network: string = '127.77'): Fleet {
  const folder = mkdtempSync(join(tmpdir(), 'patchledger-fleet-'));
  makeKey(join(folder, 'client'), 'ed25519');
  const hosts: FleetHost[] = [];
  const knownHosts = join(folder, 'known_hosts');
  return {
    folder,
    network,
    hosts,
    add: async (root, options) => {
      const publicKey = readFileSync(join(folder, 'client.pub'), 'utf8');
      const path = await (typeof root === 'string' ? rootOf(root, say) : root(say));
      const host = await startHost({ ...options, root: path, publicKey });
      hosts.push(host);
      writeFileSync(knownHosts, hosts.map((one) => one.knownHosts).join(''));
      return host;
    },
    stop: async () => {
      await Promise.all(hosts.map((host) => host.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A host of each Debian release; see `startEmptyFleet`. */
export async function startFleet(say: (text: string) => void = () => {}, network?: string): Promise<Fleet> {
  const fleet = startEmptyFleet(say, network);
  try {
    for (const release of releases) await rootOf(release, say);
    for (const release of releases) {
      const version = versions[release];
      await fleet.add(release, { id: `debian${version}`, address: `${fleet.network}.0.${version}` });
    }
  } catch (error) {
    await fleet.stop();
    throw error;
  }
  return fleet;
}

/** The fleet as an inventory file. */
export function inventoryOf(hosts: FleetHost[]): string {
  const lines = hosts.map(
    ({ id, address, port, user }) => `  ${id}: { address: ${address}, port: ${port}, user: ${user} }`,
  );
  return `hosts:\n${lines.join('\n')}\n`;
}

/** What patchledger.yaml needs to reach the fleet. */
export function settingsOf({ folder }: Fleet): string {
  return `ssh:\n  identity-files: [${join(folder, 'client')}]\n  known-hosts: [${join(folder, 'known_hosts')}]\n`;
}
