/** Whose answer it is, and when it was given: what can be told from the record, and what a person must say. */
import type { Host } from '../transport/transport.ts';
import { Failure } from '#data/model/failure.ts';

export interface ClaimedBundle {
  /** The host that the script was made for; null for any. */
  hostId: string | null;
  /** Of the machine that answered (`scans.machine_id`); null when it has none. */
  machineId: string | null;
  madeAtMs: number;
  observedAtMs: number;
}

export interface ClaimContext {
  /** The inventory. */
  hosts: readonly Host[];
  /** Machines that were read under each host's id, the latest last. */
  machines: ReadonlyMap<string, readonly string[]>;
  /** The host that a person named. */
  named: string | null;
  /** A person says that the host was rebuilt, and so is another machine now. */
  isRebuilt: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

/** How far two clocks that are set may be apart; Kerberos allows as much. */
const toleranceMs = 5 * 60_000;

/** @throws Failure that names why it cannot be, or why nobody can tell */
export function claimHost(bundle: ClaimedBundle, context: ClaimContext): Host {
  const hostId = hostOf(bundle, context);
  const host = context.hosts.find(({ host_id }) => host_id === hostId);
  if (host === undefined) {
    throw new Failure('unknown-host', `is the answer of ${hostId}, which the inventory does not have`, {
      nextStep: `add it to inventory/*.yaml: ${hostId}: { transport: bundle }`,
    });
  }
  checkMachine(hostId, bundle, context);
  checkTime(bundle, context.now);
  return host;
}

function hostOf({ hostId, machineId }: ClaimedBundle, { named, machines }: ClaimContext): string {
  if (hostId !== null && named !== null && hostId !== named) {
    throw new Failure(
      'bundle-other-host',
      `comes from a script that was made for ${hostId}, not for ${named}`,
      {
        nextStep: `import it without --host, or run a script for ${named} on ${named}`,
      },
    );
  }
  const said = hostId ?? named;
  if (said !== null) return said;
  const known = [...machines].filter(([, list]) => list.at(-1) === machineId).map(([id]) => id);
  if (known.length === 1) return known[0]!;
  throw new Failure('bundle-unnamed', 'does not say whose it is, and no host of the record is that machine', {
    nextStep: 'name the host: patchledger import ANSWER --host ID',
  });
}

function checkMachine(hostId: string, { machineId }: ClaimedBundle, context: ClaimContext): void {
  const own = context.machines.get(hostId) ?? [];
  if (machineId !== null && own.includes(machineId)) return;
  const other = [...context.machines].find(([id, list]) => id !== hostId && list.at(-1) === machineId)?.[0];
  if (other !== undefined) {
    throw new Failure(
      'bundle-other-machine',
      `is the answer of ${other}: that machine gave it, not ${hostId}`,
      {
        nextStep: `import it as ${other}'s; if ${hostId} was copied from ${other}, give it a machine-id of its own`,
      },
    );
  }
  if (own.length === 0 || context.isRebuilt) return;
  const what = machineId === null ? 'does not say which machine gave it' : 'comes from another machine';
  throw new Failure('bundle-rebuilt', `${what} than the one that was read as ${hostId} before`, {
    nextStep: `bring the answer of ${hostId}; if it was rebuilt: patchledger import ANSWER --rebuilt`,
  });
}

/** The script was made before it ran, and it ran before now: a clock that says otherwise is wrong. */
function checkTime({ observedAtMs, madeAtMs }: ClaimedBundle, now: number): void {
  const nextStep = 'set the clock of the host, and run the script once more';
  const at = (milliseconds: number): string => new Date(milliseconds).toISOString();
  if (observedAtMs > now + toleranceMs)
    throw new Failure('bundle-future', `is dated ${at(observedAtMs)}, which has not come yet`, { nextStep });
  if (observedAtMs < madeAtMs - toleranceMs)
    throw new Failure(
      'bundle-before-script',
      `is dated ${at(observedAtMs)}, before its script was made (${at(madeAtMs)})`,
      { nextStep },
    );
}
