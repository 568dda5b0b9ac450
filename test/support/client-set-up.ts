/**
 * A gateway in front of a provider, and a `fetch` for the official clients that notes what the gateway
 * reports.
 */
import { expect } from 'vitest';
import type { GatewaySettingsInput } from '../../packages/gateway/src/index.ts';
import { startTestGateway, type TestGateway } from './gateway.ts';

interface CountingProvider {
  readonly url: string;
  readonly calls: number;
  close(): Promise<void>;
}

export interface ClientSetUp {
  readonly gateway: TestGateway;
  /** Passes the request on, and notes the answer's headers. */
  readonly fetch: typeof fetch;
  /** Of the latest answer. */
  readonly headers: Headers;
  /** `Cache-Status` of the latest answer. */
  readonly status: string;
  /**
   * Asks twice: the first answer comes from the provider, the second from the cache. Both readings must be
   * equal, less what the clients say about the exchange itself. Resolves with the reading.
   */
  twice<Answer>(ask: () => PromiseLike<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

export async function clientSetUp(
  provider: CountingProvider,
  settings?: GatewaySettingsInput,
): Promise<ClientSetUp> {
  const gateway = await startTestGateway(provider.url, settings);
  let headers = new Headers();
  const status = () => headers.get('cache-status') ?? '';
  return {
    gateway,
    async fetch(input, init) {
      const response = await fetch(input, init);
      headers = response.headers;
      return response;
    },
    get headers() {
      return headers;
    },
    get status() {
      return status();
    },
    async twice(ask) {
      const [calls, stored] = [provider.calls, gateway.count('stored')];
      const first = await ask();
      expect(status()).toContain('askonce; fwd=miss');
      expect(provider.calls).toBe(calls + 1);
      // A client may have read all it wants a moment before the provider has ended the body.
      await gateway.happened('stored', stored + 1);
      const second = await ask();
      expect(status()).toMatch(/^askonce; hit; ttl=\d+; detail="/);
      expect(provider.calls).toBe(calls + 1);
      expect(readable(second)).toEqual(readable(first));
      return first;
    },
    async close() {
      await gateway.remove();
      await provider.close();
    },
  };
}

/** What a caller reads of an answer: its data, without request ids. */
function readable(answer: unknown): unknown {
  return JSON.parse(
    JSON.stringify(answer, (name, value: unknown) => (name === '_request_id' ? undefined : value)),
  );
}

/** All items. */
export async function listOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const list: Item[] = [];
  for await (const item of items) list.push(item);
  return list;
}
