/**
 * The cache as a `fetch`: given to a provider's client, it answers what has been asked before.
 *
 * ```ts
 * const openai = new OpenAI({ fetch: cachingFetch({ cache: createCache() }) });
 * ```
 */
import type { Cache } from '../../contract.ts';
import { AskonceError } from '../../errors.ts';
import type { CacheRequest, CallerContext, Directives } from '../../identity/request.ts';
import { protocols } from '../../protocol/protocols.ts';
import { type CallRead, readCall } from './call.ts';
import { responseOf } from './response.ts';
import { fetchProvider } from './upstream.ts';

type Fetch = typeof globalThis.fetch;

export interface CachingFetchOptions {
  readonly cache: Cache;
  /** What asks the provider. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /**
   * Base URLs (`https://api.openai.com/v1`) below which answers are kept. Default: any, told by the route's name
   * (`/chat/completions`, `/completions`, `/embeddings`, `/responses`, `/messages`).
   */
  readonly upstreams?: readonly string[] | undefined;
  /** What the application knows about a question, call by call. */
  readonly context?: ((url: URL, headers: Headers) => CallerContext) | undefined;
  /** Goes before what the call's `Cache-Control` header says. */
  readonly directives?: ((url: URL, headers: Headers) => Directives) | undefined;
}

/** Errors about the request itself: the provider tells them better. */
const providersOwn: ReadonlySet<string> = new Set([
  'invalid_json',
  'invalid_request',
  'request_too_deep',
  'closed',
]);

/**
 * Makes a `fetch` that answers POST requests to the cached routes through the cache; everything else goes
 * through the given `fetch` untouched. It fails as `fetch` does: with a TypeError where the provider could not
 * be reached, with the signal's reason where that aborts. A provider's error is a Response.
 */
export function cachingFetch(options: CachingFetchOptions): Fetch {
  const { cache, upstreams, context, directives } = options;
  // Looked up at each call: whoever replaces the global one means this, too.
  const ask: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));

  return async (input, init) => {
    const call = await readCall(input, init, upstreams);
    if (call === undefined) return ask(input, init);
    const request: CacheRequest = {
      ...call.request,
      context: context?.(call.url, call.headers) ?? {},
      directives: { ...call.request.directives, ...directives?.(call.url, call.headers) },
    };
    try {
      const reply = await cache.ask(request, fetchProvider(ask, call), { signal: call.signal });
      return responseOf(reply);
    } catch (error) {
      return failure(error, call, ask);
    }
  };
}

function failure(error: unknown, call: CallRead, ask: Fetch): Promise<Response> | Response {
  if (call.signal?.aborted || !AskonceError.isInstance(error)) throw error;
  if (providersOwn.has(error.code)) return ask(call.url, call.untouched());
  if (error.code === 'not_cached') {
    const { status, code, message } = error;
    const { errorBody, errorType = 'application/json' } = protocols[call.request.protocol];
    const body = errorBody({ status, code, message });
    return new Response(body, { status, headers: { 'content-type': errorType } });
  }
  throw error.cause instanceof TypeError ? error.cause : new TypeError('fetch failed', { cause: error });
}
