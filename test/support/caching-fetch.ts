/**
 * The caching fetch over a `fetch` that answers without a network.
 */
import { createCache, type SettingsInput } from 'askonce';
import { type CachingFetchOptions, cachingFetch } from 'askonce/fetch';
import { fakeClock } from 'askonce/testing';

interface Seen {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: string;
  readonly signal: AbortSignal | null | undefined;
}

type Respond = (seen: Seen) => Response | Promise<Response>;

/** A `fetch` that answers without a network, and a caching one on top of it. */
export function setUpFetch(
  respond: Respond,
  options: Partial<CachingFetchOptions> = {},
  settings: SettingsInput = {},
) {
  const seen: Seen[] = [];
  const beneath: typeof fetch = async (input, init) => {
    const request = new Request(input, { ...init, signal: null });
    const one = {
      url: request.url,
      method: request.method,
      headers: request.headers,
      body: await request.text(),
      signal: init?.signal,
    };
    seen.push(one);
    return respond(one);
  };
  // Ages are exact on a slow machine, too.
  const cache = createCache({ clock: fakeClock(), settings });
  return { seen, cache, fetch: cachingFetch({ cache, fetch: beneath, ...options }) };
}

export function jsonResponse(body: string, init: ResponseInit = {}): Response {
  return new Response(body, { ...init, headers: { 'content-type': 'application/json', ...init.headers } });
}

export function eventStream(pieces: readonly string[]): Response {
  return new Response(ReadableStream.from(pieces.map((piece) => Buffer.from(piece))), {
    headers: { 'content-type': 'text/event-stream' },
  });
}

export const messages = [{ role: 'user' as const, content: 'What is the capital of France?' }];
export const chatUrl = 'https://provider.test/v1/chat/completions';
export const post = (body: object, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json', authorization: 'Bearer k', ...headers },
  body: JSON.stringify(body),
});
