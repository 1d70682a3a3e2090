/** The command line: joins the commands, prints failures, sets the exit code. */
import process from 'node:process';
import { Command } from 'commander';
import { buildCommand } from './build.ts';
import { doctorCommand } from './doctor.ts';
import { explainCommand } from './explain.ts';
import { feedsCommand } from './feeds.ts';
import { importCommand } from './import.ts';
import { initCommand } from './init.ts';
import { nightlyCommand } from './nightly.ts';
import { outcomesCommand } from './outcomes.ts';
import { sayFailure } from './output.ts';
import { knownHostsCommand } from './known-hosts.ts';
import { populationCommand } from './population.ts';
import { probeCommand } from './probe.ts';
import { queryCommand } from './query.ts';
import { remediateCommand } from './remediate.ts';
import { scanCommand } from './scan.ts';
import { scheduleCommand } from './schedule.ts';
import { serveCommand } from './serve.ts';
import { startCommand } from './start.ts';
import { verifyCommand } from './verify.ts';
import { programVersion } from './version.ts';

const usageExitCode = 2;

export async function main(args: string[]): Promise<number> {
  const program = new Command('patchledger')
    .description('Which fixes were missing on which machines, since when, until when, and how do we know?')
    .version(programVersion)
    .addHelpText('before', 'Example: patchledger start        scan this machine, build the site, show it\n')
    .addHelpText('after', '\nExit codes and every option: docs/command-line.md')
    .showHelpAfterError('(add --help for what it takes)');
  const commands = [
    startCommand(),
    initCommand(),
    doctorCommand(),
    knownHostsCommand(),
    scanCommand(),
    probeCommand(),
    importCommand(),
    feedsCommand(),
    buildCommand(),
    nightlyCommand(),
    scheduleCommand(),
    serveCommand(),
    explainCommand(),
    remediateCommand(),
    outcomesCommand(),
    populationCommand(),
    queryCommand(),
    verifyCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  for (const command of [program, ...commands, ...commands.flatMap(({ commands: inner }) => inner)])
    command.exitOverride();
  try {
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (isCommanderExit(error)) return error.exitCode === 0 ? 0 : usageExitCode;
    return sayFailure(error);
  }
}

function isCommanderExit(error: unknown): error is { exitCode: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

// A reader that went away (`… | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await main(process.argv.slice(2));
