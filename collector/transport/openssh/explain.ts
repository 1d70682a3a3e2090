/** From ssh's own messages to an outcome, a sentence and a next step: the same words as the transport in process. */
import type { Stage } from '#data/model/words.ts';
import { authFailed, cutOff, trouble } from '../ssh/troubles.ts';
import type { Host, Outcome, TransportEnd } from '../transport.ts';

interface Rule {
  /** A message of ssh (OpenSSH 8.4 to 10, in English: ssh has no other). */
  says: RegExp;
  outcome: Outcome;
  /** Stages at which the message means that; any when not given. */
  at?: readonly Stage[];
  /** Where it stands, when the message knows better than the debugging. */
  stage?: Stage;
  message: (host: Host, found: RegExpExecArray) => string;
  nextStep?: (host: Host) => string;
}

const lookAtKeys = (host: Host): string =>
  `Compare the key with the host's own (at its console: cat /etc/ssh/ssh_host_*_key.pub | ssh-keygen -lf -); if it is the same: patchledger known-hosts accept ${host.host_id} FINGERPRINT`;

/** In order: what decides comes first, since a refusal is followed by more general words. */
const rules: Rule[] = [
  {
    says: /REVOKED HOST KEY|revoked by file/,
    outcome: 'host-key-changed',
    stage: 'key-exchange',
    message: () => 'The host offers a key that is marked as revoked.',
    nextStep: () => 'Give the host new keys: whoever stole this one can pose as the host.',
  },
  {
    says: /REMOTE HOST IDENTIFICATION HAS CHANGED/,
    outcome: 'host-key-changed',
    stage: 'key-exchange',
    message: () => 'The host offers another key than the one that is known.',
    nextStep: () =>
      'Find out why before anything else: it may be another machine. If the host was rebuilt, forget its old key and accept the new one.',
  },
  {
    says: /No (\S+) host key is known for|Host key verification failed|host certificate .*(?:not|expired|invalid)/i,
    outcome: 'host-key-unknown',
    stage: 'key-exchange',
    message: () => "Nobody has vouched for the host's key.",
    nextStep: lookAtKeys,
  },
  {
    says: /Unable to negotiate with .*: (no matching .*?)(?:\. Their offer: .*)?$/,
    outcome: 'no-common-algorithm',
    stage: 'key-exchange',
    message: (_host, found) => `The host and ssh have ${found[1]}.`,
  },
  {
    says: /channel \d+: open failed|session open refused|administratively prohibited/,
    at: ['session', 'probe'],
    outcome: 'refused',
    stage: 'session',
    message: () => 'The host let us log in, but gave us no session.',
    nextStep: () =>
      'Look at MaxSessions and ForceCommand in sshd_config of the host, and at the shell of the account.',
  },
  {
    says: /Could not resolve hostname/,
    outcome: 'unreachable',
    stage: 'connect',
    message: ({ address }) => `The name ${address} cannot be resolved.`,
  },
  {
    says: /connect to host .*: Connection refused|open failed: connect failed: Connection refused/,
    outcome: 'refused',
    stage: 'connect',
    message: ({ address, port }) => `Nothing listens on port ${port ?? 22} of ${address}.`,
  },
  {
    says: /timed out during banner exchange/,
    outcome: 'timed-out',
    stage: 'banner',
    message: () => 'No SSH greeting came in time.',
  },
  {
    says: /connect to host .*: (?:Connection|Operation) timed out|open failed: connect failed: Connection timed out/,
    outcome: 'timed-out',
    stage: 'connect',
    message: () => 'The network gave up connecting.',
  },
  {
    says: /connect to host .*: (.*)$|open failed: connect failed: (.*)$/,
    outcome: 'unreachable',
    stage: 'connect',
    message: ({ address }, found) => `There is no way to ${address} (${found[1] ?? found[2]}).`,
  },
  {
    says: /banner line (?:contains invalid characters|too long)|banner exchange: .*invalid format|kex_exchange_identification: (?:No SSH|line too long|read: .*not .*SSH)|Protocol mismatch|Bad remote protocol version/i,
    outcome: 'unreachable',
    stage: 'banner',
    message: () => 'What answers at this address and port is no SSH server.',
    nextStep: () => 'Check address and port in inventory/*.yaml.',
  },
  {
    says: /Bad configuration option|Bad owner or permissions on|terminating, \d+ bad configuration|Can't open user config file|no argument after keyword/i,
    outcome: 'unreachable',
    stage: 'connect',
    message: (_host, found) => `ssh does not take its configuration: ${found.input.slice(0, 200)}`,
    nextStep: () => 'Correct the file that ssh names.',
  },
];

/** @param lines ssh's messages without the debugging */
export function explainExit(host: Host, stage: Stage, lines: readonly string[]): TransportEnd {
  for (const rule of rules) {
    for (const line of lines) {
      const found = rule.says.exec(line);
      if (found === null || rule.at?.includes(stage) === false) continue;
      return trouble(rule.outcome, rule.stage ?? stage, {
        message: rule.message(host, found),
        ...(rule.nextStep !== undefined && { nextStep: rule.nextStep(host) }),
      });
    }
  }
  if (
    stage === 'login' &&
    lines.some((line) => /Permission denied \(|Too many authentication failures/.test(line))
  )
    return authFailed('The host accepts none of our keys for this account.');
  return cutOff(stage, lines.at(-1) ?? '');
}
