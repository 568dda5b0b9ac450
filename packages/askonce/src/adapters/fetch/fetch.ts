/**
 * The cache as a `fetch`: given to a provider's client, it answers what has been asked before.
 *
 * ```ts
 * const openai = new OpenAI({ fetch: cachingFetch({ cache: createCache() }) });
 * ```
 */
import type { Cache } from '../../contract.ts';
import { newRequestId } from '../../engine/reply-headers.ts';
import { AskonceError } from '../../errors.ts';
import type { CallerContext, Directives } from '../../identity/request.ts';
import { atOnce } from '../../settings/option-checks.ts';
import { checkContext, checkDirectives } from '../control-checks.ts';
import type { RequestCacheControl } from '../http/cache-control.ts';
import { invalidateDeleted } from '../http/deletions.ts';
import { errorReply } from '../http/reply-headers.ts';
import { type RequestControls, readControls } from '../http/request-controls.ts';
import { type CallRead, type Fetch, passedInit, readCall } from './call.ts';
import { responseOf } from './response.ts';
import { fetchProvider } from './upstream.ts';

export interface CachingFetchOptions {
  readonly cache: Cache;
  /** Calls the provider. Default: the global `fetch`. */
  readonly fetch?: Fetch | undefined;
  /**
   * Base URLs (`https://api.openai.com/v1`) below which answers are cached. Default: any; the end of the path decides
   * (`/chat/completions`, `/completions`, `/embeddings`, `/responses`, `/messages`).
   */
  readonly upstreams?: readonly string[] | undefined;
  /**
   * How far a call's `Cache-Control` is heeded, for client libraries that send `no-cache` or `no-store` by themselves:
   * all of it (`heed`), only `max-age`, `min-fresh` and `only-if-cached` (`narrow`), or none (`ignore`). The `Askonce-*`
   * headers and `directives` always apply. Default: `heed`.
   */
  readonly requestCacheControl?: RequestCacheControl | undefined;
  /** What the application knows about a question, call by call. Overrides the call's `Askonce-*` headers, part by part. */
  readonly context?: ((url: URL, headers: Headers) => CallerContext) | undefined;
  /** Overrides what the call's `Cache-Control`, `Last-Event-ID` and `Askonce-*` headers say, part by part. */
  readonly directives?: ((url: URL, headers: Headers) => Directives) | undefined;
}

/** Errors about the request itself: the provider explains them better. */
const providersOwn: ReadonlySet<string> = new Set([
  'invalid_json',
  'invalid_request',
  'request_too_deep',
  'closed',
]);

/**
 * Makes a `fetch` that answers POST requests to the cached routes through the cache; every other call goes
 * to the given `fetch`. The `Askonce-*` request headers work as they do at a gateway that trusts its clients (the client
 * here is the application itself), and never reach a provider.
 * It fails as `fetch` does: with a TypeError if the provider can't be reached, with the signal's reason if that
 * aborts. A `DELETE` that the provider accepts invalidates the answers that depend on what it deleted, before it
 * resolves. A provider's error is a Response; so are a wrong `Askonce-*` header (400) and `only-if-cached` without an
 * entry (504). What `context` or `directives` return is the application's own: an unknown part, or one of the wrong type,
 * rejects with an AskonceError (`invalid_settings`).
 */
export function cachingFetch(options: CachingFetchOptions): Fetch {
  const { cache, upstreams, context, directives, requestCacheControl } = options;
  // Looked up at each call, so that a replaced global `fetch` is used.
  const ask: Fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));

  return async (input, init) => {
    const call = await readCall(input, init, upstreams);
    if (call === undefined) {
      const response = await ask(input, passedInit(input, init));
      await invalidateIfDeleted(cache, { input, init, response, upstreams });
      return response;
    }
    let controls: RequestControls;
    try {
      controls = readControls(call.request.headers, true, requestCacheControl);
    } catch (error) {
      if (AskonceError.isInstance(error)) return errorResponse(error, call);
      throw error;
    }
    const givenContext = atOnce('context', context?.(call.url, call.headers));
    const givenDirectives = atOnce('directives', directives?.(call.url, call.headers));
    checkContext(givenContext);
    checkDirectives(givenDirectives);
    const request = {
      ...call.request,
      context: overridden(controls.context, givenContext),
      directives: overridden(controls.directives, givenDirectives),
    };
    try {
      const reply = await cache.ask(request, fetchProvider(ask, call), { signal: call.signal });
      return responseOf(reply);
    } catch (error) {
      return failure(error, call, ask);
    }
  };
}

/** A call that deleted something at the provider removes the answers that depend on it. */
async function invalidateIfDeleted(
  cache: Cache,
  call: {
    readonly input: Parameters<Fetch>[0];
    readonly init: RequestInit | undefined;
    readonly response: Response;
    readonly upstreams: readonly string[] | undefined;
  },
): Promise<void> {
  const { input, init, response, upstreams } = call;
  const request = input instanceof Request ? input : undefined;
  const method = (init?.method ?? request?.method ?? 'GET').toUpperCase();
  const address = request?.url ?? String(input);
  if (method !== 'DELETE' || !URL.canParse(address)) return;
  const { origin, pathname } = new URL(address);
  if (upstreams?.every((base) => !URL.canParse(base) || new URL(base).origin !== origin)) return;
  try {
    await invalidateDeleted(cache, { method, upstream: origin, path: pathname, status: response.status });
  } catch (error) {
    throw new TypeError('fetch failed', { cause: error });
  }
}

/** What the headers say, and over it what the option gives: an undefined part of that leaves the header in force. */
function overridden<Part extends object>(headers: Part, option: Part | undefined): Part {
  const given = Object.entries(option ?? {}).filter(([, value]) => value !== undefined);
  return { ...headers, ...Object.fromEntries(given) };
}

function failure(error: unknown, call: CallRead, ask: Fetch): Promise<Response> | Response {
  if (call.signal?.aborted || !AskonceError.isInstance(error)) throw error;
  if (providersOwn.has(error.code)) return ask(call.url, call.uncached());
  if (error.code === 'not_cached') return errorResponse(error, call);
  throw error.cause instanceof TypeError ? error.cause : new TypeError('fetch failed', { cause: error });
}

function errorResponse({ status, code, message }: AskonceError, { request }: CallRead): Response {
  const { headers, body } = errorReply(request.protocol, {
    status,
    code,
    message,
    requestId: newRequestId(),
  });
  return new Response(body, { status, headers });
}
