/** Work that is cheaper done several times in a row than now and then. */

/**
 * Lets those that wait through at the end of a turn of the event loop, a few at a time, in the order in which they came.
 *
 * Starting a process write-protects all memory of ours until it is written again, page by page: starts that follow each
 * other pay for that once. Each start holds us up until the new program runs, though, so that after a few of them what
 * hosts have said in the meantime has to be read.
 * @param most how many at a time
 */
export function bursts(most: number): () => Promise<void> {
  const waiting: (() => void)[] = [];
  const letSomeThrough = () => {
    for (const go of waiting.splice(0, most)) go();
    if (waiting.length > 0) setImmediate(letSomeThrough);
  };
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      if (waiting.length === 1) setImmediate(letSomeThrough);
    });
}
