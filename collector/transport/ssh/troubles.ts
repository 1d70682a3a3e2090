/** From what went wrong on an SSH connection to an outcome, a sentence and a next step. */
import { clean } from '#data/model/clean.ts';
import type { Stage } from '#data/model/words.ts';
import type { Host, Outcome, TransportEnd } from '../transport.ts';

/** What each stage waits for, in a sentence about its end. */
const waitedFor: { [stage in Stage]: string } = {
  connect: 'a TCP connection',
  banner: 'the SSH greeting',
  'key-exchange': 'the key exchange',
  login: 'the login',
  session: 'a session',
  probe: 'the answer of the probe',
};

interface NodeError extends Error {
  /** A word of Node, or the number of an SSH disconnect message. */
  code?: string | number;
  /** Which part of ssh2 says it. */
  level?: string;
}

export function trouble(
  outcome: Outcome,
  stage: Stage,
  { message, nextStep }: { message: string; nextStep?: string },
): TransportEnd {
  return { outcome, stage, exitStatus: null, message, ...(nextStep !== undefined && { nextStep }) };
}

export function timedOut(stage: Stage, milliseconds: number): TransportEnd {
  const seconds = Math.round(milliseconds / 100) / 10;
  return trouble('timed-out', stage, { message: `No end of ${waitedFor[stage]} within ${seconds} s.` });
}

export function cutOff(stage: Stage, detail = ''): TransportEnd {
  const why = detail === '' ? '' : ` (${detail})`;
  return trouble('cut-off', stage, {
    message: `The connection ended during ${waitedFor[stage]}${why}.`,
  });
}

/** Codes of connect(2) and of name look-up that mean that there is no way to the host. */
const unreachableCodes = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
  'EINVAL',
];

/** @param error what the socket or ssh2 reported while the connection was at that stage */
export function explainError(thrown: unknown, stage: Stage, host: Host): TransportEnd {
  const error: NodeError = thrown instanceof Error ? thrown : new Error(String(thrown));
  const detail = clean(error.message, 200);
  const { code = '', level } = error;
  if (stage === 'connect') {
    if (code === 'ECONNREFUSED') {
      const message = `Nothing listens on port ${host.port} of ${host.address}.`;
      return trouble('refused', stage, { message });
    }
    if (code === 'ETIMEDOUT')
      return trouble('timed-out', stage, { message: 'The network gave up connecting.' });
    if (typeof code === 'string' && unreachableCodes.includes(code))
      return trouble('unreachable', stage, { message: reach(code, host) });
  }
  if (level === 'handshake' && /no matching/.test(error.message)) return noCommon(detail);
  if (level === 'client-authentication')
    return authFailed('The host accepts none of our keys for this account.');
  // What a server says when it hangs up: RFC 4253, 11.1; 2 and 14 are how OpenSSH ends too many tries.
  if (stage === 'login' && /too many authentication failures/i.test(error.message))
    return authFailed('The host hung up after too many keys.');
  if (stage === 'banner' && level === undefined && code === '') return notSsh(detail);
  return cutOff(stage, typeof code === 'string' && code !== '' ? code : detail);
}

function reach(code: string, { address }: Host): string {
  if (code === 'ENOTFOUND') return `The name ${address} cannot be resolved.`;
  if (code === 'EAI_AGAIN') return `The name ${address} cannot be resolved at the moment.`;
  return `There is no way to ${address} (${code}).`;
}

export function notSsh(detail: string): TransportEnd {
  return trouble('unreachable', 'banner', {
    message: `What answers at this address and port is no SSH server (${detail}).`,
    nextStep: 'Check address and port in inventory/*.yaml.',
  });
}

function noCommon(detail: string): TransportEnd {
  return trouble('no-common-algorithm', 'key-exchange', {
    message: `${detail.replace(/^Handshake failed: n/, 'N')}.`,
  });
}

export function authFailed(message: string): TransportEnd {
  return trouble('auth-failed', 'login', { message });
}
