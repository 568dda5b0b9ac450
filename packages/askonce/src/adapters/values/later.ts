/**
 * A stream of values that is asked for when its first value is.
 */
import type { ValuesReply } from './contract.ts';

/**
 * @param ask asks; its signal aborts when the reader leaves before there is a reply
 * @param signal aborted when the caller leaves
 */
export function valuesLater<Value>(
  ask: (signal: AbortSignal) => Promise<Pick<ValuesReply<Value>, 'values'>>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Value, undefined, undefined> {
  const leaving = new AbortController();
  let asked: Promise<Pick<ValuesReply<Value>, 'values'>> | undefined;

  async function leave(): Promise<void> {
    leaving.abort();
    const reply = await asked?.catch(() => undefined);
    await reply?.values.return?.();
  }

  return {
    async next() {
      if (leaving.signal.aborted) return over;
      asked ??= ask(signal === undefined ? leaving.signal : AbortSignal.any([signal, leaving.signal]));
      try {
        return await (await asked).values.next();
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
