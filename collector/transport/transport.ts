/** How the collector reaches a host: connect, run one program, take its bytes, leave. */
import type { RowOf } from '#data/model/tables.ts';
import type { ScanStatus, Stage } from '#data/model/words.ts';

export type Host = RowOf<'population'>;

export interface Limits {
  /** Milliseconds for each step of connecting: TCP, banner, key exchange, login, session. */
  connectMs: number;
  /** Milliseconds after which everything that was started is ended. */
  deadlineMs: number;
  /** Milliseconds without a byte after which the program counts as hanging. */
  silenceMs: number;
  maxBytes: number;
}

/** `ended`: the far side closed the stream; all else names what stood in the way. */
export type Outcome =
  'ended' | Exclude<ScanStatus, 'ok' | 'partial' | 'unsupported-os' | 'no-package-manager'>;

export interface TransportEnd {
  outcome: Outcome;
  /** Where it was when it ended. */
  stage: Stage;
  /** Null when the far side never said. */
  exitStatus: number | null;
  /** What happened, for a person; '' when it ended well. */
  message: string;
  /** What to do about it, where the transport knows better than the status alone. */
  nextStep?: string;
}

export interface ConnectOptions {
  limits: Limits;
  /** Aborted when nobody waits for the answer any more. */
  signal?: AbortSignal;
}

export interface RunOptions {
  limits: Limits;
  /** Gets the bytes as they come; false says that no more are wanted. */
  onBytes: (chunk: Uint8Array) => boolean;
}

/** A way to run programs on one host, one after the other. */
export interface Connection {
  /** SHA-256 fingerprint of the host key that was verified, as ssh-keygen prints it; null without one. */
  hostKey: string | null;
  /** Runs a POSIX sh program on the host. Never rejects for the host's faults: they are outcomes. */
  run: (program: string, options: RunOptions) => Promise<TransportEnd>;
  /** Frees everything. May be called at any time and more than once. */
  close: () => void;
}

export type Connected = { connection: Connection } | { end: TransportEnd };

export interface Transport {
  id: string;
  /** Never rejects for the host's faults. */
  connect: (host: Host, options: ConnectOptions) => Promise<Connected>;
}

/** A transport that has nothing to connect to. */
export function withoutConnecting(
  id: string,
  run: (host: Host, program: string, options: RunOptions) => Promise<TransportEnd>,
): Transport {
  return {
    id,
    connect: (host) => {
      const bound: Connection['run'] = (program, options) => run(host, program, options);
      return Promise.resolve({ connection: { hostKey: null, run: bound, close: () => {} } });
    },
  };
}
