import { hostname } from 'node:os';
import { relative, resolve } from 'node:path';
import { Command } from 'commander';
import { initWorkspace } from '#data/workspace/init.ts';
import { printJson, say } from './output.ts';

export function initCommand(): Command {
  return new Command('init')
    .description('write a commented workspace; never overwrites a file')
    .argument('[folder]', 'where to', '.')
    .option('--json', 'the result as JSON')
    .addHelpText('before', 'Example: patchledger init /srv/patchledger\n')
    .action((folder: string, options: { json?: boolean }) => {
      const made = initWorkspace(resolve(folder), { hostname: hostname() });
      if (options.json) return printJson(made);
      const shown = made.written.filter((path) => !path.startsWith('.patchledger/'));
      for (const path of shown) say(`wrote ${path}`);
      for (const path of made.kept) say(`kept  ${path}`);
      const place = relative('.', made.root) || '.';
      say(
        `next: patchledger scan --workspace ${place}   (this machine is the first host in inventory/hosts.yaml)`,
      );
    });
}
