import process from 'node:process';
import { Command } from 'commander';
import { verifyLedger } from '#data/ledger/verify.ts';
import { print, printJson, say } from './output.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';

const doesNotVerify = 4;

export function verifyCommand(): Command {
  return new Command('verify')
    .description('recompute every hash of the record and name the first thing that does not fit')
    .addOption(workspaceOption())
    .option(
      '--against <hash...>',
      'prove that the record extends these heads, taken from a page or an older copy',
    )
    .option('--json', 'the result as JSON')
    .addHelpText('before', 'Example: patchledger verify --against 3f1c09ab54de\n')
    .action(async (options: { workspace?: string; against?: string[]; json?: boolean }) => {
      const { ledger } = places(findWorkspace(options.workspace));
      const report = await verifyLedger(ledger, { against: options.against ?? [] });
      if (options.json) printJson(report);
      for (const problem of report.problems) {
        say(`${problem.path}: ${problem.what}`);
        if (problem.expected !== null) say(`  expected ${problem.expected}`);
        if (problem.found !== null) say(`  found    ${problem.found}`);
      }
      for (const note of report.notes) say(`note: ${note}`);
      if (!options.json)
        print(`${report.ok ? 'intact' : 'NOT INTACT'}: ${report.entries} entries, ${report.bytes} bytes`);
      if (!options.json)
        for (const head of report.heads) print(`head ${head.collector} ${head.sequence} ${head.hash}`);
      if (!report.ok) process.exitCode = doesNotVerify;
    });
}
