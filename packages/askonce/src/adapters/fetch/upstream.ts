/**
 * A `fetch` as the provider that the cache asks.
 */
import type { Provider, ProviderAnswer } from '../../flight/provider.ts';
import type { CacheRequest } from '../../identity/request.ts';
import { commonHeaders, headerRules, hopByHopHeaders } from '../../protocol/headers.ts';
import { protocols } from '../../protocol/protocols.ts';
import type { CallRead } from './call.ts';

/** What `fetch` has undone, and what means the connection only. */
const ofTheConnection: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  ...hopByHopHeaders,
]);

/** Asks as the call would have, but for the headers that are meant for the cache. */
export function fetchProvider(ask: typeof globalThis.fetch, call: CallRead): Provider {
  return async (request, signal) => {
    const headers = outgoing(call);
    const response = await ask(call.url, { ...call.untouched(), headers, body: bodyOf(request), signal });
    return { status: response.status, headers: headersOf(response), body: pieces(response) };
  };
}

function bodyOf({ body }: CacheRequest): string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' ? body : new Uint8Array(body);
}

function outgoing({ request, headers: given }: CallRead): Headers {
  const rule = headerRules(protocols[request.protocol].headers, commonHeaders);
  const headers = new Headers();
  for (const [name, value] of given) if (rule(name) !== 'stripped') headers.append(name, value);
  return headers;
}

function headersOf({ headers }: Response): ProviderAnswer['headers'] {
  const kept: Record<string, string | readonly string[]> = {};
  for (const [name, value] of headers) if (!ofTheConnection.has(name)) kept[name] = value;
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) kept['set-cookie'] = cookies;
  return kept;
}

/** The body piece by piece. Whoever leaves cancels it at once, also while a piece is awaited. */
function pieces({ body }: Response): AsyncIterable<Uint8Array> {
  const reader = body?.getReader();
  const over = { done: true, value: undefined } as const;
  const iterator: AsyncIterator<Uint8Array, undefined> = {
    async next() {
      const read = await reader?.read();
      return read === undefined || read.done ? over : { done: false, value: read.value };
    },
    async return() {
      await reader?.cancel();
      return over;
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
