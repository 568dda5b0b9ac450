/**
 * A function of JSON values behind the cache: it runs once for the same input.
 */
import type { Cache } from '../contract.ts';
import type { Reply } from '../engine/reply.ts';
import { AskonceError } from '../errors.ts';
import type { Provider } from '../flight/provider.ts';
import type { CallerContext, Directives } from '../identity/request.ts';

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

/** Thrown values, by the error that carries them: a follower of the call may have a wrapper of its own. */
const thrown = new WeakMap<object, { readonly value: unknown }>();

/**
 * Makes a function that returns what `fn` does, but runs it once for equal inputs: JSON values whose
 * properties have equal values, in any order, where null equals absent.
 *
 * The output is as JSON has it, also the first time. A value that `fn` throws reaches every waiting caller unchanged,
 * and is never stored; neither are null and undefined.
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
  const { context = {}, directives = {} } = options;
  return async (input, { signal } = {}) => {
    if (!isJson(input))
      throw new AskonceError(
        'invalid_request',
        `The input of ${name} is not a JSON value; pass JSON values only.`,
      );
    const provider: Provider = async (_request, aborted) => {
      const output = await called(() => fn(input, aborted));
      const text = JSON.stringify(output) ?? '';
      return { status: 200, headers: { 'content-type': 'application/json' }, body: once(Buffer.from(text)) };
    };
    const called = async (work: () => Output | Promise<Output>) => {
      try {
        return await work();
      } catch (error) {
        const carrier = new AskonceError(
          'provider_unreachable',
          `The function ${name} threw; see the cause.`,
          {
            cause: error,
          },
        );
        thrown.set(carrier, { value: error });
        throw carrier;
      }
    };
    const request = {
      protocol: 'function',
      upstream: 'function:',
      route: `/${encodeURIComponent(name)}`,
      query: '',
      headers: {},
      body: JSON.stringify({ name, input }),
      context,
      directives,
    } as const;
    try {
      return await outputOf<Output>(await cache.ask(request, provider, { signal }));
    } catch (error) {
      const own = typeof error === 'object' && error !== null ? thrown.get(error) : undefined;
      throw own === undefined ? error : own.value;
    }
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function outputOf<Output>({ body }: Reply): Promise<Output> {
  const pieces: Uint8Array[] = [];
  if (body instanceof Uint8Array) pieces.push(body);
  else for await (const piece of body) pieces.push(piece);
  const text = Buffer.concat(pieces).toString('utf8');
  // Undefined, which JSON can't express, is written as nothing.
  const { value }: { readonly value: Output } = JSON.parse(text === '' ? '{}' : `{"value":${text}}`);
  return value;
}

/** As deep as a request may be. */
const deepest = 512;

/** Whether JSON says all there is to a value: anything else would be taken for something that it is not. */
function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (typeof value !== 'object' || depth >= deepest) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((property) => property === undefined || isJson(property, depth + 1));
}
