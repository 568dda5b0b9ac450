/**
 * Values as answers of the `function` protocol: written as a provider gives them, and read from a reply.
 */
import { inOnePiece } from '../../body/in-one-piece.ts';
import { unlessAborted } from '../../clock.ts';
import type { Reply } from '../../engine/reply.ts';
import type { Recording } from '../../entry/entry.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import { serverSentEvents } from '../../protocol/framings/server-sent-events.ts';
import { endType, factsHeader } from '../../protocol/function.ts';
import type { ValueFacts } from './contract.ts';
import { carrying } from './thrown.ts';

type Facts<Value> = ((value: Value) => ValueFacts | undefined) | undefined;

/** A value as a recording. Undefined, which JSON can't express, is written as nothing, and never stored. */
export function recordingOf(value: unknown, facts: ValueFacts | undefined): Recording {
  const headers = { 'content-type': 'application/json' };
  return {
    form: 'body',
    status: 200,
    headers: facts === undefined ? headers : { ...headers, [factsHeader]: JSON.stringify(facts) },
    body: Buffer.from(JSON.stringify(value) ?? ''),
  };
}

/** A value as a provider's answer. */
export function answerOf(value: unknown, facts: ValueFacts | undefined): ProviderAnswer {
  const { status, headers, body } = recordingOf(value, facts);
  return { status, headers, body: inOnePiece(body) };
}

/** The value that a whole body has. */
export async function valueIn<Value>({ body }: Pick<Reply, 'body'>): Promise<Value> {
  const pieces: Uint8Array[] = [];
  if (body instanceof Uint8Array) pieces.push(body);
  else for await (const piece of body) pieces.push(piece);
  const text = Buffer.concat(pieces).toString('utf8');
  const { value }: { readonly value: Value } = JSON.parse(text === '' ? '{}' : `{"value":${text}}`);
  return value;
}

/** Where the values of a stream come from. */
export interface ValueSource {
  /** Of the function, for its errors. */
  readonly name: string;
  /** Aborted when nothing waits for the values any more. */
  readonly signal: AbortSignal | undefined;
  /** Runs a function in the async context of the call (`AsyncLocalStorage.snapshot`): the readers of the values have others. */
  readonly inContext: <Result>(run: () => Result) => Result;
}

/**
 * Values as a provider's answer: an event for each as it comes, and one that ends them. Waits for the first event, since a
 * function that fails before it has given no answer, and something else may be served.
 */
export async function streamOf<Value>(
  values: AsyncIterable<Value>,
  facts: Facts<Value>,
  source: ValueSource,
): Promise<ProviderAnswer> {
  const events = eventsOf(
    source.inContext(() => values[Symbol.asyncIterator]()),
    facts,
    source,
  );
  let first: IteratorResult<Uint8Array, undefined> | undefined = await events.next();
  return {
    status: 200,
    headers: { 'content-type': serverSentEvents.contentType },
    body: {
      [Symbol.asyncIterator]: () => ({
        async next() {
          const step = first ?? (await events.next());
          first = undefined;
          return step;
        },
        return: events.return,
      }),
    },
  };
}

interface Events extends AsyncIterator<Uint8Array, undefined> {
  return(): Promise<IteratorReturnResult<undefined>>;
}

// Not a generator: that would run `return` only after the awaited value has come.
function eventsOf<Value>(
  values: AsyncIterator<Value>,
  facts: Facts<Value>,
  { name, signal, inContext }: ValueSource,
): Events {
  let known: ValueFacts = {};
  let hasBegun = false;
  let isOver = false;
  const leave = async () => await inContext(() => values.return?.());

  async function step(): Promise<IteratorResult<Value>> {
    signal?.throwIfAborted();
    const pending = inContext(async () => await values.next());
    // What is left has no end: values that were cut off would be taken for all.
    return await unlessAborted(pending, signal);
  }

  return {
    async next() {
      if (isOver) return { done: true, value: undefined };
      let isGiven = false;
      try {
        const { done, value } = await step();
        isGiven = true;
        if (done === true) {
          isOver = true;
          return eventWith(serverSentEvents.write(JSON.stringify(known), endType));
        }
        known = merged(known, facts?.(value));
        hasBegun = true;
        // As in a list of JSON, what JSON can't express is null.
        return eventWith(serverSentEvents.write(JSON.stringify(value) ?? 'null'));
      } catch (error) {
        // A source that has failed is over by itself.
        if (!isOver && (isGiven || signal?.aborted)) leave().catch(() => {});
        isOver = true;
        throw carrying(error, name, hasBegun ? 'provider_broke_off' : 'provider_unreachable');
      }
    },
    async return() {
      if (!isOver) {
        isOver = true;
        await leave();
      }
      return { done: true, value: undefined };
    },
  };
}

function eventWith(text: string): IteratorYieldResult<Uint8Array> {
  return { done: false, value: Buffer.from(text) };
}

function merged(known: ValueFacts, more: ValueFacts | undefined): ValueFacts {
  if (more === undefined) return known;
  return {
    usage: more.usage ?? known.usage,
    model: more.model ?? known.model,
    isComplete: more.isComplete ?? known.isComplete,
  };
}
