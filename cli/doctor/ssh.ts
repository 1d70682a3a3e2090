/** Whether hosts can be reached over SSH as far as this side goes: our keys, their keys. */
import ssh2 from 'ssh2';
import { keyFinder, knownName, knownTypes } from '#collector/transport/ssh/known-hosts.ts';
import type { SshSetUp } from '#collector/transport/ssh/set-up.ts';
import type { Host } from '#collector/transport/transport.ts';
import { ok, problem } from './check.ts';
import type { Finding } from './check.ts';

const agentAnswersWithinMs = 3000;
const mostNamed = 5;

export async function checkKeys({ options, identities }: SshSetUp): Promise<Finding[]> {
  const findings = identities
    .filter(({ key }) => key === null)
    .map(({ path, problem: text, nextStep }) => problem('keys', `${path}: ${text}`, nextStep));
  const inAgent = options.agent === null ? 0 : await countAgentKeys(options.agent);
  if (inAgent === null)
    findings.push(
      problem('keys', `the agent at ${options.agent} does not answer`, 'start it, or unset SSH_AUTH_SOCK'),
    );
  const usable = options.identities.length + (inAgent ?? 0);
  if (usable > 0)
    return [...findings, ok('keys', `${usable} to log in with, ${inAgent ?? 0} of them in the agent`)];
  const nextStep = "ssh-keygen -t ed25519, then put the public key into the accounts' authorized_keys";
  return [...findings, problem('keys', 'there is no key to log in to hosts with', nextStep)];
}

/** Null when the agent does not answer. */
async function countAgentKeys(socket: string): Promise<number | null> {
  const { promise, resolve } = Promise.withResolvers<number | null>();
  const timer = setTimeout(() => resolve(null), agentAnswersWithinMs);
  ssh2.createAgent(socket).getIdentities((error, keys) => resolve(error ? null : (keys?.length ?? 0)));
  return promise.finally(() => clearTimeout(timer));
}

/** Without asking the hosts: for which of them is no key known? */
export function checkKnownHosts(hosts: Host[], { options, knownHostsProblems }: SshSetUp): Finding[] {
  const find = keyFinder(options.knownKeys);
  const unknown = hosts.filter(
    ({ address, port }) => knownTypes(find(knownName(address ?? '', port ?? 22))).length === 0,
  );
  const findings = knownHostsProblems.map((text) =>
    problem('known hosts', text, 'correct or remove that line; it is ignored until then'),
  );
  if (unknown.length === 0)
    return [...findings, ok('known hosts', `a key is known for each of ${hosts.length} hosts`)];
  const names = unknown.slice(0, mostNamed).map(({ host_id: id }) => id);
  const more = unknown.length > mostNamed ? ` and ${unknown.length - mostNamed} more` : '';
  return [
    ...findings,
    problem(
      'known hosts',
      `nobody has vouched for ${unknown.length} of ${hosts.length} hosts: ${names.join(', ')}${more}`,
      'patchledger known-hosts shows their keys, to be compared and accepted',
    ),
  ];
}
