/** The SUSE host of the fleet, as tests of it talk to it. */
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Snapshot } from '#data/model/tables.ts';
import { optionsFor, sshHost } from '#test/collector/ssh/sshd.ts';
import { expectValid } from '#test/collector/valid.ts';
import { scanHost } from '#test/fixtures/scan-host.ts';
import type { Ran } from '#test/tools.ts';
import { startEmptyFleet } from './fleet.ts';
import { zypperRoot } from './zypper-root.ts';
import type { FleetHost } from './host.ts';

export const accounts = ['patchledger', 'root'];

export interface ZypperHost {
  host: FleetHost;
  /** Scans anew, as the account or as root. */
  scan: (login: string) => Promise<Snapshot>;
  /** zypper on the host, as the account that needs no root unless it is said so; it never refreshes. */
  zypper: (words: string, options?: { asAccount?: boolean }) => Ran;
  /** Packages that a dry run as root would upgrade or install. */
  dryRun: (words: string) => string[];
  stop: () => Promise<void>;
}

/** @param address a loopback address of its own */
export async function startZypperHost(address: string): Promise<ZypperHost> {
  const fleet = startEmptyFleet((text) => console.error(text), address.split('.').slice(0, 2).join('.'));
  const host = await fleet.add(zypperRoot, { id: 'leap15', address });
  const transports = { ssh: sshTransport(optionsFor(fleet.folder)) };
  const zypper: ZypperHost['zypper'] = (words, { asAccount = true } = {}) =>
    host.inside(['sh', '-c', `HOME=/tmp zypper --no-refresh --non-interactive ${words}`], { asAccount });
  return {
    host,
    zypper,
    scan: async (login) => {
      const { id, port } = host;
      const found = await scanHost(sshHost({ host_id: id, address, port, login }), { transports });
      expectValid(found);
      return found;
    },
    dryRun: (words) => {
      const { stdout } = zypper(`--xmlout ${words} --dry-run`, { asAccount: false });
      return [...stdout.matchAll(/<solvable type="package" name="([^"]+)"/g)]
        .map((match) => match[1]!)
        .sort();
    },
    stop: fleet.stop,
  };
}
