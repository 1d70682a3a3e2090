/** The ways to reach the hosts of a workspace, set up as it says. */
import { defaultLimits } from '#collector/scan.ts';
import type { Transports } from '#collector/scan.ts';
import { commandTransport } from '#collector/transport/command.ts';
import { localTransport } from '#collector/transport/local.ts';
import type { OpensshOptions } from '#collector/transport/openssh/arguments.ts';
import { opensshTransport } from '#collector/transport/openssh/openssh.ts';
import { setUpSsh } from '#collector/transport/ssh/set-up.ts';
import type { SshSetUp } from '#collector/transport/ssh/set-up.ts';
import { sshTransport } from '#collector/transport/ssh/ssh.ts';
import type { Limits } from '#collector/transport/transport.ts';
import type { Workspace } from '#data/workspace/load.ts';

export function sshSetUpOf({ root, config }: Workspace): SshSetUp {
  return setUpSsh({ root, ...config.ssh });
}

export function usualTransports(workspace: Workspace): Transports {
  const setUp = sshSetUpOf(workspace);
  return {
    local: localTransport(),
    ssh: sshTransport(setUp.options),
    openssh: opensshTransport(opensshOptionsOf(workspace, setUp)),
    command: commandTransport(),
  };
}

/** What the settings name is used and nothing else; what they do not name is left to ssh and its configuration. */
function opensshOptionsOf({ config }: Workspace, setUp: SshSetUp): OpensshOptions {
  return {
    user: config.ssh.user,
    identityFiles: config.ssh.identityFiles === null ? null : setUp.identities.map(({ path }) => path),
    knownHostsFiles: setUp.knownHostsFiles,
  };
}

export function limitsOf({ config }: Workspace): Limits {
  return {
    ...defaultLimits,
    connectMs: config.scan.connectSeconds * 1000,
    deadlineMs: config.scan.hostSeconds * 1000,
  };
}
