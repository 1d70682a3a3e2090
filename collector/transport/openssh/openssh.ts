/**
 * Hosts over SSH through the system's own ssh: jump hosts, certificates, agents, hardware keys, shared connections,
 * whatever ~/.ssh/config says. One process for each program that is run; the first is started while connecting, so
 * that a dead host holds no working place. Every stage has a clock of ours: ConnectTimeout does not cover the key
 * exchange.
 */
import { clean } from '#data/model/clean.ts';
import type { Stage } from '#data/model/words.ts';
import { bursts } from '../bursts.ts';
import { bound, killSession, startChild } from '../child.ts';
import type { Child } from '../child.ts';
import { cutOff, timedOut, trouble } from '../ssh/troubles.ts';
import { sshWords } from './arguments.ts';
import type { OpensshOptions } from './arguments.ts';
import { explainExit } from './explain.ts';
import { readSshLog } from './log.ts';
import type { SshLog } from './log.ts';
import type { Connected, ConnectOptions, Host, RunOptions, Transport, TransportEnd } from '../transport.ts';

/** Fewer save less; twelve leave the processors idle at times (docs/decisions.md 43). */
const startsInARow = 6;

interface Settings extends OpensshOptions {
  /** Read once: process.env looks up each variable anew, for every ssh that is started. */
  env: NodeJS.ProcessEnv;
  /** Settles when it is one's turn to start an ssh. */
  turn: () => Promise<void>;
}

export function opensshTransport(options: OpensshOptions): Transport {
  const settings: Settings = { ...options, env: { ...process.env }, turn: bursts(startsInARow) };
  return { id: 'openssh', connect: (host, connectOptions) => connect(host, settings, connectOptions) };
}

/** One ssh on its way. */
interface Call {
  child: Child;
  log: SshLog;
  /** Settles when we are logged in (null) or when it has ended before. */
  ready: Promise<TransportEnd | null>;
  /** Settles with its end, whenever that is; never rejects. */
  ended: Promise<TransportEnd>;
  /** Ends it for a reason of ours; the first one counts. */
  stop: (reason: TransportEnd) => void;
}

async function connect(host: Host, settings: Settings, connectOptions: ConnectOptions): Promise<Connected> {
  await settings.turn();
  if (connectOptions.signal?.aborted === true) return { end: cutOff('connect', 'the run was ended') };
  const first = call(host, settings, connectOptions);
  const failed = await first.ready;
  if (failed !== null) return { end: failed };
  const calls = [first];
  let next: Call | null = first;
  return {
    connection: {
      hostKey: first.log.hostKey(),
      run: async (program, runOptions) => {
        const one = next ?? call(host, settings, connectOptions);
        next = null;
        if (!calls.includes(one)) calls.push(one);
        const refused = await one.ready;
        return refused ?? runProgram(one, program, runOptions);
      },
      close: () => {
        for (const one of calls) one.stop(cutOff('probe', 'we hung up'));
      },
    },
  };
}

function call(host: Host, settings: Settings, { limits, signal }: ConnectOptions): Call {
  const child = startChild(sshWords(host, settings, limits), settings.env);
  const { promise: ended, resolve: end } = Promise.withResolvers<TransportEnd>();
  const { promise: ready, resolve: getReady } = Promise.withResolvers<TransportEnd | null>();
  let reason: TransportEnd | null = null;
  let timer: NodeJS.Timeout | undefined;
  let isGone = false;
  const stop = (why: TransportEnd) => {
    clearTimeout(timer);
    // Nothing of it is left; to look through all processes for its session costs as much as a small scan.
    if (isGone) return;
    reason ??= why;
    killSession(child);
    child.stdout.destroy();
    child.stderr.destroy();
    end(reason);
    getReady(reason);
  };
  const enter = (stage: Stage) => {
    clearTimeout(timer);
    if (stage === 'session' || stage === 'probe') getReady(null);
    if (stage !== 'probe')
      timer = setTimeout(() => stop(timedOut(stage, limits.connectMs)), limits.connectMs);
  };
  const log = readSshLog(enter);
  const giveUp = () => stop(cutOff(log.stage(), 'the run was ended'));
  signal?.addEventListener('abort', giveUp);
  child.stderr.on('data', log.push);
  child.on('error', (error) => stop(cannotStart(error)));
  child.on('close', (status) => {
    isGone = true;
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
    const why = reason ?? explainEnd(host, log, status);
    end(why);
    getReady(why);
  });
  enter('connect');
  return { child, log, ready, ended, stop };
}

function runProgram(one: Call, program: string, options: RunOptions): Promise<TransportEnd> {
  const stopped = bound(one.child, options);
  one.child.stdin.end(program);
  return one.ended.then((end) => {
    const why = stopped();
    return why === null ? end : { ...why, stage: 'probe', exitStatus: null };
  });
}

/**
 * ssh ends with the far side's status, or with 255 for a fault of its own; the far side may say 255 too. Only what ssh
 * tells of the far side's status is one; over a shared connection it tells nothing, and 255 stays open.
 */
function explainEnd(host: Host, log: SshLog, status: number | null): TransportEnd {
  const remote = log.remoteStatus();
  const said = clean(log.lines().slice(-5).join(' | '), 300);
  const isTold = log.isShared() ? status !== null && status !== 255 : remote !== null && remote === status;
  if (isTold)
    return { outcome: 'ended', stage: 'probe', exitStatus: status, message: status === 0 ? '' : said };
  if (status === 0 && log.stage() === 'probe')
    return { outcome: 'ended', stage: 'probe', exitStatus: null, message: said };
  return explainExit(host, log.stage(), log.lines());
}

function cannotStart(error: Error): TransportEnd {
  return trouble('unreachable', 'connect', {
    message: `ssh cannot be started: ${clean(error.message, 200)}`,
    nextStep: 'Install OpenSSH (Debian: apt-get install openssh-client), or use transport: ssh.',
  });
}
