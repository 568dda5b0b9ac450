/**
 * Reads a stream of values from a reply's body, each value as soon as its event is whole.
 */
import type { Reply } from '../../engine/reply.ts';
import { AskonceError } from '../../errors.ts';
import { serverSentEvents } from '../../protocol/framings/server-sent-events.ts';
import { endType } from '../../protocol/function.ts';
import { carriedBy } from './thrown.ts';

/**
 * The values of a stream. Leaving it (`return`) gives the place in the flight back at once, also before the first value and
 * while one is awaited. Fails with what the function threw, or with `provider_broke_off` if the stream ends early.
 */
export function valuesOf<Value>({ body }: Pick<Reply, 'body'>): AsyncIterableIterator<Value, undefined> {
  const pieces = body instanceof Uint8Array ? [body].values() : body[Symbol.asyncIterator]();
  const values = read<Value>(pieces);
  return {
    next: () => values.next(),
    async return() {
      await pieces.return?.();
      return await values.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

type Pieces = Iterator<Uint8Array, unknown> | AsyncIterator<Uint8Array, unknown>;

async function* read<Value>(pieces: Pieces): AsyncGenerator<Value, undefined> {
  const cutter = serverSentEvents.cutter();
  let rest: Uint8Array = new Uint8Array();
  let offset = 0;
  let hasEnded = false;
  while (true) {
    const step = await nextOf(pieces);
    if (step.done === true) break;
    const bytes = rest.length === 0 ? step.value : Buffer.concat([rest, step.value]);
    const first = offset - rest.length;
    offset += step.value.length;
    let start = 0;
    for (const end of cutter.push(step.value)) {
      const { type, data } = eventIn(bytes.subarray(start, end - first));
      start = end - first;
      if (type === endType) hasEnded = true;
      if (hasEnded || data === undefined) continue;
      const value: Value = JSON.parse(data);
      yield value;
    }
    rest = bytes.subarray(start);
  }
  if (!hasEnded)
    throw new AskonceError('provider_broke_off', 'The stream of values ended before its end; ask again.');
  return undefined;
}

async function nextOf(pieces: Pieces): Promise<IteratorResult<Uint8Array, unknown>> {
  try {
    return await pieces.next();
  } catch (error) {
    throw carriedBy(error);
  }
}

function eventIn(block: Uint8Array) {
  const events = { ends: Uint32Array.of(block.length), at: Uint32Array.of(0) };
  const [event] = serverSentEvents.read({ form: 'stream', status: 200, headers: {}, body: block, events });
  return { type: event?.type, data: event?.data };
}
