/**
 * A call to `fetch`, read as a request to the cache.
 */
import type { CacheRequest, Directives } from '../../identity/request.ts';
import { parseCacheControl } from '../http/cache-control.ts';
import { findRoute, type RouteFound } from './route.ts';

export interface CallRead {
  readonly url: URL;
  readonly headers: Headers;
  readonly request: Omit<CacheRequest, 'protocol'> & RouteFound;
  readonly signal: AbortSignal | undefined;
  /** The same call for the `fetch` beneath, with what is left to choose. */
  untouched(): RequestInit;
}

type Input = Parameters<typeof globalThis.fetch>[0];

/** Undefined where the call is for no cached route, or its body can't be read as JSON. */
export async function readCall(
  input: Input,
  init: RequestInit | undefined,
  upstreams: readonly string[] | undefined,
): Promise<CallRead | undefined> {
  const given = input instanceof Request ? input : undefined;
  const method = init?.method ?? given?.method ?? 'GET';
  const address = given?.url ?? String(input);
  if (method.toUpperCase() !== 'POST' || !URL.canParse(address)) return undefined;
  const url = new URL(address);
  const headers = new Headers(init?.headers ?? given?.headers);
  const route = findRoute(url, headers, upstreams);
  if (route === undefined || !isPlainJson(headers)) return undefined;
  const body = await bodyOf(given, init);
  if (body === undefined) return undefined;
  const signal = init?.signal ?? given?.signal;
  return {
    url,
    headers,
    signal: signal ?? undefined,
    request: {
      ...route,
      query: url.search.slice(1),
      headers: Object.fromEntries(headers),
      body,
      context: {},
      directives: directivesOf(headers),
    },
    untouched: () => ({ ...init, method, headers, body, ...(signal ? { signal } : {}) }),
  };
}

function isPlainJson(headers: Headers): boolean {
  const encoding = headers.get('content-encoding') ?? 'identity';
  const type = headers.get('content-type') ?? 'application/json';
  return encoding === 'identity' && /^(application\/json|text\/plain)\b/i.test(type);
}

/** The bytes of a body that can be read without using it up; undefined for streams and forms. */
async function bodyOf(
  given: Request | undefined,
  init: RequestInit | undefined,
): Promise<Uint8Array<ArrayBuffer> | string | undefined> {
  const body = init?.body;
  if (typeof body === 'string') return body;
  if (body instanceof ArrayBuffer) return new Uint8Array(body.slice(0));
  if (ArrayBuffer.isView(body))
    return new Uint8Array(new Uint8Array(body.buffer, body.byteOffset, body.byteLength));
  if (body instanceof Blob) return new Uint8Array(await body.arrayBuffer());
  if (body !== undefined && body !== null) return undefined;
  return given === undefined || given.bodyUsed
    ? undefined
    : new Uint8Array(await given.clone().arrayBuffer());
}

/** Cache-Control (RFC 9111, section 5.2.1) and Last-Event-ID of the call's own headers. */
function directivesOf(headers: Headers): Directives {
  const cacheControl = headers.get('cache-control');
  const lastEventId = headers.get('last-event-id') ?? undefined;
  return { ...(cacheControl === null ? {} : parseCacheControl(cacheControl)), lastEventId };
}
