/** A recorded answer in the place of a host, for tests and for looking at what a host once said. */
import { withoutConnecting } from './transport.ts';
import type { Transport } from './transport.ts';

/** The mark that recorded answers are kept with. */
export const recordedMark = '0'.repeat(32);

/**
 * @param recorded bytes of an answer, framed with `recordedMark`
 * @param chunkBytes size of the pieces in which they come
 */
export function replayTransport(recorded: Buffer, chunkBytes = 65_536): Transport {
  return withoutConnecting('replay', async (_host, program, { limits, onBytes }) => {
    const mark = /^mark=([0-9a-f]{32})$/m.exec(program)?.[1] ?? recordedMark;
    const bytes = Buffer.from(recorded.toString('latin1').replaceAll(recordedMark, mark), 'latin1');
    for (let start = 0; start < Math.min(bytes.length, limits.maxBytes); start += chunkBytes) {
      if (!onBytes(bytes.subarray(start, start + chunkBytes))) break;
    }
    const outcome = bytes.length > limits.maxBytes ? 'output-too-large' : 'ended';
    return { outcome, stage: 'probe', exitStatus: 0, message: '' };
  });
}
