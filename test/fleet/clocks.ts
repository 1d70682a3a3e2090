import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Logs have whole seconds, and the clock of a busy host is known to some of them: a scan within that time
 * of an install proves nothing of what came before it, nor of what came after.
 */
export async function untilClocksAgree(): Promise<void> {
  await sleep(6000);
}
