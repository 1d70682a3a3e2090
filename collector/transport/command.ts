/**
 * Hosts behind any command that starts a shell on them: a container runtime, a hypervisor's console. The inventory
 * gives the words of the command; no shell of ours reads them.
 */
import { runChild } from './child.ts';
import { withoutConnecting } from './transport.ts';
import type { Transport } from './transport.ts';

export function commandTransport(): Transport {
  return withoutConnecting('command', (host, program, options) => {
    if (host.command === null || host.command.length === 0)
      return Promise.resolve({
        outcome: 'unreachable',
        stage: 'connect',
        exitStatus: null,
        message: 'The inventory gives no command that starts a shell on it.',
        nextStep: 'Add command: [ … ] to the host in inventory/*.yaml.',
      });
    return runChild(host.command, program, options);
  });
}
