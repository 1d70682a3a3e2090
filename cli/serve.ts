import process from 'node:process';
import { Command } from 'commander';
import { serveSite } from '#site/serve.ts';
import { say } from './output.ts';
import { findWorkspace, places, workspaceOption } from './workspace.ts';

export const usualPort = 8417;

export function serveCommand(): Command {
  return new Command('serve')
    .description('show the built site on a loopback address')
    .addOption(workspaceOption())
    .option('-p, --port <port>', 'port to listen on; the next free one when taken', Number, usualPort)
    .addHelpText('before', 'Example: patchledger serve --port 8080\n')
    .action(async (options: { workspace?: string; port: number }) => {
      await serve(places(findWorkspace(options.workspace)).site, options.port);
    });
}

/** Serves until interrupted. */
export async function serve(folder: string, port: number): Promise<void> {
  const server = await serveSite({ folder, port });
  say(`${server.url}   (Ctrl-C ends it)`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await server.close();
}
