/**
 * Values behind the cache: a question whose input is JSON, and an answer that is one value or a stream of values.
 */
import type { CacheStatus } from '../../engine/reply.ts';
import type { Usage } from '../../entry/entry.ts';
import type { CallerContext, Directives } from '../../identity/request.ts';

export interface ValueQuestion {
  /** Separates the answers of one function from those of others: 1 to 256 characters. Change it when the function changes. */
  readonly name: string;
  /** JSON values, compared by content: the order of properties does not count, and a property that is null equals an absent one. */
  readonly input: unknown;
  /**
   * The property of `input` that holds the question as text, at its top level (of a list, the index). It counts as any other,
   * and the semantic tier, if there is one, finds answers to the same question in other words; all other properties must be
   * equal. All that ask for one answer must name the same property. A property that is not a string only counts.
   */
  readonly text?: string | undefined;
  readonly context?: CallerContext | undefined;
  readonly directives?: Directives | undefined;
  /**
   * Types of domain events (`prices.changed`) that invalidate the answer: `cache.emit({ type: 'prices.changed' })`. At a
   * process that has asked no such question, list the type in the setting `events`.
   */
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

export interface ValueOptions<Value> {
  /** What a value that has just been made says about itself. Stored with it, and counted by the ledger. */
  readonly facts?: ((value: Value) => ValueFacts | undefined) | undefined;
  /** The value to return if `work` fails and no stale answer can be served. It is not stored. If it fails, the caller gets what `work` threw. */
  readonly fallback?: (() => Value | Promise<Value>) | undefined;
}

export interface ValuesOptions<Value> {
  /** Called with each value of a stream as it is made; what is known later is added to what was known, or replaces it. */
  readonly facts?: ((value: Value) => ValueFacts | undefined) | undefined;
  /** The values to return if `work` fails before its first value, and no stale answer can be served. They are not stored. */
  readonly fallback?: (() => AsyncIterable<Value> | Promise<AsyncIterable<Value>>) | undefined;
}

export interface ValueReply<Value> {
  readonly value: Value;
  readonly cacheStatus: CacheStatus;
  /** Names the entry; absent if the question bypassed the cache. */
  readonly key?: string | undefined;
  /** Of a hit: seconds since the answer was made. */
  readonly age?: number | undefined;
  /** Of a hit: the tokens that the stored answer used, as far as they are known. */
  readonly usage?: Usage | undefined;
  /** Of a semantic hit: its opaque id, for `Cache.feedback`. */
  readonly match?: string | undefined;
  /** Of a semantic hit: the cosine of the two questions' vectors, from -1 to 1. */
  readonly similarity?: number | undefined;
  /** Correlates the reply with observed events. */
  readonly requestId: string;
}

export interface ValuesReply<Value> extends Omit<ValueReply<Value>, 'value'> {
  /** Can be read once. Read it to its end, or leave it (`return`): until then it holds its place in the flight. */
  readonly values: AsyncIterableIterator<Value, undefined>;
}
