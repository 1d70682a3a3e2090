/**
 * An sshd on every loopback address whose probe answers at once with what a host once said: for what the
 * collector itself costs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { recordedMark } from '#collector/transport/replay.ts';
import type { Host } from '#collector/transport/transport.ts';
import { optionsFor, sshHost, startSshd } from './sshd.ts';
import type { Sshd } from './sshd.ts';
import type { SshOptions } from '#collector/transport/ssh/ssh.ts';

export interface CachedHosts {
  sshd: Sshd;
  options: SshOptions;
  /** Host number n, on an address of its own. */
  host: (n: number) => Host;
  stop: () => Promise<void>;
}

/** Finds the mark in the program that it is sent, and says the recorded answer under it. */
const answer = (recorded: string) => `#!/bin/sh
while IFS= read -r line; do
  case $line in mark=*) mark=\${line#mark=}; break ;; esac
done
exec sed "s/${recordedMark}/$mark/g" ${recorded}
`;

/** @param recorded bytes of an answer, framed with `recordedMark` */
export async function startCachedHosts(recorded: Buffer, port = 2299): Promise<CachedHosts> {
  const sshd = await startSshd({
    address: '0.0.0.0',
    port,
    config: (folder) => {
      writeFileSync(join(folder, 'recorded'), recorded);
      writeFileSync(join(folder, 'answer.sh'), answer(join(folder, 'recorded')));
      // Another home: bash would read this machine's own ~/.bashrc for each host, whatever it may do.
      return ['MaxStartups 2000', `SetEnv HOME=${folder}`, `ForceCommand sh ${join(folder, 'answer.sh')}`];
    },
  });
  const key = sshd.hostKeys[0] ?? '';
  writeFileSync(join(sshd.folder, 'known_hosts'), `[127.*]:${port} ${key}\n`);
  return {
    sshd,
    options: optionsFor(sshd.folder),
    host: (n) => {
      const address = `127.100.${Math.floor(n / 250)}.${(n % 250) + 1}`;
      return sshHost({ host_id: `h${String(n).padStart(4, '0')}`, address, port, login: sshd.host.login });
    },
    stop: sshd.stop,
  };
}

export function recordedAnswer(name = 'debian12'): Buffer {
  return readFileSync(new URL(`../../fixtures/hosts/${name}/probe.txt`, import.meta.url));
}
