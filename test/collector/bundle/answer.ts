/** Answers of carried scripts, made by running one on this machine, and what may happen to them on their way. */
import { createHash } from 'node:crypto';
import { renderBundleScript } from '#collector/bundle/script.ts';
import type { BundleScript } from '#collector/bundle/script.ts';
import { runTool } from '#test/tools.ts';

export const script: BundleScript = {
  hostId: 'web1',
  machineId: null,
  madeAt: new Date('2026-01-01T00:00:00Z'),
  mark: 'ab'.repeat(16),
};

/** Runs the script as a file, as people do; bytes as the host gave them. */
export function answerOf(more: Partial<BundleScript> = {}, shell = ['sh']): Buffer {
  const text = renderBundleScript({ ...script, ...more });
  const ran = runTool([...shell, '-s'], text);
  if (ran.status !== 0) throw new Error(`the script ended with ${ran.status}: ${ran.stderr}`);
  return Buffer.from(ran.stdout);
}

export function markOf(answer: Buffer): string {
  return /^mark ([0-9a-f]{32})$/m.exec(answer.toString('latin1', 0, 400))?.[1] ?? '';
}

/** All but the last line, as text of single bytes. */
export function bodyOf(answer: Buffer): string {
  return answer.toString('latin1', 0, answer.indexOf(`\n${markOf(answer)} sum `));
}

/** The answer of another body, with a hash that fits: what somebody would make who knows how. */
export function sealed(body: string, mark: string): Buffer {
  const hash = createHash('sha256').update(body, 'latin1').digest('hex');
  return Buffer.from(`${body}\n${mark} sum sha256 ${hash}\n`, 'latin1');
}
