/** The probe's answer, read from a stream of bytes that a hostile or dying host may have sent. */
import { createHash, hash as hashOf } from 'node:crypto';
import type { Hash } from 'node:crypto';

export interface Frame {
  /** Standard output, up to the section's limit. */
  payload: Buffer;
  stderr: string;
  /** Null when the section never ended. */
  exitStatus: number | null;
  durationMs: number | null;
  truncated: boolean;
  /** Whether the host says that root read it, while the probe ran as an ordinary account. */
  asRoot: boolean;
  /** Bytes received, also those beyond the limit. */
  bytes: number;
  sha256: string;
  /** When its first line came in, by the collector's clock, in milliseconds since 1970. */
  beganAtMs: number;
}

export interface Answer {
  /** In the order in which they began. */
  frames: Map<string, Frame>;
  /** Whether the probe said that it was done. */
  finished: boolean;
  bytes: number;
  tooLarge: boolean;
  /** The beginning of what came before the first frame: banners, and what a refusing shell says. */
  preamble: string;
}

export interface FrameReader {
  /** Takes the next bytes; false when no more are wanted. */
  push: (chunk: Uint8Array) => boolean;
  end: () => Answer;
}

export interface FrameOptions {
  mark: string;
  /** Bytes kept of a section; sections not named here are ignored. */
  limits: ReadonlyMap<string, number>;
  totalBytes: number;
  now?: () => number;
}

interface Open {
  frame: Frame;
  name: string;
  chunks: Buffer[];
  kept: number;
  /** Of bytes as they come, once some are beyond the limit; until then the payload is hashed at the end, at once. */
  hash: Hash | null;
  stderr: Buffer[] | null;
  stderrBytes: number;
  limit: number;
}

/** Bytes kept of the greeting. */
export const helloBytes = 4096;

/** What login files may print before the probe begins, and what is kept of it. */
const maxPreamble = 1_048_576;
const keptPreamble = 500;
/** Longest line that the frame itself may have. */
const maxFrameLine = 200;
const maxStderr = 4000;

interface State {
  answer: Answer;
  options: FrameOptions;
  now: () => number;
  /** What starts a line of the frame. */
  needle: Buffer;
  /** Bytes not yet given to a section. */
  pending: Buffer;
  open: Open | null;
}

/** Everything before the first mark (banners, what login files print) is ignored. */
export function frameReader(options: FrameOptions): FrameReader {
  const state: State = {
    answer: { frames: new Map(), finished: false, bytes: 0, tooLarge: false, preamble: '' },
    options,
    now: options.now ?? Date.now,
    needle: Buffer.from(`\n${options.mark} `),
    pending: Buffer.from('\n'),
    open: null,
  };
  return { push: (chunk) => push(state, chunk), end: () => end(state) };
}

function push(state: State, chunk: Uint8Array): boolean {
  const { answer } = state;
  if (answer.finished || answer.tooLarge) return false;
  answer.bytes += chunk.length;
  const begun = state.open !== null || answer.frames.size > 0;
  if (answer.bytes > (begun ? state.options.totalBytes : maxPreamble + chunk.length)) {
    answer.tooLarge = true;
    return false;
  }
  state.pending = state.pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([state.pending, chunk]);
  while (!answer.finished && step(state));
  return !answer.finished;
}

function end(state: State): Answer {
  if (!state.answer.finished) take(state, state.pending.length);
  close(state);
  return state.answer;
}

/** Takes one line of the frame off `pending`; false when more bytes are needed. */
function step(state: State): boolean {
  const { pending, needle } = state;
  const at = pending.indexOf(needle);
  const lineEnd = at < 0 ? -1 : pending.indexOf(0x0a, at + needle.length);
  if (lineEnd >= 0) {
    take(state, at);
    readLine(state, state.pending.toString('latin1', needle.length, lineEnd - at));
    state.pending = state.pending.subarray(lineEnd - at + 1);
    return true;
  }
  if (at < 0) take(state, Math.max(0, pending.length - needle.length + 1));
  else if (pending.length - at > maxFrameLine) {
    // A mark that no frame line follows is content.
    take(state, at + needle.length);
    return true;
  }
  return false;
}

/** Moves bytes from `pending` into the open section. */
function take(state: State, count: number): void {
  const bytes = state.pending.subarray(0, count);
  if (count > 0 && state.open !== null) keep(state.open, bytes);
  const { answer } = state;
  if (answer.frames.size === 0 && state.open === null && answer.preamble.length < keptPreamble)
    answer.preamble += bytes.toString('utf8', 0, keptPreamble);
  state.pending = state.pending.subarray(count);
}

function readLine(state: State, text: string): void {
  const { open } = state;
  const [verb, first = '', second = ''] = text.split(' ');
  if (verb === 'begin') begin(state, first, second === 'root');
  else if (verb === 'stderr' && open !== null) open.stderr ??= [];
  else if (verb === 'end' && open !== null) {
    open.frame.exitStatus = /^\d{1,3}$/.test(first) ? Number(first) : null;
    open.frame.durationMs = /^\d{1,9}$/.test(second) ? Number(second) : null;
    close(state);
  } else if (verb === 'finish' && open === null) state.answer.finished = true;
}

function begin(state: State, name: string, asRoot: boolean): void {
  close(state);
  const limit = state.options.limits.get(name);
  if (limit === undefined || state.answer.frames.has(name)) return;
  state.open = opened(name, limit, { asRoot, beganAtMs: state.now() });
}

function close(state: State): void {
  if (state.open !== null) state.answer.frames.set(state.open.name, closed(state.open));
  state.open = null;
}

function opened(name: string, limit: number, more: Pick<Frame, 'asRoot' | 'beganAtMs'>): Open {
  const frame: Frame = {
    payload: Buffer.alloc(0),
    stderr: '',
    exitStatus: null,
    durationMs: null,
    truncated: false,
    bytes: 0,
    sha256: '',
    ...more,
  };
  return {
    frame,
    name,
    limit,
    chunks: [],
    kept: 0,
    hash: null,
    stderr: null,
    stderrBytes: 0,
  };
}

function keep(open: Open, bytes: Buffer): void {
  if (open.stderr !== null) {
    const room = Math.max(0, maxStderr - open.stderrBytes);
    open.stderr.push(Buffer.from(bytes.subarray(0, room)));
    open.stderrBytes += Math.min(room, bytes.length);
    return;
  }
  const room = Math.max(0, open.limit - open.kept);
  if (bytes.length > room && open.hash === null) {
    open.hash = createHash('sha256');
    for (const chunk of open.chunks) open.hash.update(chunk);
  }
  open.hash?.update(bytes);
  const kept = bytes.subarray(0, room);
  // Copied: a small piece would otherwise keep its whole chunk alive.
  if (kept.length > 0) open.chunks.push(Buffer.from(kept));
  open.kept += kept.length;
  open.frame.bytes += bytes.length;
  if (bytes.length > room) open.frame.truncated = true;
}

function closed(open: Open): Frame {
  const payload = Buffer.concat(open.chunks);
  return {
    ...open.frame,
    payload,
    stderr: Buffer.concat(open.stderr ?? [])
      .toString('utf8')
      .trim(),
    sha256: open.hash?.digest('hex') ?? hashOf('sha256', payload),
  };
}
