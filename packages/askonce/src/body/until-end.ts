/**
 * A stream that bypasses the cache, with the end of its answer known: what happens to the connection behind the end mark is
 * no failure of the answer.
 */
import type { Clock } from '../clock.ts';
import type { StreamWatch } from '../protocol/stream-watch.ts';

/** How long the provider's bytes are still passed on behind the end mark, in milliseconds. */
const trailingMs = 1000;

/** The same pieces. They end, rather than fail, behind the end mark, and a second after it in any case; then `leave` is called. */
export async function* untilEnd(
  pieces: AsyncIterable<Uint8Array>,
  watch: StreamWatch,
  clock: Clock,
  leave: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = pieces[Symbol.asyncIterator]();
  let stopTimer = () => {};
  let late: Promise<undefined> | undefined;
  let isOver = false;
  try {
    while (true) {
      const next = iterator.next();
      const come = await (late === undefined ? next : Promise.race([next, late]));
      if (come === undefined) {
        next.catch(() => {});
        leave();
        return;
      }
      if (come.done === true) {
        isOver = true;
        return;
      }
      watch.push(come.value);
      if (watch.isEnding && late === undefined)
        late = new Promise((resolve) => {
          stopTimer = clock.schedule(() => resolve(undefined), trailingMs);
        });
      yield come.value;
    }
  } catch (error) {
    isOver = true;
    if (!watch.isEnding) throw error;
  } finally {
    stopTimer();
    if (!isOver) iterator.return?.().catch(() => {});
  }
}
