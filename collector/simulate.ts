/** Asks hosts what their own package manager would do for a plan. Nothing is changed on them. */
import { randomBytes } from 'node:crypto';
import { findEcosystem } from '#ecosystems/registry.ts';
import type { Simulation, Target } from '#ecosystems/ecosystem.ts';
import { reach } from './contact.ts';
import type { ContactOptions } from './contact.ts';
import { lane } from './lanes.ts';
import { frameReader, helloBytes } from './probe/frames.ts';
import { renderProgram } from './probe/program.ts';
import type { Transports } from './scan.ts';
import { outputOf } from './snapshot.ts';
import type { Host } from './transport/transport.ts';

const onlyProbe =
  'Its account may do nothing but answer the installed probe (a forced command), so it cannot plan. Let the account run sh for remediate, or update the host by hand (docs/least-privilege.md).';

export interface SimulationRequest {
  host: Host;
  /** Family of the host, as the record knows it. */
  ecosystem: string;
  targets: readonly Target[];
}

export interface SimulateOptions extends Omit<ContactOptions, 'signal'> {
  transports: Transports;
  /** Hosts at work at the same time. */
  concurrency: number;
  onHost?: (done: number, hostId: string) => void;
}

/** The answers in the order of the requests; a host that cannot be asked is a problem like any other. */
export async function simulateAll(
  requests: readonly SimulationRequest[],
  options: SimulateOptions,
): Promise<Simulation[]> {
  const working = lane(Math.max(1, options.concurrency));
  let done = 0;
  return Promise.all(
    requests.map(async (request) => {
      const leave = await working.enter();
      try {
        return await simulate(request, options);
      } catch (error) {
        return {
          problem: `It could not be asked: ${error instanceof Error ? error.message : String(error)}`,
        };
      } finally {
        leave();
        options.onHost?.(++done, request.host.host_id);
      }
    }),
  );
}

async function simulate(
  { host, ecosystem, targets }: SimulationRequest,
  { transports, limits, ...options }: SimulateOptions,
): Promise<Simulation> {
  const family = findEcosystem(ecosystem);
  if (family === undefined) return { problem: `There is no family '${ecosystem}' here.` };
  const { remediation } = family;
  if (remediation === null) return { problem: `Patchledger writes no scripts for ${ecosystem} yet.` };
  const section = remediation.simulateSection(targets);
  const mark = (options.random ?? randomBytes)(16).toString('hex');
  const reader = frameReader({
    mark,
    limits: new Map([
      ['hello', helloBytes],
      [section.name, section.maxBytes],
    ]),
    totalBytes: limits.maxBytes,
  });
  const signal = new AbortController().signal;
  const connected = await reach(host, transports[host.transport], { limits, signal });
  if ('end' in connected) return { problem: `${connected.end.outcome}: ${connected.end.message}` };
  try {
    const end = await connected.connection.run(renderProgram(mark, [section]), {
      limits,
      onBytes: reader.push,
    });
    const answer = reader.end();
    if (end.outcome !== 'ended' || !answer.finished)
      return { problem: end.message === '' ? 'The answer was cut off.' : end.message };
    // Only an installed probe greets here: what is sent for a simulation does not.
    if (answer.frames.has('hello')) return { problem: onlyProbe };
    const frame = answer.frames.get(section.name);
    return remediation.readSimulation(frame === undefined ? undefined : outputOf(frame));
  } finally {
    connected.connection.close();
  }
}
