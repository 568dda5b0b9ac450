/**
 * A function of JSON values behind the cache: it runs once for the same input.
 */
import type { Cache } from '../contract.ts';
import type { CallerContext } from '../identity/request.ts';
import { type Check, checkEach, oneText } from '../settings/option-checks.ts';
import { checkAnswersOptions, functionName, ofAnswers, perCall } from './values/checks.ts';
import type { ValueQuestion } from './values/contract.ts';
import { ownCopy } from './values/json-value.ts';
import { atCall, valuesLater } from './values/later.ts';
import { type AnswersOptions, isStreaming, optionFor, questionBy, streamIn } from './values/options.ts';
import { askValue, askValues } from './values/values.ts';

export interface CachedFunctionOptions<Input = unknown, Output = unknown> extends AnswersOptions<Output> {
  /** The property of the input that holds the question as text, for the semantic tier. See `ValueQuestion.text`. */
  readonly text?: string | undefined;
  /** Tags of the answers, `name=value` each. */
  readonly tags?: readonly string[] | ((input: Input) => readonly string[]) | undefined;
  /** The caller's context: what the application knows about the caller and the question. It narrows what is shared. */
  readonly context?: CallerContext | ((input: Input) => CallerContext) | undefined;
}

const ofFunctions = {
  ...ofAnswers,
  ...perCall,
  text: oneText,
} as const satisfies Record<keyof CachedFunctionOptions, Check>;

export interface CallOptions {
  /** Aborted when this caller leaves; other callers that wait do not notice. */
  readonly signal?: AbortSignal | undefined;
}

/** A function that gives a stream of values, behind the cache. Nothing is asked before the first value is. */
export type CachedStream<Input, Output> = (
  input: Input,
  call?: CallOptions,
) => AsyncGenerator<Output, undefined, undefined>;

type Fn<Input, Output> = (input: Input, signal: AbortSignal) => Output;

/**
 * Makes a function that returns what `fn` does, but runs it once for equal inputs: JSON values whose
 * properties have equal values, in any order, where a property that is null equals an absent one.
 *
 * `fn` gets a copy of the input as it was at the call. The output is as JSON has it, also the first time. A value that `fn`
 * throws reaches every waiting caller unchanged, and is never stored; nor is undefined. The values of an `async function*` are
 * a stream: others follow it live, and it is stored if it ended by itself. For a function that returns a stream in another
 * way, say so by `stream`.
 *
 * @param name separates this function's answers from those of others: 1 to 256 characters. Change it when the function changes.
 * @throws AskonceError `invalid_settings` for a name or option that is not allowed; `invalid_request`, on a
 * call, if the input is not a JSON value (a Date, a Map, NaN …).
 */
export function cachedFunction<Input, Output>(
  cache: Cache,
  name: string,
  fn: Fn<Input, AsyncGenerator<Output, unknown, undefined>>,
  options?: CachedFunctionOptions<Input, Output>,
): CachedStream<Input, Output>;
export function cachedFunction<Input, Output>(
  cache: Cache,
  name: string,
  fn: Fn<Input, AsyncIterable<Output> | Promise<AsyncIterable<Output>>>,
  options: CachedFunctionOptions<Input, Output> & { readonly stream: true },
): CachedStream<Input, Output>;
export function cachedFunction<Input, Output>(
  cache: Cache,
  name: string,
  fn: Fn<Input, Output | Promise<Output>>,
  options?: CachedFunctionOptions<Input, Output>,
): (input: Input, call?: CallOptions) => Promise<Output>;
export function cachedFunction<Input>(
  cache: Cache,
  name: string,
  fn: Fn<Input, unknown>,
  options: CachedFunctionOptions<Input> = {},
): (input: Input, call?: CallOptions) => unknown {
  checkEach('cachedFunction: ', { name }, { name: functionName });
  checkAnswersOptions('cachedFunction', options, ofFunctions);
  const { text, context, tags, facts } = options;
  const questionOf = (input: Input): ValueQuestion => ({
    ...questionBy(options, optionFor(context, input), optionFor(tags, input)),
    ...{ name, input, text },
  });
  if (isStreaming(fn, options))
    return (given, { signal } = {}) => {
      const asking = atCall(() => {
        const input = ownCopy(given);
        return { input, about: questionOf(input) };
      });
      return valuesLater(async (leaving) => {
        const { input, about } = await asking;
        const work = (aborted: AbortSignal) => streamIn(fn(input, aborted), name);
        return await askValues(cache, { ...about, signal: leaving }, work, { facts });
      }, signal);
    };
  return async (given, { signal } = {}) => {
    const input = ownCopy(given);
    const question = { ...questionOf(input), signal };
    const reply = await askValue(cache, question, (aborted) => fn(input, aborted), { facts });
    return reply.value;
  };
}
