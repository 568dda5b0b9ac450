/**
 * An HTTP endpoint behind the cache, as every framework's adapter uses it: a shared HTTP cache (RFC 9111) with flights,
 * stale answers, tags and invalidation.
 */
import type { LiveBody } from '../../body/live-body.ts';
import type { CacheStatus } from '../../engine/reply.ts';
import type { ProviderAnswer } from '../../flight/provider.ts';
import type { HeaderFields } from '../../identity/request.ts';

/** A request, as the adapter of a framework reads it. `Raw` is the framework's own request. */
export interface EndpointRequest<Raw> {
  readonly raw: Raw;
  /** In upper case. */
  readonly method: string;
  /** As the framework sees it (`req.protocol`), for applications that answer both. Default: unknown, and all alike. */
  readonly scheme?: string | undefined;
  /** The host as the framework sees it, with its port, if a proxy may name another one than `Host`. Default: `Host`. */
  readonly host?: string | undefined;
  /** Path and query as the client sent them, as the whole application sees them: `/api/users/7?page=2`. */
  readonly url: string;
  /** The pattern that the framework matched (`/api/users/:id`). If undefined, the table `routes` names it, else the first segment of the path. */
  readonly route?: string | undefined;
  readonly headers: HeaderFields;
  /** Whether the adapter calls `EndpointReply.head`. Default: false. */
  readonly reportsHead?: boolean | undefined;
  /** Aborted when the client leaves. */
  readonly signal?: AbortSignal | undefined;
}

/** What one route may say. What it leaves out is as the options for all routes have it. */
export interface EndpointRouteOptions<Raw> {
  /**
   * Seconds for which an answer is fresh that does not say so itself (`s-maxage`, `max-age`, `Expires`). Default: the
   * setting `apiCacheTtlSeconds` (`API_CACHE_TTL`), 300.
   */
  readonly ttl?: number | undefined;
  /** Seconds past freshness for which an answer is served stale and refreshed behind the reader (RFC 5861). Default: 0. */
  readonly staleWhileRevalidate?: number | undefined;
  /** Seconds past freshness for which an answer is served if the handler fails with a status of 500 or more (RFC 5861). Default: 0. */
  readonly staleIfError?: number | undefined;
  /**
   * What invalidates all answers of the route: methods (`POST`) that succeed on a path of this route, writes elsewhere
   * (`POST /orders`, `PUT /orders/:id`), and types of domain events (`prices.changed`). Writes on the very path of an answer
   * always invalidate it (RFC 9111, section 4.4). Default: `POST`, `PUT`, `PATCH` and `DELETE`.
   */
  readonly invalidateOn?: readonly string[] | undefined;
  /** Tags of the route's answers, `name=value` each. */
  readonly tags?: readonly string[] | ((raw: Raw) => readonly string[]) | undefined;
  /**
   * The user that an answer is for: answers of two users are never shared, and `invalidate({ user })` and `erase` find
   * them. It replaces the credential in the key. Undefined: an anonymous request, whose credential parts it, if it has one.
   */
  readonly user?: ((raw: Raw) => string | undefined | Promise<string | undefined>) | undefined;
  readonly tenant?: ((raw: Raw) => string | undefined | Promise<string | undefined>) | undefined;
  /**
   * Whether requests with different credentials (`Authorization`, `Cookie` …) share answers. Default: false, unless the answer
   * allows it (`public`, `s-maxage`; RFC 9111, section 3.5).
   */
  readonly sharesCredentials?: boolean | undefined;
  /** Request headers by whose values answers differ, besides those that they name in `Vary`. */
  readonly vary?: readonly string[] | undefined;
  /** Query parameters that do not count (`utm_source`); a name that ends in `*` ignores all with that prefix. Default: none. */
  readonly ignoredParameters?: readonly string[] | undefined;
}

export interface EndpointOptions<Raw> extends EndpointRouteOptions<Raw> {
  /**
   * Options by route: `GET /users/:id`, or `/users/:id` for all its methods. False leaves a route uncached. Default: all GET
   * and HEAD requests are cached as the other options say.
   */
  readonly routes?: Readonly<Record<string, EndpointRouteOptions<Raw> | false>> | undefined;
  /** Whether an answer without `ETag` gets one, so that clients can revalidate it. Default: true. */
  readonly etag?: boolean | undefined;
}

/** An answer as the adapter writes it. `body` is null where the answer has none (304, HEAD, 204). */
export interface EndpointReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array | LiveBody | null;
  readonly cacheStatus: CacheStatus;
  /**
   * To be called with the head that is in fact sent, if an answer was or is made for this client: middleware and hooks may add
   * to it what makes that answer the client's alone (`Set-Cookie`). Other requests wait for it.
   */
  readonly head?: HeadReport | undefined;
}

export interface HeadReport {
  /** Whether the answer is stored only once its head is reported. */
  readonly isAwaited: boolean;
  /**
   * Takes the fields of the head, or undefined if none is sent since the client has left. To be called at least once; again if
   * more becomes known.
   */
  sent(headers: ProviderAnswer['headers'] | undefined): void;
}

/** Why the handler is run. */
export interface HandlerCall {
  /** Whether no caller waits: the answer replaces a stale one that has been served already. */
  readonly behind: boolean;
  /**
   * Validators of a stored answer (`if-none-match`, `if-modified-since`): the handler may answer 304 to them. Undefined: it
   * must give the whole answer.
   */
  readonly conditions?: Readonly<Record<string, string>> | undefined;
}

/**
 * Runs the route's handler and resolves once its head is known; the handler must see no condition of the client
 * (`If-None-Match`, `If-Modified-Since`). Called at most once for the request, and, perhaps after `answer` has resolved, to
 * refresh the answer (`behind`), several times if that fails: an adapter that cannot run the handler then rejects.
 * Whatever it rejects with reaches all requests that wait for it in this process, as it is. `signal` aborts once nothing
 * waits for the answer.
 */
export type RunHandler = (signal: AbortSignal, call: HandlerCall) => Promise<ProviderAnswer>;

/** What the cache does with a request: answers it, watches what it writes, or nothing. */
export type EndpointRole = 'reads' | 'writes' | 'passes';

export interface EndpointCache<Raw> {
  roleOf(request: EndpointRequest<Raw>): EndpointRole;
  /** Answers a request whose role is `reads`: from the cache, from a flight, or by the handler. Never fails because of the cache. */
  answer(request: EndpointRequest<Raw>, run: RunHandler): Promise<EndpointReply>;
  /**
   * Invalidates what a write that succeeded (2xx or 3xx) makes outdated: its path, the paths of `Location` and `Content-Location` on
   * the same origin, and the routes whose `invalidateOn` names it. Await it before the answer is sent.
   * @throws AskonceError `invalidation_failed`; the adapter answers 503 with it.
   */
  wrote(
    request: EndpointRequest<Raw>,
    answer: { readonly status: number; readonly headers: HeaderFields },
  ): Promise<void>;
}
