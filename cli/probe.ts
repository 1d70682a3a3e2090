/** The probe as a script: to be carried to a host that cannot be reached, or to be installed on one. */
import { randomBytes } from 'node:crypto';
import process from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import { renderBundleScript } from '#collector/bundle/script.ts';
import { renderInstalledProbe } from '#collector/probe/installed.ts';
import { renderSudoers } from '#collector/probe/sudoers.ts';
import { listEntries } from '#data/ledger/entries.ts';
import { readMachines } from '#data/ledger/machines.ts';
import { Failure } from '#data/model/failure.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import { unknownHost } from './run.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';

interface Options {
  workspace?: string;
  installed?: boolean;
  sudoers?: boolean;
  account: string;
}

export function probeCommand(): Command {
  return new Command('probe')
    .description('print the probe as a script: to carry to a host, or to install on one')
    .argument('[host]', 'the host id that the script is for; any host when not given')
    .addOption(workspaceOption())
    .option('--installed', 'the script for a forced command and for sudo: docs/least-privilege.md')
    .option('--sudoers', 'the sudo rules that let an account read what needs root')
    .option('--account <name>', 'the account that the rules are for', readAccount, 'patchledger')
    .addHelpText(
      'before',
      'Example: patchledger probe web1 >probe-web1.sh      carry it to web1, run it there: sh probe-web1.sh\n' +
        '         patchledger import web1-*.answer          what it wrote there, brought back\n' +
        '         patchledger probe --installed             for /usr/local/libexec/patchledger-probe of a host\n',
    )
    .action(async (host: string | undefined, options: Options) => {
      process.stdout.write(await textOf(host, options));
    });
}

async function textOf(host: string | undefined, options: Options): Promise<string> {
  const kinds = [host !== undefined, options.installed === true, options.sudoers === true];
  if (kinds.filter(Boolean).length > 1)
    throw new Failure('usage', 'a host, --installed and --sudoers are three scripts', {
      nextStep: 'ask for one at a time',
      exitCode: 2,
    });
  if (options.installed) return renderInstalledProbe();
  if (options.sudoers) return renderSudoers(options.account);
  const script = { madeAt: new Date(), mark: randomBytes(16).toString('hex') };
  if (host === undefined) return renderBundleScript({ ...script, hostId: null, machineId: null });
  const where = places(findWorkspace(options.workspace));
  const { hosts } = await loadWorkspace(where.root);
  if (!hosts.some(({ host_id }) => host_id === host)) throw unknownHost(host);
  const { byHost } = await readMachines(listEntries(where.ledger));
  return renderBundleScript({ ...script, hostId: host, machineId: byHost.get(host)?.at(-1) ?? null });
}

// useradd(8); anything else would have to be quoted in sudoers(5).
function readAccount(name: string): string {
  if (/^[a-z_][a-z0-9_-]{0,31}$/.test(name)) return name;
  throw new InvalidArgumentError('expected an account name: a-z, 0-9, _ and -');
}
