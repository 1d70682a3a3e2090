/** This machine. */
import { runChild } from './child.ts';
import { withoutConnecting } from './transport.ts';
import type { Transport } from './transport.ts';

/** @param shell the sh that reads the program */
export function localTransport(shell: string[] = ['sh']): Transport {
  return withoutConnecting('local', (_host, program, options) => runChild(shell, program, options));
}
