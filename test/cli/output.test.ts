import { describe, expect, test } from 'vitest';
import { showProgress } from '#cli/output.ts';

function watch(isTTY: boolean, steps: number[]): string {
  let now = 0;
  let written = '';
  const stream = { isTTY, columns: 60, write: (text: unknown) => (written += String(text)) !== '' };
  const progress = showProgress('scanning', 10, { stream: stream as never, clock: () => now });
  for (const [index, at] of steps.entries()) {
    now = at;
    progress.step(index + 1, 'web1');
  }
  progress.end();
  return written;
}

describe('progress', () => {
  test('on a terminal: a bar, once two seconds have passed, that is gone at the end', () => {
    expect(watch(true, [500, 1900])).toBe('');
    const said = watch(true, [500, 2500, 2550, 3000]);
    expect(said).toContain('scanning [#####');
    expect(said).toContain('2/10 web1');
    expect(said).not.toContain('3/10');
    expect(said.endsWith('\r\u001b[K')).toBe(true);
  });

  test('elsewhere: a plain line every half minute, and no control character', () => {
    const said = watch(false, [1000, 29_000, 31_000, 40_000, 62_000]);
    expect(said).toBe('scanning 3/10\nscanning 5/10\n');
  });
});
