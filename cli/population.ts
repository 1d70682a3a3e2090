import { Command } from 'commander';
import type { RowOf } from '#data/model/tables.ts';
import { loadWorkspace } from '#data/workspace/load.ts';
import type { Workspace } from '#data/workspace/load.ts';
import { placeText } from '#data/workspace/problems.ts';
import { print, printJson, say } from './output.ts';
import { compareCommand } from './population-compare.ts';
import { findWorkspace, workspaceOption } from './workspace.ts';

export function populationCommand(): Command {
  return new Command('population')
    .description(
      'show the hosts that should exist and where each is listed, or compare them with a list of others',
    )
    .addHelpText(
      'before',
      'Example: patchledger population\n         patchledger population compare cmdb.csv --source "ServiceNow export"\n',
    )
    .addCommand(showCommand(), { isDefault: true })
    .addCommand(compareCommand());
}

function showCommand(): Command {
  return new Command('show')
    .description('every host with how it is reached, where it is listed, and what is worth knowing of that')
    .addOption(workspaceOption())
    .option('--json', 'the result as JSON')
    .addHelpText('before', 'Example: patchledger population\n         patchledger population --json\n')
    .action(async (options: { workspace?: string; json?: boolean }) => {
      const workspace = await loadWorkspace(findWorkspace(options.workspace));
      if (options.json) return printJson(asJson(workspace));
      printHosts(workspace);
      sayNotices(workspace);
    });
}

/** Notices named one by one at most. */
const mostNamed = 20;

function sayNotices({ population }: Workspace): void {
  const shown = population.notices.slice(0, mostNamed);
  for (const notice of shown) say(`${placeText(notice)}: ${notice.message}`);
  const more = population.notices.length - shown.length;
  if (more > 0) say(`… and ${more} more: --json has all`);
}

function printHosts({ hosts, population }: Workspace): void {
  const rows = hosts.map((host) => [
    host.host_id,
    reachedAt(host),
    host.owner ?? 'nobody named',
    host.groups.join(', '),
    (population.origins.get(host.host_id) ?? []).map(placeText).join(', '),
  ]);
  const lines = [['HOST', 'REACHED', 'OWNER', 'GROUPS', 'LISTED IN'], ...rows];
  const widths = [0, 1, 2, 3].map((column) =>
    lines.reduce((widest, line) => Math.max(widest, line[column]?.length ?? 0), 0),
  );
  for (const line of lines)
    print(
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  const left = population.leftOut;
  say(
    `${hosts.length} hosts${left.length === 0 ? '' : `; left out as patchledger.yaml says: ${left.join(', ')}`}`,
  );
}

function reachedAt({ transport, address, port, login, command }: RowOf<'population'>): string {
  if (command !== null) return `command ${command.join(' ')}`;
  if (address === null) return transport.endsWith('ssh') ? 'not understood' : transport;
  const account = login === null ? '' : `${login}@`;
  return `${transport} ${account}${address}${port === null || port === 22 ? '' : `:${port}`}`;
}

function asJson({ hosts, population }: Workspace): object {
  return {
    hosts: hosts.map((host) => ({ ...host, listed_in: population.origins.get(host.host_id) ?? [] })),
    left_out: population.leftOut,
    notices: population.notices.map(({ hostId, preventsContact, isDuplicate, ...notice }) => ({
      ...notice,
      host_id: hostId,
      prevents_contact: preventsContact,
      is_duplicate: isDuplicate,
    })),
  };
}
