/** One attempt at one host: connect, run the probe, read what came. Never rejects. */
import { randomBytes } from 'node:crypto';
import { buildSnapshot } from './snapshot.ts';
import { frameReader, helloBytes } from './probe/frames.ts';
import { renderProbe } from './probe/program.ts';
import { sectionsOfFamily } from './probe/shell.ts';
import { linuxSections } from '#ecosystems/linux/sections.ts';
import { ecosystems } from '#ecosystems/registry.ts';
import type { Snapshot } from '#data/model/tables.ts';
import type { Positions } from '#ecosystems/ecosystem.ts';
import type { Answer } from './probe/frames.ts';
import type { Connected, Connection, Host, Limits, Transport, TransportEnd } from './transport/transport.ts';

/** What an attempt needs to know of the host. */
export interface Known {
  /** How far the host's logs were read before. */
  positions: Positions;
  /** The machine that the positions belong to (`scans.machine_id`); null when not known. */
  machineId: string | null;
}

interface Asked {
  positions: Positions;
  /** Whether the host is to refresh its package lists first; only where the inventory allows it. */
  refresh: boolean;
}

export interface ContactOptions {
  limits: Limits;
  signal: AbortSignal;
  /** Milliseconds since 1970. */
  clock?: () => number;
  random?: (bytes: number) => Buffer;
}

/** Connects; a fault of the transport itself is an outcome too. */
export async function reach(
  host: Host,
  transport: Transport | undefined,
  options: ContactOptions,
): Promise<Connected> {
  if (transport === undefined)
    return { end: failed('connect', `There is no transport '${host.transport}' here.`) };
  try {
    return await transport.connect(host, options);
  } catch (error) {
    return { end: failed('connect', `The transport failed: ${messageOf(error)}`) };
  }
}

export interface Attempt {
  host: Host;
  attempt: number;
  startedAtMs: number;
}

/** The snapshot of a host that could not be connected to. */
export function snapshotOfFailure(
  { host, attempt, startedAtMs }: Attempt,
  end: TransportEnd,
  clock: () => number = Date.now,
): Snapshot {
  const endedAtMs = clock();
  return buildSnapshot({
    hostId: host.host_id,
    positions: {},
    answer: noAnswer,
    end,
    hostKey: null,
    transport: host.transport,
    attempt,
    startedAtMs,
    sentAtMs: endedAtMs,
    endedAtMs,
  });
}

/**
 * Runs the probe. Another machine under the same name is asked again from the beginning of its logs:
 * where the old machine's were read to says nothing about its own.
 */
export async function probeHost(
  connection: Connection,
  attempt: Attempt,
  { known, refresh, ...options }: ContactOptions & { known: Known; refresh: boolean },
): Promise<{ snapshot: Snapshot; end: TransportEnd }> {
  const first = await probeOnce(connection, attempt, { ...options, refresh, positions: known.positions });
  const now = first.snapshot.scans[0]?.machine_id ?? null;
  const isOther = known.machineId !== null && now !== null && known.machineId !== now;
  if (!isOther || Object.keys(known.positions).length === 0) return first;
  return probeOnce(connection, attempt, { ...options, refresh, positions: {} });
}

async function probeOnce(
  connection: Connection,
  { host, attempt, startedAtMs }: Attempt,
  { positions, refresh, limits: usual, ...options }: ContactOptions & Asked,
): Promise<{ snapshot: Snapshot; end: TransportEnd }> {
  const clock = options.clock ?? Date.now;
  const limits = refresh ? { ...usual, deadlineMs: usual.deadlineMs + refreshMs } : usual;
  const mark = (options.random ?? randomBytes)(16).toString('hex');
  const reader = frameReader({
    mark,
    limits: sectionLimits(refresh),
    totalBytes: limits.maxBytes,
    now: clock,
  });
  const sentAtMs = clock();
  const end = await runProbe(connection, renderProbe(mark, positions, refresh), {
    limits,
    onBytes: reader.push,
  });
  const base = {
    hostId: host.host_id,
    positions,
    refresh,
    hostKey: connection.hostKey,
    transport: host.transport,
    attempt,
    startedAtMs,
    sentAtMs,
    endedAtMs: clock(),
  };
  try {
    return { snapshot: buildSnapshot({ ...base, answer: reader.end(), end }), end };
  } catch (error) {
    // A fault of ours in reading one host must not cost the others.
    const fault: TransportEnd = {
      outcome: 'cut-off',
      stage: 'probe',
      exitStatus: null,
      message: `Its answer could not be read: ${messageOf(error)}`,
    };
    return { snapshot: buildSnapshot({ ...base, answer: noAnswer, end: fault }), end: fault };
  }
}

async function runProbe(
  connection: Connection,
  program: string,
  options: Parameters<Connection['run']>[1],
): Promise<TransportEnd> {
  try {
    return await connection.run(program, options);
  } catch (error) {
    return failed('session', `The transport failed: ${messageOf(error)}`);
  }
}

/** What a refresh may take beside the time for the probe. */
const refreshMs = 180_000;

const noAnswer: Answer = {
  frames: new Map(),
  finished: false,
  bytes: 0,
  tooLarge: false,
  preamble: '',
};

function failed(stage: TransportEnd['stage'], message: string): TransportEnd {
  return { outcome: 'unreachable', stage, exitStatus: null, message };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Every section of every family: which one a host belongs to is not known before it answers. */
export function sectionLimits(refresh = false): Map<string, number> {
  const all = [...linuxSections, ...ecosystems.flatMap((family) => sectionsOfFamily(family, {}, refresh))];
  return new Map([['hello', helloBytes], ...all.map((spec) => [spec.name, spec.maxBytes] as const)]);
}
