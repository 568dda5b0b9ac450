/**
 * A `fetch` as the provider that the cache asks.
 */
import type { Provider, ProviderAnswer } from '../../flight/provider.ts';
import type { CacheRequest } from '../../identity/request.ts';
import { answerHeaders, providerHeaders } from '../http/provider-headers.ts';
import type { CallRead, Fetch } from './call.ts';

/** Asks as the call would have, but for the headers that are meant for the cache. */
export function fetchProvider(ask: Fetch, call: CallRead): Provider {
  return async (request, signal) => {
    const headers = new Headers();
    const sent = providerHeaders(request.protocol, request.headers);
    for (const [name, value] of Object.entries(sent)) headers.append(name, String(value));
    const response = await ask(call.url, { ...call.uncached(), headers, body: bodyOf(request), signal });
    return { status: response.status, headers: headersOf(response), body: pieces(response) };
  };
}

function bodyOf({ body }: CacheRequest): string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? body : new Uint8Array(body);
}

function headersOf({ headers }: Response): ProviderAnswer['headers'] {
  // `fetch` has undone the encoding, so that encoding and length describe a body that is gone.
  const {
    'content-encoding': _encoding,
    'content-length': _length,
    ...rest
  } = answerHeaders(fieldsOf(headers));
  return rest;
}

/**
 * Header fields by their names in lower case, and each cookie by itself. Classes that stand in for `Headers`, as some servers bring
 * them, list names as they were written.
 */
export function fieldsOf(headers: Headers): Record<string, string | readonly string[]> {
  const fields = new Map<string, string | readonly string[]>();
  for (const [written, value] of headers) {
    const name = written.toLowerCase();
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) fields.set('set-cookie', cookies);
  return Object.fromEntries(fields);
}

/** Servers send text that a handler puts into its stream, though a body is made of bytes. */
function bytesOf(piece: Uint8Array | string): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece) : piece;
}

/** The body piece by piece. Returning early cancels it at once, also while a piece is awaited. */
export function pieces({ body }: Pick<Response, 'body'>): AsyncIterable<Uint8Array> {
  const reader = body?.getReader();
  const over = { done: true, value: undefined } as const;
  const iterator: AsyncIterator<Uint8Array, undefined> = {
    async next() {
      const read = await reader?.read();
      return read === undefined || read.done ? over : { done: false, value: bytesOf(read.value) };
    },
    async return() {
      await reader?.cancel();
      return over;
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
