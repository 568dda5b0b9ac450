/** Streams of values that are left, cut short or refused: their source is closed, and no reader takes a part for the whole. */
import { EventEmitter, getEventListeners, on } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createCache } from '../../cache.ts';
import { askValues } from './values.ts';

const question = { name: 'left', input: 1 };
const failing = () => {
  throw new Error('down');
};

/** Values that end when they are left, as those of `events.on` and of many SDKs do. */
function emitted() {
  const emitter = new EventEmitter();
  const values: AsyncIterable<unknown> = { [Symbol.asyncIterator]: () => on(emitter, 'value') };
  return { values, emit: (value: unknown) => emitter.emit('value', value) };
}

/** The ways past a flight: the reply is read as the function gives it. */
const ways = {
  bypass: (signal: AbortSignal, values: AsyncIterable<unknown>) =>
    askValues(createCache(), { ...question, signal, context: { sensitive: true } }, () => values),
  fallback: (signal: AbortSignal, values: AsyncIterable<unknown>) =>
    askValues(createCache(), { ...question, signal }, failing, { fallback: () => values }),
};

describe.each(Object.entries(ways))('a stream by %s', (_way, ask) => {
  it.each(['while the next value is awaited', 'between two values'])(
    'fails with the reason if its caller aborts %s',
    async (when) => {
      const controller = new AbortController();
      const { values, emit } = emitted();
      const asked = ask(controller.signal, values);
      await expect.poll(() => emit('first')).toBe(true);
      const reply = await asked;
      expect(await reply.values.next()).toMatchObject({ done: false });
      const reason = new Error('gone');
      if (when === 'between two values') controller.abort(reason);
      const next = reply.values.next();
      controller.abort(reason);
      await expect(next).rejects.toThrow('gone');
    },
  );

  it('leaves nothing at the signal of its caller once it was read', async () => {
    const { signal } = new AbortController();
    const reply = await ask(
      signal,
      (async function* () {
        yield 1;
        yield 2;
      })(),
    );
    let count = 0;
    for await (const _value of reply.values) count += 1;
    expect([count, getEventListeners(signal, 'abort')]).toEqual([2, []]);
  });
});

it.each([1, 2])('the source is closed if facts fail for value %d, or JSON has none of it', async (at) => {
  const whys = [
    { value: 1, facts: (value: unknown) => (value === at ? failing() : undefined) },
    { value: 1n, facts: undefined },
  ];
  for (const { value, facts } of whys)
    for (const sensitive of [false, true]) {
      let isClosed = false;
      async function* source(): AsyncGenerator<unknown> {
        try {
          for (let number = 1; number < 9; number++) yield number === at ? (facts ? number : value) : number;
        } finally {
          isClosed = true;
        }
      }
      const read = async () => {
        const { values } = await askValues(createCache(), { ...question, context: { sensitive } }, source, {
          facts,
        });
        for await (const _value of values);
      };
      await expect(read()).rejects.toThrow(facts ? 'down' : TypeError);
      await expect.poll(() => isClosed).toBe(true);
    }
});
