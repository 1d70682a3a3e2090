/** The ways to reach the hosts of a workspace, set up as it says. */
import { defaultLimits } from '#collector/scan.ts';
import type { Transports } from '#collector/scan.ts';
import { localTransport } from '#collector/transport/local.ts';
import { setUpSsh } from '#collector/transport/ssh/set-up.ts';
import type { SshSetUp } from '#collector/transport/ssh/set-up.ts';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Limits } from '#collector/transport/transport.ts';
import type { Workspace } from '#data/workspace/load.ts';

export function sshSetUpOf({ root, config }: Workspace): SshSetUp {
  return setUpSsh({ root, ...config.ssh });
}

export function usualTransports(workspace: Workspace): Transports {
  return { local: localTransport(), ssh: sshTransport(sshSetUpOf(workspace).options) };
}

export function limitsOf({ config }: Workspace): Limits {
  return {
    ...defaultLimits,
    connectMs: config.scan.connectSeconds * 1000,
    deadlineMs: config.scan.hostSeconds * 1000,
  };
}
