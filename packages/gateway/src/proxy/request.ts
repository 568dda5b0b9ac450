/**
 * A client's request as the cache is asked: by its path, headers and body.
 */
import type { CacheRequest } from 'askonce';
import { type CachedRoute, readControls } from 'askonce/gateway-kit';
import type { Upstream } from '../upstream/directory.ts';
import type { ProxyContext } from './context.ts';

/** A request of a cached route. */
export interface ClientRequest {
  readonly route: CachedRoute;
  /** Path and query. */
  readonly url: string;
  readonly headers: CacheRequest['headers'];
  readonly body: Buffer;
}

/** The provider for the request, and what the cache is asked. @throws AskonceError for a wrong header or model. */
export function toCacheRequest(
  { route, url, headers, body }: ClientRequest,
  proxy: Pick<ProxyContext, 'directory' | 'trustsHeaders' | 'requestCacheControl'>,
): { readonly upstream: Upstream; readonly asked: CacheRequest } {
  const upstream = proxy.directory.choose(route.family, body);
  const { context, directives } = readControls(headers, proxy.trustsHeaders, proxy.requestCacheControl);
  const queryAt = url.indexOf('?');
  const asked = {
    protocol: route.protocol,
    upstream: upstream.url,
    route: route.route ?? (queryAt === -1 ? url : url.slice(0, queryAt)),
    query: queryAt === -1 ? '' : url.slice(queryAt + 1),
    headers,
    body,
    context,
    directives,
    knownDefaults: upstream.knownDefaults,
    renamesModels: upstream.renames,
  };
  return { upstream, asked };
}
