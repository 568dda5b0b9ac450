/**
 * Requests of made-up vendors, and a cache with their protocols.
 */
import type { CacheRequest, Protocol } from 'askonce';
import type { Framing } from 'askonce/protocol';
import { jsonArray, jsonLines, socketMessages } from 'askonce/protocol';
import { fakeClock } from 'askonce/testing';
import { gatedProvider } from './gated-provider.ts';
import { observedCache } from './set-up-cache.ts';
import { vendors } from './vendor-protocols.ts';

/** Pieces of an answer's text. */
export const texts = ['Take ', 'the “early” ', 'train.'];

interface Vendor {
  readonly protocol: Protocol;
  readonly framing: Framing;
  /** The same question as a stream, and where the vendor has bodies, as a body. */
  readonly stream: Partial<CacheRequest>;
  readonly body?: Partial<CacheRequest>;
}

export const prompt = { prompt: 'How do I get to Lyon?' };

/** Vendors by what they stream. */
export const spoken: Readonly<Record<string, Vendor>> = {
  'newline-delimited JSON': {
    protocol: vendors.lines,
    framing: jsonLines,
    stream: { protocol: 'lines', route: '/models/small/chat', body: JSON.stringify(prompt) },
    body: {
      protocol: 'lines',
      route: '/models/small/chat',
      body: JSON.stringify({ ...prompt, stream: false }),
    },
  },
  'a JSON array': {
    protocol: vendors.array,
    framing: jsonArray,
    stream: { protocol: 'array', route: '/models/small:streamSay', body: JSON.stringify(prompt) },
    body: { protocol: 'array', route: '/models/small:say', body: JSON.stringify(prompt) },
  },
  'messages of a socket': {
    protocol: vendors.socket,
    framing: socketMessages,
    stream: { protocol: 'socket', route: '/socket', body: JSON.stringify({ ...prompt, model: 'small' }) },
  },
};

export function requestOf(more: Partial<CacheRequest>): CacheRequest {
  return {
    protocol: 'lines',
    upstream: 'https://vendor.example',
    route: '/',
    query: '',
    headers: { authorization: 'Bearer one' },
    body: '{}',
    context: {},
    directives: {},
    ...more,
  };
}

export function setUp(settings = {}) {
  const clock = fakeClock();
  const gate = gatedProvider();
  return { clock, ...gate, ...observedCache({ clock, settings, protocols: vendors }) };
}

/** The bytes of a whole stream of these events, as text. */
export function wire(framing: Framing, events: readonly string[]): string {
  return Buffer.from(framing.join(events.map((event) => framing.write(event))).body).toString();
}

export const headersOf = (type: string) => ({ 'content-type': type });
