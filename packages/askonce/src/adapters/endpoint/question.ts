/**
 * An HTTP request as the cache is asked it.
 */
import { AskonceError } from '../../errors.ts';
import type { CacheRequest, Directives, HeaderFields } from '../../identity/request.ts';
import { pathTag } from '../../identity/tags.ts';
import { endpointBody } from '../../protocol/endpoint/request-body.ts';
import { parseCacheControl } from '../http/cache-control.ts';
import type { EndpointRequest } from './contract.ts';
import type { Route } from './routes.ts';

/** Names the application's own routes, in place of a provider's URL. */
export const endpointUpstream = 'endpoint:';

export interface Target {
  readonly path: string;
  /** Without its `?`. */
  readonly query: string;
}

/** Path and query of a request target, which may come as a whole URL (RFC 9112, section 3.2.2). */
export function targetOf(url: string): Target {
  const local = url.startsWith('/') ? url : url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
  const [target = ''] = local.split('#', 1);
  const at = target.indexOf('?');
  const path = at < 0 ? target : target.slice(0, at);
  return { path: path === '' ? '/' : path, query: at < 0 ? '' : target.slice(at + 1) };
}

/**
 * Whether a target says more than the cache reads of it: another origin than the request's own, a second host, or a fragment,
 * which belongs in no request (RFC 9112, section 3.2), and which some frameworks read as a query.
 */
export function isOddTarget({
  url,
  scheme,
  headers,
}: Pick<EndpointRequest<unknown>, 'url' | 'scheme' | 'headers'>): boolean {
  if (url.includes('#') || namesTwoHosts(headers)) return true;
  if (url.startsWith('/')) return false;
  const [, by, authority] = /^([a-z][a-z0-9+.-]*):\/\/([^/?]*)/i.exec(url) ?? [];
  if (by === undefined || authority === undefined) return false;
  return authority.toLowerCase() !== hostOf(headers) || by.toLowerCase() !== (scheme ?? by).toLowerCase();
}

export function headerText(headers: HeaderFields, name: string): string {
  const value = headers[name];
  return value === undefined || typeof value === 'string' ? (value ?? '') : value.join(', ');
}

/** Over HTTP/2: a request that should have been refused (RFC 9113, section 8.3.1), and of which handlers read either. */
function namesTwoHosts(headers: HeaderFields): boolean {
  const authority = headerText(headers, ':authority');
  return authority !== '' && authority.toLowerCase() !== hostOf(headers);
}

function hostOf(headers: HeaderFields): string {
  return (headerText(headers, 'host') || headerText(headers, ':authority')).toLowerCase();
}

/** The hosts that a request names: behind a proxy the application may see another one than the server. */
export function hostsOf({ headers, host = '' }: Pick<EndpointRequest<unknown>, 'headers' | 'host'>): {
  readonly sent: string;
  readonly seen: string;
} {
  return { sent: hostOf(headers), seen: host.toLowerCase() };
}

function keyedHost(request: Pick<EndpointRequest<unknown>, 'headers' | 'host'>): string {
  const { sent, seen } = hostsOf(request);
  return seen === '' || seen === sent || seen === sent.replace(/:\d+$/, '') ? sent : `${sent} ${seen}`;
}

/** What is known of the route and of the target from earlier answers. */
export interface Known {
  /** Names of the request headers by which answers differ. */
  readonly vary: Iterable<string>;
  /** Whether the last answer said that requests share it, whatever their credentials. */
  readonly isPublic: (target: string) => boolean;
}

/** Rejects with what the route's own functions throw. */
export async function questionOf<Raw>(
  request: EndpointRequest<Raw>,
  { path, query }: Target,
  route: Route<Raw>,
  { vary, isPublic }: Known,
): Promise<CacheRequest> {
  const { raw, headers } = request;
  const options = route.options || {};
  const user = nameIn('user', await options.user?.(raw));
  const tenant = nameIn('tenant', await options.tenant?.(raw));
  const own = typeof options.tags === 'function' ? options.tags(raw) : (options.tags ?? []);
  const counted = withoutParameters(query, options.ignoredParameters ?? []);
  const host = keyedHost(request);
  const counting = counted === '' ? path : `${path}?${counted}`;
  const isShared = user !== undefined || options.sharesCredentials === true;
  const unshared = isPublic(targetName({ host, target: counting, tenant })) ? 'public' : 'part';
  return {
    protocol: 'endpoint',
    upstream: endpointUpstream,
    route: route.pattern,
    query: '',
    headers,
    body: endpointBody(
      {
        subject: route.hasPattern ? `GET ${route.pattern}`.slice(0, 1024) : 'GET',
        scheme: (request.scheme ?? '').toLowerCase(),
        host,
        target: counting,
        credentials: isShared ? 'shared' : unshared,
        vary: [...(options.vary ?? []).map((name) => name.toLowerCase()), ...vary],
      },
      headers,
    ),
    context: {
      user,
      tenant,
      tags: [
        ...own,
        ...route.tags,
        ...new Set((route.hasPattern ? [path, route.pattern] : [path]).map(pathTag)),
      ],
    },
    directives: {
      ...requestDirectives(headers),
      defaults: {
        ttl: options.ttl,
        staleWhileRevalidate: options.staleWhileRevalidate,
        staleIfError: options.staleIfError,
      },
    },
  };
}

/**
 * A user or tenant as it counts. Applications in JavaScript return ids as they have them: 0 is a user as 7 is.
 * @throws AskonceError `invalid_request` for what names nothing; the request then bypasses the cache.
 */
function nameIn(option: 'user' | 'tenant', given: unknown): string | undefined {
  if (given === undefined || given === null) return undefined;
  if (typeof given === 'string' && given !== '') return given;
  if (Number.isFinite(given) || typeof given === 'bigint') return String(given);
  throw new AskonceError(
    'invalid_request',
    `${option}: expected the name of one, or undefined for a request that has none`,
  );
}

/** Names what a request is for, without the caller. */
export function targetName({
  host,
  target,
  tenant = '',
}: {
  readonly host: string;
  readonly target: string;
  readonly tenant?: string | undefined;
}): string {
  return JSON.stringify([host, target, tenant]);
}

/** What the client asks of the cache; `Pragma` counts only where there is no `Cache-Control` (RFC 9111, section 5.4). */
function requestDirectives(headers: HeaderFields): Directives {
  const control = headerText(headers, 'cache-control');
  if (control !== '') return parseCacheControl(control);
  return /(?:^|,)\s*no-cache\s*(?:,|$)/i.test(headerText(headers, 'pragma')) ? { noCache: true } : {};
}

function withoutParameters(query: string, ignored: readonly string[]): string {
  if (ignored.length === 0 || query === '') return query;
  const isIgnored = (name: string) =>
    ignored.some((one) => (one.endsWith('*') ? name.startsWith(one.slice(0, -1)) : name === one));
  return query
    .split('&')
    .filter((part) => !isIgnored(decoded(part.split('=', 1)[0] ?? '')))
    .join('&');
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
