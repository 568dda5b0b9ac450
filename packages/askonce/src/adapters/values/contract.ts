/**
 * Values behind the cache: a question whose input is JSON, and an answer that is one value or a stream of values.
 */
import type { CacheStatus } from '../../engine/reply.ts';
import type { Usage } from '../../entry/entry.ts';
import type { CallerContext, Directives } from '../../identity/request.ts';

export interface ValueQuestion {
  /** Separates the answers of one function from those of others: 1 to 256 characters. Change it when the function changes. */
  readonly name: string;
  /** JSON values, compared by content: the order of properties does not count, and null equals absent. */
  readonly input: unknown;
  /**
   * The property of `input` that holds the question as text, at its top level. It counts as any other, and the semantic
   * tier, if there is one, finds answers to the same question in other words; all other properties must be equal.
   */
  readonly text?: string | undefined;
  readonly context?: CallerContext | undefined;
  readonly directives?: Directives | undefined;
  /** Types of domain events (`prices.changed`) that invalidate the answer: `cache.emit({ type: 'prices.changed' })`. */
  readonly invalidateOn?: readonly string[] | undefined;
  /** Aborted when this caller leaves; other callers that wait do not notice. */
  readonly signal?: AbortSignal | undefined;
}

/** What the producer of a value knows about it besides the value. */
export interface ValueFacts {
  readonly usage?: Usage | undefined;
  /** The model that gave the answer. */
  readonly model?: string | undefined;
  /** False: the answer is served and not stored. Default: true. */
  readonly isComplete?: boolean | undefined;
}

export interface ValueReply<Value> {
  readonly value: Value;
  readonly cacheStatus: CacheStatus;
  /** Names the entry; absent if the question bypassed the cache. */
  readonly key?: string | undefined;
  /** Of a hit: seconds since the answer was made. */
  readonly age?: number | undefined;
  /** Of a semantic hit: its opaque id, for `Cache.feedback`. */
  readonly match?: string | undefined;
}

export interface ValuesReply<Value> extends Omit<ValueReply<Value>, 'value'> {
  /** Read it to its end, or leave it (`return`): until then it holds its place in the flight. */
  readonly values: AsyncIterable<Value>;
}

// askValue(cache, question, work: (signal) => Value | Promise<Value>, { facts? }): Promise<ValueReply<Value>>
// askValues(cache, question, work: (signal) => AsyncIterable<Value>, { facts? }): Promise<ValuesReply<Value>>
// getValue(cache, question), setValue(cache, question, value, facts?), deleteValue(cache, question)
