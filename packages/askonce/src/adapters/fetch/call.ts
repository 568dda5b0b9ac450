/**
 * Reads a call to `fetch` as a request to the cache.
 */
import type { CacheRequest } from '../../identity/request.ts';
import { isOwnHeader } from '../http/request-controls.ts';
import { findRoute, type RouteFound } from './route.ts';

export type Fetch = typeof globalThis.fetch;
type Input = Parameters<Fetch>[0];

/** The request without its context and directives, which are still to be read. */
type PlainRequest = Omit<CacheRequest, 'context' | 'directives' | 'protocol'> & RouteFound;

export interface CallRead {
  readonly url: URL;
  readonly headers: Headers;
  readonly request: PlainRequest;
  readonly signal: AbortSignal | undefined;
  /** The same call for the `fetch` beneath, less the headers that are askonce's own. */
  uncached(): RequestInit;
}

/** Undefined if the call is for no cached route, or its body can't be read as JSON. */
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
  const headers = headersOf(input, init);
  const route = findRoute(url, headers, upstreams);
  if (route === undefined || !isPlainJson(headers)) return undefined;
  const body = await bodyOf(given, init);
  if (body === undefined) return undefined;
  const signal = init?.signal ?? given?.signal;
  return {
    url,
    headers,
    signal: signal ?? undefined,
    request: { ...route, query: url.search.slice(1), headers: Object.fromEntries(headers), body },
    uncached: () => ({
      ...init,
      method,
      headers: withoutOwn(headers),
      body,
      ...(signal ? { signal } : {}),
    }),
  };
}

/** The init of a call that bypasses the cache: unchanged, or without askonce's own headers if it has any. */
export function passedInit(input: Input, init: RequestInit | undefined): RequestInit | undefined {
  const headers = headersOf(input, init);
  return [...headers.keys()].some(isOwnHeader) ? { ...init, headers: withoutOwn(headers) } : init;
}

function headersOf(input: Input, init: RequestInit | undefined): Headers {
  return new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
}

function withoutOwn(headers: Headers): Headers {
  return new Headers([...headers].filter(([name]) => !isOwnHeader(name)));
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
