/** What ssh says of itself on standard error: how far it came, which key the host has, and why it gave up. */
import { clean } from '#data/model/clean.ts';
import type { Stage } from '#data/model/words.ts';

export interface SshLog {
  /** Takes the next bytes of standard error. */
  push: (chunk: Buffer) => void;
  stage: () => Stage;
  /** SHA-256 fingerprint of the key that the host offered; null before. */
  hostKey: () => string | null;
  /** The exit status that the far side named; null when it never did. */
  remoteStatus: () => number | null;
  /** Whether another ssh's connection is shared: then its end is told by ssh's own exit status alone. */
  isShared: () => boolean;
  /** The lines that are no debugging, oldest first: ssh's own messages, and what the host said on its standard error. */
  lines: () => string[];
}

const keptLines = 60;
const longestLine = 400;

/** What ssh tells at its end besides. */
const accounts = /^(?:Transferred: sent \d|Bytes per second: sent |debug\d: )/;

/** What each line of ssh's debugging means for the way to the host; the order is that of the way. */
const marks: [RegExp, Stage][] = [
  [/^Connection established\./, 'banner'],
  // Behind a jump host, or a command in its place, there is no connection of our own.
  [/^Executing proxy command:/, 'banner'],
  [/^Remote protocol version/, 'key-exchange'],
  [/^SSH2_MSG_NEWKEYS received/, 'login'],
  // A connection that is shared was opened by another ssh before.
  [/^auto-mux: Trying existing/, 'connect'],
  [/^mux_client_request_session: master session id/, 'probe'],
  [/^Authenticated to /, 'session'],
  [/^Sending command:/, 'probe'],
];
const order: readonly Stage[] = ['connect', 'banner', 'key-exchange', 'login', 'session', 'probe'];

/** @param onStage told of each stage that is reached */
export function readSshLog(onStage: (stage: Stage) => void): SshLog {
  let pending = '';
  let stage: Stage = 'connect';
  let hostKey: string | null = null;
  let remoteStatus: number | null = null;
  let shared = false;
  const lines: string[] = [];
  const takeDebug = (text: string) => {
    const key = /^Server host key: \S+ (SHA256:[A-Za-z0-9+/]{43})$/.exec(text)?.[1];
    // Only before the login: what comes later may be the host's own words.
    if (key !== undefined && order.indexOf(stage) <= order.indexOf('key-exchange')) hostKey ??= key;
    const status = /^Exit status (-?\d{1,3})$/.exec(text)?.[1];
    if (status !== undefined) remoteStatus = Number(status) < 0 ? null : Number(status);
    if (text.startsWith('mux_client_request_session: ')) shared = true;
    const next = marks.find(([mark]) => mark.test(text))?.[1];
    if (next !== undefined && order.indexOf(next) > order.indexOf(stage)) {
      stage = next;
      onStage(next);
    }
  };
  const take = (line: string) => {
    const debug = /^debug\d: (.*)$/.exec(line)?.[1];
    if (debug !== undefined) takeDebug(debug.slice(0, longestLine));
    else if (line.startsWith('Authenticated to ')) takeDebug(line);
    else if (line !== '' && !accounts.test(line)) lines.push(clean(line, longestLine));
    if (lines.length > keptLines) lines.shift();
  };
  return {
    push: (chunk) => {
      // ssh's own messages end in CR and LF.
      const parts = (pending + chunk.toString('latin1')).split(/\r?\n/);
      pending = (parts.pop() ?? '').slice(0, 4 * longestLine);
      for (const part of parts) take(part.trimEnd());
    },
    stage: () => stage,
    hostKey: () => hostKey,
    remoteStatus: () => remoteStatus,
    isShared: () => shared,
    lines: () => (pending === '' ? lines : [...lines, clean(pending.trimEnd(), longestLine)]),
  };
}
