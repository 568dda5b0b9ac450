/**
 * A stream of values that is asked for when its first value is.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * Makes it at the call and not at the first value: a stream is often read outside the caller's AsyncLocalStorage, which says whose
 * answer it is. The reader gets what `make` throws.
 */
export function atCall<Made>(make: () => Made): Promise<Made> {
  const made = (async () => make())();
  // A stream that is never read must not end the process.
  made.catch(() => {});
  return made;
}

/** What is asked for: only the values of it are read. */
type Asked<Value> = Promise<{ readonly values: AsyncIterator<Value, unknown> }>;

/**
 * @param ask asks, in the async context of the call; its signal aborts when the reader leaves before there is a reply
 * @param signal aborted when the caller leaves
 */
export function valuesLater<Value>(
  ask: (signal: AbortSignal) => Asked<Value>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Value, undefined, undefined> {
  const inContext = AsyncLocalStorage.snapshot();
  const leaving = new AbortController();
  let asked: Asked<Value> | undefined;

  async function leave(): Promise<void> {
    leaving.abort();
    const reply = await asked?.catch(() => undefined);
    await reply?.values.return?.();
  }

  return {
    async next() {
      if (leaving.signal.aborted) return over;
      asked ??= inContext(
        ask,
        signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]),
      );
      try {
        const step = await (await asked).values.next();
        return step.done === true ? over : step;
      } catch (error) {
        if (leaving.signal.aborted) return over;
        throw error;
      }
    },
    async return() {
      await leave();
      return over;
    },
    async throw(error) {
      await leave();
      throw error;
    },
    [Symbol.asyncDispose]: leave,
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

const over: IteratorReturnResult<undefined> = { done: true, value: undefined };
