/** Real tools for tests: a missing one fails loudly, with what to install. */
import { spawnSync } from 'node:child_process';

const packagesOf: { [tool: string]: string } = {
  unshare: 'util-linux',
  setpriv: 'util-linux',
  shellcheck: 'shellcheck',
  busybox: 'busybox',
  bash: 'bash',
  dash: 'dash',
  dpkg: 'dpkg',
  createrepo_c: 'createrepo-c',
  modifyrepo_c: 'createrepo-c',
  rpmbuild: 'rpm',
  'dpkg-deb': 'dpkg',
  'dpkg-scanpackages': 'dpkg-dev',
  'apt-get': 'apt',
  nsenter: 'util-linux',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  debootstrap: 'debootstrap',
};

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a tool to its end; an exit status is the caller's business, a missing tool is not. */
export function runTool(command: string[], input = ''): Ran {
  const [tool = '', ...words] = command;
  const ran = spawnSync(tool, words, {
    input,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C' },
  });
  if (ran.error !== undefined) {
    throw new Error(`${tool} cannot be run: apt-get install ${packagesOf[tool] ?? tool}`, {
      cause: ran.error,
    });
  }
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr };
}

/** As `runTool`, for commands that must succeed; gives standard output. */
export function mustRun(command: string[], input = ''): string {
  const ran = runTool(command, input);
  if (ran.status !== 0) throw new Error(`${command.join(' ')} ended with ${ran.status}: ${ran.stderr}`);
  return ran.stdout;
}
