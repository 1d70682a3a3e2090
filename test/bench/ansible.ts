/** The same answer from as many hosts by Ansible's `shell` module. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '#collector/transport/transport.ts';
import { startSshd } from '#test/collector/ssh/sshd.ts';
import { shellCost } from './measure.ts';
import type { Cost } from './measure.ts';

interface AnsibleOptions {
  folder: string;
  concurrency: number;
  /** File that holds the answer. */
  answer: string;
}

/** Ansible needs a shell and Python on the far side, so these hosts are the machine itself under other addresses. */
export async function ansibleCost(
  hosts: Host[],
  { folder, concurrency, answer }: AnsibleOptions,
): Promise<Cost> {
  const port = 2298;
  const sshd = await startSshd({ address: '0.0.0.0', port, config: ['MaxStartups 2000'] });
  const key = sshd.hostKeys[0] ?? '';
  const known = join(folder, 'ansible-known');
  writeFileSync(known, `[127.*]:${port} ${key}\n`);
  const inventory = join(folder, 'ansible-hosts');
  const variables = `ansible_port=${port} ansible_user=${hosts[0]?.login} ansible_ssh_private_key_file=${sshd.identity} ansible_python_interpreter=/usr/bin/python3`;
  writeFileSync(inventory, hosts.map(({ address }) => `${address} ${variables}\n`).join(''));
  // No connections kept for later tasks: one that goes on in the background could not be counted.
  const options = `-F none -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${known} -o ControlMaster=no`;
  try {
    const environment = `LC_ALL=C.UTF-8 ANSIBLE_SSH_ARGS='${options}' ANSIBLE_PIPELINING=1 ANSIBLE_HOST_KEY_CHECKING=True HOME=${folder}`;
    const line = `env ${environment} ansible all -i ${inventory} -f ${concurrency} -m shell -a 'cat ${answer}' >${folder}/ansible-answer`;
    const cost = await shellCost(line);
    const answers = readFileSync(join(folder, 'ansible-answer'), 'utf8').match(/\| CHANGED \|/g)?.length ?? 0;
    if (answers !== hosts.length) throw new Error(`Ansible read ${answers} of ${hosts.length} hosts`);
    return cost;
  } finally {
    await sshd.stop();
  }
}
