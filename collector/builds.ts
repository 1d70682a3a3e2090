/** Whether a text that a host ran, installed or carried there, is the one that this Patchledger would give out. */
import type { Transport } from '#data/model/words.ts';
import { bundleBuild } from './bundle/script.ts';
import { probeBuild } from './probe/installed.ts';

/**
 * @param build as the greeting says; null when what was just sent ran
 * @param transport how the answer came; null for what the installed probe read as root
 */
export function isOurs(build: string | null, transport: Transport | null): boolean {
  return build === null || build === (transport === 'bundle' ? bundleBuild() : probeBuild());
}
