/**
 * A function of JSON values behind the cache: it runs once for the same input.
 */
import type { Cache } from '../contract.ts';
import type { CallerContext, Directives } from '../identity/request.ts';
import { askValue } from './values/values.ts';

export interface CachedFunctionOptions {
  /** The caller's context: what the application knows about the caller and the question. It narrows what is shared. */
  readonly context?: CallerContext | undefined;
  /** What the cache may do with these calls. */
  readonly directives?: Directives | undefined;
}

export interface CallOptions {
  /** Aborted when this caller leaves; other callers that wait do not notice. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Makes a function that returns what `fn` does, but runs it once for equal inputs: JSON values whose
 * properties have equal values, in any order, where null equals absent.
 *
 * The output is as JSON has it, also the first time. A value that `fn` throws reaches every waiting caller unchanged,
 * and is never stored; nor is undefined.
 *
 * @param name separates this function's answers from those of others; change it when the function changes.
 * @throws AskonceError `invalid_request` if the input is not a JSON value (a Date, a Map, NaN …).
 */
export function cachedFunction<Input, Output>(
  cache: Cache,
  name: string,
  fn: (input: Input, signal: AbortSignal) => Output | Promise<Output>,
  options: CachedFunctionOptions = {},
): (input: Input, call?: CallOptions) => Promise<Output> {
  const { context, directives } = options;
  return async (input, { signal } = {}) => {
    const question = { name, input, context, directives, signal };
    const { value } = await askValue(cache, question, (aborted) => fn(input, aborted));
    return value;
  };
}
