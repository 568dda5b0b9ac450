/**
 * What functions and methods say once about all their answers.
 */
import { types } from 'node:util';
import { AskonceError } from '../../errors.ts';
import type { CallerContext, Directives } from '../../identity/request.ts';
import { atOnce } from '../../settings/option-checks.ts';
import type { ValueFacts, ValueQuestion } from './contract.ts';

/** Durations in seconds. */
export interface AnswersOptions<Output> {
  /** Lifetime of what is stored; at most the setting `maxTtlSeconds`. Default: that of the settings, by category. */
  readonly ttl?: number | undefined;
  /** Age from which a stored answer is stale. */
  readonly staleAfter?: number | undefined;
  /** Types of domain events that invalidate the answers. See `ValueQuestion.invalidateOn`. */
  readonly invalidateOn?: readonly string[] | undefined;
  /** What the cache may do with the calls. `ttl` and `staleAfter` beside it take precedence. */
  readonly directives?: Directives | undefined;
  /** What an output says about itself, or each value of a stream: usage, model. See `ValueOptions.facts`. */
  readonly facts?: ((output: Output) => ValueFacts | undefined) | undefined;
  /** Whether the answer is a stream of values. Default: if the function is written as `async function*`. */
  readonly stream?: boolean | undefined;
}

/** What a question has from the options, and from what they say of the call. */
export function questionBy(
  { ttl, staleAfter, invalidateOn, directives }: AnswersOptions<never>,
  contextGiven: CallerContext | undefined,
  tagsGiven: readonly string[] | undefined,
): Pick<ValueQuestion, 'context' | 'directives' | 'invalidateOn'> {
  const context = atOnce('context', contextGiven);
  const tags = atOnce('tags', tagsGiven);
  return {
    context: tags === undefined ? context : { ...context, tags: [...(context?.tags ?? []), ...tags] },
    directives: {
      ...directives,
      ...(ttl !== undefined && { ttl }),
      ...(staleAfter !== undefined && { staleAfter }),
    },
    invalidateOn,
  };
}

/** An option that may depend on the call. */
export function optionFor<Option, Call extends readonly unknown[]>(
  option: Option | ((...call: Call) => Option),
  ...call: Call
): Option {
  return isFunction(option) ? option(...call) : option;
}

function isFunction<Option, Call extends readonly unknown[]>(
  option: Option | ((...call: Call) => Option),
): option is (...call: Call) => Option {
  return typeof option === 'function';
}

export function isStreaming(fn: unknown, { stream }: Pick<AnswersOptions<never>, 'stream'>): boolean {
  return stream ?? (types.isGeneratorFunction(fn) && types.isAsyncFunction(fn));
}

/** @throws AskonceError `invalid_request` if a function that was to give a stream gave something else. */
export async function streamIn<Value>(
  given: Value | AsyncIterable<Value> | Promise<Value | AsyncIterable<Value>>,
  name: string,
): Promise<AsyncIterable<Value>> {
  const values = await given;
  if (isAsyncIterable<Value>(values)) return values;
  throw new AskonceError(
    'invalid_request',
    `${name} returned no async iterable, though its answer is said to be a stream; leave out the option stream.`,
  );
}

/** @throws AskonceError `invalid_request` if a function that was to give one value gave a stream. */
export async function oneOf<Value>(
  given: Value | AsyncIterable<Value> | Promise<Value | AsyncIterable<Value>>,
  name: string,
): Promise<Value> {
  const value = await given;
  if (!isAsyncIterable<Value>(value)) return value;
  throw new AskonceError(
    'invalid_request',
    `${name} returned an async iterable in place of a value; use askValues, or the option stream.`,
  );
}

function isAsyncIterable<Value>(value: unknown): value is AsyncIterable<Value> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
