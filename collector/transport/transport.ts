/** How the collector reaches a host: one program in, bytes out. */
import type { RowOf } from '#data/model/tables.ts';
import type { ScanStatus } from '#data/model/words.ts';

export type Host = RowOf<'population'>;

export interface Limits {
  /** Milliseconds after which everything that was started is ended. */
  deadlineMs: number;
  maxBytes: number;
}

/** `ended`: the far side closed the stream; all else names what stood in the way. */
export type Outcome =
  'ended' | Exclude<ScanStatus, 'ok' | 'partial' | 'unsupported-os' | 'no-package-manager'>;

export interface TransportEnd {
  outcome: Outcome;
  /** Null when the far side never said. */
  exitStatus: number | null;
  /** What happened, for a person; '' when it ended well. */
  message: string;
}

export interface RunOptions {
  limits: Limits;
  /** Gets the bytes as they come; false says that no more are wanted. */
  onBytes: (chunk: Uint8Array) => boolean;
}

export interface Transport {
  id: string;
  /** Runs a POSIX sh program on the host. Never rejects for the host's faults: they are outcomes. */
  run: (host: Host, program: string, options: RunOptions) => Promise<TransportEnd>;
}
