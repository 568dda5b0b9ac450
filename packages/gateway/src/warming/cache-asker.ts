/**
 * Asks the cache of this process, as a client's request would be asked. Every `Askonce-*` header is obeyed, since the caller
 * is an operator.
 */
import { AskonceError, type Cache, type CacheRequest, type Provider, type Reply } from 'askonce';
import { replyHeaders } from 'askonce/gateway-kit';
import type { ProxyContext } from '../proxy/context.ts';
import { toCacheRequest } from '../proxy/request.ts';
import type { Upstream } from '../upstream/directory.ts';
import { type Asker, maxHeldBytes, type WarmAnswer, type WarmMode } from './asker.ts';
import type { WarmKeys } from './keys.ts';
import type { WarmRequest } from './request.ts';
import { cachedRouteOf } from './route.ts';

export interface CacheAskerOptions {
  readonly cache: Pick<Cache, 'ask' | 'explain'>;
  readonly routing: Pick<ProxyContext, 'directory' | 'requestCacheControl'>;
  readonly providerOf: (upstream: Upstream) => Provider;
  readonly keys: WarmKeys;
}

export function cacheAsker({ cache, routing, providerOf, keys }: CacheAskerOptions): Asker {
  function made(
    request: WarmRequest,
    mode: WarmMode,
  ): { readonly upstream: Upstream; readonly asked: CacheRequest } {
    const { path, headers, body } = request;
    const route = cachedRouteOf(path);
    const credential = keys.headersFor(request);
    if (route === undefined) throw new AskonceError('route_unknown', `The path ${path} is no cached route.`);
    if (typeof credential === 'string') throw new AskonceError('warm_without_key', `${capital(credential)}.`);
    return toCacheRequest(
      {
        route,
        url: path,
        headers: { ...headers, ...credential, 'askonce-warm': mode },
        body: Buffer.from(body),
      },
      { ...routing, trustsHeaders: true },
    );
  }

  return {
    async send(request, mode) {
      try {
        const { asked, upstream } = made(request, mode);
        return await answerOf(await cache.ask(asked, providerOf(upstream)));
      } catch (error) {
        if (!AskonceError.isInstance(error) || endsAll.has(error.code)) throw error;
        const { code, message } = error;
        return {
          status: error.status,
          headers: {},
          body: Buffer.from(JSON.stringify({ error: { code, message } })),
        };
      }
    },
    async whyNotStored(request) {
      const explained = await cache.explain(made(request, 'look').asked);
      return explained.kind === 'bypass' ? explained.reason : explained.lastRefusal?.reason;
    },
    providerOf: ({ family, body }) => routing.directory.choose(family, Buffer.from(body)).url,
  };
}

/** Errors for which no question can be asked. */
const endsAll: ReadonlySet<string> = new Set(['closed', 'shutting_down', 'warm_without_key']);

async function answerOf(reply: Reply): Promise<WarmAnswer> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const add = (piece: Uint8Array) => {
    length += piece.byteLength;
    if (length <= maxHeldBytes) pieces.push(piece);
    else pieces.length = 0;
  };
  if (reply.body instanceof Uint8Array) add(reply.body);
  else for await (const piece of reply.body) add(piece);
  return { status: reply.status, headers: replyHeaders(reply), body: Buffer.concat(pieces) };
}

function capital(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
