/** One pass over the population: a snapshot of every host, in the order in which they are done. */
import { randomBytes } from 'node:crypto';
import { buildSnapshot } from './snapshot.ts';
import { frameReader } from './probe/frames.ts';
import { renderProbe, sectionsOf } from './probe/program.ts';
import { localTransport } from './transport/local.ts';
import { ecosystems } from '#ecosystems/registry.ts';
import type { Snapshot } from '#data/model/tables.ts';
import type { Positions } from '#ecosystems/ecosystem.ts';
import type { Answer } from './probe/frames.ts';
import type { Host, Limits, Transport, TransportEnd } from './transport/transport.ts';

export interface ScanOptions {
  /** How far each host's logs were read before. */
  positions: (hostId: string) => Positions;
  /** The machine that the positions belong to (`scans.machine_id`); null when not known. */
  machineOf?: (hostId: string) => string | null;
  concurrency?: number;
  limits?: Limits;
  transports?: { [transport in Host['transport']]?: Transport };
  /** Milliseconds since 1970. */
  clock?: () => number;
  random?: (bytes: number) => Buffer;
  /** Told when a host begins. */
  onHost?: (host: Host) => void;
}

export interface Scanned {
  host: Host;
  snapshot: Snapshot;
}

export const defaultLimits: Limits = { deadlineMs: 420_000, maxBytes: 67_108_864 };

/** Yields every host once; a host that cannot be read, or breaks the reading, gives a snapshot that says so. */
export async function* scanPopulation(hosts: Host[], options: ScanOptions): AsyncGenerator<Scanned> {
  const waiting = [...hosts];
  const running = new Map<Host, Promise<Scanned>>();
  const concurrency = Math.max(1, options.concurrency ?? 16);
  while (waiting.length > 0 || running.size > 0) {
    while (waiting.length > 0 && running.size < concurrency) {
      const host = waiting.shift()!;
      options.onHost?.(host);
      running.set(
        host,
        scanHost(host, options).then((snapshot) => ({ host, snapshot })),
      );
    }
    const done = await Promise.race(running.values());
    running.delete(done.host);
    yield done;
  }
}

/**
 * Scans one host. Never rejects. Another machine under the same name is asked again from the beginning
 * of its logs: where the old machine's were read to says nothing about its own.
 */
export async function scanHost(host: Host, options: ScanOptions): Promise<Snapshot> {
  const positions = options.positions(host.host_id);
  const snapshot = await scanOnce(host, positions, options);
  const before = options.machineOf?.(host.host_id) ?? null;
  const now = snapshot.scans[0]?.machine_id ?? null;
  if (before === null || now === null || before === now || Object.keys(positions).length === 0)
    return snapshot;
  return scanOnce(host, {}, options);
}

async function scanOnce(host: Host, positions: Positions, options: ScanOptions): Promise<Snapshot> {
  const clock = options.clock ?? Date.now;
  const random = options.random ?? randomBytes;
  const limits = options.limits ?? defaultLimits;
  const mark = random(16).toString('hex');
  const reader = frameReader({
    mark,
    limits: sectionLimits(positions),
    totalBytes: limits.maxBytes,
    now: clock,
  });
  const startedAtMs = clock();
  const end = await contact(host, renderProbe(mark, positions), {
    transport: transportOf(host, options),
    limits,
    onBytes: reader.push,
  });
  const base = { hostId: host.host_id, positions, end, startedAtMs, endedAtMs: clock() };
  try {
    return buildSnapshot({ ...base, answer: reader.end() });
  } catch (error) {
    // A fault of ours in reading one host must not cost the others.
    const message = `Its answer could not be read: ${error instanceof Error ? error.message : String(error)}`;
    const answer: Answer = { frames: new Map(), finished: false, bytes: 0, tooLarge: false };
    return buildSnapshot({ ...base, answer, end: { outcome: 'cut-off', exitStatus: null, message } });
  }
}

interface ContactOptions {
  transport: Transport | undefined;
  limits: Limits;
  onBytes: (chunk: Uint8Array) => boolean;
}

async function contact(host: Host, program: string, options: ContactOptions): Promise<TransportEnd> {
  if (options.transport === undefined) {
    return {
      outcome: 'unreachable',
      exitStatus: null,
      message: `There is no transport '${host.transport}' yet.`,
    };
  }
  try {
    return await options.transport.run(host, program, options);
  } catch (error) {
    const message = `The transport failed: ${error instanceof Error ? error.message : String(error)}`;
    return { outcome: 'unreachable', exitStatus: null, message };
  }
}

function transportOf(host: Host, options: ScanOptions): Transport | undefined {
  const transports = options.transports ?? { local: localTransport() };
  return transports[host.transport];
}

/** Every section of every family: which one a host belongs to is not known before it answers. */
function sectionLimits(positions: Positions): Map<string, number> {
  const all = [null, ...ecosystems.map((family) => family.id)].flatMap((family) =>
    sectionsOf(family, positions),
  );
  return new Map([['hello', 4096], ...all.map((spec) => [spec.name, spec.maxBytes] as const)]);
}
