/** One file that was brought by hand: read, checked, and told whose it is. */
import { readFileSync, statSync } from 'node:fs';
import { Failure } from '#data/model/failure.ts';
import type { Snapshot } from '#data/model/tables.ts';
import type { Host } from '../transport/transport.ts';
import { claimHost } from './claim.ts';
import { mostBundleBytes, readBundle } from './read.ts';
import { snapshotOfBundle } from './snapshot.ts';

export interface TakeContext {
  /** The inventory. */
  hosts: readonly Host[];
  /** Machines that the record has read under each host's id, the latest last; what is taken is added. */
  machines: Map<string, string[]>;
  /** Where each answer stands that was taken before, by its SHA-256; what is taken is added. */
  known: Map<string, string>;
  /** The host that a person named. */
  named: string | null;
  isRebuilt: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

export interface Taken {
  file: string;
  hostId: string;
  sha256: string;
  /** By the host's own clock, in milliseconds since 1970. */
  observedAtMs: number;
  snapshot: Snapshot;
}

/** @throws Failure that says why it cannot be taken in; its message goes on after the name of the file */
export function takeAnswer(file: string, context: TakeContext): Taken {
  const { machines, known, named, isRebuilt, now } = context;
  const bundle = readBundle(readFile(file));
  const before = known.get(bundle.sha256);
  if (before !== undefined) {
    throw new Failure('bundle-known', `was taken in before (${before})`, {
      nextStep: 'nothing is to be done',
    });
  }
  // Who answered is read like everything else that it says.
  const [scan] = snapshotOfBundle('unclaimed', bundle, now).scans;
  const machineId = scan?.machine_id ?? null;
  const { host_id: hostId } = claimHost(
    { ...bundle, machineId },
    { hosts: context.hosts, machines, named, isRebuilt, now },
  );
  known.set(bundle.sha256, `the same as ${file}`);
  const own = machines.get(hostId) ?? [];
  if (machineId !== null && !own.includes(machineId)) machines.set(hostId, [...own, machineId]);
  const { sha256, observedAtMs } = bundle;
  return { file, hostId, sha256, observedAtMs, snapshot: snapshotOfBundle(hostId, bundle, now) };
}

function readFile(file: string): Buffer {
  try {
    if (statSync(file).size > mostBundleBytes) {
      throw new Failure('bundle-too-large', `is larger than ${mostBundleBytes} bytes`, {
        nextStep: 'name an answer of the probe',
      });
    }
    return readFileSync(file);
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new Failure('no-answer', `cannot be read (${code})`, { nextStep: 'name the file of an answer' });
  }
}
