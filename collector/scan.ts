/**
 * One pass over the population: a snapshot of every host, in the order in which they are done.
 *
 * Connecting and working have separate limits, so that hosts that never answer hold up nobody: one that
 * has not come in after a short while goes on waiting aside, and the next may try. What may pass by itself
 * is tried again after all others have had their turn.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { probeHost, reach, snapshotOfFailure } from './contact.ts';
import type { Attempt, ContactOptions, Known } from './contact.ts';
import { lane, mailbox } from './lanes.ts';
import type { Lane, Leave } from './lanes.ts';
import { localTransport } from './transport/local.ts';
import type { Snapshot } from '#data/model/tables.ts';
import type { Host, Limits, Transport, TransportEnd } from './transport/transport.ts';

export interface ScanOptions {
  known: (hostId: string) => Known;
  /** Which hosts are to refresh their package lists before they are read; none when not given. */
  refresh?: (hostId: string) => boolean;
  /** Hosts at work at the same time. */
  concurrency?: number;
  /** Hosts being connected to at the same time, not counting those that let us wait. */
  connecting?: number;
  /** Attempts at a host whose trouble may pass by itself. */
  attempts?: number;
  limits?: Limits;
  transports?: Transports;
  /** Milliseconds before another attempt at the earliest; as much again is added by chance. */
  retryAfterMs?: number;
  clock?: () => number;
  random?: ContactOptions['random'];
  /** Told when an attempt begins. */
  onHost?: (host: Host, attempt: number) => void;
}

export type Transports = { [transport in Host['transport']]?: Transport };

export interface Scanned {
  host: Host;
  snapshot: Snapshot;
}

export const defaultLimits: Limits = {
  connectMs: 15_000,
  deadlineMs: 420_000,
  // Longer than any one command of the probe may take on the host itself.
  silenceMs: 200_000,
  maxBytes: 67_108_864,
};

/** How long a host may hold a place among those that connect. Waiting aside costs a socket and nothing else. */
const patienceMs = 1000;
const mostAside = 1000;

interface Pass {
  connecting: Lane;
  aside: Lane;
  working: Lane;
  options: ScanOptions;
  contact: ContactOptions;
}

/** Yields every host once; a host that cannot be read, or breaks the reading, gives a snapshot that says so. */
export async function* scanPopulation(hosts: Host[], options: ScanOptions): AsyncGenerator<Scanned> {
  const stop = new AbortController();
  const concurrency = Math.max(1, options.concurrency ?? 16);
  const pass: Pass = {
    connecting: lane(Math.max(1, options.connecting ?? 4 * concurrency)),
    aside: lane(mostAside),
    working: lane(concurrency),
    options,
    contact: { ...options, limits: options.limits ?? defaultLimits, signal: stop.signal },
  };
  const done = mailbox<Scanned | Error>();
  const all = scanAll(hosts, pass, done.put).catch((error: unknown) =>
    done.put(error instanceof Error ? error : new Error(String(error))),
  );
  try {
    for (let count = 0; count < hosts.length; count++) {
      const item = await done.take();
      if (item instanceof Error) throw item;
      yield item;
    }
  } finally {
    // Whoever stops listening leaves no connection behind.
    stop.abort();
    await all;
  }
}

async function scanAll(hosts: Host[], pass: Pass, put: (scanned: Scanned) => void): Promise<void> {
  const mostAttempts = Math.max(1, pass.options.attempts ?? 1);
  let turn = hosts.map((host) => ({ host, notBefore: 0 }));
  for (let attempt = 1; turn.length > 0 && !pass.contact.signal.aborted; attempt++) {
    const again: typeof turn = [];
    const underWay: Promise<void>[] = [];
    const oneHost = async (host: Host, leave: Leave) => {
      const { snapshot, end } = await scanOnce(host, attempt, { pass, leave });
      if (attempt < mostAttempts && mayPass(end)) again.push({ host, notBefore: soon(pass.options) });
      else put({ host, snapshot });
    };
    for (const { host, notBefore } of turn) {
      await waitUntil(notBefore, pass.contact.signal);
      const leave = await pass.connecting.enter();
      if (pass.contact.signal.aborted) break;
      pass.options.onHost?.(host, attempt);
      underWay.push(oneHost(host, leave));
    }
    await Promise.all(underWay);
    turn = again.sort((a, b) => a.notBefore - b.notBefore);
  }
}

/** Chance keeps a thousand hosts behind one broken switch from being tried in one instant again. */
function soon({ retryAfterMs = 2000 }: ScanOptions): number {
  return performance.now() + retryAfterMs * (1 + Math.random());
}

async function waitUntil(notBefore: number, signal: AbortSignal): Promise<void> {
  const wait = notBefore - performance.now();
  if (wait > 0) await sleep(wait, undefined, { signal }).catch(() => {});
}

/**
 * A failed login is never tried again: servers punish the address that it comes from (OpenSSH 9.8,
 * PerSourcePenalties), for the right key too. Nor is what the host would say again.
 */
function mayPass({ outcome, stage }: TransportEnd): boolean {
  if (outcome === 'unreachable' || outcome === 'cut-off') return stage !== 'login';
  if (outcome === 'refused') return stage === 'connect';
  return outcome === 'timed-out' && ['connect', 'banner', 'key-exchange'].includes(stage);
}

async function scanOnce(
  host: Host,
  number: number,
  { pass, leave }: { pass: Pass; leave: Leave },
): Promise<{ snapshot: Snapshot; end: TransportEnd }> {
  const { options, contact, working } = pass;
  const attempt: Attempt = { host, attempt: number, startedAtMs: (options.clock ?? Date.now)() };
  const connected = await connectPatiently(host, pass, leave);
  if ('end' in connected) {
    leave();
    return { snapshot: snapshotOfFailure(attempt, connected.end, options.clock), end: connected.end };
  }
  const leaveWork = await working.enter();
  leave();
  try {
    const known = options.known(host.host_id);
    const refresh = options.refresh?.(host.host_id) ?? false;
    return await probeHost(connected.connection, attempt, { ...contact, known, refresh });
  } finally {
    connected.connection.close();
    leaveWork();
  }
}

/** Gives the place up to the next host when this one lets us wait, as long as there is room aside. */
async function connectPatiently(host: Host, { aside, contact, options }: Pass, leave: Leave) {
  let leaveAside: Leave | null = null;
  const impatience = setTimeout(() => {
    leaveAside = aside.tryEnter();
    if (leaveAside !== null) leave();
  }, patienceMs);
  const transports = options.transports ?? { local: localTransport() };
  const connected = await reach(host, transports[host.transport], contact);
  clearTimeout(impatience);
  (leaveAside as Leave | null)?.();
  return connected;
}
